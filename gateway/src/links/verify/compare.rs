//! The comparing itself: records of two sides in, the first difference out. Nothing waits here.

use std::collections::VecDeque;

use bytes::Bytes;
use drawbridge_shared::view::{VerifyDifference, VerifyDifferenceKind};

use super::words;

/// A record that a consumer can see.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Seen {
    pub(super) offset: i64,
    /// Milliseconds since the epoch.
    pub(super) timestamp: i64,
    /// Key, value and headers as they are encoded.
    pub(super) body: Bytes,
}

/// Which side of a link.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Side {
    Source,
    Mirror,
}

impl Side {
    pub(super) const fn other(self) -> Self {
        match self {
            Self::Source => Self::Mirror,
            Self::Mirror => Self::Source,
        }
    }
}

/// What comes next.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// More of this side has to be read.
    Read(Side),
    /// The same record on both sides, with so many bytes.
    Same(u64),
    /// A record on one side only.
    Alone(Side, Seen),
    /// Two records that are not the same.
    Differs(VerifyDifference),
    /// Everything was compared.
    End,
}

/// What was read of one side and not yet compared.
#[derive(Debug)]
struct Half {
    waiting: VecDeque<Seen>,
    /// Every record below has been handed over.
    read_to: i64,
}

impl Half {
    /// No record below this was left uncompared or unread.
    fn bound(&self) -> i64 {
        self.waiting.front().map_or(self.read_to, |head| head.offset)
    }
}

/// Two sides of a partition, from `next` up to `end`.
#[derive(Debug)]
pub(super) struct Pair {
    source: Half,
    mirror: Half,
    next: i64,
    end: i64,
}

impl Pair {
    pub(super) fn new(from: i64, end: i64) -> Self {
        let half = || Half { waiting: VecDeque::new(), read_to: from };
        Self { source: half(), mirror: half(), next: from, end }
    }

    /// Everything below was compared.
    pub(super) fn next(&self) -> i64 {
        self.next.min(self.end)
    }

    fn half(&mut self, side: Side) -> &mut Half {
        match side {
            Side::Source => &mut self.source,
            Side::Mirror => &mut self.mirror,
        }
    }

    /// Hands over records of a side, in the order of their offsets; there are no others below `read_to`.
    pub(super) fn read(&mut self, side: Side, records: Vec<Seen>, read_to: i64) {
        let (next, end) = (self.next, self.end);
        let half = self.half(side);
        half.waiting.extend(records.into_iter().filter(|r| (next..end).contains(&r.offset)));
        half.read_to = half.read_to.max(read_to);
    }

    /// Leaves out what is below: it was removed on one side. Whether that left out anything.
    pub(super) fn raise(&mut self, floor: i64) -> bool {
        if floor <= self.next {
            return false;
        }
        self.next = floor.min(self.end);
        for half in [&mut self.source, &mut self.mirror] {
            while half.waiting.front().is_some_and(|head| head.offset < floor) {
                half.waiting.pop_front();
            }
            half.read_to = half.read_to.max(floor);
        }
        true
    }

    /// Goes one record on.
    pub(super) fn step(&mut self) -> Step {
        let (source, mirror) = (self.source.bound(), self.mirror.bound());
        self.next = self.next.max(source.min(mirror));
        let heads = (self.source.waiting.front(), self.mirror.waiting.front());
        match heads {
            (None, None) if source >= self.end && mirror >= self.end => return Step::End,
            (None, _) if source <= mirror && source < self.end => return Step::Read(Side::Source),
            (_, None) if mirror <= source && mirror < self.end => return Step::Read(Side::Mirror),
            _ => {}
        }
        if source < mirror {
            return self.alone(Side::Source);
        }
        if mirror < source {
            return self.alone(Side::Mirror);
        }
        let (Some(a), Some(b)) = (self.source.waiting.pop_front(), self.mirror.waiting.pop_front())
        else {
            return Step::End;
        };
        self.next = a.offset + 1;
        difference(&a, &b).map_or_else(
            || Step::Same(u64::try_from(a.body.len()).unwrap_or(u64::MAX)),
            Step::Differs,
        )
    }

    fn alone(&mut self, side: Side) -> Step {
        match self.half(side).waiting.pop_front() {
            Some(record) => {
                self.next = record.offset + 1;
                Step::Alone(side, record)
            }
            None => Step::Read(side),
        }
    }
}

/// What differs in two records at one offset.
fn difference(source: &Seen, mirror: &Seen) -> Option<VerifyDifference> {
    let told = |kind, source: String, mirror: String, offset| VerifyDifference {
        offset,
        kind,
        source: Some(source),
        mirror: Some(mirror),
    };
    let offset = source.offset;
    if source.body != mirror.body {
        let (a, b) = (words::Parts::of(&source.body), words::Parts::of(&mirror.body));
        if a.key != b.key {
            let (a, b) = words::both(a.key, b.key);
            return Some(told(VerifyDifferenceKind::Key, a, b, offset));
        }
        if a.value != b.value {
            let (a, b) = words::both(a.value, b.value);
            return Some(told(VerifyDifferenceKind::Value, a, b, offset));
        }
        if a.headers != b.headers {
            let (a, b) = (words::headers(&a.headers), words::headers(&b.headers));
            return Some(told(VerifyDifferenceKind::Headers, a, b, offset));
        }
    }
    (source.timestamp != mirror.timestamp).then(|| {
        let (a, b) = (source.timestamp.to_string(), mirror.timestamp.to_string());
        told(VerifyDifferenceKind::Timestamp, a, b, offset)
    })
}

/// The difference that a record on one side only is.
pub(super) fn lone(side: Side, record: &Seen) -> VerifyDifference {
    let text = Some(words::record(&record.body));
    let (kind, source, mirror) = match side {
        Side::Source => (VerifyDifferenceKind::MissingOnMirror, text, None),
        Side::Mirror => (VerifyDifferenceKind::ExtraOnMirror, None, text),
    };
    VerifyDifference { offset: record.offset, kind, source, mirror }
}

#[cfg(test)]
mod tests;
