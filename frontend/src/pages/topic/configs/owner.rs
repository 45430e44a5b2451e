//! Whose configurations are edited: a topic's or a link's. The editor is the same.

use drawbridge_shared::draft::ConfigChange;
use drawbridge_shared::guard::Action;
use drawbridge_shared::link::LinkName;
use drawbridge_shared::names::TopicName;
use drawbridge_shared::view::{ConfigEntryView, ConfigSource};
use drawbridge_shared::wire::{Request, Response};
use leptos::prelude::*;

use crate::model::config_words;
use crate::model::configs::Edits;
use crate::model::{link_configs, rest};
use crate::pages::topic::gate::{ClusterFacts, origin};

/// What has the configurations, and the edits to them that are not applied yet.
#[derive(Clone, Copy)]
pub(in crate::pages) struct Owner {
    /// The cluster it is on.
    pub cluster: ClusterFacts,
    /// What it is.
    pub what: Owned,
    /// Kept while another tab is shown.
    pub edits: RwSignal<Edits>,
}

/// What has configurations.
#[derive(Clone, Copy)]
pub(in crate::pages) enum Owned {
    /// A topic.
    Topic(StoredValue<TopicName>),
    /// A half of a link.
    Link(StoredValue<LinkName>),
}

impl Owner {
    pub(super) fn name(self) -> String {
        match self.what {
            Owned::Topic(topic) => topic.with_value(ToString::to_string),
            Owned::Link(link) => link.with_value(ToString::to_string),
        }
    }

    /// `topic` or `link`.
    pub(super) fn word(self) -> &'static str {
        match self.what {
            Owned::Topic(_) => "topic",
            Owned::Link(_) => "link",
        }
    }

    /// Who checks changes.
    pub(super) fn judge(self) -> &'static str {
        match self.what {
            Owned::Topic(_) => "The broker",
            Owned::Link(_) => "The gateway",
        }
    }

    /// Why a configuration may not be changed, by the gateway's own; none when it may.
    pub(super) fn why_not(self, config: &str) -> Option<String> {
        self.cluster.why_not(match (self.what, config) {
            (Owned::Topic(_), _) => Action::TopicAlter,
            (Owned::Link(_), "cluster.link.paused") => Action::LinkPause,
            (Owned::Link(_), _) => Action::LinkAlter,
        })
    }

    /// Where a value comes from, in words.
    pub(super) fn source_words(self, source: ConfigSource) -> &'static str {
        match (self.what, source) {
            (Owned::Link(_), ConfigSource::DynamicTopicConfig) => "set on the link",
            (Owned::Link(_), _) => "default",
            (Owned::Topic(_), source) => config_words::source(source),
        }
    }

    pub(super) fn read(self) -> Request {
        let cluster = self.cluster.name();
        match self.what {
            Owned::Topic(topic) => Request::TopicConfigs { cluster, topic: topic.get_value() },
            Owned::Link(link) => Request::LinkConfigs { cluster, link: link.get_value() },
        }
    }

    pub(super) fn entries(response: Response) -> Option<Vec<ConfigEntryView>> {
        match response {
            Response::Configs(entries) => Some(entries),
            Response::LinkConfigs(rows) => {
                Some(rows.into_iter().map(link_configs::entry).collect())
            }
            _ => None,
        }
    }

    pub(super) fn alter(self, changes: Vec<ConfigChange>, validate_only: bool) -> Request {
        let cluster = self.cluster.name();
        match self.what {
            Owned::Topic(topic) => Request::AlterTopicConfigs {
                cluster,
                topic: topic.get_value(),
                changes,
                validate_only,
            },
            Owned::Link(link) => {
                let link = link.get_value();
                Request::AlterLinkConfigs { cluster, link, changes, validate_only }
            }
        }
    }

    /// The same change as a REST call.
    pub(super) fn call(self, changes: &[ConfigChange]) -> String {
        let alter = match self.what {
            Owned::Topic(_) => rest::alter_configs,
            Owned::Link(_) => rest::alter_link_configs,
        };
        alter(&origin(), &self.cluster.id(), &self.name(), changes)
    }
}
