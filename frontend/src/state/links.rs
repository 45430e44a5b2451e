//! The links on the gateway's clusters, followed once for the whole application.

use drawbridge_shared::view::LinkRow;
use drawbridge_shared::wire::{Feed, FeedData};
use leptos::prelude::*;

use crate::socket::{Followed, Socket};

/// Handle to the list of links' halves; kept in context.
#[derive(Debug, Clone, Copy)]
pub struct Links {
    followed: Signal<Followed>,
}

impl Links {
    /// Starts following.
    #[must_use]
    pub fn start(socket: Socket) -> Self {
        Self { followed: socket.follow(|| Feed::Links) }
    }

    /// The feed with its state.
    #[must_use]
    pub fn followed(self) -> Signal<Followed> {
        self.followed
    }

    /// Looks at all halves; none before the first state.
    pub fn with<T>(self, look: impl FnOnce(Option<&[LinkRow]>) -> T) -> T {
        self.followed.with(|followed| match followed.data.as_deref() {
            Some(FeedData::Links(links)) => look(Some(links)),
            _ => look(None),
        })
    }
}
