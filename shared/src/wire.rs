//! The WebSocket protocol `drawbridge.v1`; `docs/protocol.md` tells it in prose.
//!
//! Client and gateway greet, then exchange requests with ids and subscriptions:
//! `Subscribe → Snapshot → Delta* → Ended`. State feeds are conflated, log feeds are paid for with credit.
//! Frames are JSON text, externally tagged, snake case.

use serde::{Deserialize, Serialize};

use crate::guard::Rule;

mod codec;
mod error;
mod feed;
mod first;
mod request;
mod tree;

pub use codec::{FrameError, decode_client, decode_server, encode_client, encode_server};
pub use error::{ErrorCode, WireError};
pub use feed::{EndReason, Feed, FeedData, FeedDelta, FeedKind, MirrorKey};
pub use first::{decode_first, encode_first};
pub use request::{Request, Response};

/// Bumped on any incompatible change of the frames.
pub const PROTOCOL: u16 = 1;
/// Negotiated in the HTTP upgrade.
pub const SUBPROTOCOL: &str = "drawbridge.v1";

/// Names one request of a connection; chosen by the client, never reused while unanswered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct RequestId(pub u64);

/// Names one subscription of a connection; chosen by the client.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SubscriptionId(pub u64);

/// What the gateway grants one connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Limits {
    /// Largest frame the gateway reads, in bytes.
    pub max_frame_bytes: u32,
    /// Subscriptions open at once.
    pub max_subscriptions: u32,
    /// Requests unanswered at once.
    pub max_requests: u32,
    /// The gateway pings this often, in milliseconds; silence of three times that means the connection is dead.
    pub heartbeat_ms: u32,
}

/// What the gateway says about itself in its greeting.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Welcome {
    /// `PROTOCOL` of the gateway.
    pub protocol: u16,
    /// Changes whenever the gateway or the console's files change: a tab that sees a new value is outdated.
    pub build: String,
    /// Version of the gateway for people.
    pub version: String,
    /// Whether this is the demo, with clusters that keep nothing.
    pub demo: bool,
    /// The gateway's clock at the greeting, so that ages are right on a machine with a wrong clock.
    pub now_ms: i64,
    /// What the connection may use.
    pub limits: Limits,
    /// Actions that are denied on all clusters; what counts for one cluster is in its view.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub deny: Vec<Rule>,
}

/// What a client sends.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ClientMessage {
    /// First frame of a connection.
    Hello {
        /// `PROTOCOL` of the client.
        protocol: u16,
    },
    /// Ask for something once.
    Request {
        /// Names the reply.
        id: RequestId,
        /// What is asked.
        body: Request,
    },
    /// Ask for something to be kept up to date.
    Subscribe {
        /// Names the snapshot and deltas.
        id: SubscriptionId,
        /// What to follow.
        feed: Feed,
        /// For log feeds: frames granted at the start. State feeds ignore it.
        #[serde(default)]
        credit: u32,
    },
    /// End a subscription; no frame for it follows but `Ended`.
    Unsubscribe {
        /// Which one.
        id: SubscriptionId,
    },
    /// Grant a log feed more frames.
    Credit {
        /// Which subscription.
        id: SubscriptionId,
        /// How many more.
        frames: u32,
    },
    /// Is anybody there?
    Ping {
        /// Comes back in the `Pong`.
        nonce: u64,
    },
    /// Answer to the gateway's `Ping`.
    Pong {
        /// From the `Ping`.
        nonce: u64,
    },
}

/// What the gateway sends.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ServerMessage {
    /// Answer to `Hello`.
    Welcome(Welcome),
    /// Answer to a request.
    Reply {
        /// From the request.
        id: RequestId,
        /// What came of it.
        result: Result<Response, WireError>,
    },
    /// A subscription's whole state; may come again after a `Gap`.
    Snapshot {
        /// Which subscription.
        id: SubscriptionId,
        /// Number of this frame within the subscription, from 0.
        seq: u64,
        /// The state.
        data: FeedData,
    },
    /// What changed since the frame before.
    Delta {
        /// Which subscription.
        id: SubscriptionId,
        /// One more than the frame before; anything else means a lost frame.
        seq: u64,
        /// The change.
        delta: FeedDelta,
    },
    /// A log feed dropped entries because credit ran out.
    Gap {
        /// Which subscription.
        id: SubscriptionId,
        /// How many entries.
        missed: u64,
    },
    /// A subscription is over.
    Ended {
        /// Which subscription.
        id: SubscriptionId,
        /// Why.
        reason: EndReason,
    },
    /// Is anybody there?
    Ping {
        /// Comes back in the `Pong`.
        nonce: u64,
    },
    /// Answer to the client's `Ping`.
    Pong {
        /// From the `Ping`.
        nonce: u64,
    },
}

/// WebSocket close codes of this protocol.
pub mod close {
    /// A frame was not valid JSON of this protocol, or came before `Hello`.
    pub const BAD_FRAME: u16 = 4400;
    /// The protocol numbers differ: reload the page.
    pub const PROTOCOL_NOT_ACCEPTABLE: u16 = 4406;
    /// No `Hello` in time, or no sign of life.
    pub const TIMED_OUT: u16 = 4408;
    /// A request or subscription id is in use.
    pub const ID_IN_USE: u16 = 4409;
    /// A frame was larger than `Limits::max_frame_bytes`.
    pub const FRAME_TOO_LARGE: u16 = 4413;
    /// Too many subscriptions, unanswered requests or frames per second.
    pub const TOO_MANY: u16 = 4429;
    /// The gateway is stopping: reconnect.
    pub const DRAINING: u16 = 4503;
}

#[cfg(test)]
mod tests;
