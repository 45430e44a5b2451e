//! The gateway as its clients meet it: on a real listener, over embedded clusters.

mod golden;
mod hostile;
mod membership;
mod protocol;
mod rest;
mod support;
mod watcher;
mod websocket;
