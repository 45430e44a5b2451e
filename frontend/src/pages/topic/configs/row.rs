//! One configuration: its value, and an editor in the same place.

use drawbridge_shared::view::{ConfigEntryView, ConfigUpdate};
use leptos::html;
use leptos::prelude::*;

use super::Editor;
use crate::model::config_words::{in_words, is_filters};
use crate::model::configs::{self as model, Edit};
use crate::model::number::UNKNOWN;
use crate::ui::{Button, ButtonKind, CopyButton, Marked, Show};

#[component]
pub(super) fn ConfigRow(editor: Editor, name: String) -> impl IntoView {
    let name = StoredValue::new(name);
    let entry = Memo::new(move |_| name.with_value(|name| editor.entry(name, Clone::clone)));
    let edit = Memo::new(move |_| name.with_value(|name| editor.edits.read().get(name).cloned()));
    let own = editor.owner.own();
    let is_changed =
        Signal::derive(move || entry.read().as_ref().is_some_and(|e| model::is_own(e, own)));
    let default = move || {
        let entry = entry.read();
        let default = entry.as_ref().filter(|entry| !entry.is_sensitive);
        spelt(default.and_then(|entry| entry.default.clone()))
    };
    let default_words = move || {
        let entry = entry.read();
        entry.as_ref().and_then(|entry| in_words(&entry.name, entry.default.as_deref()?))
    };
    let update = move || entry.read().as_ref().and_then(|entry| entry.update).map(update_words);
    let origin = move || entry.read().as_ref().map(|entry| editor.owner.source_words(entry.source));
    view! {
        <tr class:config--own=move || is_changed.get() class:config--edited=move || edit.read().is_some()>
            <th scope="row"><Name editor entry name /></th>
            <td class="config-value">
                {move || match edit.read().as_ref() {
                    Some(Edit::Set(_)) => view! { <Input editor name entry /> }.into_any(),
                    Some(Edit::Reset) => view! { <Reset entry /> }.into_any(),
                    None => view! { <Value entry /> }.into_any(),
                }}
            </td>
            <td class="wide">
                <span class="mono">{default}</span>
                <span class="words">{move || default_words()}</span>
            </td>
            <td class="wide">
                <span class:own=move || is_changed.get()>{move || origin()}</span>
                <span class="words">{move || update()}</span>
            </td>
            <td class="right"><Actions editor name entry is_edited=Signal::derive(move || edit.read().is_some()) /></td>
        </tr>
    }
}

type Entry = Memo<Option<ConfigEntryView>>;
type Name = StoredValue<String>;

/// The name, with Kafka's documentation folded away behind it.
#[component]
fn Name(editor: Editor, entry: Entry, name: Name) -> impl IntoView {
    let documentation = Memo::new(move |_| {
        let entry = entry.read();
        entry
            .as_ref()
            .and_then(|entry| entry.documentation.as_deref().map(model::plain))
            .filter(|text| !text.is_empty())
    });
    let search = Signal::derive(move || editor.filter.read().q.clone());
    let label = move || view! { <Marked text=name.get_value() search /> };
    view! {
        <Show
            when=move || documentation.read().is_some()
            fallback=move || view! { <span class="mono">{label()}</span> }
        >
            <details class="config-doc">
                <summary class="mono">{label()}</summary>
                <p>{move || documentation.get()}</p>
            </details>
        </Show>
    }
}

/// A value as it is spelt, with words for one that is not there and one that is nothing.
fn spelt(value: Option<String>) -> String {
    match value {
        None => UNKNOWN.to_owned(),
        Some(value) if value.is_empty() => "(empty)".to_owned(),
        Some(value) => value,
    }
}

#[component]
fn Value(entry: Entry) -> impl IntoView {
    let shown = move || spelt(entry.read().as_ref().and_then(model::value));
    let words = move || {
        let entry = entry.read();
        let entry = entry.as_ref().filter(|entry| !entry.is_sensitive)?;
        in_words(&entry.name, entry.value.as_deref()?)
    };
    let note = move || entry.read().as_ref().and_then(|entry| entry.note.clone());
    // Filters are read as words, and taken along as the JSON they are.
    let name = untrack(|| entry.read().as_ref().map(|entry| entry.name.clone()));
    if let Some(name) = name.filter(|name| is_filters(name)) {
        let json = Signal::derive(move || {
            entry.read().as_ref().and_then(model::value).unwrap_or_default()
        });
        return view! {
            <span title=json>{move || words()}</span>
            <Show when=move || !json.read().is_empty()>
                <span class="words"><CopyButton text=json label=format!("Copy JSON of {name}") word="Copy JSON" /></span>
            </Show>
        }
        .into_any();
    }
    view! {
        <span class="mono">{move || shown()}</span>
        <span class="words">{move || words()}</span>
        <span class="words">{move || note()}</span>
    }
    .into_any()
}

/// How a broker's configuration can be changed, in words.
fn update_words(update: ConfigUpdate) -> &'static str {
    match update {
        ConfigUpdate::ReadOnly => "needs a restart",
        ConfigUpdate::PerBroker => "dynamic, per broker",
        ConfigUpdate::ClusterWide => "dynamic, cluster-wide",
    }
}

#[component]
fn Reset(entry: Entry) -> impl IntoView {
    let default = move || {
        let entry = entry.read();
        entry
            .as_ref()
            .and_then(|entry| entry.default.clone())
            .unwrap_or_else(|| "the default".to_owned())
    };
    view! {
        <span class="mono">
            <s>{move || entry.read().as_ref().and_then(model::value)}</s>
            " → "
            {move || default()}
        </span>
        <span class="words">"back to the default"</span>
    }
}

/// The value being edited: a field, or a choice where Kafka knows only a few words.
#[component]
fn Input(editor: Editor, name: Name, entry: Entry) -> impl IntoView {
    let value = Memo::new(move |_| match editor.edits.read().get(&name.get_value()) {
        Some(Edit::Set(value)) => value.clone(),
        Some(Edit::Reset) | None => String::new(),
    });
    let set = move |text: String| {
        editor.edits.update(|edits| {
            edits.insert(name.get_value(), Edit::Set(text));
        });
    };
    let label = format!("New value of {}", name.get_value());
    let words = move || in_words(&name.get_value(), &value.read());
    let choices = untrack(|| entry.read().as_ref().map_or(&[][..], model::choices));
    // The field takes the place of the button that was pressed, and its focus.
    let (field, list) = (NodeRef::<html::Input>::new(), NodeRef::<html::Select>::new());
    Effect::new(move |_| {
        // Fails only on an element that left the page meanwhile.
        if let Some(field) = field.get() {
            field.focus().ok();
            field.select();
        } else if let Some(list) = list.get() {
            list.focus().ok();
        }
    });
    let is_secret = untrack(|| entry.read().as_ref().is_some_and(|entry| entry.is_sensitive));
    let control = if choices.is_empty() {
        view! {
            <input
                type=if is_secret { "password" } else { "text" }
                node_ref=field
                class="input input--small mono"
                autocomplete="off"
                spellcheck="false"
                aria-label=label
                prop:value=move || value.get()
                on:input=move |event| set(event_target_value(&event))
            />
        }
        .into_any()
    } else {
        let options = choices.iter().map(|choice| {
            view! {
                <option value=*choice prop:selected=move || *value.read() == *choice>
                    {*choice}
                </option>
            }
        });
        view! {
            <select
                node_ref=list
                class="input input--small mono"
                aria-label=label
                on:change=move |event| set(event_target_value(&event))
            >
                {options.collect_view()}
            </select>
        }
        .into_any()
    };
    view! {
        {control}
        <span class="words">{move || words()}</span>
    }
}

#[component]
fn Actions(editor: Editor, name: Name, entry: Entry, is_edited: Signal<bool>) -> impl IntoView {
    let put = move |edit: Edit| {
        editor.edits.update(|edits| {
            edits.insert(name.get_value(), edit);
        });
    };
    let begin = move |()| {
        let value = entry
            .read_untracked()
            .as_ref()
            .filter(|entry| !entry.is_sensitive)
            .and_then(|entry| entry.value.clone());
        put(Edit::Set(value.unwrap_or_default()));
    };
    let undo = move |()| {
        editor.edits.update(|edits| {
            edits.remove(&name.get_value());
        });
    };
    let own = editor.owner.own();
    let is_changed = move || entry.read().as_ref().is_some_and(|e| model::is_own(e, own));
    let is_fixed = move || entry.read().as_ref().is_some_and(|entry| entry.is_read_only);
    let why_not = Signal::derive(move || name.with_value(|name| editor.owner.why_not(name)));
    let label = move |verb: &str| format!("{verb} {}", name.get_value());
    view! {
        <span class="row row--end">
            {move || {
                if is_edited.get() {
                    view! { <Button kind=ButtonKind::Quiet on_click=undo label=label("Undo edit of")>"Undo"</Button> }
                        .into_any()
                } else if is_fixed() {
                    view! { <span class="muted">"read-only"</span> }.into_any()
                } else {
                    view! {
                        <Show when=is_changed>
                            <Button
                                kind=ButtonKind::Quiet
                                on_click=move |()| put(Edit::Reset)
                                why_not
                                label=label("Reset")
                            >
                                "Reset"
                            </Button>
                        </Show>
                        <Button kind=ButtonKind::Quiet on_click=begin why_not label=label("Edit")>"Edit"</Button>
                    }
                        .into_any()
                }
            }}
        </span>
    }
}
