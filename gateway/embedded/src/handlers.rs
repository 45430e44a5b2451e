//! One function per API: from the decoded request to the response.

use kafka_protocol::ResponseError as Code;
use kafka_protocol::protocol::StrBytes;

use crate::faults::Action;
use crate::incoming::Refusal;
use crate::session::Context;
use crate::state::State;

pub(crate) mod acls;
pub(crate) mod admin;
pub(crate) mod commits;
pub(crate) mod configs;
pub(crate) mod fetch;
pub(crate) mod groups;
pub(crate) mod metadata;
pub(crate) mod offsets;
pub(crate) mod produce;
pub(crate) mod sasl;
pub(crate) mod topics;
pub(crate) mod transactions;
pub(crate) mod users;

/// "Not computed" in fields of authorised operations.
const NO_OPERATIONS: i32 = i32::MIN;

fn text(value: impl Into<String>) -> StrBytes {
    StrBytes::from_string(value.into())
}

fn code<T>(result: &Result<T, Code>) -> i16 {
    result.as_ref().err().map_or(0, Code::code)
}

/// Error code and message for responses that carry both.
fn explained<T>(result: &Result<T, Refusal>) -> (i16, Option<StrBytes>) {
    match result {
        Ok(_) => (0, None),
        Err(refusal) => (refusal.code.code(), Some(text(refusal.message.clone()))),
    }
}

/// The error code a test scripted for this request, if any.
fn scripted(context: &Context, api: kafka_protocol::messages::ApiKey) -> Option<i16> {
    match context.shared.plan().take(api as i16, |a| matches!(a, Action::Fail(_))) {
        Some(Action::Fail(code)) => Some(code),
        _ => None,
    }
}

impl Context {
    /// Whether the principal may do this.
    fn may(&self, state: &State, operation: i8, resource_type: i8, name: &str) -> bool {
        state.authorizer.allows(self.who(), operation, resource_type, name)
    }

    fn may_on_topic(&self, state: &State, operation: i8, name: &str) -> Result<(), Code> {
        if self.may(state, operation, crate::acl::resource::TOPIC, name) {
            Ok(())
        } else {
            Err(Code::TopicAuthorizationFailed)
        }
    }

    fn may_on_group(&self, state: &State, operation: i8, name: &str) -> Result<(), Code> {
        if self.may(state, operation, crate::acl::resource::GROUP, name) {
            Ok(())
        } else {
            Err(Code::GroupAuthorizationFailed)
        }
    }

    fn may_on_cluster(&self, state: &State, operation: i8) -> Result<(), Code> {
        if self.may(state, operation, crate::acl::resource::CLUSTER, crate::acl::CLUSTER_NAME) {
            Ok(())
        } else {
            Err(Code::ClusterAuthorizationFailed)
        }
    }

    /// Whether this broker coordinates the group or transactional id.
    fn coordinates(&self, state: &State, key: &str) -> Result<(), Code> {
        match state.coordinator(key) {
            Some(id) if id == self.broker => Ok(()),
            Some(_) => Err(Code::NotCoordinator),
            None => Err(Code::CoordinatorNotAvailable),
        }
    }
}
