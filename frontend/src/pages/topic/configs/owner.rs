//! Whose configurations are edited: a topic's, a link's, a broker's or those of all brokers. The editor is the same.

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
    /// A broker, by node id.
    Broker(i32),
    /// All brokers: what each has unless it sets its own.
    Brokers,
}

impl Owner {
    pub(super) fn name(self) -> String {
        match self.what {
            Owned::Topic(topic) => topic.with_value(ToString::to_string),
            Owned::Link(link) => link.with_value(ToString::to_string),
            Owned::Broker(id) => format!("broker {id}"),
            Owned::Brokers => "all brokers".to_owned(),
        }
    }

    /// Where values are set here, as it follows "set".
    pub(super) fn place(self) -> &'static str {
        match self.what {
            Owned::Topic(_) => "on the topic",
            Owned::Link(_) => "on the link",
            Owned::Broker(_) => "on this broker",
            Owned::Brokers => "for all brokers",
        }
    }

    /// What it means that no value is set here.
    pub(super) fn nothing_set(self) -> &'static str {
        match self.what {
            Owned::Topic(_) => "The topic sets none of its own; all values are defaults.",
            Owned::Link(_) => "The link sets none of its own; all values are defaults.",
            Owned::Broker(_) => "While running, nothing was set on this broker alone.",
            Owned::Brokers => {
                "While running, nothing was set for all brokers; each has what is in its file."
            }
        }
    }

    /// The source of values that are set here.
    pub(super) fn own(self) -> ConfigSource {
        match self.what {
            Owned::Topic(_) | Owned::Link(_) => ConfigSource::DynamicTopicConfig,
            Owned::Broker(_) => ConfigSource::DynamicBrokerConfig,
            Owned::Brokers => ConfigSource::DynamicDefaultBrokerConfig,
        }
    }

    /// Who checks changes.
    pub(super) fn judge(self) -> &'static str {
        match self.what {
            Owned::Topic(_) | Owned::Broker(_) | Owned::Brokers => "The broker",
            Owned::Link(_) => "The gateway",
        }
    }

    /// Why a configuration may not be changed, by the gateway's own; none when it may.
    pub(super) fn why_not(self, config: &str) -> Option<String> {
        self.cluster.why_not(match (self.what, config) {
            (Owned::Topic(_), _) => Action::TopicAlter,
            (Owned::Link(_), "cluster.link.paused") => Action::LinkPause,
            (Owned::Link(_), _) => Action::LinkAlter,
            (Owned::Broker(_) | Owned::Brokers, _) => Action::BrokerAlter,
        })
    }

    /// Where a value comes from, in words.
    pub(super) fn source_words(self, source: ConfigSource) -> &'static str {
        match (self.what, source) {
            (Owned::Link(_), ConfigSource::DynamicTopicConfig) => "set on the link",
            (Owned::Link(_), _) => "default",
            (Owned::Broker(_), ConfigSource::DynamicBrokerConfig) => "set on this broker",
            (Owned::Brokers, ConfigSource::StaticBrokerConfig) => "brokers' files",
            (Owned::Brokers, ConfigSource::Unknown) => "differs",
            (_, source) => config_words::source(source),
        }
    }

    pub(super) fn read(self) -> Request {
        let cluster = self.cluster.name();
        match self.what {
            Owned::Topic(topic) => Request::TopicConfigs { cluster, topic: topic.get_value() },
            Owned::Link(link) => Request::LinkConfigs { cluster, link: link.get_value() },
            Owned::Broker(broker) => Request::BrokerConfigs { cluster, broker },
            Owned::Brokers => Request::BrokerDefaults { cluster },
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
        let of_brokers = |broker| Request::AlterBrokerConfigs {
            cluster: cluster.clone(),
            broker,
            changes: changes.clone(),
            validate_only,
        };
        match self.what {
            Owned::Broker(id) => of_brokers(Some(id)),
            Owned::Brokers => of_brokers(None),
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
        let (origin, id) = (origin(), self.cluster.id());
        match self.what {
            Owned::Topic(_) => rest::alter_configs(&origin, &id, &self.name(), changes),
            Owned::Link(_) => rest::alter_link_configs(&origin, &id, &self.name(), changes),
            Owned::Broker(broker) => {
                rest::alter_broker_configs(&origin, &id, Some(broker), changes)
            }
            Owned::Brokers => rest::alter_broker_configs(&origin, &id, None, changes),
        }
    }
}
