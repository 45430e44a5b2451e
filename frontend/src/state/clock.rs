//! The time, for ages: the gateway's clock, once a second.

use gloo_timers::callback::Interval;
use leptos::prelude::*;

/// Ticks once a second and is right even on a machine with a wrong clock.
#[derive(Debug, Clone, Copy)]
pub struct Clock {
    now_ms: RwSignal<i64>,
    ahead_ms: StoredValue<i64>,
}

impl Clock {
    /// Starts ticking.
    #[must_use]
    pub fn start() -> Self {
        let clock = Self { now_ms: RwSignal::new(browser_ms()), ahead_ms: StoredValue::new(0) };
        Interval::new(1_000, move || clock.tick()).forget();
        clock
    }

    /// Takes over the gateway's time.
    pub fn correct(self, gateway_ms: i64) {
        self.ahead_ms.set_value(gateway_ms - browser_ms());
        self.tick();
    }

    /// The time in milliseconds since the Unix epoch, as a signal that changes once a second.
    #[must_use]
    pub fn now(self) -> Signal<i64> {
        self.now_ms.into()
    }

    /// The time right now, not tracked.
    #[must_use]
    pub fn read_ms(self) -> i64 {
        browser_ms() + self.ahead_ms.try_get_value().unwrap_or_default()
    }

    fn tick(self) {
        self.now_ms.try_set(self.read_ms());
    }
}

/// The browser's own clock in milliseconds since the Unix epoch.
#[allow(
    clippy::cast_possible_truncation,
    reason = "whole milliseconds, exact in an f64 for 285,000 years"
)]
fn browser_ms() -> i64 {
    js_sys::Date::now() as i64
}
