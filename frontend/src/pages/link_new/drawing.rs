//! A small drawing of who dials, and of the firewall that only lets out.

use leptos::prelude::*;

/// Which way data goes, which side dials, and the wall in front of that side.
#[component]
pub(super) fn Drawing(
    /// Whether the source dials.
    #[prop(into)]
    source_dials: Signal<bool>,
    /// What the source is called.
    #[prop(into)]
    source: Signal<String>,
    /// What the destination is called.
    #[prop(into)]
    destination: Signal<String>,
) -> impl IntoView {
    let short = |name: Signal<String>| {
        move || {
            let name = name.get();
            match name.char_indices().nth(12) {
                Some((at, _)) => format!("{}…", name.get(..at).unwrap_or_default()),
                None => name,
            }
        }
    };
    // A side without a name of its own says once what it is.
    let part =
        |name: Signal<String>, part: &'static str| move || (*name.read() != part).then_some(part);
    let height = |name: Signal<String>, part: &'static str| {
        move || if *name.read() == part { "50" } else { "43" }
    };
    let wall = move || if source_dials.get() { "121" } else { "231" };
    let (socket, arrow) = (
        move || if source_dials.get() { "translate(106 34)" } else { "translate(254 34)" },
        move || if source_dials.get() { "M250 34l-9-5v10Z" } else { "M110 34l9-5v10Z" },
    );
    let said = move || {
        let dialler = if source_dials.get() { source.get() } else { destination.get() };
        format!(
            "Data goes from {} to {}; {dialler} makes the connections",
            source.get(),
            destination.get()
        )
    };
    view! {
        <svg class="who" viewBox="0 0 360 92" role="img" aria-label=said>
            <rect class="who-wall" x=wall y="4" width="8" height="84" rx="2"></rect>
            <rect class="who-gap" x=wall y="26" width="8" height="16"></rect>
            <rect class="who-gap" x=wall y="54" width="8" height="16"></rect>
            <rect class="who-box" x="1" y="16" width="98" height="60" rx="7"></rect>
            <rect class="who-box" x="261" y="16" width="98" height="60" rx="7"></rect>
            <text class="who-name" x="50" y=height(source, "source")>{short(source)}</text>
            <text class="who-part" x="50" y="61">{part(source, "source")}</text>
            <text class="who-name" x="310" y=height(destination, "destination")>{short(destination)}</text>
            <text class="who-part" x="310" y="61">{part(destination, "destination")}</text>
            <path class="who-dial" d="M112 34H248"></path>
            <path class="who-arrow" d=arrow></path>
            <g class="who-dial who-socket" transform=socket>
                <circle r="7"></circle>
                <path d="M-3-2v4M3-2v4M-3 0h6"></path>
            </g>
            <path class="who-data" d="M101 62H248"></path>
            <path class="who-arrow who-arrow--data" d="M257 62l-9-5v10Z"></path>
            <text class="who-word" x="180" y="27">"dials"</text>
            <text class="who-word" x="180" y="80">"data"</text>
        </svg>
    }
}
