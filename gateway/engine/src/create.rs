//! Refusals before a link or a mirror exists, with the codes and words of the public API.

use drawbridge_shared::link::{LinkConfigs, LinkMode, LinkName, LinkPrefix};

/// Why something cannot be created or deleted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct Refusal {
    /// HTTP status.
    pub status: u16,
    /// `error_code` of the body.
    pub code: i32,
    /// For people.
    pub message: String,
}

impl Refusal {
    fn new(status: u16, code: i32, message: String) -> Self {
        Self { status, code, message }
    }
}

/// A link that is there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExistingLink {
    /// Its name.
    pub name: LinkName,
    /// Its prefix.
    pub prefix: Option<LinkPrefix>,
}

/// Whether a link of this name and these configs can be added to a cluster.
///
/// # Errors
/// The name or the prefix is taken.
pub fn check_link(
    name: &LinkName,
    configs: &LinkConfigs,
    existing: &[ExistingLink],
) -> Result<(), Refusal> {
    if existing.iter().any(|link| link.name == *name) {
        return Err(Refusal::new(409, 40902, format!("Cluster link '{name}' already exists.")));
    }
    let Some(prefix) = configs.prefix() else { return Ok(()) };
    if let Some(link) = existing.iter().find(|link| link.prefix.as_ref() == Some(&prefix)) {
        return Err(Refusal::new(
            400,
            40002,
            format!(
                "Cluster link prefix already exists: '{prefix}' belongs to link '{}'.",
                link.name
            ),
        ));
    }
    Ok(())
}

/// Whether the remote cluster is one this half can be linked to. `given` is the id the user named,
/// `found` the one the remote answered with (when it was asked).
///
/// # Errors
/// A cluster linked to itself, no id at all, or another cluster than the user meant.
pub fn check_peer(
    mode: LinkMode,
    local: &str,
    given: Option<&str>,
    found: Option<&str>,
) -> Result<(), Refusal> {
    let remote = match mode {
        LinkMode::Source => "Destination",
        LinkMode::Destination => "Source",
        LinkMode::Bidirectional => "Remote",
    };
    let invalid = |message| Err(Refusal::new(400, 40002, message));
    let Some(id) = found.or(given) else {
        return invalid(format!("{remote} cluster ID is missing."));
    };
    if id == local {
        return invalid(format!(
            "{remote} cluster ID matches local cluster ID {local}. Cannot create cluster link to self."
        ));
    }
    match (given, found) {
        (Some(given), Some(found)) if given != found => invalid(format!(
            "{remote} cluster ID {given} was given, but the cluster at bootstrap.servers is {found}."
        )),
        (Some(_) | None, Some(_) | None) => Ok(()),
    }
}

/// The name a new mirror gets.
///
/// # Errors
/// A name that is not prefix + source name, or that is taken.
pub fn check_mirror(
    source_topic: &str,
    asked: Option<&str>,
    prefix: Option<&LinkPrefix>,
    taken: impl Fn(&str) -> bool,
) -> Result<String, Refusal> {
    let name = LinkPrefix::apply(prefix, source_topic);
    if asked.is_some_and(|asked| asked != name) {
        return Err(Refusal::new(
            400,
            40035,
            format!(
                "Topic renaming for mirroring not yet supported: the mirror of '{source_topic}' on this link is called '{name}'."
            ),
        ));
    }
    if taken(&name) {
        return Err(Refusal::new(400, 40002, format!("Topic '{name}' already exists.")));
    }
    Ok(name)
}

/// Whether a link can be deleted.
///
/// # Errors
/// It still has mirrors that are not stopped, and `force` was not given.
pub fn check_link_deletion(
    name: &LinkName,
    live_mirrors: &[String],
    force: bool,
) -> Result<(), Refusal> {
    if live_mirrors.is_empty() || force {
        return Ok(());
    }
    Err(Refusal::new(
        403,
        40301,
        format!(
            "Cluster link '{name}' still has mirror topics that are not stopped: {}. Promote or fail them over first, or force the deletion.",
            live_mirrors.join(", ")
        ),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn link(name: &str, prefix: Option<&str>) -> ExistingLink {
        ExistingLink { name: name.parse().unwrap(), prefix: prefix.map(|p| p.parse().unwrap()) }
    }

    #[test]
    fn a_taken_name_or_prefix_is_refused() {
        let configs =
            LinkConfigs::parse([("bootstrap.servers", "a:1"), ("cluster.link.prefix", "p-")])
                .unwrap();
        let existing = [link("one", None), link("two", Some("p-"))];
        let refusal = check_link(&"one".parse().unwrap(), &configs, &existing).unwrap_err();
        assert_eq!(
            (refusal.status, refusal.code, refusal.message.as_str()),
            (409, 40902, "Cluster link 'one' already exists.")
        );
        let refusal = check_link(&"three".parse().unwrap(), &configs, &existing).unwrap_err();
        assert!(refusal.message.contains("prefix already exists"));
        assert!(check_link(&"three".parse().unwrap(), &configs, &existing[..1]).is_ok());
    }

    #[test]
    fn a_cluster_is_not_linked_to_itself_nor_to_another_than_was_meant() {
        let check = |given, found| check_peer(LinkMode::Destination, "me", given, found);
        let message = check(Some("me"), None).unwrap_err().message;
        assert_eq!(
            message,
            "Source cluster ID matches local cluster ID me. Cannot create cluster link to self."
        );
        assert!(check(None, Some("me")).is_err());
        assert!(check(Some("you"), Some("they")).unwrap_err().message.contains("is they"));
        assert!(check(None, None).is_err());
        assert!(check(Some("you"), Some("you")).is_ok());
    }

    #[test]
    fn a_mirror_has_its_sources_name_behind_the_prefix_and_nothing_else() {
        let prefix: LinkPrefix = "p-".parse().unwrap();
        assert_eq!(check_mirror("t", Some("p-t"), Some(&prefix), |_| false).unwrap(), "p-t");
        let refusal = check_mirror("t", Some("other"), Some(&prefix), |_| false).unwrap_err();
        assert_eq!(refusal.code, 40035);
        assert!(refusal.message.starts_with("Topic renaming for mirroring not yet supported"));
        let refusal = check_mirror("t", None, None, |name| name == "t").unwrap_err();
        assert_eq!(refusal.message, "Topic 't' already exists.");
    }

    #[test]
    fn a_link_with_live_mirrors_is_only_deleted_by_force() {
        let name = "one".parse().unwrap();
        assert_eq!(check_link_deletion(&name, &["t".to_owned()], false).unwrap_err().status, 403);
        assert!(check_link_deletion(&name, &["t".to_owned()], true).is_ok());
        assert!(check_link_deletion(&name, &[], false).is_ok());
    }
}
