//! An in-process, in-memory Kafka-protocol cluster for the demo and the fast tests.
