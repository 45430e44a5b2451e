//! The properties themselves: pasted, dropped, chosen as a file, or written by the form.

use leptos::ev;
use leptos::html;
use leptos::prelude::*;
use leptos::task::spawn_local;
use wasm_bindgen::JsCast;
use wasm_bindgen_futures::JsFuture;

use crate::model::secrets::Secrets;
use crate::ui::{Toggle, fresh_id};

/// Larger files are no properties.
const MAX_BYTES: f64 = 262_144.0;

/// A text with secrets in it, which are kept beside it.
#[derive(Clone, Copy)]
pub(in crate::pages) struct SecretText {
    /// The text as shown, with placeholders for hidden secrets.
    pub(in crate::pages) shown: RwSignal<String>,
    secrets: StoredValue<Secrets>,
}

impl SecretText {
    pub(in crate::pages) fn new() -> Self {
        Self { shown: RwSignal::new(String::new()), secrets: StoredValue::new(Secrets::default()) }
    }

    /// Another text whose placeholders may be moved to this one and back.
    pub(in crate::pages) fn beside(self) -> Self {
        Self { shown: RwSignal::new(String::new()), secrets: self.secrets }
    }

    /// Takes over a text and hides its secrets.
    pub(in crate::pages) fn hide(self, text: &str) {
        let hidden = self.secrets.try_update_value(|secrets| secrets.hide(text));
        self.shown.set(hidden.unwrap_or_default());
    }

    /// The text with its secrets.
    pub(in crate::pages) fn revealed(self) -> String {
        self.reveal(&self.shown.read_untracked())
    }

    /// Any text with these secrets in place of their placeholders.
    pub(in crate::pages) fn reveal(self, text: &str) -> String {
        self.secrets.with_value(|secrets| secrets.reveal(text))
    }
}

/// The text, with its secrets hidden as soon as the field is left.
#[component]
pub(in crate::pages) fn Properties(
    text: SecretText,
    /// What the gateway found wrong with it.
    #[prop(into)]
    error: Signal<Option<String>>,
    /// What it is.
    #[prop(into, default = "Properties".into())]
    label: Signal<String>,
    /// What would be right.
    #[prop(
        into,
        default = "Paste or drop a client's .properties file; it is taken as it is. Secrets are hidden when you leave the field.".into()
    )]
    hint: Signal<String>,
    /// An example.
    #[prop(
        default = "bootstrap.servers=broker-1:9092,broker-2:9092\nsecurity.protocol=SASL_SSL\n…"
    )]
    placeholder: &'static str,
    /// Lines shown.
    #[prop(default = 12)]
    rows: u32,
    /// Called when a text was pasted, dropped or finished, after its secrets were hidden.
    #[prop(into, optional)]
    on_taken: Option<Callback<()>>,
) -> impl IntoView {
    let id = fresh_id();
    let (hint_id, error_id) = (format!("{id}-hint"), format!("{id}-error"));
    let described_by = format!("{error_id} {hint_id}");
    let shows_secrets = RwSignal::new(false);
    let over = RwSignal::new(false);
    let file_fault = RwSignal::new(None::<String>);
    let chooser = NodeRef::<html::Input>::new();
    let hide = move || {
        if !shows_secrets.get_untracked() {
            let shown = text.shown.get_untracked();
            text.hide(&shown);
        }
        if let Some(taken) = on_taken {
            taken.run(());
        }
    };
    let reveal = Callback::new(move |shows: bool| {
        shows_secrets.set(shows);
        let whole = text.revealed();
        if shows { text.shown.set(whole) } else { text.hide(&whole) }
    });
    let take = move |file: Option<web_sys::File>| {
        let Some(file) = file else { return };
        spawn_local(async move {
            match read(&file).await {
                Ok(read) => {
                    file_fault.try_set(None);
                    text.shown.try_set(read);
                    hide();
                }
                Err(fault) => {
                    file_fault.try_set(Some(fault));
                }
            }
        });
    };
    let dropped = move |event: ev::DragEvent| {
        over.set(false);
        let files = event.data_transfer().and_then(|data| data.files());
        if let Some(file) = files.and_then(|files| files.get(0)) {
            event.prevent_default();
            take(Some(file));
        }
    };
    let chosen = move |event: ev::Event| {
        let input = event.target().and_then(|t| t.dyn_into::<web_sys::HtmlInputElement>().ok());
        if let Some(input) = input {
            take(input.files().and_then(|files| files.get(0)));
            // The same file can be chosen again after it was changed.
            input.set_value("");
        }
    };
    let shown_error = move || file_fault.get().or_else(|| error.get());
    view! {
        <div class="field" class:field--wrong=move || shown_error().is_some()>
            <div class="field-row">
                <label for=id.clone()>{move || label.get()}</label>
                <span class="field-tools">
                    <Toggle label="Show secrets" checked=shows_secrets on_change=reveal />
                    <button
                        type="button"
                        class="btn btn--quiet"
                        on:click=move |_| {
                            if let Some(input) = chooser.get() {
                                input.click();
                            }
                        }
                    >
                        "Choose a file…"
                    </button>
                    <input
                        type="file"
                        class="visually-hidden"
                        node_ref=chooser
                        tabindex="-1"
                        aria-label="Properties file"
                        accept=".properties,.config,.conf,.txt,text/plain"
                        on:change=chosen
                    />
                </span>
            </div>
            <textarea
                class="input mono properties"
                class:properties--over=move || over.get()
                id=id
                rows=rows
                autocomplete="off"
                autocapitalize="none"
                spellcheck="false"
                placeholder=placeholder
                aria-describedby=described_by
                aria-invalid=move || shown_error().is_some().then_some("true")
                prop:value=move || text.shown.get()
                on:input=move |event| text.shown.set(event_target_value(&event))
                on:change=move |_| hide()
                on:paste=move |_| request_animation_frame(hide)
                on:dragover=move |event| {
                    event.prevent_default();
                    over.set(true);
                }
                on:dragleave=move |_| over.set(false)
                on:drop=dropped
            ></textarea>
            <span class="field-error" id=error_id>{move || shown_error()}</span>
            <span class="field-hint" id=hint_id>
                {move || hint.get()}
            </span>
        </div>
    }
}

async fn read(file: &web_sys::File) -> Result<String, String> {
    let name = file.name();
    if file.size() > MAX_BYTES {
        return Err(format!("'{name}' is larger than 256 KiB; choose a properties file"));
    }
    let text = JsFuture::from(file.text()).await.ok().and_then(|text| text.as_string());
    match text {
        Some(text) if !text.contains('\0') && !text.contains('\u{fffd}') => Ok(text),
        Some(_) => Err(format!("'{name}' is not a text file; choose a properties file")),
        None => Err(format!("'{name}' could not be read; try again or paste its text")),
    }
}
