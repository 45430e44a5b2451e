//! State of a link: is the remote cluster there, may the link work?
//!
//! Availability comes from checks in a fixed rhythm; so many failures in a row make the link
//! UNAVAILABLE, one success makes it ACTIVE again. A pause is the user's and outlives both. FAILED
//! is left to what no waiting repairs (settings that cannot be used): only a change of the configs
//! leads out of it.
//! An error is shown from the first failed check on, whatever the state still is.

use drawbridge_shared::link::{LinkConfigs, LinkError, LinkState};

use crate::Millis;

#[cfg(test)]
mod tests;

/// What happens to a link.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LinkInput {
    /// Its configs are (now) these, and usable.
    Configured(LinkSettings),
    /// Its configs cannot be used: why, for the user.
    Unusable(String),
    /// The check that was asked for has ended.
    Checked(Result<(), Trouble>),
    /// Time has passed.
    Tick,
}

/// The configs that the state depends on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LinkSettings {
    /// `cluster.link.paused`.
    pub paused: bool,
    /// `availability.check.ms`.
    pub check_ms: i64,
    /// `availability.check.consecutive.failure.threshold`.
    pub threshold: u32,
}

impl From<&LinkConfigs> for LinkSettings {
    fn from(configs: &LinkConfigs) -> Self {
        let threshold = configs.number("availability.check.consecutive.failure.threshold");
        Self {
            paused: configs.is_true("cluster.link.paused"),
            check_ms: configs.number("availability.check.ms").max(1),
            threshold: u32::try_from(threshold).unwrap_or(1).max(1),
        }
    }
}

/// Why a check failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trouble {
    /// Its public name.
    pub error: LinkError,
    /// For people.
    pub message: String,
}

/// What is to be done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LinkEffect {
    /// Check that the remote cluster answers and is the right one; answer with
    /// [`LinkInput::Checked`].
    Check,
    /// Give a tick then. Replaces earlier ones.
    Wake {
        /// When.
        at: Millis,
    },
    /// The state is another now.
    Changed {
        /// Before.
        from: LinkState,
        /// Now.
        to: LinkState,
    },
}

/// The machine.
#[derive(Debug)]
pub struct Link {
    settings: Option<LinkSettings>,
    unusable: Option<String>,
    failures: u32,
    trouble: Option<Trouble>,
    checking: bool,
    next_check: Millis,
    last_good: Option<Millis>,
    state: LinkState,
    since: Millis,
}

/// What a link shows of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LinkView {
    /// Its state.
    pub state: LinkState,
    /// Since when.
    pub since: Millis,
    /// What the last check found; `NO_ERROR` when it was good.
    pub error: LinkError,
    /// The same for people.
    pub message: Option<String>,
    /// Failed checks in a row.
    pub failures: u32,
    /// When the remote answered last.
    pub last_good: Option<Millis>,
}

impl Link {
    /// A link that nothing is known of yet, or whose last known state was stored.
    #[must_use]
    pub const fn new(now: Millis, stored: Option<LinkState>) -> Self {
        let state = match stored {
            Some(state) => state,
            None => LinkState::Unknown,
        };
        Self {
            settings: None,
            unusable: None,
            failures: 0,
            trouble: None,
            checking: false,
            next_check: Millis(i64::MIN),
            last_good: None,
            state,
            since: now,
        }
    }

    /// Takes one input and appends what is to be done.
    pub fn handle(&mut self, now: Millis, input: LinkInput, effects: &mut Vec<LinkEffect>) {
        match input {
            LinkInput::Configured(settings) => {
                // The way to the remote cluster may be another one now.
                self.next_check = now;
                self.settings = Some(settings);
                self.unusable = None;
            }
            LinkInput::Unusable(why) => self.unusable = Some(why),
            LinkInput::Checked(result) => self.checked(now, result),
            LinkInput::Tick => {}
        }
        self.enter(now, self.judged(), effects);
        self.schedule(now, effects);
    }

    fn checked(&mut self, now: Millis, result: Result<(), Trouble>) {
        self.checking = false;
        match result {
            Ok(()) => {
                self.failures = 0;
                self.trouble = None;
                self.last_good = Some(now);
            }
            Err(trouble) => {
                self.failures = self.failures.saturating_add(1);
                self.trouble = Some(trouble);
            }
        }
    }

    fn judged(&self) -> LinkState {
        let Some(settings) = self.settings else {
            return if self.unusable.is_some() { LinkState::Failed } else { self.state };
        };
        if self.unusable.is_some() {
            return LinkState::Failed;
        }
        if settings.paused {
            return LinkState::Paused;
        }
        if self.failures >= settings.threshold {
            return LinkState::Unavailable;
        }
        if self.failures == 0 && self.last_good.is_some() {
            return LinkState::Active;
        }
        match self.state {
            // Out of these, what the next checks find decides; until then nothing speaks against it.
            LinkState::Paused | LinkState::Failed => LinkState::Active,
            LinkState::Unavailable if self.failures == 0 => LinkState::Unavailable,
            LinkState::Active
            | LinkState::Unavailable
            | LinkState::UnmanagedSource
            | LinkState::Unknown => self.state,
        }
    }

    fn enter(&mut self, now: Millis, to: LinkState, effects: &mut Vec<LinkEffect>) {
        if to != self.state {
            effects.push(LinkEffect::Changed { from: self.state, to });
            self.state = to;
            self.since = now;
        }
    }

    fn schedule(&mut self, now: Millis, effects: &mut Vec<LinkEffect>) {
        let Some(settings) = self.settings else { return };
        let resting = match self.state {
            LinkState::Paused | LinkState::Failed | LinkState::UnmanagedSource => true,
            LinkState::Active | LinkState::Unavailable | LinkState::Unknown => false,
        };
        if resting || self.checking {
            return;
        }
        if now >= self.next_check {
            self.checking = true;
            self.next_check = now.plus(settings.check_ms);
            effects.push(LinkEffect::Check);
        } else {
            effects.push(LinkEffect::Wake { at: self.next_check });
        }
    }

    /// What the link shows now.
    #[must_use]
    pub fn view(&self) -> LinkView {
        let message = self.trouble.as_ref().map(|trouble| trouble.message.clone());
        LinkView {
            state: self.state,
            since: self.since,
            error: match (&self.unusable, &self.trouble) {
                (Some(_), _) => LinkError::Unknown,
                (None, Some(trouble)) => trouble.error,
                (None, None) => LinkError::NoError,
            },
            message: self.unusable.clone().or(message),
            failures: self.failures,
            last_good: self.last_good,
        }
    }
}
