//! Short messages that come by themselves and go by themselves.

use drawbridge_shared::view::Severity;
use leptos::prelude::*;

mod queue;

pub use queue::{Toast, ToastQueue};

use super::Clock;

/// Handle to the messages on screen; kept in context.
#[derive(Debug, Clone, Copy)]
pub struct Toasts {
    queue: RwSignal<ToastQueue>,
    clock: Clock,
}

impl Toasts {
    /// No messages yet. Those that may go leave by the clock's ticks.
    #[must_use]
    pub fn start(clock: Clock) -> Self {
        let toasts = Self { queue: RwSignal::new(ToastQueue::default()), clock };
        let now = clock.now();
        Effect::new(move |_| {
            let now = now.get();
            if toasts.queue.with_untracked(|queue| queue.would_expire(now)) {
                toasts.queue.update(|queue| queue.expire(now));
            }
        });
        toasts
    }

    /// Shows a message; `details` are folded out on demand. What failed stays until it is closed.
    pub fn show(self, severity: Severity, text: impl Into<String>, details: Option<String>) {
        let (text, now) = (text.into(), self.clock.read_ms());
        self.queue.try_update(|queue| queue.push(now, severity, text, details));
    }

    /// Takes a message away.
    pub fn dismiss(self, id: u64) {
        self.queue.try_update(|queue| queue.dismiss(id));
    }

    /// Keeps messages while the pointer or the focus is on them.
    pub fn hold(self, held: bool) {
        let now = self.clock.read_ms();
        self.queue.try_update(|queue| queue.hold(now, held));
    }

    /// The messages.
    #[must_use]
    pub fn queue(self) -> Signal<ToastQueue> {
        self.queue.into()
    }
}
