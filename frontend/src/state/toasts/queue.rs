//! Which messages are on screen, without a screen.

use drawbridge_shared::view::Severity;

/// Messages shown at once; the older ones make room.
const MAX_SHOWN: usize = 4;
/// How long a message that needs no action stays.
const STAY_MS: i64 = 6_000;

/// One message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Toast {
    /// Names it for as long as it is shown.
    pub id: u64,
    /// How much it matters.
    pub severity: Severity,
    /// One sentence.
    pub text: String,
    /// More, folded in at first.
    pub details: Option<String>,
    /// How often the same message came.
    pub times: u32,
    expires_ms: Option<i64>,
}

/// The messages on screen, oldest first.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ToastQueue {
    toasts: Vec<Toast>,
    next: u64,
    held: bool,
}

impl ToastQueue {
    /// The messages, oldest first.
    #[must_use]
    pub fn shown(&self) -> &[Toast] {
        &self.toasts
    }

    /// Adds a message; the same text again only counts up.
    pub fn push(&mut self, now_ms: i64, severity: Severity, text: String, details: Option<String>) {
        let expires_ms = (!stays(severity)).then_some(now_ms + STAY_MS);
        let same = |toast: &&mut Toast| toast.text == text && toast.severity == severity;
        if let Some(toast) = self.toasts.iter_mut().find(same) {
            toast.times += 1;
            toast.details = details;
            toast.expires_ms = expires_ms;
            return;
        }
        self.next += 1;
        self.toasts.push(Toast { id: self.next, severity, text, details, times: 1, expires_ms });
        while self.toasts.len() > MAX_SHOWN {
            // Something that failed is the last to be pushed out.
            let victim = self.toasts.iter().position(|toast| !stays(toast.severity)).unwrap_or(0);
            self.toasts.remove(victim);
        }
    }

    /// Takes a message away.
    pub fn dismiss(&mut self, id: u64) {
        self.toasts.retain(|toast| toast.id != id);
    }

    /// While held, nothing expires; afterwards each message stays its whole time again.
    pub fn hold(&mut self, now_ms: i64, held: bool) {
        self.held = held;
        for toast in self.toasts.iter_mut().filter(|toast| toast.expires_ms.is_some()) {
            toast.expires_ms = Some(now_ms + STAY_MS);
        }
    }

    /// Whether `expire` would change anything.
    #[must_use]
    pub fn would_expire(&self, now_ms: i64) -> bool {
        !self.held && self.toasts.iter().any(|toast| is_due(toast, now_ms))
    }

    /// Takes away the messages whose time is over.
    pub fn expire(&mut self, now_ms: i64) {
        if !self.held {
            self.toasts.retain(|toast| !is_due(toast, now_ms));
        }
    }
}

fn is_due(toast: &Toast, now_ms: i64) -> bool {
    toast.expires_ms.is_some_and(|at| at <= now_ms)
}

/// Whether a message stays until somebody closes it.
fn stays(severity: Severity) -> bool {
    matches!(severity, Severity::Failed | Severity::Attention)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn texts(queue: &ToastQueue) -> Vec<&str> {
        queue.shown().iter().map(|toast| toast.text.as_str()).collect()
    }

    #[test]
    fn the_same_message_again_counts_up_instead_of_piling_up() {
        let mut queue = ToastQueue::default();
        queue.push(0, Severity::Info, "a".into(), None);
        queue.push(1, Severity::Info, "a".into(), None);
        assert_eq!(queue.shown().len(), 1);
        assert_eq!(queue.shown()[0].times, 2);
    }

    #[test]
    fn what_failed_stays_until_it_is_closed() {
        let mut queue = ToastQueue::default();
        queue.push(0, Severity::Failed, "broken".into(), None);
        queue.push(0, Severity::Good, "fine".into(), None);
        queue.expire(STAY_MS);
        assert_eq!(texts(&queue), ["broken"]);
        let id = queue.shown()[0].id;
        queue.dismiss(id);
        assert!(queue.shown().is_empty());
    }

    #[test]
    fn a_message_under_the_pointer_does_not_go_away() {
        let mut queue = ToastQueue::default();
        queue.push(0, Severity::Info, "read me".into(), None);
        queue.hold(1, true);
        queue.expire(STAY_MS * 3);
        assert_eq!(texts(&queue), ["read me"]);
        queue.hold(STAY_MS * 3, false);
        assert!(!queue.would_expire(STAY_MS * 3));
        queue.expire(STAY_MS * 4);
        assert!(queue.shown().is_empty());
    }

    proptest! {
        #[test]
        fn never_more_than_a_handful_and_failures_are_pushed_out_last(
            pushes in proptest::collection::vec((0u8..20, any::<bool>()), 0..40)
        ) {
            let mut queue = ToastQueue::default();
            for (text, failed) in pushes {
                let had_others =
                    queue.shown().iter().filter(|toast| !stays(toast.severity)).count();
                let failures = queue.shown().len() - had_others;
                let severity = if failed { Severity::Failed } else { Severity::Info };
                queue.push(0, severity, text.to_string(), None);
                prop_assert!(queue.shown().len() <= MAX_SHOWN);
                let kept = queue.shown().iter().filter(|toast| stays(toast.severity)).count();
                prop_assert!(kept >= failures.min(MAX_SHOWN));
            }
        }
    }
}
