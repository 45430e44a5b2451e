//! Form controls with a label, a hint and an error, tied together for screen readers.

use leptos::prelude::*;

use super::id::fresh_id;

/// Label, hint and error around a control whose id is `id`.
fn frame(
    id: &str,
    label: String,
    hint: Signal<String>,
    error: Signal<Option<String>>,
    control: AnyView,
) -> AnyView {
    let (label_for, hint_id, error_id) =
        (id.to_owned(), format!("{id}-hint"), format!("{id}-error"));
    view! {
        <div class="field" class:field--wrong=move || error.read().is_some()>
            <label for=label_for>{label}</label>
            {control}
            <span class="field-error" id=error_id>
                {move || error.get()}
            </span>
            <span class="field-hint" id=hint_id>
                {move || hint.get()}
            </span>
        </div>
    }
    .into_any()
}

fn described_by(id: &str) -> String {
    format!("{id}-error {id}-hint")
}

/// One line of text.
#[component]
pub fn TextField(
    /// What is asked for.
    #[prop(into)]
    label: String,
    /// What is typed.
    value: RwSignal<String>,
    /// What would be right, and what happens if nothing is typed.
    #[prop(into, optional)]
    hint: Signal<String>,
    /// What is wrong with it.
    #[prop(into, optional)]
    error: Signal<Option<String>>,
    /// Stands in the empty field: the value that then holds.
    #[prop(into, optional)]
    placeholder: Signal<String>,
    /// In the font for names and code.
    #[prop(optional)]
    mono: bool,
    /// Digits: brings the number keys on small screens.
    #[prop(optional)]
    numeric: bool,
    /// Shows dots instead of what is typed.
    #[prop(optional)]
    secret: bool,
    /// Has the focus when its dialog or page opens.
    #[prop(optional)]
    autofocus: bool,
    /// What the browser may fill in; names of clusters and topics are no people's names.
    #[prop(default = "off")]
    autocomplete: &'static str,
) -> impl IntoView {
    let id = fresh_id();
    let control = view! {
        <input
            type=if secret { "password" } else { "text" }
            class="input"
            class:mono=mono
            id=id.clone()
            inputmode=numeric.then_some("numeric")
            autofocus=autofocus
            autocomplete=autocomplete
            autocapitalize="none"
            spellcheck="false"
            placeholder=move || placeholder.get()
            aria-describedby=described_by(&id)
            aria-invalid=move || error.read().is_some().then_some("true")
            prop:value=move || value.get()
            on:input=move |event| value.set(event_target_value(&event))
        />
    };
    frame(&id, label, hint, error, control.into_any())
}

/// Several lines of text.
#[component]
pub fn TextArea(
    /// What is asked for.
    #[prop(into)]
    label: String,
    /// What is typed.
    value: RwSignal<String>,
    /// What would be right.
    #[prop(into, optional)]
    hint: Signal<String>,
    /// What is wrong with it.
    #[prop(into, optional)]
    error: Signal<Option<String>>,
    /// Stands in the empty field: an example.
    #[prop(into, optional)]
    placeholder: Signal<String>,
    /// Lines shown.
    #[prop(default = 8)]
    rows: u32,
) -> impl IntoView {
    let id = fresh_id();
    let control = view! {
        <textarea
            class="input mono"
            id=id.clone()
            rows=rows
            autocomplete="off"
            autocapitalize="none"
            spellcheck="false"
            placeholder=move || placeholder.get()
            aria-describedby=described_by(&id)
            aria-invalid=move || error.read().is_some().then_some("true")
            prop:value=move || value.get()
            on:input=move |event| value.set(event_target_value(&event))
        ></textarea>
    };
    frame(&id, label, hint, error, control.into_any())
}

/// One of a few values.
#[component]
pub fn SelectField(
    /// What is asked for.
    #[prop(into)]
    label: String,
    /// The value chosen.
    value: RwSignal<String>,
    /// Values with the words they are shown by.
    #[prop(into)]
    options: Signal<Vec<(String, String)>>,
    /// What would be right.
    #[prop(into, optional)]
    hint: Signal<String>,
    /// What is wrong with it.
    #[prop(into, optional)]
    error: Signal<Option<String>>,
) -> impl IntoView {
    let id = fresh_id();
    let control = view! {
        <select
            class="input"
            id=id.clone()
            aria-describedby=described_by(&id)
            aria-invalid=move || error.read().is_some().then_some("true")
            on:change=move |event| value.set(event_target_value(&event))
        >
            {move || {
                options
                    .get()
                    .into_iter()
                    .map(|(option, words)| {
                        let chosen = option.clone();
                        view! {
                            <option value=option prop:selected=move || *value.read() == chosen>
                                {words}
                            </option>
                        }
                    })
                    .collect_view()
            }}
        </select>
    };
    frame(&id, label, hint, error, control.into_any())
}

/// A box to tick.
#[component]
pub fn Toggle(
    /// What ticking it means.
    #[prop(into)]
    label: Signal<String>,
    /// Whether it is ticked.
    #[prop(into)]
    checked: Signal<bool>,
    /// Called with what it is to be.
    #[prop(into)]
    on_change: Callback<bool>,
) -> impl IntoView {
    view! {
        <label class="toggle">
            <input
                type="checkbox"
                prop:checked=move || checked.get()
                on:change=move |event| on_change.run(event_target_checked(&event))
            />
            <span>{move || label.get()}</span>
        </label>
    }
}
