//! The Drawbridge console: a Leptos application that sees only `drawbridge-shared`.
//!
//! `routes` writes and reads URLs, `socket` talks to the gateway, `state` holds what the whole
//! application shares, `shell` is the frame, `pages` are what it frames, `ui` knows nothing of
//! Drawbridge, `model` is pure. Pages hold no logic; everything that can be tested without a
//! browser lives in `model`, `routes` and `socket::session`.

#![allow(unreachable_pub, reason = "`#[component]` makes the structs of props public")]
#![allow(clippy::needless_pass_by_value, reason = "components own their props")]

pub mod app;
pub mod crash;
pub mod model;
pub mod pages;
pub mod parts;
pub mod routes;
pub mod shell;
pub mod socket;
pub mod state;
pub mod ui;

/// Puts the console into the page's body.
pub fn start() {
    crash::install();
    leptos::mount::mount_to_body(app::App);
    crash::remove_boot_note();
    parts::fetch_when_idle();
}
