//! What the client's connections have done, for metrics and the console.

use std::time::Duration;

/// A snapshot of all connections of a client.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ClientStats {
    /// One entry per broker that was ever connected to, by id; bootstrap connections are not counted.
    pub brokers: Vec<BrokerStats>,
}

/// One broker.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BrokerStats {
    /// Node id.
    pub broker: i32,
    /// `host:port` as advertised.
    pub address: String,
    /// Open connections.
    pub connections: usize,
    /// Requests without answer so far.
    pub in_flight: usize,
    /// Smoothed time from request to answer of control requests (long polls are left out).
    pub round_trip: Option<Duration>,
    /// Time the broker asked us to hold back, in sum.
    pub throttled: Duration,
    /// Bytes received.
    pub bytes_in: u64,
    /// Bytes sent.
    pub bytes_out: u64,
    /// Connections made, in sum.
    pub connects: u64,
    /// Why the last attempt to connect failed, if it did.
    pub last_error: Option<String>,
}
