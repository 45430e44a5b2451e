//! Coordinators of groups and transactional ids.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

use kafka_protocol::{messages::FindCoordinatorRequest, protocol::StrBytes};

use super::Client;
use crate::error::{Asked, Error, ErrorCode, Result};

/// What a coordinator is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Kind {
    Group,
    Transaction,
}

#[derive(Debug, Default)]
pub(super) struct Coordinators {
    known: Mutex<HashMap<(Kind, String), i32>>,
}

impl Coordinators {
    fn get(&self, kind: Kind, key: &str) -> Option<i32> {
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.get(&(kind, key.to_owned())).copied()
    }

    fn put(&self, kind: Kind, key: &str, broker: i32) {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.insert((kind, key.to_owned()), broker);
    }

    pub(super) fn forget(&self, kind: Kind, key: &str) {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.remove(&(kind, key.to_owned()));
    }
}

impl Client {
    /// Node id of a coordinator. One attempt: callers repeat.
    pub(crate) async fn coordinator(&self, kind: Kind, key: &str) -> Result<i32> {
        if let Some(broker) = self.inner.coordinators.get(kind, key) {
            return Ok(broker);
        }
        let (number, word) = match kind {
            Kind::Group => (0, "group"),
            Kind::Transaction => (1, "transactional id"),
        };
        let asked = Asked::new("FindCoordinator").about(format!("{word} {key}"));
        let connection = self.any().await?;
        let name = StrBytes::from_string(key.to_owned());
        let response = self
            .send::<FindCoordinatorRequest>(&connection, i16::MAX, &asked, |version| {
                let request = FindCoordinatorRequest::default().with_key_type(number);
                if version >= 4 {
                    request.with_coordinator_keys(vec![name])
                } else {
                    request.with_key(name)
                }
            })
            .await?;
        let (code, message, id) = match response.coordinators.first() {
            Some(found) => (found.error_code, &found.error_message, found.node_id.0),
            None => (response.error_code, &response.error_message, response.node_id.0),
        };
        if let Some(code) = ErrorCode::from_wire(code) {
            let message = message.as_ref().map(ToString::to_string);
            return Err(Error::broker(code.0, message, asked.of(connection.target())));
        }
        self.inner.coordinators.put(kind, key, id);
        Ok(id)
    }
}
