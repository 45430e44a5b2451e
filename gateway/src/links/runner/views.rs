//! What a link shows, made from what its machines and movers know.

use std::{collections::BTreeMap, sync::Arc};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use drawbridge_engine::{
    Millis,
    mirror::{Mirror, MirrorPhase},
    partition::Stance,
};
use drawbridge_shared::{
    link::{ConnectionMode, LinkPrefix, LinkState, MirrorState, TaskName},
    names::{ClusterName, TopicName},
    view::{
        GroupOffsetRow, LagView, LinkDetail, LinkRow, MirrorDetail, MirrorLagRow,
        MirrorPartitionView, MirrorRow, MirrorStance, RateView, RemoteView, TaskErrorView,
        TaskView,
    },
};

use super::Runner;
use crate::{
    clock::now_ms,
    clusters::{Cluster, security_words},
    links::{
        half::Shown,
        mover::PartitionShown,
        stats::{MirrorStats, Throttled},
        store::StoredLink,
        tasks::consumer_offsets::{Observed, Work},
    },
};

/// What is shown before anything is known.
pub(in crate::links) fn nothing(cluster: &Cluster, stored: &StoredLink) -> Shown {
    let link = LinkRow {
        cluster: cluster.spec().name.clone(),
        name: stored.name.clone(),
        link_id: link_id(stored),
        mode: mode(stored),
        connection: connection(stored),
        remote: RemoteView {
            cluster_id: stored.remote_cluster_id.clone(),
            cluster: None,
            bootstrap: None,
            security: None,
        },
        state: LinkState::Unknown,
        since_ms: now_ms(),
        error: drawbridge_shared::link::LinkError::NoError,
        error_message: None,
        last_contact_ms: None,
        mirrors: Vec::new(),
        tasks_in_error: 0,
        lag: LagView::default(),
        rate: RateView::default(),
    };
    let detail = LinkDetail {
        link,
        tasks: Vec::new(),
        mirrors: Vec::new(),
        twin: None,
        standby: None,
        protection: None,
    };
    Shown {
        detail,
        mirrors: BTreeMap::new(),
        stats: BTreeMap::new(),
        throttled: Throttled::default(),
        configs: stored.configs.clone().ok(),
        history: Arc::default(),
    }
}

fn link_id(stored: &StoredLink) -> String {
    URL_SAFE_NO_PAD.encode(stored.id.as_bytes())
}

fn mode(stored: &StoredLink) -> drawbridge_shared::link::LinkMode {
    stored.readable().mode()
}

fn connection(stored: &StoredLink) -> ConnectionMode {
    stored.readable().connection_mode()
}

pub(in crate::links) type Partitions = BTreeMap<i32, PartitionShown>;

impl Runner {
    /// Makes what is shown anew, and publishes it when it changed.
    pub(super) fn show(&mut self) {
        let now = Millis(now_ms());
        let moved = self.moved();
        let mut mirrors = BTreeMap::new();
        let mut stats = BTreeMap::new();
        let none = Partitions::new();
        for (topic, entry) in &self.mirrors {
            let partitions = moved.get(topic).unwrap_or(&none);
            let mut sums = MirrorStats::default();
            partitions.values().for_each(|shown| sums.add(shown));
            stats.insert(topic.clone(), sums);
            let cluster = &self.cluster.spec().name;
            let detail =
                mirror_detail(cluster, topic, &entry.machine, entry.stored.created, partitions);
            mirrors.insert(topic.clone(), detail);
        }
        let link = self.link_row(&mirrors);
        if self.history.is_due(now) {
            self.history.add(now, None, link.lag, link.rate);
            for (topic, detail) in &mirrors {
                self.history.add(now, Some(topic.clone()), detail.mirror.lag, detail.mirror.rate);
            }
            self.history.retain(|topic| mirrors.contains_key(topic));
        }
        let detail = LinkDetail {
            tasks: self.task_views(),
            mirrors: mirrors.values().map(|detail| detail.mirror.clone()).collect(),
            twin: None,
            standby: None,
            protection: self.protection(),
            link,
        };
        let history = Arc::new(self.history.all());
        let throttled = self.ends.as_ref().map_or_else(Throttled::default, |ends| Throttled {
            source: ends.source.stats().brokers.iter().map(|broker| broker.throttled).sum(),
            destination: ends.sink.stats().brokers.iter().map(|broker| broker.throttled).sum(),
        });
        let configs = self.stored.configs.clone().ok();
        let shown = Shown { detail, mirrors, stats, throttled, configs, history };
        self.publish.send_if_modified(|old| {
            let changed = **old != shown;
            if changed {
                *old = Arc::new(shown);
            }
            changed
        });
    }

    /// What the movers show, together.
    fn moved(&self) -> BTreeMap<TopicName, Partitions> {
        let mut all: BTreeMap<TopicName, Partitions> = BTreeMap::new();
        for mover in &self.movers {
            let shown = Arc::clone(&mover.shown.borrow());
            for (topic, partitions) in shown.iter() {
                all.entry(topic.clone())
                    .or_default()
                    .extend(partitions.iter().map(|(number, shown)| (*number, shown.clone())));
            }
        }
        all
    }

    fn link_row(&self, mirrors: &BTreeMap<TopicName, MirrorDetail>) -> LinkRow {
        let view = self.link.view();
        let mut counts: BTreeMap<MirrorState, u32> = BTreeMap::new();
        let mut lag = LagView::default();
        let mut rate = RateView::default();
        for detail in mirrors.values() {
            let mirror = &detail.mirror;
            *counts.entry(mirror.state).or_default() += 1;
            if mirror.state != MirrorState::Stopped {
                lag = sum(lag, mirror.lag);
            }
            rate.bytes += mirror.rate.bytes;
            rate.records += mirror.rate.records;
        }
        let message =
            view.message.or_else(|| self.waiting_for.clone()).or_else(|| self.hindrance.clone());
        let tasks = self.task_views();
        // The availability check asks now and then; what is copied tells sooner that the source answers.
        let fetches = mirrors.values().flat_map(|detail| &detail.partitions);
        let newest = fetches.filter_map(|partition| partition.last_fetch_ms).max();
        let contact = newest.max(view.last_good.map(|at| at.0));
        LinkRow {
            cluster: self.cluster.spec().name.clone(),
            name: self.name().clone(),
            link_id: link_id(&self.stored),
            mode: mode(&self.stored),
            connection: connection(&self.stored),
            remote: self.remote_view(),
            state: view.state,
            since_ms: view.since.0,
            error: view.error,
            error_message: message,
            last_contact_ms: contact,
            mirrors: counts.into_iter().collect(),
            tasks_in_error: u32::try_from(
                tasks.iter().filter(|task| !task.errors.is_empty()).count(),
            )
            .unwrap_or(u32::MAX),
            lag,
            rate,
        }
    }

    fn remote_view(&self) -> RemoteView {
        let dials = connection(&self.stored) == ConnectionMode::Outbound;
        let settings = self.remote.as_ref().filter(|_| dials).map(|client| client.settings());
        RemoteView {
            cluster_id: self.stored.remote_cluster_id.clone(),
            cluster: None,
            bootstrap: settings.as_deref().map(|settings| {
                settings.bootstrap.iter().map(ToString::to_string).collect::<Vec<_>>().join(",")
            }),
            security: settings.as_deref().map(security_words),
        }
    }

    fn task_views(&self) -> Vec<TaskView> {
        let Some(configs) = self.configs() else { return Vec::new() };
        if configs.mode() == drawbridge_shared::link::LinkMode::Source {
            return Vec::new();
        }
        let state = self.link.view().state;
        let view = |(name, task): (&TaskName, &drawbridge_engine::task::Task)| {
            let enabled = Self::is_enabled(configs, *name);
            let errors = task
                .errors()
                .iter()
                .map(|error| TaskErrorView { code: error.code, message: error.message.clone() });
            TaskView {
                name: *name,
                state: task.state(enabled, state),
                errors: if enabled { errors.collect() } else { Vec::new() },
                last_run_ms: task.last_run().map(|at| at.0),
                interval_ms: Self::interval(configs, *name),
            }
        };
        self.tasks.iter().map(view).collect()
    }

    fn protection(&self) -> Option<String> {
        self.mirrors.values().find_map(|entry| entry.unprotected.clone())
    }

    /// Lag per partition, as the public API has it.
    pub(super) fn lag_rows(&self, topic: &TopicName) -> Vec<MirrorLagRow> {
        let mut rows = Vec::new();
        let rests = self.mirrors.get(topic).is_some_and(|entry| rests(entry.machine.state()));
        for mover in &self.movers {
            if let Some(partitions) = mover.shown.borrow().get(topic) {
                rows.extend(partitions.values().map(|shown| MirrorLagRow {
                    partition: shown.partition,
                    lag: shown.lag.records.filter(|_| !rests).unwrap_or(-1),
                    last_source_fetch_offset: shown.view.log_end.unwrap_or(-1),
                }));
            }
        }
        rows.sort_by_key(|row| row.partition);
        rows
    }
}

/// Whether nobody asks the source where it ends: what was missing when that was asked last says nothing about now.
fn rests(state: MirrorState) -> bool {
    matches!(state, MirrorState::Paused | MirrorState::LinkPaused | MirrorState::Failed)
}

/// A mirror as its machine and what the movers show of its partitions have it.
pub(in crate::links) fn mirror_detail(
    cluster: &ClusterName,
    topic: &TopicName,
    machine: &Mirror,
    created: bool,
    moved: &Partitions,
) -> MirrorDetail {
    let record = machine.record();
    let mut lag = LagView::default();
    let mut rate = RateView::default();
    let mut trouble = None;
    for shown in moved.values() {
        lag = sum(lag, lag_of(shown));
        rate.bytes += shown.bytes_per_second;
        rate.records += shown.records_per_second;
        if trouble.is_none() {
            trouble =
                error_of(shown).map(|error| format!("partition {}: {error}", shown.partition));
        }
    }
    // Partitions that were never fetched make the sum unknown.
    let n_known = moved.values().filter(|shown| shown.lag.records.is_some()).count();
    let state = if created { machine.state() } else { MirrorState::PendingMirror };
    if rests(state) || n_known < usize::try_from(record.partitions).unwrap_or(0) {
        lag.records = None;
        lag.behind_ms = None;
    }
    let ends = match &record.phase {
        MirrorPhase::Stopped { ends } => Some(ends),
        _ => None,
    };
    if let MirrorPhase::Failed { detail, .. } = &record.phase {
        trouble = Some(detail.clone());
    }
    let partitions = (0..record.partitions).map(|number| match moved.get(&number) {
        Some(shown) if rests(state) => {
            MirrorPartitionView { lag: None, behind_ms: None, ..partition_view(shown) }
        }
        Some(shown) => partition_view(shown),
        None => {
            unmoved(number, ends.and_then(|ends| ends.get(usize::try_from(number).ok()?)).copied())
        }
    });
    MirrorDetail {
        partitions: partitions.collect(),
        mirror: MirrorRow {
            cluster: cluster.clone(),
            link: record.link.clone(),
            topic: topic.clone(),
            source_topic: record.source_topic.clone(),
            partitions: record.partitions,
            state,
            since_ms: machine.since().0,
            error: machine.error(),
            trouble: trouble.filter(|_| state != MirrorState::Stopped),
            lag,
            rate,
        },
        transition_errors: machine
            .transition_errors()
            .into_iter()
            .map(|by| TaskErrorView { code: by.code, message: by.message })
            .collect(),
    }
}

fn sum(a: LagView, b: LagView) -> LagView {
    LagView {
        records: match (a.records, b.records) {
            (Some(a), Some(b)) => Some(a.saturating_add(b)),
            (one, other) => one.or(other),
        },
        behind_ms: a.behind_ms.max(b.behind_ms),
        last_fetch_ms: match (a.last_fetch_ms, b.last_fetch_ms) {
            (Some(a), Some(b)) => Some(a.min(b)),
            (one, other) => one.or(other),
        },
    }
}

fn lag_of(shown: &PartitionShown) -> LagView {
    LagView {
        records: shown.lag.records,
        behind_ms: shown.lag.behind_ms,
        last_fetch_ms: shown.view.last_fetch.map(|at| at.0),
    }
}

fn error_of(shown: &PartitionShown) -> Option<String> {
    shown.view.error.clone().or_else(|| shown.view.source_error.clone())
}

fn partition_view(shown: &PartitionShown) -> MirrorPartitionView {
    let view = &shown.view;
    let counters = view.counters;
    MirrorPartitionView {
        partition: shown.partition,
        stance: stance(view.stance),
        log_end: view.log_end,
        source_high_watermark: view.source_high_watermark,
        source_last_stable: view.source_last_stable,
        lag: shown.lag.records,
        behind_ms: shown.lag.behind_ms,
        last_fetch_ms: view.last_fetch.map(|at| at.0),
        records: counters.records,
        bytes: counters.bytes,
        batches_passed: counters.passed,
        batches_rebuilt: counters.rebuilt,
        filled: counters.by_markers + counters.by_transactions + counters.padded,
        error: error_of(shown),
    }
}

/// A partition that is not run: stopped for good where it ended, or not run here yet.
fn unmoved(partition: i32, end: Option<i64>) -> MirrorPartitionView {
    MirrorPartitionView {
        partition,
        stance: if end.is_some() { MirrorStance::Stopped } else { MirrorStance::Idle },
        log_end: end,
        source_high_watermark: None,
        source_last_stable: None,
        lag: None,
        behind_ms: None,
        last_fetch_ms: None,
        records: 0,
        bytes: 0,
        batches_passed: 0,
        batches_rebuilt: 0,
        filled: 0,
        error: None,
    }
}

fn stance(stance: Stance) -> MirrorStance {
    match stance {
        Stance::Idle => MirrorStance::Idle,
        Stance::Opening => MirrorStance::Opening,
        Stance::Copying => MirrorStance::Copying,
        Stance::Filling => MirrorStance::Filling,
        Stance::Retrying => MirrorStance::Retrying,
        Stance::Closing => MirrorStance::Closing,
        Stance::Stopped => MirrorStance::Stopped,
        Stance::Failed => MirrorStance::Failed,
    }
}

/// Where groups stand on both sides, by group, topic and partition.
pub(super) fn group_rows(observed: &Observed, work: &Work) -> Vec<GroupOffsetRow> {
    let mut rows = Vec::new();
    for (group, offsets) in &observed.source {
        let mirror_group = LinkPrefix::apply(work.group_prefix.as_ref(), group);
        let there = observed.destination.get(&mirror_group);
        for ((source_topic, partition), offset) in offsets {
            let Some(mirror) = observed.mirrors.get(source_topic) else { continue };
            let end = usize::try_from(*partition).ok().and_then(|at| mirror.ends.get(at)).copied();
            let place = (mirror.name.clone(), *partition);
            rows.push(GroupOffsetRow {
                group: group.clone(),
                mirror_group: mirror_group.clone(),
                topic: mirror.name.clone(),
                partition: *partition,
                source: Some(*offset),
                destination: there.and_then(|there| there.offsets.get(&place)).copied(),
                mirror_end: end,
                source_active: observed.source_active.contains(group),
                destination_active: there.is_some_and(|there| there.active),
                synced: work.filters.admits(group),
            });
        }
    }
    rows
}
