//! Ids that tie labels, hints and errors to their controls.

use std::sync::atomic::{AtomicU32, Ordering};

/// An id that no other element of this page has.
#[must_use]
pub fn fresh_id() -> String {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    format!("u{}", NEXT.fetch_add(1, Ordering::Relaxed))
}
