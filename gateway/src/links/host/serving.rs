//! Whether this gateway runs the links of a cluster, and what it does while it may, and while it may not.

use std::{sync::PoisonError, time::Duration};

use drawbridge_engine::Millis;
use drawbridge_kafka::{
    Client, ErrorCode as KafkaCode,
    membership::{LeaseTimes, Role},
};
use drawbridge_shared::{guard::Action, view::Severity, wire::ErrorCode};
use tokio::time::Instant;

use super::{Host, State, by_link};
use crate::{
    clock::now_ms,
    links::{
        standby::{Halves, Standby},
        store::{StateStore, TOPIC},
    },
    refusal::Refusal,
};

/// Between two looks whether the cluster answers.
const AGAIN: Duration = Duration::from_secs(1);
/// Between two looks whether somebody else made the first link.
const LOOK: Duration = Duration::from_secs(30);
/// How long a gateway that was shut out waits before it looks again.
const TAKEN_OVER: Duration = Duration::from_secs(30);

/// The group whose leader runs the links of the cluster.
const GROUP: &str = "_drawbridge.links";

impl Host {
    /// One turn: what there is to do now; returns how long to wait for the next.
    pub(super) async fn turn(&self) -> Duration {
        let client = match self.cluster.usable_client() {
            Ok(client) if self.cluster.cluster_id().is_some() => client.clone(),
            Ok(_) => return AGAIN / 4,
            Err(refusal) => {
                self.wait(refusal);
                return AGAIN;
            }
        };
        if self.cluster.spec().guards.read_only {
            return self.only_look(&client).await;
        }
        match self.stop.run_until_cancelled(exists(&client)).await {
            None => return Duration::ZERO,
            // Somebody waits in `store` for the state to be opened, for the first link.
            Some(Ok(false)) if self.state.receiver_count() == 0 => {
                self.state.send_replace(State::Empty);
                self.settle();
                return LOOK;
            }
            Some(Ok(_)) => {}
            Some(Err(error)) => {
                self.wait(Refusal::new(ErrorCode::Unavailable, error.to_string()));
                return AGAIN;
            }
        }
        self.serve(client).await
    }

    fn wait(&self, why: Refusal) {
        self.state.send_if_modified(|state| match state {
            State::Waiting(known) if *known == why => false,
            _ => {
                *state = State::Waiting(why);
                true
            }
        });
    }

    /// Reads the links of a cluster on which nothing is to be changed, without joining those that may run them:
    /// another gateway may. Returns how long to wait before trying again.
    async fn only_look(&self, client: &Client) -> Duration {
        let name = &self.cluster.spec().name;
        let setting = self.cluster.spec().guards.setting(name, Action::LinkCreate);
        let why = format!("{name} is read-only here ({})", setting.unwrap_or_default());
        let refusal = Refusal::new(
            ErrorCode::Denied,
            format!("this gateway does not run the links of {name}: {why}"),
        )
        .rest(403, 40301)
        .remedy("Look at a gateway that may change the cluster.");
        // Until its records were read it is not known which links there are.
        let mut standby = Standby::default();
        match self.stop.run_until_cancelled(exists(client)).await {
            None => return Duration::ZERO,
            Some(Ok(false)) => {
                self.state.send_replace(State::ReadOnly(refusal));
                self.settle();
                return LOOK;
            }
            Some(Ok(true)) => {}
            Some(Err(error)) => {
                self.wait(Refusal::new(ErrorCode::Unavailable, error.to_string()));
                return AGAIN;
            }
        }
        loop {
            let encoder = self.shared.encoder.as_ref();
            tokio::select! {
                () = self.stop.cancelled() => {
                    self.see(Halves::new());
                    return Duration::ZERO;
                }
                halves = standby.next(&self.cluster, client, encoder, &why) => {
                    self.see(halves);
                    self.state.send_replace(State::ReadOnly(refusal.clone()));
                    self.settle();
                }
            }
        }
    }

    /// Stays among the gateways that may run the links of this cluster, and runs them while this one is the
    /// owner. Returns how long to wait before trying again.
    async fn serve(&self, client: Client) -> Duration {
        let who = self.shared.who.as_str();
        let membership = client.join_ownership(GROUP, who, LeaseTimes::default());
        let (mut role, mut members) = (membership.role(), membership.members());
        let mut open: Option<StateStore> = None;
        // Until when this gateway has been the owner without a gap.
        let mut held: Option<Instant> = None;
        let mut standby = Standby::default();
        let pause = loop {
            let now = role.borrow_and_update().clone();
            self.cluster.set_gateways(members.borrow_and_update().clone());
            let mut other = None;
            match now {
                Role::Owner { until } => {
                    let has_gap = held.is_none_or(|held| held <= Instant::now());
                    // Another gateway may have been here and gone, and have changed what is known of the links.
                    if has_gap
                        && let Some(store) = &open
                        && self.stop.run_until_cancelled(store.still_own()).await != Some(Ok(()))
                    {
                        open = None;
                        self.end_all().await;
                    }
                    match &open {
                        Some(_) => self.renew(until),
                        None => match self.open(&client, until).await {
                            Some(store) => open = Some(store),
                            None => break AGAIN * 5,
                        },
                    }
                    held = Some(until);
                }
                Role::Standby { owner } => {
                    if open.take().is_some() {
                        self.end_all().await;
                    }
                    let owner = owner.unwrap_or_else(|| "another gateway".to_owned());
                    self.wait(self.standby(&owner));
                    other = Some(owner);
                }
                Role::Failed(why) if open.is_none() => {
                    let name = &self.cluster.spec().name;
                    let message = format!("the links of {name} cannot be run: {why}");
                    self.wait(Refusal::new(ErrorCode::Unavailable, message));
                }
                // An owner that cannot renew its lease lets go of it in time by itself: the halves know its end.
                Role::Joining | Role::Failed(_) => held = None,
            }
            let fenced = async {
                match &open {
                    Some(store) => store.fenced().await,
                    None => std::future::pending().await,
                }
            };
            let news = async {
                match &other {
                    Some(owner) => {
                        standby
                            .next(
                                &self.cluster,
                                &client,
                                self.shared.encoder.as_ref(),
                                &format!("{owner} runs it"),
                            )
                            .await
                    }
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                () = self.stop.cancelled() => break Duration::ZERO,
                halves = news => {
                    self.see(halves);
                    self.settle();
                }
                () = fenced => {
                    self.tell_taken_over();
                    break TAKEN_OVER;
                }
                changed = role.changed() => if changed.is_err() { break AGAIN },
                Ok(()) = members.changed() => {}
                () = self.cluster.asked_to_read() => self.topics_changed(),
            }
        };
        // The successor does not wait for the end of the lease: everything stops before it is given up.
        self.end_all().await;
        self.see(Halves::new());
        self.cluster.set_gateways(Vec::new());
        drop(open);
        membership.leave().await;
        pause
    }

    pub(super) fn renew(&self, until: Instant) {
        let lease = instant(until);
        self.news.send_modify(|news| (news.lease, news.until) = (lease, until));
    }

    fn standby(&self, owner: &str) -> Refusal {
        let name = &self.cluster.spec().name;
        Refusal::new(ErrorCode::Unavailable, format!("the links of {name} are run by {owner}"))
            .remedy("Look at them there. This gateway takes over when that one ends.")
    }

    fn tell_taken_over(&self) {
        let name = &self.cluster.spec().name;
        let message = format!(
            "another gateway has taken over the links of {name}; this one has let go of them"
        );
        tracing::warn!(cluster = %name, "another gateway has taken over the links");
        self.shared.notices.push(Severity::Attention, name, None, message.clone());
        self.wait(Refusal::new(ErrorCode::Unavailable, message));
    }

    /// Opens the state and starts the links.
    async fn open(&self, client: &Client, until: Instant) -> Option<StateStore> {
        let name = self.cluster.spec().name.clone();
        let id = self.cluster.cluster_id().unwrap_or_default().to_owned();
        let encoder = self.shared.encoder.clone();
        let opening = StateStore::open(client.clone(), encoder, &id, &self.shared.tasks);
        let (store, contents) = match self.stop.run_until_cancelled(opening).await? {
            Ok(opened) => opened,
            Err(error) => {
                tracing::warn!(cluster = %name, %error, "the state of the links cannot be opened");
                let message = format!("the links of {name} cannot be run: {error}");
                self.wait(Refusal::new(ErrorCode::Unavailable, message));
                return None;
            }
        };
        for what in &contents.unreadable {
            tracing::error!(cluster = %name, what, "a record of the links' state cannot be read");
            let message = format!("a record of the links of {name} cannot be read: {what}");
            self.shared.notices.push(Severity::Failed, &name, None, message);
        }
        tracing::info!(cluster = %name, links = contents.links.len(), "running the links");
        self.renew(until);
        self.elsewhere.write().unwrap_or_else(PoisonError::into_inner).clear();
        for (link, contents) in by_link(contents) {
            self.start_half(link, contents, store.clone());
        }
        self.state.send_replace(State::Open(store.clone()));
        self.settle();
        self.shared.halves_changed();
        Some(store)
    }
}

/// An instant on the wall clock, as the engine counts.
fn instant(until: Instant) -> Millis {
    let left = until.saturating_duration_since(Instant::now()).as_millis();
    Millis(now_ms()).plus(i64::try_from(left).unwrap_or(0))
}

async fn exists(client: &Client) -> Result<bool, drawbridge_kafka::Error> {
    match client.describe_topics(&[TOPIC]).await?.remove(TOPIC) {
        Some(Ok(_)) => Ok(true),
        Some(Err(error)) if error.code() == Some(KafkaCode::UNKNOWN_TOPIC_OR_PARTITION) => {
            Ok(false)
        }
        Some(Err(error)) => Err(error),
        None => Ok(false),
    }
}
