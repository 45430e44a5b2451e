//! What holds for the whole console now: the demo, a lost connection, a page that is too old.

use leptos::prelude::*;

use super::live;
use crate::socket::{ConnectionStatus, Socket};
use crate::ui::{Shape, Show, StateRole};

/// The lines under the top bar; usually none.
#[component]
pub(super) fn Banners() -> impl IntoView {
    let socket = expect_context::<Socket>();
    let status = socket.status();
    let is_demo = Memo::new(move |_| socket.welcome().with(|w| w.as_ref().is_some_and(|w| w.demo)));
    let trouble = Memo::new(move |_| trouble_of(status.get()));
    view! {
        <section aria-label="About this console">
        <Show when=move || is_demo.get()>
            <div class="banner role-unknown">
                <Shape role=StateRole::Unknown />
                "Embedded Kafka-protocol clusters: data is not kept"
            </div>
        </Show>
        {move || {
            trouble
                .get()
                .map(|(role, text, verb)| {
                    view! {
                        <div class=format!("banner {}", role.class())>
                            <Shape role />
                            <span>{text}</span>
                            <button
                                type="button"
                                on:click=move |_| live::act(socket, status.get_untracked())
                            >
                                {verb}
                            </button>
                        </div>
                    }
                })
        }}
        </section>
    }
}

fn trouble_of(status: ConnectionStatus) -> Option<(StateRole, &'static str, &'static str)> {
    match status {
        ConnectionStatus::Connecting | ConnectionStatus::Live => None,
        // A restart of the gateway heals within the first two tries; no need to alarm anybody.
        ConnectionStatus::Waiting { attempt: ..=2, .. } => None,
        ConnectionStatus::Waiting { .. } => Some((
            StateRole::Attention,
            "The gateway does not answer. What is shown was true when the connection was lost.",
            "Reconnect now",
        )),
        ConnectionStatus::Outdated => Some((
            StateRole::Attention,
            "The gateway was updated since this page was opened.",
            "Reload the page",
        )),
        ConnectionStatus::Incompatible => Some((
            StateRole::Failed,
            "This page is too old for the gateway and gets no news from it.",
            "Reload the page",
        )),
    }
}
