//! The ACLs that the principals of a link need: no more, and no less.
//!
//! `docs/broker-facts.md` says which test holds each of them against real brokers. DESCRIBE is brought along by
//! READ, WRITE, DELETE and ALTER, DESCRIBE_CONFIGS by ALTER_CONFIGS, so neither is asked for twice.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::acl::{Acl, AclOperation, AclPattern, AclResource, CLUSTER_NAME, WILDCARD};
use super::decide::Authority;

/// What a principal does for a link.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GrantSide {
    /// Reads topics, configs and group offsets.
    Source,
    /// Creates, writes and configures mirrors, commits group offsets.
    Destination,
    /// Keeps links and their state on a cluster: the gateway's own login there.
    Gateway,
}

impl GrantSide {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Source, Self::Destination, Self::Gateway];

    /// Its word in URLs.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Source => "source",
            Self::Destination => "destination",
            Self::Gateway => "gateway",
        }
    }
}

/// Names: one, those that begin alike, or all.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct NamePattern {
    /// How the name is meant.
    pub pattern: AclPattern,
    /// The name or its beginning.
    pub name: String,
}

impl NamePattern {
    /// Every name.
    #[must_use]
    pub fn all() -> Self {
        Self { pattern: AclPattern::Literal, name: WILDCARD.to_owned() }
    }

    /// Reads `orders, invoices.*` as names and beginnings of names; `*` alone is every name.
    #[must_use]
    pub fn list(text: &str) -> Vec<Self> {
        let words = text.split([',', ' ', '\n']).map(str::trim).filter(|word| !word.is_empty());
        let read = |word: &str| match word.strip_suffix('*') {
            Some("") => Self::all(),
            Some(start) => Self { pattern: AclPattern::Prefixed, name: start.to_owned() },
            None => Self { pattern: AclPattern::Literal, name: word.to_owned() },
        };
        let mut list: Vec<Self> = Vec::new();
        for pattern in words.map(read) {
            if !list.contains(&pattern) {
                list.push(pattern);
            }
        }
        if list.contains(&Self::all()) { vec![Self::all()] } else { list }
    }
}

impl fmt::Display for NamePattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)?;
        f.write_str(if self.pattern == AclPattern::Prefixed { "*" } else { "" })
    }
}

/// What a link shall reach.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GrantScope {
    /// Its topics, by their names on the side in question.
    pub topics: Vec<NamePattern>,
    /// The groups whose offsets it syncs, by their names on the side in question; none for no syncing.
    pub groups: Vec<NamePattern>,
}

/// An ACL that a link needs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grant {
    /// The ACL.
    pub acl: Acl,
    /// What it is for, in a few words.
    pub why: &'static str,
}

const SOURCE_TOPIC: [(AclOperation, &str); 2] = [
    (AclOperation::Read, "read records, offsets and partitions"),
    (AclOperation::DescribeConfigs, "give mirrors their source's configs"),
];

const DESTINATION_TOPIC: [(AclOperation, &str); 6] = [
    (AclOperation::Create, "create mirror topics"),
    (AclOperation::Write, "write the records"),
    (AclOperation::Read, "find out where a mirror stands and compare it with its source"),
    (AclOperation::Alter, "add partitions when the source gets more"),
    (AclOperation::AlterConfigs, "keep the mirrors' configs like their sources'"),
    (AclOperation::Delete, "begin mirrors where their sources begin"),
];

const STATE_TOPIC: [(AclOperation, &str); 4] = [
    (AclOperation::Create, "create the topics that keep links and activity"),
    (AclOperation::Read, "read them after a start"),
    (AclOperation::Write, "write them"),
    (AclOperation::DescribeConfigs, "check that they forget nothing"),
];

/// The ACLs that `principal` needs on one side of a link.
#[must_use]
pub fn needed(side: GrantSide, principal: &str, scope: &GrantScope) -> Vec<Grant> {
    let mut grants = Vec::new();
    let mut grant = |resource, names: &NamePattern, operation, why| {
        let acl = Acl::allow(principal, resource, names.pattern, &names.name, operation);
        grants.push(Grant { acl, why });
    };
    let cluster = NamePattern { pattern: AclPattern::Literal, name: CLUSTER_NAME.to_owned() };
    match side {
        GrantSide::Source => {
            for names in &scope.topics {
                for (operation, why) in SOURCE_TOPIC {
                    grant(AclResource::Topic, names, operation, why);
                }
            }
            for names in &scope.groups {
                let why = "read the groups' offsets";
                grant(AclResource::Group, names, AclOperation::Describe, why);
            }
        }
        GrantSide::Destination => {
            for names in &scope.topics {
                for (operation, why) in DESTINATION_TOPIC {
                    grant(AclResource::Topic, names, operation, why);
                }
            }
            for names in &scope.groups {
                let why = "commit the groups' offsets";
                grant(AclResource::Group, names, AclOperation::Read, why);
            }
            let why = "fill gaps that no consumer sees, and keep others from writing to mirrors";
            grant(AclResource::Cluster, &cluster, AclOperation::Alter, why);
        }
        GrantSide::Gateway => {
            let own = |name: &str, pattern| NamePattern { pattern, name: name.to_owned() };
            let topics = own("_drawbridge.", AclPattern::Prefixed);
            for (operation, why) in STATE_TOPIC {
                grant(AclResource::Topic, &topics, operation, why);
            }
            let group = own("_drawbridge.", AclPattern::Prefixed);
            let why = "agree with other gateways on who runs the links";
            grant(AclResource::Group, &group, AclOperation::Read, why);
            let why = "shut out a gateway that ran the links before";
            grant(AclResource::TransactionalId, &group, AclOperation::Write, why);
            let why = "watch the cluster, its users and its ACLs";
            grant(AclResource::Cluster, &cluster, AclOperation::Describe, why);
        }
    }
    grants
}

/// Whether an ACL that is needed is neither held itself nor covered by a wider one.
#[must_use]
pub fn missing(authority: &Authority<'_>, acl: &Acl) -> bool {
    // A wider name stands for every name below it: what holds for the pattern's own text holds for them all,
    // unless the ACLs that decide are about that text alone.
    let narrower = |other: &Acl| {
        other.pattern == AclPattern::Literal
            && other.name != WILDCARD
            && (acl.pattern == AclPattern::Prefixed || acl.name == WILDCARD)
    };
    let wide: Vec<Acl> = authority.acls.iter().filter(|other| !narrower(other)).cloned().collect();
    let authority = Authority { acls: &wide };
    let host = (acl.host != WILDCARD).then_some(&*acl.host);
    let decided = authority.decide(&acl.principal, host, acl.operation, acl.resource, &acl.name);
    !decided.is_allowed
}

#[cfg(test)]
mod tests {
    use super::super::acl::AclPermission;
    use super::*;

    fn scope() -> GrantScope {
        GrantScope { topics: NamePattern::list("orders, inv.*"), groups: vec![NamePattern::all()] }
    }

    #[test]
    fn names_are_read_as_names_beginnings_and_all() {
        let said = |text: &str| {
            NamePattern::list(text).iter().map(ToString::to_string).collect::<Vec<_>>().join(" ")
        };
        assert_eq!(said("orders, inv.* orders"), "orders inv.*");
        assert_eq!(said("orders,*"), "*");
        assert_eq!(said(" , "), "");
        assert_eq!(NamePattern::list("inv.*")[0].pattern, AclPattern::Prefixed);
    }

    #[test]
    fn every_grant_is_an_acl_that_can_be_created_and_none_is_asked_for_twice() {
        for side in GrantSide::ALL {
            let grants = needed(side, "User:l", &scope());
            for (at, grant) in grants.iter().enumerate() {
                assert_eq!(grant.acl.validate().as_ref(), Ok(&grant.acl));
                let others: Vec<Acl> = grants
                    .iter()
                    .enumerate()
                    .filter(|(other, _)| *other != at)
                    .map(|(_, grant)| grant.acl.clone())
                    .collect();
                let authority = Authority { acls: &others };
                assert!(missing(&authority, &grant.acl), "{} is implied", grant.acl);
            }
        }
    }

    #[test]
    fn who_syncs_no_groups_needs_no_group() {
        let scope = GrantScope { groups: Vec::new(), ..scope() };
        for side in [GrantSide::Source, GrantSide::Destination] {
            let grants = needed(side, "User:l", &scope);
            assert!(grants.iter().all(|grant| grant.acl.resource != AclResource::Group));
        }
    }

    #[test]
    fn a_wider_acl_is_as_good_and_a_narrower_one_is_not() {
        let read = |pattern, name: &str| {
            Acl::allow("User:l", AclResource::Topic, pattern, name, AclOperation::Read)
        };
        let misses = |held: Acl, wanted: &Acl| {
            let acls = [held];
            missing(&Authority { acls: &acls }, wanted)
        };
        let (literal, prefixed) = (AclPattern::Literal, AclPattern::Prefixed);
        let orders = read(literal, "orders");
        assert!(!misses(orders.clone(), &orders));
        assert!(!misses(read(literal, "*"), &orders));
        assert!(!misses(read(prefixed, "ord"), &orders));
        assert!(misses(orders.clone(), &read(prefixed, "orders")));
        assert!(misses(orders.clone(), &read(literal, "*")));
        assert!(!misses(read(literal, "*"), &read(prefixed, "orders")));
        assert!(misses(read(prefixed, "orders"), &read(literal, "*")));
        let all = Acl { operation: AclOperation::All, ..orders.clone() };
        assert!(!misses(all, &orders));
        let denied = Acl { permission: AclPermission::Deny, ..orders.clone() };
        assert!(misses(denied, &orders));
    }
}
