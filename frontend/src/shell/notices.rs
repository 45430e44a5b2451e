//! Things that happened, from the gateway's feed, as toasts.

use drawbridge_shared::view::{Notice, Severity};
use drawbridge_shared::wire::{Feed, FeedData};
use leptos::prelude::*;

use crate::socket::Socket;
use crate::state::Toasts;

/// Shows what happens from now on; what happened before this page was opened is no news.
pub(super) fn show() {
    let toasts = expect_context::<Toasts>();
    let followed = expect_context::<Socket>().follow(|| Feed::Notices);
    Effect::new(move |seen: Option<Option<u64>>| {
        let seen = seen.flatten();
        followed.with(|followed| match followed.data.as_deref() {
            Some(FeedData::Notices(notices)) => {
                for notice in news(notices, seen).iter().filter(|notice| is_worth_a_toast(notice)) {
                    toasts.show(notice.severity, notice.message.clone(), None);
                }
                Some(notices.last().map_or(0, |notice| notice.seq))
            }
            _ => seen,
        })
    });
}

/// What was done from here has been told here already; what was done elsewhere is for the record.
fn is_worth_a_toast(notice: &Notice) -> bool {
    notice.severity != Severity::Info
}

/// What came after `seen`. Numbers that went back mean a gateway that started anew.
fn news(notices: &[Notice], seen: Option<u64>) -> &[Notice] {
    let last = notices.last().map_or(0, |notice| notice.seq);
    match seen {
        Some(seen) if seen <= last => {
            let from = notices.partition_point(|notice| notice.seq <= seen);
            notices.get(from..).unwrap_or_default()
        }
        Some(_) | None => &[],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn notices(seqs: &[u64]) -> Vec<Notice> {
        let notice = |seq: &u64| Notice {
            seq: *seq,
            at_ms: 0,
            severity: Severity::Info,
            cluster: None,
            topic: None,
            message: seq.to_string(),
        };
        seqs.iter().map(notice).collect()
    }

    #[test]
    fn only_what_happened_since_the_page_was_opened_is_news() {
        let list = notices(&[3, 4, 5]);
        assert!(news(&list, None).is_empty());
        assert_eq!(news(&list, Some(3)).len(), 2);
        assert!(news(&list, Some(5)).is_empty());
    }

    #[test]
    fn a_gateway_that_started_anew_does_not_repeat_its_start() {
        assert!(news(&notices(&[1, 2]), Some(40)).is_empty());
    }
}
