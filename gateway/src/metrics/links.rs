//! What links, mirrors and their tasks measure.
//!
//! Labels are link and topic; single partitions are in the console and in REST, so that the number of series
//! stays that of the mirrors.

use drawbridge_shared::view::{LagView, MirrorRow};

use super::Page;
use crate::{
    clock::now_ms,
    links::{LinkMetrics, Links, stats::MirrorStats},
};

type OfMirror = fn(&MirrorRow, &MirrorStats) -> f64;

#[allow(clippy::cast_precision_loss, reason = "Prometheus' numbers are floating point")]
const COUNTERS: [(&str, &str, OfMirror); 8] = [
    ("drawbridge_mirror_records_total", "Records copied.", |_, s| s.records as f64),
    ("drawbridge_mirror_bytes_total", "Bytes sent to the mirror.", |_, s| s.bytes as f64),
    ("drawbridge_mirror_fetched_bytes_total", "Bytes fetched from the source.", |_, s| {
        s.fetched as f64
    }),
    (
        "drawbridge_mirror_batches_passed_total",
        "Batches that passed through with a new header.",
        |_, s| s.passed as f64,
    ),
    ("drawbridge_mirror_batches_rebuilt_total", "Batches that were rebuilt or merged.", |_, s| {
        s.rebuilt as f64
    }),
    (
        "drawbridge_mirror_filled_by_markers_total",
        "Offsets filled by transaction markers.",
        |_, s| s.by_markers as f64,
    ),
    (
        "drawbridge_mirror_filled_by_transactions_total",
        "Offsets filled by empty transactions.",
        |_, s| s.by_transactions as f64,
    ),
    ("drawbridge_mirror_padded_total", "Offsets padded below the log start.", |_, s| {
        s.padded as f64
    }),
];

/// Everything about links.
pub(super) fn add(page: &mut Page, links: &Links) {
    let all = links.metrics();
    of_links(page, &all);
    of_mirrors(page, &all);
    let (used, total) = links.memory();
    page.family(
        "drawbridge_link_memory_bytes",
        "gauge",
        "Bytes of records that are read ahead and in flight.",
    );
    page.sample("drawbridge_link_memory_bytes", &[], used);
    page.family(
        "drawbridge_link_memory_limit_bytes",
        "gauge",
        "Bytes of records that all links may hold.",
    );
    page.sample("drawbridge_link_memory_limit_bytes", &[], total);
}

fn of_links(page: &mut Page, all: &[LinkMetrics]) {
    page.family("drawbridge_link_state", "gauge", "1 for the state that the half of a link is in.");
    for link in all {
        let row = &link.row;
        let labels = [
            ("cluster", row.cluster.as_str()),
            ("link", row.name.as_str()),
            ("mode", row.mode.as_str()),
            ("state", row.state.as_str()),
        ];
        page.sample("drawbridge_link_state", &labels, 1);
    }
    of_tasks(page, all);
    let name = "drawbridge_link_throttled_seconds_total";
    page.family(name, "counter", "Time the brokers of a link asked it to hold back, in seconds.");
    for link in all {
        for (side, time) in
            [("source", link.throttled.source), ("destination", link.throttled.destination)]
        {
            let labels = [
                ("cluster", link.row.cluster.as_str()),
                ("link", link.row.name.as_str()),
                ("side", side),
            ];
            page.sample(name, &labels, time.as_secs_f64());
        }
    }
}

fn of_tasks(page: &mut Page, all: &[LinkMetrics]) {
    let tasks = || {
        all.iter().flat_map(|link| {
            let of = [("cluster", link.row.cluster.as_str()), ("link", link.row.name.as_str())];
            link.tasks.iter().map(move |task| (task, of))
        })
    };
    let name = "drawbridge_link_task_state";
    page.family(name, "gauge", "1 for the state that a task of a link is in.");
    for (task, [cluster, link]) in tasks() {
        let state = ("state", task.state.as_str());
        page.sample(name, &[cluster, link, ("task", task.name.as_str()), state], 1);
    }
    let name = "drawbridge_link_task_errors";
    page.family(name, "gauge", "Errors of the last run of a task of a link.");
    for (task, [cluster, link]) in tasks() {
        page.sample(name, &[cluster, link, ("task", task.name.as_str())], task.errors.len());
    }
}

fn of_mirrors(page: &mut Page, all: &[LinkMetrics]) {
    let mirrors = || all.iter().flat_map(|link| &link.mirrors);
    page.family("drawbridge_mirror_state", "gauge", "1 for the state that a mirror topic is in.");
    for (row, _) in mirrors() {
        let [cluster, link, topic] = labels(row);
        let state = ("state", row.state.as_str());
        page.sample("drawbridge_mirror_state", &[cluster, link, topic, state], 1);
    }
    // What is not known is absent, not 0.
    let now = now_ms();
    lag(page, all, "drawbridge_mirror_lag_records", "Offsets that the mirror lacks.", |lag| {
        lag.records
    });
    lag(
        page,
        all,
        "drawbridge_mirror_lag_milliseconds",
        "How long the oldest of them has been missing.",
        |lag| lag.behind_ms,
    );
    page.family(
        "drawbridge_mirror_since_fetch_milliseconds",
        "gauge",
        "Time since the source answered last.",
    );
    for (row, _) in mirrors() {
        if let Some(at) = row.lag.last_fetch_ms {
            let since = now.saturating_sub(at).max(0);
            page.sample("drawbridge_mirror_since_fetch_milliseconds", &labels(row), since);
        }
    }
    let name = "drawbridge_mirror_errors_total";
    page.family(name, "counter", "Requests for a mirror that failed, by what it means.");
    for (row, stats) in mirrors() {
        let [cluster, link, topic] = labels(row);
        let errors = stats.errors;
        for (kind, count) in [
            ("source", errors.source),
            ("transient", errors.transient),
            ("sequence", errors.sequence),
            ("too_large", errors.too_large),
            ("denied", errors.denied),
        ] {
            page.sample(name, &[cluster, link, topic, ("kind", kind)], count);
        }
    }
    for (name, help, value) in COUNTERS {
        page.family(name, "counter", help);
        for (row, stats) in mirrors() {
            page.sample(name, &labels(row), value(row, stats));
        }
    }
}

fn lag(
    page: &mut Page,
    all: &[LinkMetrics],
    name: &str,
    help: &str,
    value: fn(&LagView) -> Option<i64>,
) {
    page.family(name, "gauge", help);
    for (row, _) in all.iter().flat_map(|link| &link.mirrors) {
        if let Some(value) = value(&row.lag) {
            page.sample(name, &labels(row), value);
        }
    }
}

fn labels(row: &MirrorRow) -> [(&'static str, &str); 3] {
    [("cluster", row.cluster.as_str()), ("link", row.link.as_str()), ("topic", row.topic.as_str())]
}
