//! The demo's topics and groups.

use super::records::Shape;
use crate::codec::Codec;
use crate::spec::{ClusterSpec, TopicSpec};

/// A topic of the demo with its traffic.
pub(super) struct DemoTopic {
    pub(super) name: &'static str,
    pub(super) partitions: i32,
    pub(super) configs: &'static [(&'static str, &'static str)],
    pub(super) shape: Shape,
    /// Records per second, on average.
    pub(super) rate: f64,
    /// Records written before the start.
    pub(super) history: usize,
    pub(super) codec: Codec,
    /// Written in transactions, some of which abort.
    pub(super) transactional: bool,
}

const PLAIN: DemoTopic = DemoTopic {
    name: "",
    partitions: 3,
    configs: &[],
    shape: Shape::Order,
    rate: 0.0,
    history: 0,
    codec: Codec::None,
    transactional: false,
};

const SMALL: (&str, &str) = ("retention.bytes", "2097152");
const WEEK: (&str, &str) = ("retention.ms", "604800000");
const DAY: (&str, &str) = ("retention.ms", "86400000");
const COMPACT: (&str, &str) = ("cleanup.policy", "compact");
const SAFE: (&str, &str) = ("min.insync.replicas", "2");

pub(super) const ON_PREM: &[DemoTopic] = &[
    DemoTopic {
        name: "orders",
        partitions: 6,
        configs: &[WEEK, SMALL, SAFE],
        rate: 30.0,
        history: 4_000,
        ..PLAIN
    },
    DemoTopic {
        name: "payments",
        partitions: 6,
        configs: &[WEEK, SMALL, SAFE],
        shape: Shape::Payment,
        rate: 25.0,
        history: 3_500,
        ..PLAIN
    },
    DemoTopic {
        name: "inventory",
        configs: &[WEEK, SMALL],
        shape: Shape::Stock,
        rate: 40.0,
        history: 3_000,
        ..PLAIN
    },
    DemoTopic {
        name: "page-views",
        partitions: 12,
        configs: &[DAY, ("retention.bytes", "524288")],
        shape: Shape::PageView,
        rate: 140.0,
        history: 8_000,
        codec: Codec::Lz4,
        ..PLAIN
    },
    DemoTopic {
        name: "customers",
        configs: &[COMPACT],
        shape: Shape::Customer,
        rate: 3.0,
        history: 1_200,
        ..PLAIN
    },
    DemoTopic {
        name: "shipments",
        configs: &[WEEK, SMALL, SAFE],
        shape: Shape::Shipment,
        rate: 8.0,
        history: 900,
        transactional: true,
        ..PLAIN
    },
    DemoTopic {
        name: "price-list",
        partitions: 2,
        configs: &[COMPACT],
        shape: Shape::Price,
        rate: 2.0,
        history: 800,
        codec: Codec::Gzip,
        ..PLAIN
    },
    DemoTopic {
        name: "returns",
        configs: &[WEEK, SMALL],
        shape: Shape::Return,
        rate: 1.0,
        history: 300,
        ..PLAIN
    },
    DemoTopic {
        name: "clickstream.web-shop.checkout-funnel.sessionised-events-v3",
        partitions: 6,
        configs: &[DAY, ("retention.bytes", "524288"), ("compression.type", "zstd")],
        shape: Shape::Click,
        rate: 50.0,
        history: 3_000,
        codec: Codec::Zstd,
        ..PLAIN
    },
    DemoTopic {
        name: "warehouse.berlin-01.conveyor.telemetry",
        configs: &[DAY, SMALL, ("message.timestamp.type", "LogAppendTime")],
        shape: Shape::Telemetry,
        rate: 20.0,
        history: 1_500,
        codec: Codec::Snappy,
        ..PLAIN
    },
    DemoTopic {
        name: "orders.dead-letter",
        partitions: 1,
        configs: &[("retention.ms", "-1"), SMALL],
        rate: 0.05,
        history: 12,
        ..PLAIN
    },
];

pub(super) const CLOUD: &[DemoTopic] = &[
    DemoTopic {
        name: "fraud-scores",
        configs: &[WEEK, SMALL],
        shape: Shape::FraudScore,
        rate: 12.0,
        history: 1_500,
        ..PLAIN
    },
    DemoTopic {
        name: "recommendations",
        configs: &[COMPACT],
        shape: Shape::Recommendation,
        rate: 6.0,
        history: 1_000,
        codec: Codec::Lz4,
        ..PLAIN
    },
    DemoTopic {
        name: "marketing.campaign-clicks",
        partitions: 2,
        configs: &[DAY, SMALL],
        shape: Shape::Click,
        rate: 5.0,
        history: 500,
        ..PLAIN
    },
];

/// How a consumer group of the demo behaves.
pub(super) struct DemoGroup {
    pub(super) name: &'static str,
    pub(super) topics: &'static [&'static str],
    /// 0 for a group that stopped a while ago and only has offsets.
    pub(super) members: usize,
    /// Seconds between commits; the lag builds up in between.
    pub(super) every_s: u64,
    /// Most records one partition advances per commit.
    pub(super) pace: i64,
}

pub(super) const ON_PREM_GROUPS: &[DemoGroup] = &[
    DemoGroup {
        name: "order-fulfilment",
        topics: &["orders"],
        members: 3,
        every_s: 1,
        pace: 10_000,
    },
    DemoGroup {
        name: "payment-settlement",
        topics: &["payments"],
        members: 2,
        every_s: 2,
        pace: 10_000,
    },
    DemoGroup {
        name: "stock-projection",
        topics: &["inventory", "orders", "returns"],
        members: 2,
        every_s: 1,
        pace: 10_000,
    },
    DemoGroup {
        name: "analytics-loader",
        topics: &["page-views", "clickstream.web-shop.checkout-funnel.sessionised-events-v3"],
        members: 4,
        every_s: 20,
        pace: 100_000,
    },
    // Slower than what it reads: its lag grows.
    DemoGroup {
        name: "fraud-check-legacy",
        topics: &["payments"],
        members: 1,
        every_s: 1,
        pace: 3,
    },
    DemoGroup {
        name: "shipment-tracking",
        topics: &["shipments"],
        members: 1,
        every_s: 1,
        pace: 10_000,
    },
    DemoGroup {
        name: "nightly-report",
        topics: &["orders", "payments"],
        members: 0,
        every_s: 0,
        pace: 0,
    },
];

pub(super) const CLOUD_GROUPS: &[DemoGroup] = &[
    DemoGroup {
        name: "risk-dashboard",
        topics: &["fraud-scores"],
        members: 2,
        every_s: 1,
        pace: 10_000,
    },
    DemoGroup {
        name: "campaign-attribution",
        topics: &["marketing.campaign-clicks"],
        members: 1,
        every_s: 10,
        pace: 10_000,
    },
];

pub(super) fn with_topics(spec: ClusterSpec, topics: &[DemoTopic]) -> ClusterSpec {
    topics.iter().fold(spec, |spec, topic| {
        let new = TopicSpec::new(topic.name, topic.partitions, 3);
        spec.topic(topic.configs.iter().fold(new, |t, (key, value)| t.config(key, value)))
    })
}
