//! What is typed, and what is known of each half.

use drawbridge_shared::draft::LinkDraft;
use drawbridge_shared::names::ClusterName;
use drawbridge_shared::view::LinkCheck;
use leptos::prelude::*;

use crate::model::link_new::{Behaviour, Dials, Form, Half, is_link_file, words};
use crate::pages::cluster_new::properties::SecretText;
use crate::pages::topic::ask::Ask;
use crate::shell::turn;
use crate::state::Clusters;

/// Stands for a cluster that this gateway does not have; no cluster's name begins so.
pub(super) const ELSEWHERE: &str = "~";

/// What a select field holds for a cluster.
pub(super) fn choice(cluster: Option<&ClusterName>) -> String {
    cluster.map(ToString::to_string).unwrap_or_default()
}

/// One half on the way to its creation.
#[derive(Clone, Copy)]
pub(super) struct Part {
    pub(super) check: RwSignal<Option<LinkCheck>>,
    pub(super) asking: Ask,
    pub(super) creating: Ask,
    pub(super) is_done: RwSignal<bool>,
}

impl Part {
    fn new() -> Self {
        Self {
            check: RwSignal::new(None),
            asking: Ask::new(),
            creating: Ask::new(),
            is_done: RwSignal::new(false),
        }
    }
}

/// The fields of the third step.
#[derive(Clone, Copy)]
pub(super) struct Fields {
    pub(super) prefix: RwSignal<String>,
    pub(super) auto_create: RwSignal<bool>,
    pub(super) topics: RwSignal<String>,
    pub(super) offsets: RwSignal<bool>,
    pub(super) groups: RwSignal<String>,
    pub(super) offsets_ms: RwSignal<String>,
    pub(super) configs_ms: RwSignal<String>,
    pub(super) start: RwSignal<String>,
    pub(super) more: RwSignal<String>,
}

/// Everything of the page.
#[derive(Clone, Copy)]
pub(super) struct Wizard {
    pub(super) clusters: Clusters,
    pub(super) step: RwSignal<usize>,
    /// `source` or `destination`.
    pub(super) dials: RwSignal<String>,
    pub(super) name: RwSignal<String>,
    pub(super) source: RwSignal<String>,
    pub(super) destination: RwSignal<String>,
    pub(super) other_id: RwSignal<String>,
    pub(super) remote: SecretText,
    pub(super) local: SecretText,
    /// A config file on its way into the form.
    pub(super) file: SecretText,
    pub(super) fields: Fields,
    /// What the last file was taken for.
    pub(super) taken: RwSignal<Option<String>>,
    /// All of it, with placeholders for secrets.
    pub(super) form: Memo<FormBox>,
    pub(super) halves: Memo<HalvesBox>,
    parts: [Part; 2],
}

/// A form in a memo.
pub(super) type FormBox = std::sync::Arc<Form>;
/// Halves in a memo.
pub(super) type HalvesBox = std::sync::Arc<Vec<Half>>;

impl Wizard {
    pub(super) fn start() -> Self {
        let text = || RwSignal::new(String::new());
        let clusters = expect_context::<Clusters>();
        let (dials, name, source, destination) = (text(), text(), text(), text());
        let (other_id, remote) = (text(), SecretText::new());
        let (local, file) = (remote.beside(), remote.beside());
        let fields = Fields {
            prefix: text(),
            auto_create: RwSignal::new(false),
            topics: text(),
            offsets: RwSignal::new(false),
            groups: text(),
            offsets_ms: text(),
            configs_ms: text(),
            start: RwSignal::new("earliest".to_owned()),
            more: text(),
        };
        let form = Memo::new(move |_| {
            std::sync::Arc::new(Form {
                dials: if *dials.read() == "source" { Dials::Source } else { Dials::Destination },
                name: name.get(),
                source: source.read().parse().ok(),
                destination: destination.read().parse().ok(),
                other_id: other_id.get(),
                remote: remote.shown.get(),
                local: local.shown.get(),
                behaviour: fields.read(),
            })
        });
        let halves = Memo::new(move |_| {
            let id_of = |name: &ClusterName| clusters.get(name).and_then(|view| view.cluster_id);
            std::sync::Arc::new(form.read().halves(id_of))
        });
        let wizard = Self {
            clusters,
            step: RwSignal::new(0),
            dials,
            name,
            source,
            destination,
            other_id,
            remote,
            local,
            file,
            fields,
            taken: RwSignal::new(None),
            form,
            halves,
            parts: [Part::new(), Part::new()],
        };
        // What was found is about what was typed then.
        Effect::new(move |_| {
            form.track();
            for part in wizard.parts {
                part.check.set(None);
                part.asking.forget();
                part.creating.forget();
            }
        });
        wizard
    }

    /// What is known of a half, by its place in the order of creation.
    pub(super) fn part(self, at: usize) -> Option<Part> {
        self.parts.get(at).copied()
    }

    /// The place of the half that dials.
    pub(super) fn dialling(self) -> usize {
        self.halves.read().len().saturating_sub(1)
    }

    /// A half as it is sent, secrets and all; none for one that is not this gateway's.
    pub(super) fn whole(self, at: usize) -> Option<(ClusterName, LinkDraft)> {
        let halves = self.halves.read_untracked();
        let half = halves.get(at)?;
        let mut draft = half.draft(&self.name.read_untracked());
        draft.configs = self.remote.reveal(&draft.configs);
        Some((half.cluster.clone()?, draft))
    }

    pub(super) fn go(self, step: usize) {
        self.step.set(step);
        // Somebody without a mouse begins at the top of the step, not behind its end.
        request_animation_frame(|| turn::focus(".link-new-form > section:not([hidden])"));
        let is_sound = || untrack(|| self.side_fault().or_else(|| self.config_fault())).is_none();
        if step + 1 == super::STEPS.len() && !untrack(|| self.has_begun()) && is_sound() {
            for at in 0..self.halves.read_untracked().len() {
                super::check(self, at);
            }
        }
    }

    /// Whether a half exists already.
    pub(super) fn has_begun(self) -> bool {
        self.parts.iter().any(|part| part.is_done.get())
    }

    /// What is missing or wrong about name and clusters.
    pub(super) fn side_fault(self) -> Option<String> {
        let (source, destination) = (self.source.read(), self.destination.read());
        let form = self.form.read();
        if source.is_empty() || destination.is_empty() {
            return Some("Choose both clusters".to_owned());
        }
        if form.source == form.destination {
            return Some("Choose two clusters, one of them this gateway's".to_owned());
        }
        if form.dials == Dials::Destination && form.destination.is_none() {
            return Some("Choose a destination of this gateway: the link lives there".to_owned());
        }
        form.name_fault().map(|fault| format!("Name: {fault}"))
    }

    /// What is wrong with the configs of any half.
    pub(super) fn config_fault(self) -> Option<String> {
        let halves = self.halves.read();
        halves.iter().flat_map(Half::faults).next().map(|fault| fault.to_string())
    }

    pub(super) fn why_not_next(self) -> Option<String> {
        match self.step.get() {
            0 => None,
            1 => self.side_fault().or_else(|| self.dialling_fault()),
            _ => self.side_fault().or_else(|| self.config_fault()),
        }
    }

    /// What is wrong with the configs of the half that dials.
    pub(super) fn dialling_fault(self) -> Option<String> {
        let halves = self.halves.read();
        halves.get(self.dialling())?.faults().first().map(ToString::to_string)
    }

    /// Fills the form from a config file that was pasted or dropped.
    pub(super) fn take(self, from: SecretText) {
        let text = from.shown.get_untracked();
        if text.trim().is_empty() || self.has_begun() {
            return;
        }
        let (form, taken) = Form::clone(&self.form.read_untracked()).take(&text);
        from.shown.set(String::new());
        self.dials
            .set(if form.dials == Dials::Source { "source" } else { "destination" }.to_owned());
        self.remote.shown.set(form.remote);
        self.local.shown.set(form.local);
        self.fields.write(form.behaviour);
        let left_out: Vec<String> = taken
            .left_out
            .iter()
            .map(|(name, why)| format!(" {name} was left out: {why}."))
            .collect();
        self.taken.set(Some(words::taken(&taken) + &left_out.concat()));
    }

    /// The same for a field that takes client properties, when it got more than those.
    pub(super) fn take_if_whole(self, from: SecretText) {
        if is_link_file(&from.shown.read_untracked()) {
            self.take(from);
        }
    }
}

impl Fields {
    fn read(self) -> Behaviour {
        Behaviour {
            prefix: self.prefix.get(),
            auto_create: self.auto_create.get(),
            topics: self.topics.get(),
            offsets: self.offsets.get(),
            groups: self.groups.get(),
            offsets_ms: self.offsets_ms.get(),
            configs_ms: self.configs_ms.get(),
            start: self.start.get(),
            more: self.more.get(),
        }
    }

    fn write(self, from: Behaviour) {
        self.prefix.set(from.prefix);
        self.auto_create.set(from.auto_create);
        self.topics.set(from.topics);
        self.offsets.set(from.offsets);
        self.groups.set(from.groups);
        self.offsets_ms.set(from.offsets_ms);
        self.configs_ms.set(from.configs_ms);
        self.start.set(if from.start.is_empty() { "earliest".to_owned() } else { from.start });
        self.more.set(from.more);
    }
}
