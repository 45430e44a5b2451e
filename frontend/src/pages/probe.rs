//! The steps of *Test connection*, with the one that failed, why, and what to do.

use drawbridge_shared::view::{ProbeReport, ProbeStage, ProbeStep, StepOutcome};
use leptos::prelude::*;

use super::clusters::brokers_words;
use crate::model::cluster::{stage_question, stage_words};
use crate::model::time::latency;
use crate::ui::{Badge, Shape, StateRole};

/// A test that was made, is being made, or was never asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::pages) enum Probe {
    /// Nobody asked.
    None,
    /// The answer is still to come.
    Running,
    /// What was found.
    Done(ProbeReport),
}

/// The steps on the way to a usable connection, in order.
const STAGES: [ProbeStage; 7] = [
    ProbeStage::Settings,
    ProbeStage::Resolve,
    ProbeStage::Connect,
    ProbeStage::Tls,
    ProbeStage::Authenticate,
    ProbeStage::Authorize,
    ProbeStage::Brokers,
];

/// The steps of a test.
#[component]
pub(in crate::pages) fn ProbeSteps(
    /// The test.
    #[prop(into)]
    probe: Signal<Probe>,
) -> impl IntoView {
    move || match probe.get() {
        Probe::None => ().into_any(),
        Probe::Running => view! {
            <div class="probe" role="status" aria-busy="true">
                <p class="probe-verdict">"Testing…"</p>
                <ol class="probe-steps">{STAGES.map(waiting).collect_view()}</ol>
            </div>
        }
        .into_any(),
        Probe::Done(report) => view! { <Found report /> }.into_any(),
    }
}

fn waiting(stage: ProbeStage) -> impl IntoView {
    view! {
        <li class="probe-step probe-step--waiting">
            <Shape role=StateRole::Unknown />
            <span class="probe-stage">{stage_words(stage)}</span>
            <span class="muted">{stage_question(stage)}</span>
        </li>
    }
}

#[component]
fn Found(report: ProbeReport) -> impl IntoView {
    let (role, verdict) = if report.passed() {
        (StateRole::Ok, "The connection works".to_owned())
    } else {
        let failed = report.steps.iter().find(|s| matches!(s.outcome, StepOutcome::Failed { .. }));
        let stage = failed.map_or("the test", |step| stage_words(step.stage));
        (StateRole::Failed, format!("Failed at {stage}"))
    };
    let facts = [
        report.cluster_id.clone().map(|id| format!("cluster {id}")),
        report.version.clone().map(|version| format!("Kafka {version}")),
        report.n_brokers.map(|n| brokers_words(Some(n))),
        report.security.clone(),
    ];
    let facts = facts.into_iter().flatten().collect::<Vec<_>>().join(" · ");
    let ignored = (!report.ignored_properties.is_empty()).then(|| {
        let keys = report.ignored_properties.join(", ");
        format!("These properties mean nothing to Drawbridge and are ignored: {keys}")
    });
    view! {
        <div class="probe" role="status">
            <p class="probe-verdict">
                <Badge role text=verdict />
                " "
                <span class="muted">{facts}</span>
            </p>
            <ol class="probe-steps">
                {report.steps.into_iter().map(|step| view! { <Step step /> }).collect_view()}
            </ol>
            {ignored.map(|text| view! { <p class="muted">{text}</p> })}
        </div>
    }
}

#[component]
fn Step(step: ProbeStep) -> impl IntoView {
    let ProbeStep { stage, target, outcome } = step;
    let (role, word, rest) = match outcome {
        StepOutcome::Passed { detail, micros } => (
            StateRole::Ok,
            "passed",
            view! {
                <span class="probe-detail">{detail}</span>
                <span class="probe-took num muted">{latency(micros)}</span>
            }
            .into_any(),
        ),
        StepOutcome::Skipped { reason } => (
            StateRole::Unknown,
            "skipped",
            view! { <span class="probe-detail muted">"skipped: " {reason}</span> }.into_any(),
        ),
        StepOutcome::Failed { summary, cause, remedy } => {
            (StateRole::Failed, "failed", failure(stage, summary, cause, remedy))
        }
    };
    view! {
        <li class=format!("probe-step {}", role.class())>
            <Shape role />
            <span class="probe-stage">
                {stage_words(stage)}
                <span class="visually-hidden">" " {word}</span>
            </span>
            <span class="probe-target mono">{target}</span>
            {rest}
        </li>
    }
}

fn failure(stage: ProbeStage, summary: String, cause: String, remedy: String) -> AnyView {
    let cause = Some(cause).filter(|cause| !cause.is_empty());
    // About properties the cause is no foreign words but the very lines to correct.
    let is_open = stage == ProbeStage::Settings;
    view! {
        <div class="probe-failure">
            <p class="why-summary">{summary}</p>
            <p>{remedy}</p>
            {cause
                .map(|cause| {
                    view! {
                        <details open=is_open>
                            <summary>"Cause"</summary>
                            <pre>{cause}</pre>
                        </details>
                    }
                })}
        </div>
    }
    .into_any()
}
