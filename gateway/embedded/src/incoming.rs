//! Checks on a produced batch that need no topic: shape, checksum, every record.

use bytes::Bytes;
use kafka_protocol::ResponseError as Code;

use crate::batch::{self, HEADER_LEN, Header};

/// A refusal with the protocol's code and words for the client.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Refusal {
    pub(crate) code: Code,
    pub(crate) message: String,
}

impl Refusal {
    pub(crate) fn new(code: Code, message: impl Into<String>) -> Self {
        Self { code, message: message.into() }
    }
}

impl From<Code> for Refusal {
    fn from(code: Code) -> Self {
        Self { code, message: code.to_string() }
    }
}

/// A batch whose bytes have been read to the last record.
#[derive(Clone, Debug)]
pub(crate) struct Incoming {
    pub(crate) header: Header,
    pub(crate) bytes: Bytes,
    /// Smallest record timestamp.
    pub(crate) min_timestamp: i64,
    /// Largest record timestamp; the header's own claim is not trusted.
    pub(crate) max_timestamp: i64,
    /// Index of the first record without a key.
    pub(crate) first_null_key: Option<i32>,
    /// Whether offset deltas run 0, 1, 2 …
    pub(crate) consecutive: bool,
}

/// Reads what a Produce request carries for one partition: exactly one v2 batch.
pub(crate) fn read(records: Option<&Bytes>) -> Result<Incoming, Refusal> {
    let bytes = records.filter(|b| !b.is_empty()).ok_or_else(|| {
        Refusal::new(
            Code::InvalidRecord,
            "Produce requests must carry one record batch per partition",
        )
    })?;
    if bytes.get(16).is_some_and(|magic| *magic != 2) {
        return Err(Refusal::new(
            Code::UnsupportedForMessageFormat,
            "only record batches of format 2 are accepted",
        ));
    }
    let header =
        Header::read(bytes).ok_or_else(|| corrupt("the batch is shorter than its header"))?;
    let total = header.total_len().filter(|n| *n <= bytes.len());
    let total = total.ok_or_else(|| corrupt("the batch length does not fit the bytes sent"))?;
    if total < bytes.len() {
        return Err(Refusal::new(
            Code::InvalidRecord,
            "Produce requests must carry exactly one record batch per partition",
        ));
    }
    if !batch::checksum_holds(bytes, &header) {
        return Err(corrupt("the batch checksum does not match"));
    }
    if header.base_offset != 0 {
        return Err(Refusal::new(
            Code::InvalidRecord,
            "the base offset of a produced batch must be 0",
        ));
    }
    if header.count <= 0 || i64::from(header.last_offset_delta) + 1 != i64::from(header.count) {
        return Err(Refusal::new(
            Code::InvalidRecord,
            format!(
                "the batch spans {} offsets but holds {} records",
                i64::from(header.last_offset_delta) + 1,
                header.count
            ),
        ));
    }
    if header.is_control() {
        return Err(Refusal::new(Code::InvalidRecord, "clients may not write control records"));
    }
    if header.producer_id >= 0 && (header.base_sequence < 0 || header.producer_epoch < 0) {
        return Err(Refusal::new(
            Code::InvalidRecord,
            "a batch with a producer id needs an epoch and a sequence of 0 or more",
        ));
    }
    if header.is_transactional() && header.producer_id < 0 {
        return Err(Refusal::new(Code::InvalidRecord, "a transactional batch needs a producer id"));
    }
    walk(bytes, header)
}

fn walk(bytes: &Bytes, header: Header) -> Result<Incoming, Refusal> {
    let codec = header.codec().ok_or_else(|| {
        Refusal::new(Code::UnsupportedCompressionType, "unknown compression codec")
    })?;
    let body = bytes.get(HEADER_LEN..).unwrap_or_default();
    let unpacked;
    let section = if codec == crate::codec::Codec::None {
        body
    } else {
        unpacked = codec
            .decompress(body)
            .map_err(|e| corrupt(&format!("the records do not decompress: {e}")))?;
        &unpacked
    };
    let (mut seen, mut consecutive, mut first_null_key) = (0_i32, true, None);
    let (mut min, mut max) = (i64::MAX, i64::MIN);
    for record in batch::records(section) {
        let record = record.ok_or_else(|| {
            Refusal::new(Code::InvalidRecord, format!("record {seen} of the batch is malformed"))
        })?;
        consecutive &= record.offset_delta == seen;
        if record.key.is_none() && first_null_key.is_none() {
            first_null_key = Some(seen);
        }
        let timestamp = header.base_timestamp.saturating_add(record.timestamp_delta);
        min = min.min(timestamp);
        max = max.max(timestamp);
        seen = seen.saturating_add(1);
    }
    if seen != header.count {
        return Err(Refusal::new(
            Code::InvalidRecord,
            format!("the batch announces {} records but holds {seen}", header.count),
        ));
    }
    Ok(Incoming {
        header,
        bytes: bytes.clone(),
        min_timestamp: min,
        max_timestamp: max,
        first_null_key,
        consecutive,
    })
}

fn corrupt(message: &str) -> Refusal {
    Refusal::new(Code::CorruptMessage, message)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::batch::{Record, build_with};
    use crate::codec::Codec;
    use proptest::prelude::*;

    fn refused(tune: impl FnOnce(&mut Header)) -> Code {
        let records = [Record::new("a", "1"), Record::new("b", "2")];
        let bytes = build_with(&records, Codec::None, 1, tune).unwrap();
        read(Some(&bytes)).unwrap_err().code
    }

    #[test]
    fn a_thinned_batch_is_refused() {
        assert_eq!(refused(|h| h.last_offset_delta = 5), Code::InvalidRecord);
    }

    #[test]
    fn a_control_batch_is_refused() {
        assert_eq!(refused(|h| h.set_control(true)), Code::InvalidRecord);
    }

    #[test]
    fn a_base_offset_other_than_zero_is_refused() {
        assert_eq!(refused(|h| h.base_offset = 9), Code::InvalidRecord);
    }

    #[test]
    fn a_record_count_that_lies_is_refused() {
        let lie = |h: &mut Header| (h.count, h.last_offset_delta) = (3, 2);
        assert_eq!(refused(lie), Code::InvalidRecord);
    }

    #[test]
    fn a_producer_id_without_sequence_is_refused() {
        assert_eq!(refused(|h| h.producer_id = 4), Code::InvalidRecord);
    }

    #[test]
    fn two_batches_in_one_partition_are_refused() {
        let one = crate::batch::build(&[Record::new("a", "1")], Codec::None, 1).unwrap();
        let two = Bytes::from([one.clone(), one].concat());
        assert_eq!(read(Some(&two)).unwrap_err().code, Code::InvalidRecord);
    }

    #[test]
    fn nothing_is_refused() {
        assert_eq!(read(None).unwrap_err().code, Code::InvalidRecord);
    }

    proptest! {
        #[test]
        fn a_flipped_bit_never_passes(bit in 0_usize..8 * 85) {
            let records = [Record::new("key", "value"), Record::new("b", "2")];
            let good = crate::batch::build(&records, Codec::None, 1).unwrap();
            prop_assume!(bit / 8 < good.len());
            // Leader epoch is the broker's to set and not checked.
            prop_assume!(!(12..16).contains(&(bit / 8)));
            let mut bytes = good.to_vec();
            bytes[bit / 8] ^= 1 << (bit % 8);
            prop_assert!(read(Some(&Bytes::from(bytes))).is_err());
        }

        #[test]
        fn garbage_never_panics(data in proptest::collection::vec(any::<u8>(), 0..200)) {
            drop(read(Some(&Bytes::from(data))));
        }
    }
}
