//! Creating a link: what is typed, the halves it makes, and the config file of each.
//!
//! The form and the files say the same: a file fills the form, and the form writes the files.

use drawbridge_shared::draft::LinkDraft;
use drawbridge_shared::link::catalogue::refusal;
use drawbridge_shared::link::{
    ConfigFault, ConfigKey, ConnectionMode, Filters, LinkConfigs, LinkMode, LinkName, Side,
};
use drawbridge_shared::names::ClusterName;
use drawbridge_shared::view::ClusterView;

use super::properties::{MECHANISMS, escape, jaas, key_of, logical_lines, uses_sasl, uses_tls};
use super::rest;

mod filters;
pub mod words;

pub use filters::{read as read_filters, write as write_filters};

/// Which side makes the connections.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Dials {
    /// The cluster that data goes to; the link has one half.
    #[default]
    Destination,
    /// The cluster that data comes from; the link has a half on each.
    Source,
}

/// What the destination's half does besides copying.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Behaviour {
    /// Put before the names of mirrors.
    pub prefix: String,
    /// Whether topics get mirrors by themselves.
    pub auto_create: bool,
    /// Which, as `write_filters` writes them.
    pub topics: String,
    /// Whether offsets of consumer groups are copied.
    pub offsets: bool,
    /// Of which groups.
    pub groups: String,
    /// Milliseconds between two runs of that; empty for the default.
    pub offsets_ms: String,
    /// Milliseconds between two looks at the topics' configs; empty for the default.
    pub configs_ms: String,
    /// Where mirrors begin; empty for the default, the first record.
    pub start: String,
    /// Other configs, as lines of a file.
    pub more: String,
}

/// All that is typed. Secrets are where the text has them: a shown form has placeholders, a sent one does not,
/// hence no `Debug`.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Form {
    /// Which side makes the connections.
    pub dials: Dials,
    /// The link's name.
    pub name: String,
    /// The cluster that data comes from; none when this gateway does not have it.
    pub source: Option<ClusterName>,
    /// The cluster that data goes to; none when this gateway does not have it.
    pub destination: Option<ClusterName>,
    /// Kafka's id of the cluster that this gateway does not have.
    pub other_id: String,
    /// How the side that dials reaches the other cluster, as lines of a file.
    pub remote: String,
    /// How a source half reaches its own cluster, without `local.` in front.
    pub local: String,
    /// What the destination's half does.
    pub behaviour: Behaviour,
}

/// One half of the link to be.
#[derive(Clone, PartialEq, Eq)]
pub struct Half {
    /// Which half.
    pub mode: LinkMode,
    /// Whether it dials.
    pub connection: ConnectionMode,
    /// Where it is to live; none when that cluster is not this gateway's.
    pub cluster: Option<ClusterName>,
    /// Kafka's id of the other cluster, as far as it is known.
    pub remote_id: String,
    /// Its config file.
    pub text: String,
}

impl Half {
    /// The half as it is sent.
    #[must_use]
    pub fn draft(&self, name: &str) -> LinkDraft {
        LinkDraft {
            name: name.trim().to_owned(),
            remote_cluster_id: self.remote_id.clone(),
            configs: self.text.clone(),
        }
    }

    /// What is wrong with its configs, alone and together.
    #[must_use]
    pub fn faults(&self) -> Vec<ConfigFault> {
        LinkConfigs::parse(pairs(&self.text)).err().unwrap_or_default()
    }

    /// A name for its file.
    #[must_use]
    pub fn file(&self, link: &str) -> String {
        let link = Some(link.trim()).filter(|name| !name.is_empty()).unwrap_or("link");
        match (self.mode, self.connection) {
            (LinkMode::Source, _) => format!("{link}-src.config"),
            (_, ConnectionMode::Inbound) => format!("{link}-dst.config"),
            _ => format!("{link}.config"),
        }
    }

    /// The call that creates it, with placeholders for secrets.
    #[must_use]
    pub fn rest_call(&self, origin: &str, cluster_id: &str, link: &str) -> String {
        let field = match self.mode {
            LinkMode::Source => "destination_cluster_id",
            _ => "source_cluster_id",
        };
        let link = Some(link.trim()).filter(|name| !name.is_empty()).unwrap_or("NAME");
        let is_secret = |name: &str| ConfigKey::find(name).is_some_and(|key| key.sensitive);
        let mut configs = pairs(&self.text);
        for (name, value) in &mut configs {
            if is_secret(name) {
                "SECRET".clone_into(value);
            }
        }
        rest::create_link(origin, cluster_id, link, (field, &self.remote_id), &configs)
    }
}

impl Form {
    /// The halves in the order they are created. `id_of` knows Kafka's ids of this gateway's clusters.
    #[must_use]
    pub fn halves(&self, id_of: impl Fn(&ClusterName) -> Option<String>) -> Vec<Half> {
        let id = |cluster: &Option<ClusterName>| match cluster {
            Some(name) => id_of(name).unwrap_or_default(),
            None => self.other_id.trim().to_owned(),
        };
        let half = |mode, connection, cluster: &Option<ClusterName>, other, parts: &[&str]| {
            let head = format!("link.mode={mode}\nconnection.mode={connection}");
            let parts = parts.iter().map(|part| part.trim()).filter(|part| !part.is_empty());
            let parts: Vec<&str> = std::iter::once(head.as_str()).chain(parts).collect();
            let text = parts.join("\n\n") + "\n";
            Half { mode, connection, cluster: cluster.clone(), remote_id: id(other), text }
        };
        let behaviour = self.behaviour.lines();
        let (destination, source) = (&self.destination, &self.source);
        let (owns, dialled) = (LinkMode::Destination, ConnectionMode::Outbound);
        match self.dials {
            Dials::Destination => {
                vec![half(owns, dialled, destination, source, &[&self.remote, &behaviour])]
            }
            Dials::Source => vec![
                half(owns, ConnectionMode::Inbound, destination, source, &[&behaviour]),
                half(
                    LinkMode::Source,
                    dialled,
                    source,
                    destination,
                    &[&self.remote, &with_local(&self.local)],
                ),
            ],
        }
    }

    /// What is wrong with the name.
    #[must_use]
    pub fn name_fault(&self) -> Option<String> {
        self.name.trim().parse::<LinkName>().err().map(|error| error.to_string())
    }

    /// Takes over a config file, whichever half it is of, and says what it was taken for and which of its lines
    /// have no meaning here.
    #[must_use]
    pub fn take(mut self, file: &str) -> (Self, Taken) {
        let of = |wanted: &str| {
            pairs(file).into_iter().find(|(name, _)| name == wanted).map(|(_, value)| value)
        };
        let mode: Option<LinkMode> = of("link.mode").and_then(|word| word.trim().parse().ok());
        let connection = of("connection.mode").and_then(|word| word.trim().parse().ok());
        let half = match (mode, connection) {
            (Some(LinkMode::Source), _) => Recognised::Source,
            (_, Some(ConnectionMode::Inbound)) => Recognised::Destination,
            _ => Recognised::Whole,
        };
        self.dials = if half == Recognised::Whole { Dials::Destination } else { Dials::Source };
        let sorted = sort_lines(file, half == Recognised::Source);
        if half != Recognised::Destination {
            self.remote = sorted.remote.join("\n");
        }
        if half == Recognised::Source {
            self.local = sorted.local.join("\n");
        } else {
            self.behaviour = Behaviour::read(&sorted.own);
        }
        (self, Taken { half, left_out: sorted.left_out })
    }
}

/// What a file was taken for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Recognised {
    /// The destination's half of a source-initiated link.
    Destination,
    /// The source's half of one.
    Source,
    /// A destination-initiated link, which has one half.
    Whole,
}

/// What came of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Taken {
    /// What it was taken for.
    pub half: Recognised,
    /// Configs that other tools know and that have no meaning here, with the reason.
    pub left_out: Vec<(String, &'static str)>,
}

/// Whether a text is a link's config file and not only the properties of a client.
#[must_use]
pub fn is_link_file(text: &str) -> bool {
    pairs(text).iter().any(|(name, _)| matches!(name.as_str(), "link.mode" | "connection.mode"))
}

/// The lines of a file by the part of the form they belong to.
#[derive(Default)]
struct Sorted<'a> {
    remote: Vec<&'a str>,
    local: Vec<&'a str>,
    own: Vec<&'a str>,
    left_out: Vec<(String, &'static str)>,
}

fn sort_lines(file: &str, is_source: bool) -> Sorted<'_> {
    let mut sorted = Sorted::default();
    for line in logical_lines(file) {
        let Some((key, _)) = key_of(line) else { continue };
        if matches!(key, "link.mode" | "connection.mode") {
            continue;
        }
        if let Some(reason) = refusal(key) {
            sorted.left_out.push((key.to_owned(), reason));
        } else if let Some(line) = line.trim_start().strip_prefix("local.").filter(|_| is_source) {
            sorted.local.push(line);
        } else if is_source || ConfigKey::find(key).is_some_and(|key| key.side == Side::Dialling) {
            sorted.remote.push(line);
        } else {
            // What nobody knows is kept, so that it can be seen and corrected.
            sorted.own.push(line);
        }
    }
    sorted
}

impl Behaviour {
    fn read(lines: &[&str]) -> Self {
        let mut read = Self::default();
        let mut more = Vec::new();
        for line in lines {
            for (name, value) in pairs(line) {
                if !read.set(&name, &value) {
                    more.push(*line);
                }
            }
        }
        read.more = more.join("\n");
        read
    }

    /// Takes over a config that the form has a field for.
    fn set(&mut self, name: &str, value: &str) -> bool {
        let text = value.trim().to_owned();
        match (name, value.trim()) {
            ("auto.create.mirror.topics.enable", "true" | "false") => {
                self.auto_create = text == "true"
            }
            ("consumer.offset.sync.enable", "true" | "false") => self.offsets = text == "true",
            ("auto.create.mirror.topics.filters", json) => match Filters::topics(json) {
                Ok(filters) => self.topics = write_filters(&filters),
                Err(_) => return false,
            },
            ("consumer.offset.group.filters", json) => match Filters::groups(json) {
                Ok(filters) => self.groups = write_filters(&filters),
                Err(_) => return false,
            },
            ("cluster.link.prefix", _) => self.prefix = text,
            ("consumer.offset.sync.ms", _) => self.offsets_ms = text,
            ("topic.config.sync.ms", _) => self.configs_ms = text,
            ("mirror.start.offset.spec", _) => self.start = text,
            _ => return false,
        }
        true
    }

    /// Its lines of the file: what is as it would be anyway is left out.
    fn lines(&self) -> String {
        let mut lines = Vec::new();
        let mut put = |name: &str, value: &str| {
            if !value.trim().is_empty() {
                lines.push(format!("{name}={}", escape(value.trim())));
            }
        };
        put("cluster.link.prefix", &self.prefix);
        if self.auto_create {
            put("auto.create.mirror.topics.enable", "true");
            put("auto.create.mirror.topics.filters", &read_filters(&self.topics).to_topics_json());
        }
        if self.offsets {
            put("consumer.offset.sync.enable", "true");
            put("consumer.offset.group.filters", &read_filters(&self.groups).to_groups_json());
            put("consumer.offset.sync.ms", &self.offsets_ms);
        }
        put("topic.config.sync.ms", &self.configs_ms);
        if self.start.trim() != "earliest" {
            put("mirror.start.offset.spec", &self.start);
        }
        lines.extend(Some(self.more.trim().to_owned()).filter(|more| !more.is_empty()));
        lines.join("\n")
    }
}

/// Puts `local.` in front of every config that does not have it.
fn with_local(text: &str) -> String {
    let line = |line: &str| match key_of(line) {
        Some((key, _)) if !key.starts_with("local.") => format!("local.{}", line.trim_start()),
        _ => line.to_owned(),
    };
    logical_lines(text).map(line).collect::<Vec<_>>().join("\n")
}

/// The properties to reach a cluster of this gateway as far as they are no secret: a beginning to complete.
/// `with_servers` for the way there from outside.
#[must_use]
pub fn starter(cluster: &ClusterView, with_servers: bool) -> String {
    let mut security = cluster.security.split(" · ");
    let protocol = security.next().filter(|word| uses_sasl(word) || uses_tls(word));
    let mechanism = security.next().filter(|word| MECHANISMS.contains(word));
    let mut lines = Vec::new();
    if with_servers {
        lines.push(format!("bootstrap.servers={}", cluster.bootstrap));
    }
    if let Some(protocol) = protocol {
        lines.push(format!("security.protocol={protocol}"));
    }
    if let (Some(protocol), Some(mechanism)) = (protocol, mechanism)
        && uses_sasl(protocol)
    {
        lines.push(format!("sasl.mechanism={mechanism}"));
        lines.push(format!("sasl.jaas.config={}", jaas(mechanism, "", "")));
    }
    lines.join("\n")
}

/// Names and values of a properties text, as `java.util.Properties` reads them.
#[must_use]
pub fn pairs(text: &str) -> Vec<(String, String)> {
    let pair = |line| {
        let (key, at) = key_of(line)?;
        Some((key.to_owned(), unescape(line.get(at..)?)))
    };
    logical_lines(text).filter_map(pair).collect()
}

fn unescape(value: &str) -> String {
    let mut out = String::with_capacity(value.len());
    let mut letters = value.trim_end_matches('\r').chars().peekable();
    while let Some(letter) = letters.next() {
        if letter != '\\' {
            out.push(letter);
            continue;
        }
        match letters.next() {
            // The line goes on in the next one, without the space that is before it there.
            Some('\r' | '\n') => {
                while letters.next_if(|letter| letter.is_whitespace()).is_some() {}
            }
            Some('n') => out.push('\n'),
            Some('t') => out.push('\t'),
            Some('r') => out.push('\r'),
            Some('u') => {
                let digits: String = letters.by_ref().take(4).collect();
                let code = u32::from_str_radix(&digits, 16).ok();
                out.extend(code.and_then(char::from_u32));
            }
            Some(letter) => out.push(letter),
            None => {}
        }
    }
    out
}

#[cfg(test)]
mod tests;
