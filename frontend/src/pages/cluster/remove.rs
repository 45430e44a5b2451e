//! Forgetting a cluster.

use drawbridge_shared::guard::Action;
use drawbridge_shared::view::Severity;
use drawbridge_shared::wire::Request;
use leptos::prelude::*;

use super::Subject;
use crate::pages::topic::ask::{Ask, Refusal};
use crate::routes::Route;
use crate::state::{Nav, Toasts};
use crate::ui::{Button, ButtonKind, Dialog, DialogActions, DialogCancel};

/// Asks before the gateway forgets the cluster.
#[component]
pub(super) fn RemoveDialog(subject: Subject, open: RwSignal<bool>) -> impl IntoView {
    let (nav, toasts) = (expect_context::<Nav>(), expect_context::<Toasts>());
    let ask = Ask::new();
    let title = format!("Remove {}?", subject.name());
    let remove = Callback::new(move |()| {
        let request = Request::RemoveCluster { cluster: subject.name() };
        ask.send(request, move |_| {
            open.set(false);
            toasts.show(Severity::Good, format!("{} was removed", subject.name()), None);
            nav.go(&Route::Clusters);
        });
    });
    let why_not = Signal::derive(move || {
        let cluster = subject.cluster.read();
        let cluster = cluster.as_ref()?;
        cluster.guards.why_not(&cluster.name, Action::ClusterRemove)
    });
    view! {
        <Dialog open title busy=ask.busy()>
            <p>
                "The gateway closes its connections and forgets the properties, password included. "
                "On the cluster itself nothing changes; it can be added again."
            </p>
            <Refusal error=ask.error() />
            <DialogActions>
                <DialogCancel open busy=ask.busy() />
                <Button kind=ButtonKind::Danger on_click=remove why_not busy=ask.busy()>
                    {move || format!("Remove {}", subject.name())}
                </Button>
            </DialogActions>
        </Dialog>
    }
}
