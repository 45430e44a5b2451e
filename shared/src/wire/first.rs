//! The frames that every page of the console needs, read and written without the rest of the protocol.
//!
//! A browser that shows its first page follows clusters, links and notices and asks nothing. What reads the
//! other feeds and all replies is more than the page itself; the console fetches it later.

use serde::Deserialize;

use super::{
    ClientMessage, EndReason, Feed, FeedData, FeedDelta, FrameError, ServerMessage, SubscriptionId,
    Welcome, tree,
};
use crate::link::LinkName;
use crate::names::ClusterName;
use crate::view::{ClusterView, LinkRow, Notice};

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum Data {
    Clusters(Vec<ClusterView>),
    Links(Vec<LinkRow>),
    Notices(Vec<Notice>),
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum Delta {
    Clusters { upsert: Vec<ClusterView>, remove: Vec<ClusterName> },
    Links { upsert: Vec<LinkRow>, remove: Vec<(ClusterName, LinkName)> },
    Notices(Vec<Notice>),
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum Message {
    Welcome(Welcome),
    Snapshot { id: SubscriptionId, seq: u64, data: Data },
    Delta { id: SubscriptionId, seq: u64, delta: Delta },
    Gap { id: SubscriptionId, missed: u64 },
    Ended { id: SubscriptionId, reason: EndReason },
    Ping { nonce: u64 },
    Pong { nonce: u64 },
}

impl From<Data> for FeedData {
    fn from(data: Data) -> Self {
        match data {
            Data::Clusters(clusters) => Self::Clusters(clusters),
            Data::Links(links) => Self::Links(links),
            Data::Notices(notices) => Self::Notices(notices),
        }
    }
}

impl From<Delta> for FeedDelta {
    fn from(delta: Delta) -> Self {
        match delta {
            Delta::Clusters { upsert, remove } => Self::Clusters { upsert, remove },
            Delta::Links { upsert, remove } => Self::Links { upsert, remove },
            Delta::Notices(notices) => Self::Notices(notices),
        }
    }
}

/// As `decode_server`, of the first page's frames only.
///
/// # Errors
/// The text is another frame, or none of this protocol; says in what.
pub fn decode_first(text: &str) -> Result<ServerMessage, FrameError> {
    let message = tree::read(text).map_err(|error| FrameError(error.to_string()))?;
    Ok(match message {
        Message::Welcome(welcome) => ServerMessage::Welcome(welcome),
        Message::Snapshot { id, seq, data } => {
            ServerMessage::Snapshot { id, seq, data: data.into() }
        }
        Message::Delta { id, seq, delta } => ServerMessage::Delta { id, seq, delta: delta.into() },
        Message::Gap { id, missed } => ServerMessage::Gap { id, missed },
        Message::Ended { id, reason } => ServerMessage::Ended { id, reason },
        Message::Ping { nonce } => ServerMessage::Ping { nonce },
        Message::Pong { nonce } => ServerMessage::Pong { nonce },
    })
}

/// As `encode_client`, of the first page's frames only.
///
/// # Errors
/// The frame is a request, or follows another feed.
pub fn encode_first(message: &ClientMessage) -> Result<String, FrameError> {
    Ok(match message {
        ClientMessage::Hello { protocol } => format!(r#"{{"hello":{{"protocol":{protocol}}}}}"#),
        ClientMessage::Subscribe { id: SubscriptionId(id), feed, credit } => {
            let feed = match feed {
                Feed::Clusters => "clusters",
                Feed::Links => "links",
                Feed::Notices => "notices",
                _ => return Err(FrameError("a feed of a later page".into())),
            };
            format!(r#"{{"subscribe":{{"id":{id},"feed":"{feed}","credit":{credit}}}}}"#)
        }
        ClientMessage::Unsubscribe { id: SubscriptionId(id) } => {
            format!(r#"{{"unsubscribe":{{"id":{id}}}}}"#)
        }
        ClientMessage::Credit { id: SubscriptionId(id), frames } => {
            format!(r#"{{"credit":{{"id":{id},"frames":{frames}}}}}"#)
        }
        ClientMessage::Ping { nonce } => format!(r#"{{"ping":{{"nonce":{nonce}}}}}"#),
        ClientMessage::Pong { nonce } => format!(r#"{{"pong":{{"nonce":{nonce}}}}}"#),
        ClientMessage::Request { .. } => return Err(FrameError("a request".into())),
    })
}
