//! `StreamsGroupHeartbeat` (KIP-1071), which the codec does not know yet: only what joining needs.

use anyhow::{Result, bail};
use kafka_protocol::protocol::{
    Decodable, Encodable, HeaderVersion, Message, Request, VersionRange,
    buf::{ByteBuf, ByteBufMut},
};

/// A member of a topology of one part that reads one topic; epoch 0 joins.
#[derive(Debug)]
pub(super) struct StreamsHeartbeat {
    pub(super) group: String,
    pub(super) member: String,
    pub(super) epoch: i32,
    pub(super) topic: String,
}

#[derive(Debug)]
pub(super) struct StreamsHeartbeatAnswer {
    pub(super) error_code: i16,
    pub(super) error_message: String,
    pub(super) epoch: i32,
    pub(super) has_tasks: bool,
}

impl Request for StreamsHeartbeat {
    const KEY: i16 = 88;
    type Response = StreamsHeartbeatAnswer;
}

impl Message for StreamsHeartbeat {
    const VERSIONS: VersionRange = VersionRange { min: 0, max: 0 };
    const DEPRECATED_VERSIONS: Option<VersionRange> = None;
}

impl Message for StreamsHeartbeatAnswer {
    const VERSIONS: VersionRange = VersionRange { min: 0, max: 0 };
    const DEPRECATED_VERSIONS: Option<VersionRange> = None;
}

impl HeaderVersion for StreamsHeartbeat {
    fn header_version(_: i16) -> i16 {
        2
    }
}

impl HeaderVersion for StreamsHeartbeatAnswer {
    fn header_version(_: i16) -> i16 {
        1
    }
}

impl Encodable for StreamsHeartbeat {
    fn encode<B: ByteBufMut>(&self, buf: &mut B, _: i16) -> Result<()> {
        let (nothing, empty, one, null, present) = (0_u8, 1_u8, 2_u8, 0xff, 1);
        string(buf, &self.group);
        string(buf, &self.member);
        buf.put_i32(self.epoch);
        buf.put_i32(0); // endpoint information epoch
        buf.put_slice(&[nothing, nothing]); // instance id, rack
        buf.put_i32(30_000); // rebalance timeout
        if self.epoch > 0 {
            // No topology; tasks, process, endpoint, client tags, task offsets and ends as told before.
            buf.put_slice(&[
                null, nothing, nothing, nothing, nothing, null, nothing, nothing, nothing,
            ]);
            buf.put_slice(&[0, nothing]); // no shutdown, no tags
            return Ok(());
        }
        buf.put_u8(present); // topology
        buf.put_i32(0); // its epoch
        buf.put_u8(one); // subtopology
        string(buf, "0");
        buf.put_u8(one); // source topic
        string(buf, &self.topic);
        // Patterns, changelogs, repartition sinks and sources, copartition groups, tags; tags of the topology.
        buf.put_slice(&[empty, empty, empty, empty, empty, nothing, nothing]);
        buf.put_slice(&[empty, empty, empty]); // active, standby, warm-up tasks
        string(buf, "process");
        buf.put_slice(&[null, empty, nothing, nothing]); // endpoint, client tags, task offsets and ends
        buf.put_slice(&[0, nothing]); // no shutdown, no tags
        Ok(())
    }

    fn compute_size(&self, _: i16) -> Result<usize> {
        bail!("not asked for")
    }
}

impl Decodable for StreamsHeartbeat {
    fn decode<B: ByteBuf>(_: &mut B, _: i16) -> Result<Self> {
        bail!("only brokers read it")
    }
}

impl Encodable for StreamsHeartbeatAnswer {
    fn encode<B: ByteBufMut>(&self, _: &mut B, _: i16) -> Result<()> {
        bail!("only brokers write it")
    }

    fn compute_size(&self, _: i16) -> Result<usize> {
        bail!("only brokers write it")
    }
}

impl Decodable for StreamsHeartbeatAnswer {
    fn decode<B: ByteBuf>(buf: &mut B, _: i16) -> Result<Self> {
        let _throttle = buf.try_get_i32()?;
        let error_code = buf.try_get_i16()?;
        let error_message = read_string(buf)?;
        let _member = read_string(buf)?;
        let epoch = buf.try_get_i32()?;
        // Interval, acceptable lag, offset interval.
        buf.try_get_bytes(12)?;
        for _status in 1..buf.try_get_u8()? {
            buf.try_get_i8()?;
            read_string(buf)?;
            buf.try_get_u8()?;
        }
        let has_tasks = buf.try_get_u8()? > 1;
        let rest = buf.remaining();
        buf.advance(rest);
        Ok(Self { error_code, error_message, epoch, has_tasks })
    }
}

/// A compact string of less than 127 bytes.
fn string<B: ByteBufMut>(buf: &mut B, text: &str) {
    buf.put_u8(u8::try_from(text.len() + 1).expect("a short text"));
    buf.put_slice(text.as_bytes());
}

fn read_string<B: ByteBuf>(buf: &mut B) -> Result<String> {
    let length = usize::from(buf.try_get_u8()?).saturating_sub(1);
    Ok(String::from_utf8(buf.try_get_bytes(length)?.to_vec())?)
}
