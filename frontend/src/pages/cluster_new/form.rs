//! A small form for those without a properties file: it writes the text below it.

use leptos::prelude::*;

use super::properties::SecretText;
use crate::model::properties::{ConnectionForm, MECHANISMS, PROTOCOLS, uses_sasl, uses_tls, write};
use crate::ui::{SelectField, Show, TextArea, TextField};

#[derive(Clone, Copy)]
struct Fields {
    bootstrap: RwSignal<String>,
    protocol: RwSignal<String>,
    mechanism: RwSignal<String>,
    user: RwSignal<String>,
    password: RwSignal<String>,
    ca: RwSignal<String>,
}

impl Fields {
    fn new() -> Self {
        let empty = || RwSignal::new(String::new());
        Self {
            bootstrap: empty(),
            protocol: RwSignal::new("SASL_SSL".to_owned()),
            mechanism: RwSignal::new("SCRAM-SHA-512".to_owned()),
            user: empty(),
            password: empty(),
            ca: empty(),
        }
    }

    fn form(self) -> ConnectionForm {
        ConnectionForm {
            bootstrap: self.bootstrap.get(),
            protocol: self.protocol.get(),
            mechanism: self.mechanism.get(),
            user: self.user.get(),
            password: self.password.get(),
            ca: self.ca.get(),
        }
    }
}

/// The form, folded away at first.
#[component]
pub(super) fn ConnectionFields(text: SecretText) -> impl IntoView {
    let fields = Fields::new();
    // The text is outside of the form: other lines in it stay as they are. Before anything was
    // typed into the form it writes nothing.
    Effect::new(move |before: Option<ConnectionForm>| {
        let form = fields.form();
        if before.is_some_and(|before| before != form) {
            text.hide(&write(&form, &text.revealed()));
        }
        form
    });
    let sasl = move || uses_sasl(&fields.protocol.read());
    let tls = move || uses_tls(&fields.protocol.read());
    let protocols: Vec<(String, String)> =
        PROTOCOLS.iter().map(|(value, words)| ((*value).to_owned(), (*words).to_owned())).collect();
    let mechanisms: Vec<(String, String)> =
        MECHANISMS.iter().map(|value| ((*value).to_owned(), (*value).to_owned())).collect();
    view! {
        <details class="form-fold">
            <summary>"No file at hand? Fill in a form that writes the properties"</summary>
            <div class="form-grid">
                <TextField
                    label="Bootstrap servers"
                    value=fields.bootstrap
                    placeholder="broker-1:9092,broker-2:9092"
                    mono=true
                />
                <SelectField label="Security protocol" value=fields.protocol options=protocols />
                <Show when=sasl>
                    <SelectField
                        label="Mechanism"
                        value=fields.mechanism
                        options=mechanisms.clone()
                    />
                    <TextField label="User" value=fields.user mono=true />
                    <TextField
                        label="Password"
                        value=fields.password
                        secret=true
                        autocomplete="new-password"
                    />
                </Show>
                <Show when=tls>
                    <div class="form-wide">
                        <TextArea
                            label="Certificate authority"
                            value=fields.ca
                            rows=4
                            placeholder="-----BEGIN CERTIFICATE-----"
                            hint="PEM. Empty trusts what the gateway's system trusts."
                        />
                    </div>
                </Show>
            </div>
        </details>
    }
}
