//! Questions that wait for an answer.

use std::collections::{BTreeMap, BTreeSet};

use drawbridge_shared::wire::{
    ClientMessage, ErrorCode, Limits, Request, RequestId, Response, WireError,
};

use super::{Effect, Millis};
use crate::socket::RequestError;
use crate::socket::codec::codec;

/// Broker work is bounded by the gateway; this is for a gateway that does not answer at all.
const TIMEOUT_MS: Millis = 45_000;

/// A question, by ticket; the ticket is also its id on the wire.
#[derive(Debug)]
struct Pending {
    message: ClientMessage,
    is_harmless: bool,
    deadline: Millis,
    is_sent: bool,
}

/// All unanswered questions, in the order they were asked.
#[derive(Debug, Default)]
pub(super) struct Requests {
    waiting: BTreeMap<u64, Pending>,
    /// Sent and given up here, but for the gateway still unanswered: they count for its limit.
    abandoned: BTreeSet<u64>,
}

/// Whether asking changes nothing, so that it may wait for a connection and may be asked again.
pub(super) fn is_harmless(body: &Request) -> bool {
    match body {
        Request::TestConnection { .. }
        | Request::TestCluster { .. }
        | Request::TopicConfigs { .. }
        | Request::TopicDefaults { .. }
        | Request::BrokerConfigs { .. }
        | Request::BrokerDefaults { .. }
        | Request::BrokerReplicas { .. }
        | Request::CheckLink { .. }
        | Request::LinkConfigs { .. }
        | Request::LinkHistory { .. }
        | Request::SourceTopics { .. }
        | Request::ReadRecord { .. }
        | Request::ReadRecords { .. }
        | Request::CompareRecords { .. }
        | Request::PlanGroupReset { .. }
        | Request::Users { .. }
        | Request::Acls { .. }
        | Request::LinkPrincipals
        | Request::LinkGroups { .. } => true,
        Request::CreateTopic { validate_only, .. }
        | Request::AddPartitions { validate_only, .. }
        | Request::AlterTopicConfigs { validate_only, .. }
        | Request::AlterBrokerConfigs { validate_only, .. }
        | Request::AlterLinkConfigs { validate_only, .. }
        | Request::ActOnMirrors { validate_only, .. } => *validate_only,
        Request::AddCluster { .. }
        | Request::RemoveCluster { .. }
        | Request::DeleteTopic { .. }
        | Request::PurgeTopic { .. }
        | Request::ElectLeaders { .. }
        | Request::CreateLink { .. }
        | Request::DeleteLink { .. }
        | Request::CreateMirrors { .. }
        | Request::Produce { .. }
        | Request::SetUser { .. }
        | Request::DeleteUser { .. }
        | Request::CreateAcls { .. }
        | Request::DeleteAcls { .. }
        | Request::VerifyMirrors { .. }
        | Request::CancelVerify { .. }
        | Request::ResetGroup { .. }
        | Request::DeleteGroup { .. }
        | Request::DeleteGroupOffsets { .. } => false,
    }
}

impl Requests {
    /// Takes a question in; one that may not wait is answered at once: there is no connection.
    pub(super) fn ask(
        &mut self,
        now: Millis,
        ticket: u64,
        body: Request,
        may_wait: bool,
        effects: &mut Vec<Effect>,
    ) {
        if may_wait {
            let deadline = now + TIMEOUT_MS;
            let is_harmless = is_harmless(&body);
            let message = ClientMessage::Request { id: RequestId(ticket), body };
            self.waiting.insert(ticket, Pending { message, is_harmless, deadline, is_sent: false });
        } else {
            effects.push(Effect::Resolve { ticket, result: Err(RequestError::Offline) });
        }
    }

    /// Sends what waits, as far as the gateway takes it.
    pub(super) fn send(&mut self, limits: Limits, effects: &mut Vec<Effect>) {
        let n_sent = self.waiting.values().filter(|pending| pending.is_sent).count();
        let n_sent = n_sent + self.abandoned.len();
        let room = usize::try_from(limits.max_requests).unwrap_or(usize::MAX);
        let mut refused = Vec::new();
        let waiting = self.waiting.iter_mut().filter(|(_, pending)| !pending.is_sent);
        for (ticket, pending) in waiting.take(room.saturating_sub(n_sent)) {
            match (codec().encode)(&pending.message) {
                Ok(text) if fits(&text, limits) => {
                    pending.is_sent = true;
                    effects.push(Effect::Send(text));
                }
                Ok(text) => refused.push((*ticket, too_large(&text, limits))),
                Err(error) => refused.push((*ticket, RequestError::Protocol(error.to_string()))),
            }
        }
        for (ticket, error) in refused {
            self.resolve(ticket, Err(error), effects);
        }
    }

    /// An answer came.
    pub(super) fn replied(
        &mut self,
        id: RequestId,
        result: Result<Response, WireError>,
        effects: &mut Vec<Effect>,
    ) {
        self.abandoned.remove(&id.0);
        self.resolve(id.0, result.map_err(RequestError::Refused), effects);
    }

    /// The connection is gone. What changes nothing is asked again when it comes back.
    pub(super) fn disconnected(&mut self, comes_back: bool, effects: &mut Vec<Effect>) {
        self.abandoned.clear();
        let (keep, end) = std::mem::take(&mut self.waiting)
            .into_iter()
            .partition(|(_, pending)| comes_back && pending.is_harmless);
        self.waiting = keep;
        for pending in self.waiting.values_mut() {
            pending.is_sent = false;
        }
        for (ticket, pending) in end {
            let error = if pending.is_sent { RequestError::Lost } else { RequestError::Offline };
            effects.push(Effect::Resolve { ticket, result: Err(error) });
        }
    }

    /// Ends what waited too long.
    pub(super) fn expire(&mut self, now: Millis, is_live: bool, effects: &mut Vec<Effect>) {
        let due: Vec<(u64, bool)> = self
            .waiting
            .iter()
            .filter(|(_, pending)| pending.deadline <= now)
            .map(|(ticket, pending)| (*ticket, pending.is_sent))
            .collect();
        for (ticket, is_sent) in due {
            if is_sent {
                self.abandoned.insert(ticket);
            }
            let error = if is_live { RequestError::TimedOut } else { RequestError::Offline };
            self.resolve(ticket, Err(error), effects);
        }
    }

    /// When the next one has waited too long.
    pub(super) fn next_deadline(&self) -> Option<Millis> {
        self.waiting.values().map(|pending| pending.deadline).min()
    }

    // Removing is what makes every ticket resolve once: a late or repeated answer finds nothing.
    fn resolve(
        &mut self,
        ticket: u64,
        result: Result<Response, RequestError>,
        effects: &mut Vec<Effect>,
    ) {
        if self.waiting.remove(&ticket).is_some() {
            effects.push(Effect::Resolve { ticket, result });
        }
    }
}

fn fits(text: &str, limits: Limits) -> bool {
    u32::try_from(text.len()).is_ok_and(|length| length <= limits.max_frame_bytes)
}

fn too_large(text: &str, limits: Limits) -> RequestError {
    let (length, max) = (text.len(), limits.max_frame_bytes);
    RequestError::Refused(WireError {
        code: ErrorCode::TooLarge,
        message: format!("This is {length} bytes long; the gateway takes at most {max}."),
        cause: None,
        remedy: Some("Shorten it; nothing was sent.".to_owned()),
        fields: Vec::new(),
        trace: String::new(),
    })
}
