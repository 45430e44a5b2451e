//! Metrics in Prometheus' text format.
//!
//! Counters of the gateway itself are counted where things happen; those of clusters are read from their
//! clients when somebody asks.

mod links;
mod process;

use std::{
    fmt::Write,
    sync::atomic::{AtomicI64, AtomicU64, Ordering},
};

use drawbridge_shared::view::ClusterStatus;

use crate::{api::session::Direction, clusters::Clusters, links::Links};

/// What the gateway counts.
#[derive(Debug, Default)]
pub struct Metrics {
    sessions: AtomicI64,
    sessions_total: AtomicU64,
    frames_in: AtomicU64,
    frames_out: AtomicU64,
    refused_origins: AtomicU64,
}

/// An open WebSocket session; dropping it counts it as closed.
#[derive(Debug)]
pub struct OpenSession<'a>(&'a Metrics);

impl Drop for OpenSession<'_> {
    fn drop(&mut self) {
        self.0.sessions.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Metrics {
    /// Open sessions.
    pub fn n_sessions(&self) -> i64 {
        self.sessions.load(Ordering::Relaxed)
    }

    /// Counts a session for as long as the answer lives.
    pub fn session_opened(&self) -> OpenSession<'_> {
        self.sessions.fetch_add(1, Ordering::Relaxed);
        self.sessions_total.fetch_add(1, Ordering::Relaxed);
        OpenSession(self)
    }

    /// Counts a WebSocket frame.
    pub fn count_frame(&self, direction: Direction) {
        let counter = match direction {
            Direction::In => &self.frames_in,
            Direction::Out => &self.frames_out,
        };
        counter.fetch_add(1, Ordering::Relaxed);
    }

    /// Counts a request that came from a foreign page or to a foreign name.
    pub fn count_refused(&self) {
        self.refused_origins.fetch_add(1, Ordering::Relaxed);
    }

    /// Everything as text.
    #[must_use]
    pub fn text(&self, clusters: &Clusters, links: &Links) -> String {
        let mut page = Page::default();
        page.family("drawbridge_build_info", "gauge", "What is running.");
        let version = env!("CARGO_PKG_VERSION");
        page.sample(
            "drawbridge_build_info",
            &[("version", version), ("build", crate::api::assets::BUILD)],
            1,
        );
        self.own(&mut page);
        of_clusters(&mut page, clusters);
        links::add(&mut page, links);
        process::add(&mut page);
        page.text
    }

    fn own(&self, page: &mut Page) {
        page.family("drawbridge_websocket_sessions", "gauge", "Open WebSocket sessions.");
        page.sample("drawbridge_websocket_sessions", &[], self.sessions.load(Ordering::Relaxed));
        page.family("drawbridge_websocket_sessions_total", "counter", "WebSocket sessions opened.");
        let opened = self.sessions_total.load(Ordering::Relaxed);
        page.sample("drawbridge_websocket_sessions_total", &[], opened);
        page.family("drawbridge_websocket_frames_total", "counter", "WebSocket frames.");
        for (direction, counter) in [("in", &self.frames_in), ("out", &self.frames_out)] {
            let labels = [("direction", direction)];
            page.sample(
                "drawbridge_websocket_frames_total",
                &labels,
                counter.load(Ordering::Relaxed),
            );
        }
        page.family(
            "drawbridge_refused_requests_total",
            "counter",
            "Requests refused for their Host or Origin.",
        );
        let refused = self.refused_origins.load(Ordering::Relaxed);
        page.sample("drawbridge_refused_requests_total", &[], refused);
    }
}

type OfBroker = fn(&drawbridge_kafka::stats::BrokerStats) -> f64;

#[allow(clippy::cast_precision_loss, reason = "Prometheus' numbers are floating point")]
const OF_BROKERS: [(&str, &str, &str, OfBroker); 6] = [
    ("drawbridge_kafka_connections", "gauge", "Open connections to a broker.", |b| {
        b.connections as f64
    }),
    ("drawbridge_kafka_requests_in_flight", "gauge", "Requests a broker has not answered.", |b| {
        b.in_flight as f64
    }),
    ("drawbridge_kafka_connects_total", "counter", "Connections made to a broker.", |b| {
        b.connects as f64
    }),
    ("drawbridge_kafka_received_bytes_total", "counter", "Bytes received from a broker.", |b| {
        b.bytes_in as f64
    }),
    ("drawbridge_kafka_sent_bytes_total", "counter", "Bytes sent to a broker.", |b| {
        b.bytes_out as f64
    }),
    (
        "drawbridge_kafka_throttled_seconds_total",
        "counter",
        "Time a broker asked to hold back.",
        |b| b.throttled.as_secs_f64(),
    ),
];

fn of_clusters(page: &mut Page, clusters: &Clusters) {
    let all = clusters.all();
    page.family("drawbridge_cluster_up", "gauge", "Whether the cluster answered the last check.");
    for cluster in &all {
        let up = matches!(cluster.view().status, ClusterStatus::Up);
        let name = cluster.spec().name.as_str();
        page.sample("drawbridge_cluster_up", &[("cluster", name)], u8::from(up));
    }
    page.family(
        "drawbridge_cluster_check_seconds",
        "gauge",
        "Round trip of the last check that was answered.",
    );
    for cluster in &all {
        if let Some(micros) = cluster.view().latency_micros {
            let seconds = std::time::Duration::from_micros(micros).as_secs_f64();
            let name = cluster.spec().name.as_str();
            page.sample("drawbridge_cluster_check_seconds", &[("cluster", name)], seconds);
        }
    }
    let stats: Vec<_> = all
        .iter()
        .flat_map(|cluster| {
            let name = cluster.spec().name.as_str();
            ["requests", "checks"]
                .into_iter()
                .zip(cluster.stats())
                .map(move |(by, s)| (name, by, s))
        })
        .collect();
    let samples = || {
        stats.iter().flat_map(|(name, by, stats)| {
            stats.brokers.iter().map(move |broker| (*name, *by, broker))
        })
    };
    for (metric, kind, help, value) in OF_BROKERS {
        page.family(metric, kind, help);
        for (cluster, by, broker) in samples() {
            let id = broker.broker.to_string();
            let labels = [("cluster", cluster), ("broker", &id), ("client", by)];
            page.sample(metric, &labels, value(broker));
        }
    }
    let metric = "drawbridge_kafka_round_trip_seconds";
    page.family(metric, "gauge", "Smoothed time from request to answer.");
    for (cluster, by, broker) in samples() {
        if let Some(round_trip) = broker.round_trip {
            let id = broker.broker.to_string();
            let labels = [("cluster", cluster), ("broker", &id), ("client", by)];
            page.sample(metric, &labels, round_trip.as_secs_f64());
        }
    }
}

/// A page in the text format 0.0.4.
#[derive(Debug, Default)]
struct Page {
    text: String,
}

impl Page {
    fn family(&mut self, name: &str, kind: &str, help: &str) {
        self.text.push_str(&format!("# HELP {name} {help}\n# TYPE {name} {kind}\n"));
    }

    fn sample(&mut self, name: &str, labels: &[(&str, &str)], value: impl std::fmt::Display) {
        self.text.push_str(name);
        for (at, (label, value)) in labels.iter().enumerate() {
            self.text.push(if at == 0 { '{' } else { ',' });
            let value = value.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n");
            self.text.push_str(&format!("{label}=\"{value}\""));
        }
        if !labels.is_empty() {
            self.text.push('}');
        }
        if writeln!(self.text, " {value}").is_err() {
            self.text.push('\n');
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_label_cannot_break_out_of_its_quotes() {
        let mut page = Page::default();
        page.sample("m", &[("a", "x\"} 1\n"), ("b", "\\")], 2);
        assert_eq!(page.text, "m{a=\"x\\\"} 1\\n\",b=\"\\\\\"} 2\n");
    }

    #[test]
    fn a_closed_session_is_no_longer_counted_as_open() {
        let metrics = Metrics::default();
        drop(metrics.session_opened());
        let _open = metrics.session_opened();
        assert_eq!(metrics.sessions.load(Ordering::Relaxed), 1);
        assert_eq!(metrics.sessions_total.load(Ordering::Relaxed), 2);
    }
}
