//! The four calls of the classic group protocol, each sent once.

use std::{
    future::Future,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use bytes::Bytes;
use kafka_protocol::{
    messages::{
        GroupId, HeartbeatRequest, JoinGroupRequest, JoinGroupResponse, LeaveGroupRequest,
        SyncGroupRequest, join_group_request::JoinGroupRequestProtocol,
        leave_group_request::MemberIdentity, sync_group_request::SyncGroupRequestAssignment,
    },
    protocol::{Request, StrBytes},
};

use super::LeaseTimes;
use crate::{
    client::{ANY_VERSION, Client, Kind, Route, Throttled, Use},
    connection::Connection,
    error::{Asked, Error, ErrorCode, Result},
};

const PROTOCOL_TYPE: &str = "drawbridge";
/// Letters of a member's name that are told on.
const MAX_NAME: usize = 100;
const PROTOCOL: &str = "owner-v1";
/// What the coordinator may take to answer beyond what it waits for.
const SLACK: Duration = Duration::from_secs(5);
/// Goodbyes are worth no longer wait.
const GOODBYE: Duration = Duration::from_secs(2);

/// A member's place in one generation of the group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) member: String,
    pub(super) generation: i32,
}

/// What JoinGroup is answered with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Joined {
    /// Come back with this id (KIP-394).
    Id(String),
    /// The round is complete.
    Round {
        place: Place,
        /// Member id of the leader.
        leader: String,
        /// Ids of all members, and how each calls itself; for the leader only.
        members: Vec<(String, String)>,
    },
}

/// The group coordinator as a member sees it.
pub(super) trait Coordinator: Send + Sync + 'static {
    /// Joins, or joins again with an id that was given.
    fn join(&self, member: &str) -> impl Future<Output = Result<Joined>> + Send;
    /// Brings the assignments (the leader), and takes one's own.
    fn sync(
        &self,
        place: &Place,
        assignments: Vec<(String, Bytes)>,
    ) -> impl Future<Output = Result<Bytes>> + Send;
    /// A sign of life.
    fn heartbeat(&self, place: &Place) -> impl Future<Output = Result<()>> + Send;
    /// Leaves, if `member` has an id, and ends the connections.
    fn leave(&self, member: &str) -> impl Future<Output = ()> + Send;
    /// What failed, in words for people.
    fn explain(&self, error: &Error) -> String;
}

/// The coordinator behind a client.
#[derive(Debug)]
pub(super) struct Calls {
    client: Client,
    /// A connection of its own: a JoinGroup that waits holds up everything behind it.
    lane: Use,
    group: String,
    who: Bytes,
    times: LeaseTimes,
}

fn text(text: &str) -> StrBytes {
    StrBytes::from_string(text.to_owned())
}

fn millis(duration: Duration) -> i32 {
    i32::try_from(duration.as_millis()).unwrap_or(i32::MAX)
}

impl Calls {
    pub(super) fn new(client: Client, group: &str, who: &str, times: LeaseTimes) -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        let lane = Use::Member(NEXT.fetch_add(1, Ordering::Relaxed));
        let who = Bytes::copy_from_slice(who.as_bytes());
        Self { client, lane, group: group.to_owned(), who, times }
    }

    fn group_id(&self) -> GroupId {
        GroupId(text(&self.group))
    }

    /// One request to the coordinator. `patience` is for the answer; finding and dialling the coordinator may take
    /// as long again.
    async fn once<R>(
        &self,
        api: &'static str,
        patience: Duration,
        request: R,
        error_code: impl Fn(&R::Response) -> i16 + Send,
    ) -> Result<R::Response>
    where
        R: Request + Send,
        R::Response: Throttled + Send,
    {
        let asked = Asked::new(api).about(format!("group {}", self.group));
        let client = self.client.with_deadline(patience * 2);
        let call = async {
            let connection = self.connection(&client).await?;
            let build = move |_| request;
            let response =
                client.send_within(patience, &connection, ANY_VERSION, &asked, build).await?;
            match ErrorCode::from_wire(error_code(&response)) {
                None => Ok(response),
                Some(code) => {
                    Err(Error::broker(code.0, None, asked.clone().of(connection.target())))
                }
            }
        };
        let outcome = client.once(&asked, call).await;
        outcome.inspect_err(|error| self.client.learn_from(Route::Group(&self.group), error))
    }

    async fn connection(&self, client: &Client) -> Result<Arc<Connection>> {
        let coordinator = client.coordinator(Kind::Group, &self.group).await?;
        client.broker(coordinator, self.lane).await
    }

    /// A heartbeat without answer is given up while the lease leaves time for another.
    fn short(&self) -> Duration {
        self.times.session / 6
    }

    /// The coordinator may hold the answer until the rebalance is over.
    fn long(&self) -> Duration {
        self.times.rebalance + SLACK
    }
}

impl Coordinator for Calls {
    async fn join(&self, member: &str) -> Result<Joined> {
        let protocol = JoinGroupRequestProtocol::default()
            .with_name(text(PROTOCOL))
            .with_metadata(self.who.clone());
        let request = JoinGroupRequest::default()
            .with_group_id(self.group_id())
            .with_session_timeout_ms(millis(self.times.session))
            .with_rebalance_timeout_ms(millis(self.times.rebalance))
            .with_member_id(text(member))
            .with_protocol_type(text(PROTOCOL_TYPE))
            .with_protocols(vec![protocol]);
        let check = |response: &JoinGroupResponse| match response.error_code {
            // Not an error: it brings the id.
            code if code == ErrorCode::MEMBER_ID_REQUIRED.0 => 0,
            code => code,
        };
        let response = self.once("JoinGroup", self.long(), request, check).await?;
        let member = response.member_id.to_string();
        if response.error_code != 0 {
            return Ok(Joined::Id(member));
        }
        let name = |who: &Bytes| {
            // One a line, and of a length that a person reads.
            let text = String::from_utf8_lossy(who);
            text.chars().filter(|letter| !letter.is_control()).take(MAX_NAME).collect::<String>()
        };
        let members = response.members.iter();
        Ok(Joined::Round {
            place: Place { member, generation: response.generation_id },
            leader: response.leader.to_string(),
            members: members.map(|one| (one.member_id.to_string(), name(&one.metadata))).collect(),
        })
    }

    async fn sync(&self, place: &Place, assignments: Vec<(String, Bytes)>) -> Result<Bytes> {
        let assignments = assignments.into_iter().map(|(member, assignment)| {
            SyncGroupRequestAssignment::default()
                .with_member_id(text(&member))
                .with_assignment(assignment)
        });
        let request = SyncGroupRequest::default()
            .with_group_id(self.group_id())
            .with_generation_id(place.generation)
            .with_member_id(text(&place.member))
            .with_protocol_type(Some(text(PROTOCOL_TYPE)))
            .with_protocol_name(Some(text(PROTOCOL)))
            .with_assignments(assignments.collect());
        let response = self.once("SyncGroup", self.long(), request, |sync| sync.error_code).await?;
        Ok(response.assignment)
    }

    async fn heartbeat(&self, place: &Place) -> Result<()> {
        let request = HeartbeatRequest::default()
            .with_group_id(self.group_id())
            .with_generation_id(place.generation)
            .with_member_id(text(&place.member));
        self.once("Heartbeat", self.short(), request, |beat| beat.error_code).await.map(drop)
    }

    async fn leave(&self, member: &str) {
        // The connection may be waiting for a JoinGroup.
        self.client.end_lanes(self.lane);
        if !member.is_empty() {
            let identity = MemberIdentity::default().with_member_id(text(member));
            let request = LeaveGroupRequest::default()
                .with_group_id(self.group_id())
                .with_members(vec![identity]);
            let left = self.once("LeaveGroup", GOODBYE, request, |left| left.error_code).await;
            if let Err(error) = left {
                tracing::debug!(%error, "a group was left without a goodbye");
            }
            self.client.end_lanes(self.lane);
        }
    }

    fn explain(&self, error: &Error) -> String {
        let group = &self.group;
        if error.code() == Some(ErrorCode::GROUP_AUTHORIZATION_FAILED) {
            return format!(
                "the principal lacks READ on the group {group}: grant it (kafka-acls --add --operation Read --group \
                 {group}). {error}"
            );
        }
        match error.remedy() {
            Some(remedy) => format!("{error}. {remedy}"),
            None => error.to_string(),
        }
    }
}
