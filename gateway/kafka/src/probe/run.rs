//! The probe's way through the steps.

use std::time::{Duration, Instant};

use futures_util::{StreamExt, stream};

use super::{Outcome, ProbeReport, ProbeStep, ProbedCluster, Step};
use crate::{
    admin::cluster::{Broker, ClusterDescription},
    client::Client,
    connection::dial::{Dialer, Trace},
    error::{ConnectCause, Error, ErrorCode, Stage},
    settings::{ConnectionSettings, HostPort},
};

/// Brokers connected to at the same time.
const AT_ONCE: usize = 8;
/// Steps with a bootstrap server, in order.
const SERVER_STEPS: [Step; 6] =
    [Step::Resolve, Step::Connect, Step::Tls, Step::Authenticate, Step::Authorize, Step::Describe];

pub(super) struct Run<'a> {
    settings: &'a ConnectionSettings,
    dialer: Dialer,
    report: ProbeReport,
}

impl<'a> Run<'a> {
    pub(super) fn new(settings: &'a ConnectionSettings) -> Self {
        let dialer = Dialer::new(settings.clone());
        Self { settings, dialer, report: ProbeReport::default() }
    }

    pub(super) async fn finish(mut self) -> ProbeReport {
        if self.check_settings().await {
            for server in &self.settings.bootstrap {
                if self.try_server(server).await {
                    break;
                }
            }
        }
        self.report
    }

    fn put(&mut self, step: Step, target: impl Into<String>, outcome: Outcome) {
        self.report.steps.push(ProbeStep { step, target: target.into(), outcome });
    }

    /// Steps from `first` on were not tried.
    fn skip_from(&mut self, first: Step, target: &str) {
        for step in SERVER_STEPS.into_iter().filter(|step| *step >= first) {
            self.put(step, target, Outcome::Skipped);
        }
    }

    async fn check_settings(&mut self) -> bool {
        let since = Instant::now();
        if let Some(tls) = &self.dialer.tls
            && let Err(error) = tls.config().await
        {
            let outcome = match &error {
                Error::Settings(faults) => {
                    let all = |text: fn(&crate::settings::SettingFault) -> &str| {
                        faults.iter().map(text).collect::<Vec<_>>().join("; ")
                    };
                    Outcome::Failed {
                        summary: format!("{} cannot be used", all(|fault| &fault.key)),
                        cause: all(|fault| &fault.problem),
                        remedy: all(|fault| &fault.remedy),
                    }
                }
                other => failed(other),
            };
            self.put(Step::Settings, "", outcome);
            self.skip_from(Step::Resolve, "");
            return false;
        }
        let mut detail = self.settings.security_protocol().to_owned();
        if let Some(mechanism) = self.settings.mechanism() {
            detail = format!("{detail} with {mechanism}");
        }
        if let Some(principal) = self.settings.principal() {
            detail = format!("{detail} as {principal}");
        }
        self.put(Step::Settings, "", done(detail, since.elapsed()));
        true
    }

    /// Goes through the steps with one server; whether it answered.
    async fn try_server(&mut self, server: &HostPort) -> bool {
        let target = server.to_string();
        let mut trace = Trace::default();
        let dialled = self
            .dialer
            .dial_explained(server, target.clone(), std::sync::Arc::default(), &mut trace)
            .await;
        let error = dialled.as_ref().err().cloned();
        drop(dialled);
        self.report_trace(&target, &trace, error.as_ref());
        if error.is_some() {
            return false;
        }
        self.describe(server).await
    }

    /// Steps that the dial went through.
    fn report_trace(&mut self, target: &str, trace: &Trace, error: Option<&Error>) {
        let failed_at = error.map(|error| match error {
            Error::Connect(connect) => match connect.stage {
                Stage::Dns => Step::Resolve,
                Stage::Tcp => Step::Connect,
                Stage::Tls => Step::Tls,
                // What speaks to the wrong kind of port is a matter of TLS, whoever noticed it.
                Stage::ApiVersions if connect.cause == ConnectCause::PlaintextToTls => Step::Tls,
                Stage::ApiVersions | Stage::Sasl => Step::Authenticate,
            },
            _ => Step::Authenticate,
        });
        for step in [Step::Resolve, Step::Connect, Step::Tls, Step::Authenticate] {
            if let (Some(at), Some(error)) = (failed_at, error)
                && at <= step
            {
                self.put(step, target, if at == step { failed(error) } else { Outcome::Skipped });
                continue;
            }
            let mut seen = trace.stages.iter().filter(|(stage, ..)| match step {
                Step::Resolve => *stage == Stage::Dns,
                Step::Connect => *stage == Stage::Tcp,
                Step::Tls => *stage == Stage::Tls,
                _ => matches!(stage, Stage::ApiVersions | Stage::Sasl),
            });
            let outcome = match seen.next() {
                None => Outcome::Skipped,
                Some((_, took, detail)) => {
                    let (took, detail) = seen
                        .fold((*took, detail.clone()), |(sum, text), (_, took, detail)| {
                            (sum + *took, format!("{text}, {detail}"))
                        });
                    done(detail, took)
                }
            };
            self.put(step, target, outcome);
        }
        if failed_at.is_some() {
            self.put(Step::Authorize, target, Outcome::Skipped);
            self.put(Step::Describe, target, Outcome::Skipped);
        }
    }

    /// Asks the server for the cluster, and every broker for its attention.
    async fn describe(&mut self, server: &HostPort) -> bool {
        let target = server.to_string();
        let since = Instant::now();
        let mut settings = self.settings.clone();
        settings.bootstrap = vec![server.clone()];
        let limit = settings.timeouts.request.min(Duration::from_secs(15));
        let client = match Client::new(settings) {
            Ok(client) => client.with_deadline(limit),
            Err(error) => {
                self.put(Step::Authorize, &target, failed(&error));
                self.put(Step::Describe, &target, Outcome::Skipped);
                return false;
            }
        };
        let described = client.describe_by_bootstrap().await;
        client.close().await;
        let (description, version) = match described {
            Ok(described) => described,
            Err(error) => {
                let sasl = matches!(&error, Error::Connect(connect)
                    if connect.cause == ConnectCause::SaslRequired);
                if sasl {
                    // The versions were told to anybody; the next request was not answered.
                    self.fail_authentication(&target, &error);
                } else {
                    self.put(Step::Authorize, &target, failed(&error));
                }
                self.put(Step::Describe, &target, Outcome::Skipped);
                return false;
            }
        };
        self.put(Step::Authorize, &target, authorization(&description, since.elapsed()));
        self.reach_brokers(&target, &description.brokers).await;
        self.report.cluster = Some(ProbedCluster { description, version });
        true
    }

    fn fail_authentication(&mut self, target: &str, error: &Error) {
        if let Some(step) =
            self.report.steps.iter_mut().rev().find(|s| s.step == Step::Authenticate)
        {
            step.outcome = failed(error);
        }
        self.put(Step::Authorize, target, Outcome::Skipped);
    }

    async fn reach_brokers(&mut self, server: &str, brokers: &[Broker]) {
        let since = Instant::now();
        // Owned, because a closure over references would keep callers from spawning the probe.
        let live: Vec<Broker> = brokers.iter().filter(|broker| !broker.fenced).cloned().collect();
        let dialer = &self.dialer;
        let outcomes: Vec<(Broker, Option<Error>)> = stream::iter(live)
            .map(|broker| async move {
                let address = broker.address();
                let name = format!("broker {} ({address})", broker.id);
                let counters = std::sync::Arc::default();
                let outcome =
                    dialer.dial_explained(&address, name, counters, &mut Trace::default()).await;
                (broker, outcome.err())
            })
            .buffered(AT_ONCE)
            .collect()
            .await;
        let reached = outcomes.iter().filter(|(_, error)| error.is_none()).count();
        let failures: Vec<_> = outcomes
            .iter()
            .filter_map(|(broker, error)| error.as_ref().map(|error| (broker, error)))
            .map(|(broker, error)| (broker.address().to_string(), unreachable(broker, error)))
            .collect();
        if failures.is_empty() {
            let detail = match reached {
                1 => "the broker is reachable at its advertised address".to_owned(),
                count => format!("all {count} brokers are reachable at their advertised addresses"),
            };
            self.put(Step::Describe, server, done(detail, since.elapsed()));
        }
        for (address, outcome) in failures {
            self.put(Step::Describe, address, outcome);
        }
    }
}

fn done(detail: String, took: Duration) -> Outcome {
    Outcome::Ok { detail, micros: u64::try_from(took.as_micros()).unwrap_or(u64::MAX) }
}

fn failed(error: &Error) -> Outcome {
    match error {
        Error::Connect(connect) => Outcome::Failed {
            summary: connect.summary.clone(),
            cause: connect.detail.clone(),
            remedy: connect.remedy.clone(),
        },
        error => Outcome::Failed {
            summary: match error.code() {
                Some(ErrorCode::MISMATCHED_ENDPOINT_TYPE) => {
                    "the port is a listener of a KRaft controller, not of a broker".to_owned()
                }
                _ => "the broker did not answer as it should".to_owned(),
            },
            cause: error.to_string(),
            remedy: error.remedy().unwrap_or("See the broker's log").to_owned(),
        },
    }
}

fn authorization(cluster: &ClusterDescription, took: Duration) -> Outcome {
    match &cluster.operations {
        // Brokers leave the set empty when the principal may not even describe the cluster.
        Some(operations) if operations.is_empty() => Outcome::Failed {
            summary: "the principal may not describe the cluster".to_owned(),
            cause: "the broker lists no authorized operations on the cluster".to_owned(),
            remedy: "Grant it: kafka-acls --add --allow-principal <principal> --operation Describe --cluster"
                .to_owned(),
        },
        Some(operations) => {
            let words: Vec<&str> = operations.iter().map(|operation| operation.word()).collect();
            done(format!("allowed on the cluster: {}", words.join(", ")), took)
        }
        None => done("the broker does not tell permissions".to_owned(), took),
    }
}

fn unreachable(broker: &Broker, error: &Error) -> Outcome {
    let (cause, remedy) = match error {
        Error::Connect(connect) => {
            let detail = if connect.detail.is_empty() {
                connect.summary.clone()
            } else {
                format!("{} ({})", connect.summary, connect.detail)
            };
            let remedy = match connect.cause {
                ConnectCause::UnknownHost
                | ConnectCause::Refused
                | ConnectCause::TimedOut
                | ConnectCause::Unreachable => format!(
                    "Make {} reachable from this machine, or correct advertised.listeners of broker {}",
                    broker.address(),
                    broker.id
                ),
                _ => connect.remedy.clone(),
            };
            (detail, remedy)
        }
        error => (error.to_string(), "See the broker's log".to_owned()),
    };
    Outcome::Failed {
        summary: format!(
            "broker {} cannot be used at its advertised address {}",
            broker.id,
            broker.address()
        ),
        cause,
        remedy,
    }
}
