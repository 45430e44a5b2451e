//! The time a broker asks us to hold back, out of each kind of answer.

use std::time::Duration;

use kafka_protocol::messages as m;

use crate::wire::later::{ShareGroupOffsetsResponse, StreamsGroupDescribeResponse};

/// An answer that may ask for a pause (KIP-219).
pub(crate) trait Throttled {
    /// The pause; zero for none.
    fn throttle(&self) -> Duration;
}

macro_rules! throttled {
    ($($response:ident),* $(,)?) => {
        throttled!(@ $(m::$response),*);
    };
    (@ $($response:ty),*) => {
        $(impl Throttled for $response {
            fn throttle(&self) -> Duration {
                Duration::from_millis(u64::try_from(self.throttle_time_ms).unwrap_or(0))
            }
        })*
    };
}

throttled!(@ StreamsGroupDescribeResponse, ShareGroupOffsetsResponse);

throttled!(
    AddPartitionsToTxnResponse,
    AlterUserScramCredentialsResponse,
    ConsumerGroupDescribeResponse,
    CreateAclsResponse,
    CreatePartitionsResponse,
    CreateTopicsResponse,
    DeleteAclsResponse,
    DeleteGroupsResponse,
    DeleteRecordsResponse,
    DeleteTopicsResponse,
    DescribeAclsResponse,
    DescribeClusterResponse,
    DescribeConfigsResponse,
    DescribeGroupsResponse,
    DescribeLogDirsResponse,
    DescribeProducersResponse,
    DescribeUserScramCredentialsResponse,
    ElectLeadersResponse,
    EndTxnResponse,
    FindCoordinatorResponse,
    HeartbeatResponse,
    IncrementalAlterConfigsResponse,
    InitProducerIdResponse,
    JoinGroupResponse,
    LeaveGroupResponse,
    ListGroupsResponse,
    ListOffsetsResponse,
    MetadataResponse,
    OffsetCommitResponse,
    OffsetFetchResponse,
    OffsetForLeaderEpochResponse,
    ProduceResponse,
    ShareGroupDescribeResponse,
    SyncGroupResponse,
);

/// The answers without the field.
impl Throttled for m::WriteTxnMarkersResponse {
    fn throttle(&self) -> Duration {
        Duration::ZERO
    }
}

impl Throttled for m::DescribeQuorumResponse {
    fn throttle(&self) -> Duration {
        Duration::ZERO
    }
}
