//! The Kafka client: connections, authentication, routing, raw fetch and produce, administration.
