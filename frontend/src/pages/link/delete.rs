//! Deleting a half of a link: what ends, by force or not.

use drawbridge_shared::guard::Action;
use drawbridge_shared::wire::Request;
use leptos::prelude::*;

use super::Subject;
use crate::model::number::counted;
use crate::model::{links, rest};
use crate::pages::delete::Doomed;
use crate::pages::topic::gate::origin;
use crate::routes::Route;
use crate::ui::{Show, Toggle};

/// What ends with the half, and how it is deleted.
pub(super) fn doomed(subject: Subject) -> Doomed {
    let (link, cluster) = (subject.link(), subject.cluster.name());
    let forced = RwSignal::new(false);
    let n_left = Memo::new(move |_| subject.row(links::n_unstopped).unwrap_or(0));
    let consequences = Memo::new(move |_| {
        subject.row(|row| links::deletion(row, forced.get())).unwrap_or_default()
    });
    let lost = move || {
        let lines = move || consequences.get().into_iter().map(|text| view! { <p>{text}</p> });
        view! { {move || lines().collect_view()} }
    };
    let force_label = Signal::derive(move || {
        format!("Force: {} not stopped", counted(n_left.get().into(), "mirror is", "mirrors are"))
    });
    let choice = move || {
        view! {
            <Show when=move || { n_left.get() > 0 }>
                <p><Toggle label=force_label checked=forced on_change=move |on| forced.set(on) /></p>
            </Show>
        }
    };
    let name = link.to_string();
    Doomed {
        lost: ViewFn::from(lost),
        choice: ViewFn::from(choice),
        why_not: Signal::derive(move || {
            let by_force = || subject.cluster.why_not(Action::MirrorFailover);
            let mirrors =
                || "It still has mirrors: promote or fail them over, or force it".to_owned();
            let left = || (n_left.get() > 0 && !forced.get()).then(mirrors);
            let denied = subject.cluster.why_not(Action::LinkDelete);
            denied.or_else(|| forced.get().then(by_force).flatten()).or_else(left)
        }),
        request: {
            let (cluster, link) = (cluster.clone(), link.clone());
            Callback::new(move |()| Request::DeleteLink {
                cluster: cluster.clone(),
                link: link.clone(),
                force: forced.get_untracked(),
            })
        },
        call: Some({
            let name = name.clone();
            Signal::derive(move || {
                rest::delete_link(&origin(), &subject.cluster.id(), &name, forced.get())
            })
        }),
        done: format!("Link {link} is deleted on {cluster}"),
        then: Route::all_links(),
        name,
    }
}
