//! What the leader tells every member through the coordinator: who the owner is, and who else is there.
//!
//! A version (2), a byte that says whether the reader is the owner, and the members' names in UTF-8, one a line, the
//! owner's first.

use bytes::{BufMut, Bytes, BytesMut};

const VERSION: u8 = 2;

/// What one member is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Assignment {
    pub(super) is_owner: bool,
    /// Names of all members, the owner's first.
    pub(super) members: Vec<String>,
}

impl Assignment {
    pub(super) fn encode(&self) -> Bytes {
        let names = self.members.join("\n");
        let mut bytes = BytesMut::with_capacity(2 + names.len());
        bytes.put_u8(VERSION);
        bytes.put_u8(u8::from(self.is_owner));
        bytes.put_slice(names.as_bytes());
        bytes.freeze()
    }

    /// `None` for bytes that no member of ours wrote.
    pub(super) fn decode(bytes: &[u8]) -> Option<Self> {
        let (&[version, is_owner], names) = bytes.split_first_chunk::<2>()?;
        let members = std::str::from_utf8(names).ok()?.split('\n').map(str::to_owned).collect();
        (version == VERSION).then_some(Self { is_owner: is_owner == 1, members })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn what_is_written_is_read(
            is_owner: bool, members in prop::collection::vec("[^\n]{0,40}", 1..4)
        ) {
            let assignment = Assignment { is_owner, members };
            prop_assert_eq!(Assignment::decode(&assignment.encode()), Some(assignment));
        }

        #[test]
        fn any_bytes_are_survived(bytes in prop::collection::vec(any::<u8>(), 0..40)) {
            Assignment::decode(&bytes);
        }
    }
}
