//! Before edits are applied: read anew, compare, let the broker check, and only then do it.

use std::sync::Arc;

use drawbridge_shared::view::{ConfigEntryView, Severity};
use drawbridge_shared::wire::Request;
use leptos::prelude::*;

use super::{Editor, Owner};
use crate::model::config_words::in_words;
use crate::model::configs::{self as model, ConfigDiff, Edits};
use crate::model::number::{UNKNOWN, counted};
use crate::pages::topic::ask::{Ask, Refusal};
use crate::state::Toasts;
use crate::ui::{
    Badge, Button, ButtonKind, CopyBlock, Dialog, DialogActions, DialogCancel, Note, Show,
    Skeleton, StateRole, Toggle,
};

#[component]
pub(super) fn ApplyDialog(editor: Editor, open: RwSignal<bool>) -> impl IntoView {
    let apply = Ask::new();
    view! {
        <Dialog open title="Review configuration changes" wide=true busy=apply.busy()>
            <Content editor open apply />
        </Dialog>
    }
}

/// The comparison, once the values in force were read anew.
#[derive(Clone, Copy)]
struct Review {
    editor: Editor,
    now: RwSignal<Option<Arc<Vec<ConfigEntryView>>>>,
    diff: Memo<Vec<ConfigDiff>>,
    is_accepted: RwSignal<bool>,
    overwrites: RwSignal<bool>,
}

impl Review {
    fn start(editor: Editor) -> Self {
        let now = RwSignal::new(None::<Arc<Vec<ConfigEntryView>>>);
        let diff = Memo::new(move |_| {
            let (before, now) = (editor.entries.read(), now.read());
            match (before.as_deref(), now.as_deref()) {
                (Some(before), Some(now)) => {
                    model::diff(before, now, &editor.edits.read(), editor.owner.own())
                }
                _ => Vec::new(),
            }
        });
        Self {
            editor,
            now,
            diff,
            is_accepted: RwSignal::new(false),
            overwrites: RwSignal::new(false),
        }
    }

    fn request(self, validate_only: bool) -> Request {
        let changes = untrack(|| model::request(&self.diff.read(), &self.editor.edits.read()));
        self.editor.owner.alter(changes, validate_only)
    }

    /// Reads the values in force, then lets the broker check the changes to them.
    fn look(self, read: Ask, check: Ask) {
        self.is_accepted.set(false);
        read.send(self.editor.owner.read(), move |response| {
            let Some(entries) = Owner::entries(response) else { return };
            if self.now.try_set(Some(Arc::new(entries))).is_none()
                && !self.diff.read_untracked().is_empty()
            {
                check.send(self.request(true), move |_| {
                    self.is_accepted.try_set(true);
                });
            }
        });
    }

    fn has_conflict(self) -> bool {
        self.diff.read().iter().any(|line| line.conflict.is_some())
    }

    fn why_not(self) -> Option<String> {
        if self.now.read().is_none() {
            Some("The values in force are being read".to_owned())
        } else if self.diff.read().is_empty() {
            Some("The edits change nothing".to_owned())
        } else if !self.is_accepted.get() {
            Some(format!("{} has not accepted the changes", self.editor.owner.judge()))
        } else if self.has_conflict() && !self.overwrites.get() {
            Some(
                "Values changed since you looked; say first that they are to be overwritten"
                    .to_owned(),
            )
        } else {
            None
        }
    }
}

#[component]
fn Content(editor: Editor, open: RwSignal<bool>, apply: Ask) -> impl IntoView {
    let toasts = expect_context::<Toasts>();
    apply.forget();
    let review = Review::start(editor);
    let (read, check) = (Ask::new(), Ask::new());
    review.look(read, check);
    let n = move || u64::try_from(review.diff.read().len()).unwrap_or(u64::MAX);
    let changes = move || counted(n(), "change", "changes");
    let send = move |()| {
        apply.send(review.request(false), move |_| {
            let text = format!("{} of {} applied", untrack(changes), editor.owner.name());
            toasts.show(Severity::Good, text, None);
            open.set(false);
            editor.edits.set(Edits::new());
            editor.read();
        });
    };
    let denied = move || {
        let edits = editor.edits.read();
        edits.keys().find_map(|name| editor.owner.why_not(name))
    };
    let call = Signal::derive(move || {
        let changes = model::request(&review.diff.read(), &editor.edits.read());
        editor.owner.call(&changes)
    });
    view! {
        <Refusal error=read.error() retry=move |()| review.look(read, check) />
        <Show when=move || review.now.read().is_none() && read.busy().get()>
            <Skeleton label="Reading the values in force" rows=3 />
        </Show>
        <Show when=move || review.has_conflict()>
            <Note role=StateRole::Attention>
                <p>"Somebody changed values marked below since you looked at them."</p>
                <Toggle
                    label="Overwrite them with mine"
                    checked=review.overwrites
                    on_change=move |on| review.overwrites.set(on)
                />
            </Note>
        </Show>
        <Show when=move || review.now.read().is_some()>
            <DiffTable review />
            <Refusal error=check.error() retry=move |()| review.look(read, check) />
            <Show when=move || review.is_accepted.get()>
                <p><Badge plain=true role=StateRole::Ok text=format!("{} accepts these changes", editor.owner.judge()) /></p>
            </Show>
        </Show>
        <Refusal error=apply.error() />
        <DialogActions>
            <DialogCancel open busy=apply.busy() text="Back to editing" />
            <Button
                kind=ButtonKind::Primary
                on_click=send
                why_not=Signal::derive(move || denied().or_else(|| review.why_not()))
                busy=apply.busy()
            >
                {move || format!("Apply {}", changes())}
            </Button>
        </DialogActions>
        <details class="same-as">
            <summary>"Same as a REST call"</summary>
            <CopyBlock label="REST call" text=call />
        </details>
    }
}

#[component]
fn DiffTable(review: Review) -> impl IntoView {
    let rows = move || review.diff.get().into_iter().map(line).collect_view();
    view! {
        <div class="dialog-table" tabindex="0" role="group" aria-label="Changes">
            <table class="table table--auto">
                <caption class="visually-hidden">"Configuration changes"</caption>
                <thead>
                    <tr>
                        <th scope="col">"Configuration"</th>
                        <th scope="col">"Now"</th>
                        <th scope="col">"Afterwards"</th>
                    </tr>
                </thead>
                <tbody>{move || rows()}</tbody>
            </table>
        </div>
        <Show when=move || review.diff.read().is_empty()>
            <p class="muted">"The values in force are already what the edits ask for."</p>
        </Show>
    }
}

fn line(line: ConfigDiff) -> impl IntoView {
    let ConfigDiff { name, from, to, is_reset, conflict } = line;
    let value = |value: Option<String>| {
        let words = value.as_deref().and_then(|value| in_words(&name, value));
        view! {
            <span class="mono">{value.unwrap_or_else(|| UNKNOWN.to_owned())}</span>
            <span class="words">{words}</span>
        }
    };
    let conflict = conflict.map(|before| {
        let text = format!("was {before} when you looked");
        view! { <Badge plain=true role=StateRole::Attention text /> }
    });
    view! {
        <tr>
            <th scope="row" class="mono">{name.clone()}</th>
            <td class="wrap">{value(from)} {conflict}</td>
            <td class="wrap">
                {value(to)}
                {is_reset.then(|| view! { <span class="words">"default"</span> })}
            </td>
        </tr>
    }
}
