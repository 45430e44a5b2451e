//! The requests understood, in which versions, and the way from a frame to its answer.

use bytes::{Buf, BufMut, Bytes, BytesMut};
use kafka_protocol::messages::{
    self as m, ApiVersionsRequest, ApiVersionsResponse, api_versions_response,
};
use kafka_protocol::protocol::{Encodable, HeaderVersion, Request};

use crate::guard::{self, Malformed};
use crate::handlers::{
    acls, admin, commits, configs, fetch, groups, metadata, offsets, produce, sasl, topics,
    transactions, users,
};
use crate::session::{Session, Standing};

/// What to do with a handled request.
pub(crate) enum Outcome {
    /// Send this frame.
    Answer(BytesMut),
    /// Send this frame and close.
    LastAnswer(BytesMut),
    /// Send nothing.
    Silent,
}

/// An API and its versions.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Api {
    pub(crate) key: i16,
    pub(crate) min: i16,
    pub(crate) max: i16,
    /// First version whose response begins with the throttle time; `NEVER` if it stands elsewhere.
    throttled_from: i16,
}

const NEVER: i16 = i16::MAX;

/// Generates the version table and the dispatch from one list, so that neither can lack an entry.
macro_rules! apis {
    ($($request:ident $min:literal ..= $max:literal, throttled from $throttled:expr => $handler:path;)*) => {
        /// Every API served, apart from the three that concern the connection itself.
        const SERVED: &[Api] = &[$(Api {
            key: <m::$request as Request>::KEY, min: $min, max: $max, throttled_from: $throttled,
        }),*];

        async fn route(session: &Session, head: &Head, body: &Bytes) -> Result<Outcome, Malformed> {
            let context = session.context(head.version, head.client_id.clone());
            match head.key {
                $(key if key == <m::$request as Request>::KEY => {
                    let request: m::$request = guard::decode(body, head.version)?;
                    let response = Box::pin($handler(&context, request)).await;
                    if context.silent.into_inner() {
                        return Ok(Outcome::Silent);
                    }
                    encode(head, &response).map(Outcome::Answer)
                })*
                other => Err(Malformed(format!("API {other} is not served"))),
            }
        }
    };
}

apis! {
    ProduceRequest 3..=13, throttled from NEVER => produce::produce;
    FetchRequest 4..=18, throttled from 4 => fetch::fetch;
    ListOffsetsRequest 1..=10, throttled from 2 => offsets::list_offsets;
    MetadataRequest 0..=13, throttled from 3 => metadata::metadata;
    OffsetCommitRequest 2..=9, throttled from 3 => commits::offset_commit;
    OffsetFetchRequest 1..=9, throttled from 3 => commits::offset_fetch;
    FindCoordinatorRequest 0..=6, throttled from 1 => metadata::find_coordinator;
    JoinGroupRequest 0..=9, throttled from 2 => groups::join_group;
    HeartbeatRequest 0..=4, throttled from 1 => groups::heartbeat;
    LeaveGroupRequest 0..=5, throttled from 1 => groups::leave_group;
    SyncGroupRequest 0..=5, throttled from 1 => groups::sync_group;
    DescribeGroupsRequest 0..=6, throttled from 1 => groups::describe_groups;
    ListGroupsRequest 0..=5, throttled from 1 => groups::list_groups;
    CreateTopicsRequest 2..=7, throttled from 2 => topics::create_topics;
    DeleteTopicsRequest 1..=6, throttled from 1 => topics::delete_topics;
    DeleteRecordsRequest 0..=2, throttled from 0 => offsets::delete_records;
    InitProducerIdRequest 0..=5, throttled from 0 => transactions::init_producer_id;
    OffsetForLeaderEpochRequest 2..=4, throttled from 2 => offsets::offset_for_leader_epoch;
    AddPartitionsToTxnRequest 0..=5, throttled from 0 => transactions::add_partitions;
    AddOffsetsToTxnRequest 0..=4, throttled from 0 => transactions::add_offsets;
    EndTxnRequest 0..=4, throttled from 0 => transactions::end_txn;
    WriteTxnMarkersRequest 1..=1, throttled from NEVER => transactions::write_markers;
    TxnOffsetCommitRequest 0..=4, throttled from 0 => transactions::txn_offset_commit;
    DescribeAclsRequest 1..=3, throttled from 1 => acls::describe_acls;
    CreateAclsRequest 1..=3, throttled from 1 => acls::create_acls;
    DeleteAclsRequest 1..=3, throttled from 1 => acls::delete_acls;
    DescribeConfigsRequest 1..=4, throttled from 1 => configs::describe_configs;
    AlterConfigsRequest 0..=2, throttled from 0 => configs::alter_configs;
    DescribeLogDirsRequest 1..=4, throttled from 1 => admin::describe_log_dirs;
    CreatePartitionsRequest 0..=3, throttled from 0 => topics::create_partitions;
    DeleteGroupsRequest 0..=2, throttled from 0 => groups::delete_groups;
    ElectLeadersRequest 0..=2, throttled from 0 => topics::elect_leaders;
    IncrementalAlterConfigsRequest 0..=1, throttled from 0 => configs::incremental_alter_configs;
    OffsetDeleteRequest 0..=0, throttled from NEVER => commits::offset_delete;
    DescribeUserScramCredentialsRequest 0..=0, throttled from 0 => users::describe_scram;
    AlterUserScramCredentialsRequest 0..=0, throttled from 0 => users::alter_scram;
    DescribeQuorumRequest 0..=2, throttled from NEVER => admin::describe_quorum;
    DescribeClusterRequest 0..=2, throttled from 0 => metadata::describe_cluster;
    DescribeProducersRequest 0..=0, throttled from 0 => admin::describe_producers;
    DescribeTransactionsRequest 0..=0, throttled from 0 => transactions::describe_transactions;
    ListTransactionsRequest 0..=1, throttled from 0 => transactions::list_transactions;
    DescribeTopicPartitionsRequest 0..=0, throttled from 0 => metadata::describe_topic_partitions;
}

const API_VERSIONS: Api = Api { key: 18, min: 0, max: 4, throttled_from: NEVER };
const SASL_HANDSHAKE: Api = Api { key: 17, min: 1, max: 1, throttled_from: NEVER };
const SASL_AUTHENTICATE: Api = Api { key: 36, min: 0, max: 2, throttled_from: NEVER };

/// Every API in ascending order of its key.
pub(crate) fn all() -> Vec<Api> {
    let mut all = SERVED.to_vec();
    all.extend([API_VERSIONS, SASL_HANDSHAKE, SASL_AUTHENTICATE]);
    all.sort_unstable_by_key(|a| a.key);
    all
}

/// The API key of a frame, without reading further.
pub(crate) fn key_of(frame: &Bytes) -> Option<i16> {
    Some(i16::from_be_bytes(*frame.first_chunk::<2>()?))
}

/// A request header.
pub(crate) struct Head {
    key: i16,
    version: i16,
    correlation: i32,
    client_id: String,
    throttled: bool,
    throttle_ms: i32,
    response_header: i16,
}

/// Carries out one request.
pub(crate) async fn handle(session: &mut Session, mut frame: Bytes) -> Result<Outcome, Malformed> {
    let short = |_| Malformed("the request is shorter than its header".to_owned());
    let key = frame.try_get_i16().map_err(short)?;
    let version = frame.try_get_i16().map_err(short)?;
    let correlation = frame.try_get_i32().map_err(short)?;
    let api = all().into_iter().find(|a| a.key == key);
    let api = api.ok_or_else(|| Malformed(format!("API {key} is not served")))?;
    let mut head = Head {
        key,
        version,
        correlation,
        client_id: String::new(),
        throttled: version >= api.throttled_from,
        throttle_ms: session.shared.plan().throttle_ms,
        response_header: 0,
    };
    if !(api.min..=api.max).contains(&version) {
        if key == API_VERSIONS.key {
            head.version = 0;
            return encode(&head, &versions(35)).map(Outcome::Answer);
        }
        return Err(Malformed(format!("version {version} of API {key} is not served")));
    }
    let request_header = flexible(key, version);
    head.client_id = client_id(&mut frame, request_header >= 2)?;
    head.response_header =
        m::ApiKey::try_from(key).map_or(0, |a| a.response_header_version(version));
    match key {
        k if k == API_VERSIONS.key => {
            let _: ApiVersionsRequest = guard::decode(&frame, version)?;
            encode(&head, &versions(0)).map(Outcome::Answer)
        }
        k if k == SASL_HANDSHAKE.key => {
            let request: m::SaslHandshakeRequest = guard::decode(&frame, version)?;
            encode(&head, &sasl::handshake(session, &request)).map(Outcome::Answer)
        }
        k if k == SASL_AUTHENTICATE.key => {
            let request: m::SaslAuthenticateRequest = guard::decode(&frame, version)?;
            let (response, ok) = sasl::authenticate(session, &request, version);
            let body = encode(&head, &response)?;
            Ok(if ok { Outcome::Answer(body) } else { Outcome::LastAnswer(body) })
        }
        _ if !matches!(session.standing, Standing::Admitted) => {
            Err(Malformed("the client has not authenticated".to_owned()))
        }
        _ if session.expires.is_some_and(|at| at <= tokio::time::Instant::now()) => {
            Err(Malformed("the client should have authenticated again".to_owned()))
        }
        _ => route(session, &head, &frame).await,
    }
}

/// Version of the request header, 2 and up being the flexible ones.
fn flexible(key: i16, version: i16) -> i16 {
    m::ApiKey::try_from(key).map_or(1, |api| api.request_header_version(version))
}

fn client_id(frame: &mut Bytes, tagged: bool) -> Result<String, Malformed> {
    let bad = |_| Malformed("the request header is cut short".to_owned());
    let len = frame.try_get_i16().map_err(bad)?;
    let mut id = String::new();
    if let Ok(len) = usize::try_from(len) {
        if frame.remaining() < len {
            return Err(Malformed("the client id is cut short".to_owned()));
        }
        id = String::from_utf8_lossy(&frame.split_to(len)).into_owned();
    }
    if tagged {
        for _ in 0..varint(frame)? {
            varint(frame)?;
            let size = varint(frame)? as usize;
            if frame.remaining() < size {
                return Err(Malformed("a tagged field is cut short".to_owned()));
            }
            frame.advance(size);
        }
    }
    Ok(id)
}

fn varint(frame: &mut Bytes) -> Result<u32, Malformed> {
    let mut value = 0;
    for shift in (0..28).step_by(7) {
        let byte = frame.try_get_u8().map_err(|e| Malformed(e.to_string()))?;
        value |= u32::from(byte & 0x7f) << shift;
        if byte < 0x80 {
            return Ok(value);
        }
    }
    Err(Malformed("a length is out of range".to_owned()))
}

/// A whole frame: length, header, body.
fn encode<R: Encodable + HeaderVersion>(head: &Head, response: &R) -> Result<BytesMut, Malformed> {
    let mut out = BytesMut::new();
    out.put_i32(0);
    out.put_i32(head.correlation);
    if head.response_header > 0 {
        out.put_u8(0);
    }
    let body = out.len();
    response.encode(&mut out, head.version).map_err(|error| {
        // The encoders refuse fields the version lacks: a defect here, not the client's.
        tracing::error!(api = head.key, version = head.version, %error, "response not encodable");
        Malformed(format!("response of API {} version {}: {error}", head.key, head.version))
    })?;
    if head.throttled
        && head.throttle_ms > 0
        && let Some(slot) = out.get_mut(body..body + 4)
    {
        slot.copy_from_slice(&head.throttle_ms.to_be_bytes());
    }
    let len = u32::try_from(out.len() - 4).map_err(|e| Malformed(e.to_string()))?;
    if let Some(slot) = out.get_mut(..4) {
        slot.copy_from_slice(&len.to_be_bytes());
    }
    Ok(out)
}

fn versions(error: i16) -> ApiVersionsResponse {
    let keys = all().into_iter().map(|api| {
        // Produce 0 to 2 cannot be served, but old librdkafka wants to see them, as brokers know.
        let min = if api.key == 0 { 0 } else { api.min };
        api_versions_response::ApiVersion::default()
            .with_api_key(api.key)
            .with_min_version(min)
            .with_max_version(api.max)
    });
    ApiVersionsResponse::default().with_error_code(error).with_api_keys(keys.collect())
}

#[cfg(test)]
mod tests;
