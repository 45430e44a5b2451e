//! Who reads.

use drawbridge_shared::view::GroupMemberView;
use leptos::prelude::*;

use super::Subject;
use crate::model::number::counted;
use crate::model::{groups as model, lag};
use crate::ui::{Panel, Show};

/// More members than this are not drawn.
const MAX_ROWS: usize = 300;

#[component]
pub(super) fn Members(subject: Subject) -> impl IntoView {
    let members =
        Memo::new(move |_| subject.with(|detail| detail.members.clone()).unwrap_or_default());
    let title = Signal::derive(move || match members.read().len() {
        0 => "Members".to_owned(),
        n => format!("Members ({n})"),
    });
    let more = move || {
        let n = members.read().len().saturating_sub(MAX_ROWS);
        (n > 0).then(|| {
            format!(
                "and {}",
                counted(n.try_into().unwrap_or(u64::MAX), "more member", "more members")
            )
        })
    };
    let none = move || {
        let words = move || subject.with(|detail| model::without_members(detail.group.kind));
        view! { <p class="muted">{words}</p> }
    };
    view! {
        <Panel title>
            <Show when=move || !members.read().is_empty() fallback=none>
                <div class="scroll-x" tabindex="0" role="group" aria-label="Members of the group">
                    <table class="table table--auto group-members">
                        <caption class="visually-hidden">"Members"</caption>
                        <thead>
                            <tr>
                                <th scope="col">"Client"</th>
                                <th scope="col" class="wide">"Host"</th>
                                <th scope="col">"Reads"</th>
                                <th scope="col" class="right">"Lag"</th>
                            </tr>
                        </thead>
                        <tbody>
                            {move || members.get().into_iter().take(MAX_ROWS).map(line).collect_view()}
                        </tbody>
                    </table>
                </div>
                <p class="muted">{more}</p>
            </Show>
        </Panel>
    }
}

fn line(member: GroupMemberView) -> impl IntoView {
    let fixed = member.instance_id.as_ref().map(|id| format!("static member {id}"));
    let reads = model::assignment(&member);
    view! {
        <tr>
            <th scope="row" class="wrap">
                {member.client_id}
                <span class="words mono">{member.id}</span>
                <span class="words">{fixed}</span>
            </th>
            <td class="wide mono">{member.host}</td>
            <td class="wrap">{reads}</td>
            <td class="right num">{lag::records(member.lag)}</td>
        </tr>
    }
}
