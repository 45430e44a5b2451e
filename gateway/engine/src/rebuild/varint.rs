//! Zigzag varints, as records use them (Kafka protocol, "Record").

/// Reads a varint of at most ten bytes off the front of `bytes`.
pub(super) fn take(bytes: &mut &[u8]) -> Option<i64> {
    let mut raw: u64 = 0;
    for shift in (0..64).step_by(7) {
        let (byte, rest) = bytes.split_first()?;
        *bytes = rest;
        raw |= u64::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return Some((raw >> 1).cast_signed() ^ -(raw & 1).cast_signed());
        }
    }
    None
}

/// Appends `value`.
pub(super) fn put(out: &mut Vec<u8>, value: i64) {
    let mut raw = ((value << 1) ^ (value >> 63)).cast_unsigned();
    while raw >= 0x80 {
        out.push((raw & 0x7f).to_le_bytes()[0] | 0x80);
        raw >>= 7;
    }
    out.push(raw.to_le_bytes()[0]);
}

/// Bytes `value` takes.
pub(super) fn len(value: i64) -> usize {
    let raw = ((value << 1) ^ (value >> 63)).cast_unsigned() | 1;
    (64 - raw.leading_zeros() as usize).div_ceil(7)
}
