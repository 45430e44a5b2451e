//! *Test connection*.

use std::time::Duration;

use drawbridge_kafka::{
    ConnectionSettings,
    probe::{Outcome, ProbeReport as Found, Step, probe},
};
use drawbridge_shared::{
    draft::ClusterDraft,
    view::{ProbeReport, ProbeStage, ProbeStep, StepOutcome},
};

use crate::{
    clusters::{properties_of, security_words, settings_fields},
    refusal::Refusal,
};

/// The whole probe ends by then, whatever the timeouts in the properties are.
const PATIENCE: Duration = Duration::from_secs(40);

/// Tries the connection a draft describes. Properties that cannot be used are a failed first step, not an
/// error: the report says which step failed.
pub async fn of_draft(draft: &ClusterDraft) -> ProbeReport {
    match properties_of(draft).and_then(|properties| settings_fields(&properties)) {
        Ok(settings) => of_settings(settings).await,
        Err(refusal) => unusable(refusal),
    }
}

/// Tries the connection of known settings.
pub async fn of_settings(mut settings: ConnectionSettings) -> ProbeReport {
    let timeouts = &mut settings.timeouts;
    for timeout in
        [&mut timeouts.connect, &mut timeouts.tls, &mut timeouts.sasl, &mut timeouts.request]
    {
        *timeout = (*timeout).min(Duration::from_secs(8));
    }
    let mut report = match tokio::time::timeout(PATIENCE, probe(&settings)).await {
        Ok(found) => report(found),
        Err(_) => only(failed(
            ProbeStage::Brokers,
            format!("the test took longer than {} seconds and was given up", PATIENCE.as_secs()),
            "some address neither answers nor refuses".to_owned(),
            "Check that every broker can be reached from this machine; a firewall may drop packets."
                .to_owned(),
        )),
    };
    report.security = Some(security_words(&settings));
    report.ignored_properties = settings.ignored;
    report
}

fn report(found: Found) -> ProbeReport {
    let steps = found.steps.into_iter().map(|step| ProbeStep {
        stage: stage(step.step),
        target: step.target,
        outcome: match step.outcome {
            Outcome::Ok { detail, micros } => StepOutcome::Passed { detail, micros },
            Outcome::Failed { summary, cause, remedy } => {
                StepOutcome::Failed { summary, cause, remedy }
            }
            Outcome::Skipped => StepOutcome::Skipped {
                reason: "an earlier step failed, or these settings do not need it".to_owned(),
            },
        },
    });
    let cluster = found.cluster;
    ProbeReport {
        steps: steps.collect(),
        cluster_id: cluster.as_ref().map(|known| known.description.cluster_id.clone()),
        version: cluster.as_ref().map(|known| known.version.clone()),
        n_brokers: cluster
            .as_ref()
            .and_then(|known| u32::try_from(known.description.brokers.len()).ok()),
        security: None,
        ignored_properties: Vec::new(),
    }
}

fn stage(step: Step) -> ProbeStage {
    match step {
        Step::Settings => ProbeStage::Settings,
        Step::Resolve => ProbeStage::Resolve,
        Step::Connect => ProbeStage::Connect,
        Step::Tls => ProbeStage::Tls,
        Step::Authenticate => ProbeStage::Authenticate,
        Step::Authorize => ProbeStage::Authorize,
        Step::Describe => ProbeStage::Brokers,
    }
}

fn unusable(refusal: Refusal) -> ProbeReport {
    let each: Vec<String> = refusal.fields.into_iter().map(|field| field.message).collect();
    only(failed(
        ProbeStage::Settings,
        each.join("; "),
        String::new(),
        "Correct the properties named.".to_owned(),
    ))
}

fn only(step: ProbeStep) -> ProbeReport {
    ProbeReport {
        steps: vec![step],
        cluster_id: None,
        version: None,
        n_brokers: None,
        security: None,
        ignored_properties: Vec::new(),
    }
}

fn failed(stage: ProbeStage, summary: String, cause: String, remedy: String) -> ProbeStep {
    let outcome = StepOutcome::Failed { summary, cause, remedy };
    ProbeStep { stage, target: String::new(), outcome }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn properties_that_cannot_be_used_are_a_failed_first_step() {
        let draft =
            ClusterDraft { name: String::new(), properties: "bootstrap.server=h:1".to_owned() };
        let report = of_draft(&draft).await;
        assert!(!report.passed());
        let [ProbeStep { stage, outcome: StepOutcome::Failed { summary, .. }, .. }] =
            report.steps.as_slice()
        else {
            panic!("{report:?}")
        };
        assert_eq!(*stage, ProbeStage::Settings);
        assert!(summary.contains("bootstrap.servers"), "{summary}");
    }
}
