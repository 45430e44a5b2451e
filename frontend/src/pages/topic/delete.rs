//! Deleting a topic: only the topic that was looked at.

use drawbridge_shared::guard::Action;
use drawbridge_shared::wire::Request;
use leptos::prelude::*;

use super::Subject;
use super::gate::origin;
use super::twins::Twins;
use crate::model::{rest, topic as model};
use crate::pages::delete::Doomed;
use crate::routes::Route;

/// What is lost with the topic, and how it is deleted.
pub(super) fn doomed(subject: Subject) -> Doomed {
    let (topic, cluster) = (subject.name(), subject.cluster.name());
    // What was on screen when the dialog opened is what may be deleted, nothing made since.
    let looked_at = untrack(|| subject.with(|detail| detail.topic_id.clone()).flatten());
    let another = {
        let looked_at = looked_at.clone();
        Signal::derive(move || {
            let now = subject.with(|detail| detail.topic_id.clone()).flatten();
            let why = "The topic was deleted and made again since you looked at it. Close this and look again.";
            model::is_another(looked_at.as_deref(), now.as_deref()).then(|| why.to_owned())
        })
    };
    let goes = move || subject.with(|detail| model::deletion(&detail.topic));
    let name = topic.to_string();
    Doomed {
        lost: ViewFn::from({
            let cluster = cluster.to_string();
            move || {
                let twins = Twins::start(subject);
                view! {
                    <p>
                        <b>"What is lost. "</b>
                        "On " {cluster.clone()} ": " {goes}
                        ". Consumers and producers of the topic fail. This cannot be undone."
                    </p>
                    <p>{move || twins.orphaned()}</p>
                    <p>{move || another.get()}</p>
                }
            }
        }),
        choice: ViewFn::default(),
        why_not: Signal::derive(move || {
            subject.cluster.why_not(Action::TopicDelete).or_else(|| another.get())
        }),
        request: {
            let (cluster, topic) = (cluster.clone(), topic.clone());
            Callback::new(move |()| Request::DeleteTopic {
                cluster: cluster.clone(),
                topic: topic.clone(),
                topic_id: looked_at.clone(),
            })
        },
        call: Some({
            let name = name.clone();
            Signal::derive(move || rest::delete_topic(&origin(), &subject.cluster.id(), &name))
        }),
        done: format!("Topic {topic} is deleted on {cluster}"),
        then: Route::topics_of(cluster),
        name,
    }
}
