//! One question to the gateway with its waiting and its refusal, for forms and dialogs.

use drawbridge_shared::wire::{Request, Response};
use leptos::prelude::*;
use leptos::task::spawn_local;

use crate::socket::{RequestError, Socket};
use crate::ui::{ErrorNote, Show};

/// A question that can be asked again and again, one at a time.
#[derive(Clone, Copy)]
pub(in crate::pages) struct Ask {
    socket: Socket,
    busy: RwSignal<bool>,
    error: RwSignal<Option<RequestError>>,
}

impl Ask {
    pub(in crate::pages) fn new() -> Self {
        Self {
            socket: expect_context::<Socket>(),
            busy: RwSignal::new(false),
            error: RwSignal::new(None),
        }
    }

    /// Whether the answer is still to come.
    pub(in crate::pages) fn busy(self) -> Signal<bool> {
        self.busy.into()
    }

    /// Why there is no answer.
    pub(in crate::pages) fn error(self) -> Signal<Option<RequestError>> {
        self.error.into()
    }

    /// What was refused about one field of what was sent.
    pub(in crate::pages) fn field(self, name: &str) -> Option<String> {
        let error = self.error.read();
        let fields = error.as_ref()?.fields();
        fields.iter().find(|field| field.field == name).map(|field| field.message.clone())
    }

    /// Forgets a refusal, when what was refused changes.
    pub(in crate::pages) fn forget(self) {
        if self.error.try_with_untracked(Option::is_some) == Some(true) {
            self.error.set(None);
        }
    }

    /// Asks, unless an answer is still to come; `done` gets the answer, a refusal is kept in `error`. When the form
    /// has gone meanwhile nobody waits for the answer.
    pub(in crate::pages) fn send(self, body: Request, done: impl FnOnce(Response) + 'static) {
        self.send_through(body, move |response, is_there| match response {
            Some(response) if is_there => done(response),
            _ => {}
        });
    }

    /// The same, but `done` gets the answer, or none for a refusal, even when the form has gone, and whether it is
    /// still there.
    pub(in crate::pages) fn send_through(
        self,
        body: Request,
        done: impl FnOnce(Option<Response>, bool) + 'static,
    ) {
        if self.busy.try_get_untracked() == Some(true) {
            return;
        }
        self.busy.try_set(true);
        self.error.try_set(None);
        spawn_local(async move {
            let result = self.socket.request(body).await;
            let is_there = self.busy.try_set(false).is_none();
            let answer = match result {
                Ok(response) => Some(response),
                Err(error) => {
                    self.error.try_set(Some(error));
                    None
                }
            };
            done(answer, is_there);
        });
    }
}

/// A refusal in the page: what failed, why, what to do.
#[component]
pub(in crate::pages) fn Refusal(
    /// The refusal, if there is one.
    #[prop(into)]
    error: Signal<Option<RequestError>>,
    /// Tries again.
    #[prop(into, optional)]
    retry: Option<Callback<()>>,
) -> impl IntoView {
    let message = Signal::derive(move || {
        error.read().as_ref().map(RequestError::message).unwrap_or_default()
    });
    let cause = Signal::derive(move || error.read().as_ref().and_then(cause_with_trace));
    let remedy = Signal::derive(move || error.read().as_ref().and_then(RequestError::remedy));
    view! {
        <Show when=move || error.read().is_some()>
            {match retry {
                Some(retry) => view! { <ErrorNote message cause remedy retry /> }.into_any(),
                None => view! { <ErrorNote message cause remedy /> }.into_any(),
            }}
        </Show>
    }
}

fn cause_with_trace(error: &RequestError) -> Option<String> {
    match (error.cause(), error.trace()) {
        (Some(cause), Some(trace)) => Some(format!("{cause}\nTrace {trace}")),
        (None, Some(trace)) => Some(format!("Trace {trace}")),
        (cause, None) => cause,
    }
}
