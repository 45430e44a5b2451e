//! What each choice means, in sentences.

use drawbridge_shared::link::{ConnectionMode, LinkMode, StartOffset};

use super::{Behaviour, Dials, Form, Half, Recognised, Taken, read_filters};
use crate::model::time::{absolute, exact_duration};

/// What a cluster is called where none is chosen.
#[must_use]
pub fn source(form: &Form) -> String {
    form.source.as_ref().map_or_else(|| "the source".to_owned(), ToString::to_string)
}

/// What a cluster is called where none is chosen.
#[must_use]
pub fn destination(form: &Form) -> String {
    form.destination.as_ref().map_or_else(|| "the destination".to_owned(), ToString::to_string)
}

/// What the firewalls must let through.
#[must_use]
pub fn firewall(form: &Form) -> String {
    let (source, destination) = (source(form), destination(form));
    let (inside, outside) = match form.dials {
        Dials::Destination => (destination, source),
        Dials::Source => (source, destination),
    };
    format!(
        "All connections go from the side of {inside} to the brokers of {outside}: its bootstrap servers and \
         every address its brokers advertise. Nothing has to be let in to {inside}."
    )
}

/// Which half it is.
#[must_use]
pub fn half(half: &Half) -> &'static str {
    if half.mode == LinkMode::Source { "source half" } else { "destination half" }
}

/// Whether it dials.
#[must_use]
pub fn dials(half: &Half) -> &'static str {
    if half.connection == ConnectionMode::Inbound { "is dialled" } else { "dials" }
}

/// What is about to be done, one sentence a half.
#[must_use]
pub fn plan(form: &Form, halves: &[Half]) -> Vec<String> {
    let name = Some(form.name.trim()).filter(|name| !name.is_empty()).unwrap_or("the link");
    let sentence = |of: &Half| {
        let (which, dials) = (half(of), dials(of));
        let keeps = match of.mode {
            LinkMode::Source => "keeps the credentials",
            _ => "owns the mirrors and all settings",
        };
        match &of.cluster {
            Some(cluster) => format!("The {which} of {name} on {cluster}: it {keeps} and {dials}."),
            None => format!(
                "The {which} of {name} is for a cluster this gateway does not have: create it there with the file shown."
            ),
        }
    };
    halves.iter().map(sentence).collect()
}

/// What the prefix does.
#[must_use]
pub fn prefix(form: &Form) -> String {
    let to = destination(form);
    match form.behaviour.prefix.trim() {
        "" => format!(
            "Mirrors have the names of their sources. A topic of the same name on {to} stands in the way of its mirror."
        ),
        prefix => format!(
            "Topic orders of {} becomes {prefix}orders on {to}. This cannot be changed later.",
            source(form)
        ),
    }
}

/// What auto-create does.
#[must_use]
pub fn auto_create(form: &Form) -> String {
    let Behaviour { auto_create, topics, .. } = &form.behaviour;
    match (auto_create, read_filters(topics).is_empty()) {
        (false, _) => "Mirrors are created by hand, topic by topic.".to_owned(),
        (true, true) => "No filter yet, so no topic gets a mirror: write * for all.".to_owned(),
        (true, false) => format!(
            "Every topic of {} that the filters want gets a mirror on {} within 5 minutes, also topics created later. Internal topics never do.",
            source(form),
            destination(form)
        ),
    }
}

/// What the sync of consumer offsets does.
#[must_use]
pub fn offsets(form: &Form) -> String {
    let Behaviour { offsets, groups, offsets_ms, .. } = &form.behaviour;
    match (offsets, read_filters(groups).is_empty()) {
        (false, _) => {
            "After moving over, consumers begin where auto.offset.reset puts them.".to_owned()
        }
        (true, true) => "No filter yet, so no group is synced: write * for all.".to_owned(),
        (true, false) => {
            let every = offsets_ms.trim().parse().unwrap_or(30_000);
            format!(
                "Groups go on where they were: at a failover at most the last {} of progress is read again. A group that has members on {} is left alone.",
                exact_duration(every),
                destination(form)
            )
        }
    }
}

/// What the sync of topic configs does.
#[must_use]
pub fn configs(form: &Form) -> String {
    let every = form.behaviour.configs_ms.trim().parse().unwrap_or(5_000);
    format!(
        "Settings that the mirror shares with its topic, such as retention.ms and cleanup.policy, follow within {}.",
        exact_duration(every)
    )
}

/// Where mirrors begin.
#[must_use]
pub fn start(form: &Form) -> String {
    match form.behaviour.start.trim() {
        "" => "Mirrors begin with the first record the source still has.".to_owned(),
        text => match text.parse() {
            Ok(StartOffset::Earliest) => {
                "Mirrors begin with the first record the source still has.".to_owned()
            }
            Ok(StartOffset::Latest) => {
                "Mirrors begin with what is written after they were created; older records are not copied.".to_owned()
            }
            Ok(StartOffset::Timestamp(ms)) => {
                let at = absolute(ms, 0);
                let at = at.split_once('.').map_or(at.as_str(), |(at, _)| at);
                format!("Mirrors begin with the first record at or after {at} UTC; older records are not copied.")
            }
            Err(error) => error.to_string(),
        },
    }
}

/// What a file was taken for.
#[must_use]
pub fn taken(taken: &Taken) -> String {
    match taken.half {
        Recognised::Destination => {
            "Taken as the destination's half of a source-initiated link (DESTINATION, INBOUND). The source's file comes beside it."
        }
        Recognised::Source => {
            "Taken as the source's half of a source-initiated link (SOURCE, OUTBOUND)."
        }
        Recognised::Whole => {
            "Taken as a destination-initiated link: one half, which dials the source."
        }
    }
    .to_owned()
}
