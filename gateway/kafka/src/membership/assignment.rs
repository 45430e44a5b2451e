//! What the leader tells every member through the coordinator: who the owner is.
//!
//! A version (1), a byte that says whether the reader is the owner, and the owner's name in UTF-8.

use bytes::{BufMut, Bytes, BytesMut};

const VERSION: u8 = 1;

/// What one member is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Assignment {
    pub(super) is_owner: bool,
    pub(super) owner: String,
}

impl Assignment {
    pub(super) fn encode(&self) -> Bytes {
        let mut bytes = BytesMut::with_capacity(2 + self.owner.len());
        bytes.put_u8(VERSION);
        bytes.put_u8(u8::from(self.is_owner));
        bytes.put_slice(self.owner.as_bytes());
        bytes.freeze()
    }

    /// `None` for bytes that no member of ours wrote.
    pub(super) fn decode(bytes: &[u8]) -> Option<Self> {
        let (&[version, is_owner], owner) = bytes.split_first_chunk::<2>()?;
        let owner = std::str::from_utf8(owner).ok()?.to_owned();
        (version == VERSION).then_some(Self { is_owner: is_owner == 1, owner })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn what_is_written_is_read(is_owner: bool, owner in ".{0,40}") {
            let assignment = Assignment { is_owner, owner };
            prop_assert_eq!(Assignment::decode(&assignment.encode()), Some(assignment));
        }

        #[test]
        fn any_bytes_are_survived(bytes in prop::collection::vec(any::<u8>(), 0..40)) {
            Assignment::decode(&bytes);
        }
    }
}
