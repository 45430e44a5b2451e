//! Actions on mirror topics: promote, failover, pause, resume.

use axum::{Json, http::StatusCode};
use drawbridge_shared::{
    link::LinkName,
    names::TopicName,
    view::{MirrorAction, MirrorActionRow, MirrorLagRow},
};
use regex_lite::Regex;
use serde::{Deserialize, Serialize};

use super::{
    Answer, RestError,
    extract::{Asked, Body, Named, Target, flag},
    links::OfLink,
    methods::{Changes, Methods, post},
    shapes::{Collection, Hrefs, Resource},
};
use crate::guard::{self, About};

#[derive(Debug, Serialize)]
pub(super) struct ActedData {
    mirror_topic_name: String,
    error_code: Option<i32>,
    error_message: Option<String>,
    mirror_lags: Vec<MirrorLagRow>,
    /// Only truncate-and-restore truncates.
    messages_truncated: Option<i64>,
    partition_level_truncation_data: [(); 0],
}

#[derive(Debug, Deserialize)]
struct ActQuery {
    #[serde(default, deserialize_with = "flag")]
    validate_only: bool,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct ActOn {
    mirror_topic_names: Option<Vec<String>>,
    mirror_topic_name_pattern: Option<String>,
}

/// Which mirrors are meant.
#[derive(Debug)]
pub(super) enum Selection {
    /// These.
    Names(Vec<String>),
    /// Those of the link whose whole name the pattern describes.
    Pattern(Pattern),
}

/// A regular expression that describes a whole name.
#[derive(Debug)]
pub(super) struct Pattern(Regex);

impl Pattern {
    pub(super) fn read(text: &str) -> Answer<Self> {
        let wrong = |error: regex_lite::Error| {
            RestError::invalid(format!(
                "mirror_topic_name_pattern: '{text}' is not a regular expression: {error}"
            ))
        };
        // By itself first: `a)|(b` would become another valid one between the anchors.
        Regex::new(text).map_err(wrong)?;
        Regex::new(&format!(r"\A(?:{text})\z")).map(Self).map_err(wrong)
    }

    pub(super) fn describes(&self, name: &str) -> bool {
        self.0.is_match(name)
    }
}

impl ActOn {
    pub(super) fn selection(self) -> Answer<Selection> {
        let names = self.mirror_topic_names.unwrap_or_default();
        let pattern = self.mirror_topic_name_pattern.filter(|pattern| !pattern.is_empty());
        match pattern {
            Some(_) if !names.is_empty() => Err(RestError::invalid(
                "mirror_topic_names and mirror_topic_name_pattern are both given; keep one",
            )),
            Some(pattern) => Pattern::read(&pattern).map(Selection::Pattern),
            None if names.is_empty() => Err(RestError::invalid(
                "no mirror topic is named: give mirror_topic_names, a list, or \
                 mirror_topic_name_pattern, a regular expression for whole names",
            )),
            None => Ok(Selection::Names(names)),
        }
    }
}

/// Answers for one action. What would be lost by a failover is to be seen, whoever may do it, so whether it is
/// allowed depends on the query.
pub(super) fn acts(action: MirrorAction) -> Methods {
    post(
        Changes::Depends,
        move |target: Target,
              Named(of): Named<OfLink>,
              Asked(query): Asked<ActQuery>,
              Body(body): Body<ActOn>| act(action, target, of, query, body),
    )
}

async fn act(
    action: MirrorAction,
    target: Target,
    of: OfLink,
    query: ActQuery,
    body: ActOn,
) -> Answer<Json<Collection<ActedData>>> {
    let id = target.cluster.cluster_id().unwrap_or_default();
    let (selection, link) = (body.selection()?, of.name()?);
    let cluster = &target.cluster.spec().name;
    let needed = guard::of_mirror_action(action);
    if !query.validate_only {
        target.allow(&[needed], About { topic: None, link: Some(&link) })?;
    }
    let (topics, mut rows) = match selection {
        Selection::Names(names) => topics_of(&link, names),
        Selection::Pattern(pattern) => {
            let mirrors = target.links.detail(cluster, &link)?.mirrors.into_iter();
            let topics = mirrors.map(|mirror| mirror.topic);
            (topics.filter(|topic| pattern.describes(topic.as_str())).collect(), Vec::new())
        }
    };
    rows.extend(target.links.act(cluster, &link, action, &topics, query.validate_only).await?);
    // A dry run of what is denied tells the lags, and that it would not be done.
    if let Some(refusal) = guard::refused(&target.clusters, cluster, needed) {
        for row in rows.iter_mut().filter(|row| row.error_code.is_none()) {
            row.error_code = Some(403);
            row.error_message = Some(refusal.in_full());
        }
    }
    rows.sort_by(|one, other| one.topic.cmp(&other.topic));
    let data = rows.into_iter().map(|row| resource(&target.hrefs, id, &link, row)).collect();
    let path = [id, "links", link.as_str(), "mirrors"];
    Ok(Json(target.hrefs.collection("KafkaPromoteMirror", &path, data)))
}

/// The topics to act on, each once, and rows for names that no topic can have.
pub(super) fn topics_of(
    link: &LinkName,
    mut names: Vec<String>,
) -> (Vec<TopicName>, Vec<MirrorActionRow>) {
    names.sort();
    names.dedup();
    let (mut topics, mut rows) = (Vec::new(), Vec::new());
    for name in names {
        match name.parse() {
            Ok(topic) => topics.push(topic),
            Err(_) => rows.push(MirrorActionRow {
                error_code: Some(404),
                error_message: Some(format!("Topic '{name}' is not a mirror of '{link}'.")),
                lags: Vec::new(),
                topic: name,
            }),
        }
    }
    (topics, rows)
}

/// Actions that need a link whose mirrors may go either way.
pub(super) async fn not_offered(_target: Target) -> RestError {
    RestError::new(
        StatusCode::BAD_REQUEST,
        40035,
        "This version does not offer bidirectional links, and so no reversing, truncating and restoring \
         of mirrors: to go back, create a link in the other direction",
    )
}

pub(super) fn resource(
    hrefs: &Hrefs,
    id: &str,
    link: &LinkName,
    row: MirrorActionRow,
) -> Resource<ActedData> {
    let path = [id, "links", link.as_str(), "mirrors", &row.topic];
    let data = ActedData {
        mirror_topic_name: row.topic.clone(),
        error_code: row.error_code,
        error_message: row.error_message,
        mirror_lags: row.lags,
        messages_truncated: None,
        partition_level_truncation_data: [],
    };
    hrefs.unnamed("AlterMirrorsData", &path, data)
}
