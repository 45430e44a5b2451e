//! The Drawbridge gateway: cluster connections, REST, WebSocket and the console's files.
