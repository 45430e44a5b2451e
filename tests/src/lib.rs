//! Test beds and suites that need real parts: Apache Kafka, Chromium, several processes.
