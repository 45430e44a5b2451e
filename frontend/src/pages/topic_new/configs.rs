//! Configurations of the topic to be: picked from the broker's list, with default and documentation.

use drawbridge_shared::order;
use leptos::prelude::*;

use super::{Form, Setting};
use crate::model::config_words::in_words;
use crate::model::configs as model;
use crate::ui::{Button, ButtonKind, fresh_id};

#[component]
pub(super) fn Configs(form: Form) -> impl IntoView {
    let id = fresh_id();
    let picked =
        move |name: &str| form.settings.read().iter().any(|s| s.name.with_value(|n| n == name));
    let options = move || {
        let defaults = form.defaults.read();
        let mut names: Vec<String> = defaults
            .iter()
            .filter(|entry| !entry.is_read_only && !picked(&entry.name))
            .map(|entry| entry.name.clone())
            .collect();
        order::sort(&mut names);
        names
            .into_iter()
            .map(|name| {
                let value = name.clone();
                view! { <option value=value>{name}</option> }
            })
            .collect_view()
    };
    let add = move |event| {
        let name = event_target_value(&event);
        let value = form.defaults.with_untracked(|defaults| {
            model::entry(defaults, &name).and_then(|entry| entry.value.clone()).unwrap_or_default()
        });
        if name.is_empty() {
            return;
        }
        form.settings.update(|settings| {
            let id = settings.iter().map(|setting| setting.id + 1).max().unwrap_or(0);
            settings.push(Setting {
                id,
                name: StoredValue::new(name),
                value: RwSignal::new(value),
            });
        });
    };
    let general = move || form.refused("configs");
    view! {
        <fieldset class="settings">
            <legend>"Configurations"</legend>
            <For each=move || form.settings.get() key=|setting| setting.id let:setting>
                <SettingRow form setting />
            </For>
            <span class="field-error">{move || general()}</span>
            <div class="field">
                <label for=id.clone()>"Add a configuration"</label>
                <select
                    class="input"
                    id=id
                    on:change=add
                    // A choice becomes a row; the list itself goes back to asking.
                    prop:value=move || {
                        form.settings.track();
                        form.defaults.track();
                        ""
                    }
                >
                    <option value="">"Choose…"</option>
                    {move || options()}
                </select>
            </div>
        </fieldset>
    }
}

#[component]
fn SettingRow(form: Form, setting: Setting) -> impl IntoView {
    let id = fresh_id();
    let name = setting.name.get_value();
    let entry = form.defaults.with_untracked(|defaults| model::entry(defaults, &name).cloned());
    let default = entry.as_ref().and_then(|entry| entry.value.clone());
    let documentation =
        entry.as_ref().and_then(|entry| entry.documentation.as_deref().map(model::plain));
    let choices = entry.as_ref().map_or(&[][..], model::choices);
    let words = {
        let name = name.clone();
        move || in_words(&name, &setting.value.read())
    };
    let refused = {
        let (own, qualified) = (name.clone(), format!("configs.{name}"));
        Signal::derive(move || form.refused(&own).or_else(|| form.refused(&qualified)))
    };
    let remove = move |()| {
        form.settings.update(|settings| settings.retain(|other| other.id != setting.id));
    };
    let (error_id, hint_id) = (format!("{id}-error"), format!("{id}-hint"));
    let described = format!("{error_id} {hint_id}");
    let control = if choices.is_empty() {
        view! {
            <input
                type="text"
                class="input mono"
                id=id.clone()
                autocomplete="off"
                spellcheck="false"
                aria-describedby=described
                aria-invalid=move || refused.read().is_some().then_some("true")
                prop:value=move || setting.value.get()
                on:input=move |event| setting.value.set(event_target_value(&event))
            />
        }
        .into_any()
    } else {
        let options = choices.iter().map(|choice| {
            view! {
                <option value=*choice prop:selected=move || *setting.value.read() == *choice>
                    {*choice}
                </option>
            }
        });
        view! {
            <select
                class="input mono"
                id=id.clone()
                aria-describedby=described
                on:change=move |event| setting.value.set(event_target_value(&event))
            >
                {options.collect_view()}
            </select>
        }
        .into_any()
    };
    view! {
        <div class="field setting" class:field--wrong=move || refused.read().is_some()>
            <label for=id class="mono">{name.clone()}</label>
            <div class="setting-control">
                {control}
                <Button kind=ButtonKind::Quiet on_click=remove label=format!("Remove {name}")>"Remove"</Button>
            </div>
            <span class="field-error" id=error_id>{move || refused.get()}</span>
            <span class="field-hint" id=hint_id>
                <span class="words">{words}</span>
                {default.map(|default| format!("default {default}"))}
            </span>
            {documentation.map(|text| view! {
                <details class="config-doc">
                    <summary>"Documentation"</summary>
                    <p>{text}</p>
                </details>
            })}
        </div>
    }
}
