//! How the connection to the gateway is: a word, a shape, and what can be done.

use leptos::prelude::*;

use crate::socket::{ConnectionStatus, Socket};
use crate::state::Clock;
use crate::ui::{Shape, StateRole};

/// The indicator in the top bar.
#[component]
pub(super) fn LiveIndicator() -> impl IntoView {
    let socket = expect_context::<Socket>();
    let clock = expect_context::<Clock>();
    let status = socket.status();
    let role = Signal::derive(move || role_of(status.get()));
    let text = move || text_of(status.get(), clock.now().get());
    let class = move || format!("live {}", role.get().class());
    let said = Memo::new(move |_| said_of(status.get()));
    view! {
        <span class="visually-hidden" role="status">
            {said}
        </span>
        {move || {
            if matches!(status.get(), ConnectionStatus::Connecting | ConnectionStatus::Live) {
                view! {
                    <span class=class aria-hidden="true">
                        <Shape role />
                        {move || text()}
                    </span>
                }
                    .into_any()
            } else {
                view! {
                    <button type="button" class=class on:click=move |_| act(socket, status.get_untracked())>
                        <Shape role />
                        {move || text()}
                    </button>
                }
                    .into_any()
            }
        }}
    }
}

/// What a click does: try now, or load the page anew.
pub(super) fn act(socket: Socket, status: ConnectionStatus) {
    match status {
        ConnectionStatus::Waiting { .. } => socket.retry_now(),
        ConnectionStatus::Outdated | ConnectionStatus::Incompatible => {
            // Fails only while the page is going away.
            window().location().reload().ok();
        }
        ConnectionStatus::Connecting | ConnectionStatus::Live => {}
    }
}

fn role_of(status: ConnectionStatus) -> StateRole {
    match status {
        ConnectionStatus::Connecting => StateRole::Unknown,
        ConnectionStatus::Live => StateRole::Ok,
        ConnectionStatus::Waiting { .. } | ConnectionStatus::Outdated => StateRole::Attention,
        ConnectionStatus::Incompatible => StateRole::Failed,
    }
}

fn text_of(status: ConnectionStatus, now_ms: i64) -> String {
    match status {
        ConnectionStatus::Connecting => "connecting".to_owned(),
        ConnectionStatus::Live => "live".to_owned(),
        ConnectionStatus::Waiting { retry_at_ms, .. } => match retry_at_ms - now_ms {
            ..=0 => "reconnecting…".to_owned(),
            ms => format!("reconnecting in {} s", (ms + 999) / 1_000),
        },
        ConnectionStatus::Outdated => "gateway changed: reload".to_owned(),
        ConnectionStatus::Incompatible => "reload needed".to_owned(),
    }
}

/// For screen readers: said once per change, without the seconds.
fn said_of(status: ConnectionStatus) -> &'static str {
    match status {
        ConnectionStatus::Connecting => "Connecting to the gateway",
        ConnectionStatus::Live => "Connected to the gateway",
        ConnectionStatus::Waiting { .. } => "Connection to the gateway lost, reconnecting",
        ConnectionStatus::Outdated => "The gateway changed: reload the page",
        ConnectionStatus::Incompatible => "This page is too old for the gateway: reload the page",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_countdown_ends_with_trying_not_with_zero() {
        let waiting = ConnectionStatus::Waiting { retry_at_ms: 3_000, attempt: 1 };
        let shown: Vec<String> =
            [0, 1, 2_001, 3_000, 9_000].map(|now| text_of(waiting, now)).into();
        assert_eq!(
            shown,
            [
                "reconnecting in 3 s",
                "reconnecting in 3 s",
                "reconnecting in 1 s",
                "reconnecting…",
                "reconnecting…"
            ]
        );
    }
}
