//! Access control: bindings, their matching, and the decision for one operation.
//!
//! Numbers are the protocol's (KIP-140, KIP-290). A deny wins; reading, writing, deleting or altering
//! implies describing; nothing matching means no, except for super users.

/// Resource types as numbered on the wire.
pub mod resource {
    /// A topic.
    pub const TOPIC: i8 = 2;
    /// A consumer group.
    pub const GROUP: i8 = 3;
    /// The cluster; its only name is `kafka-cluster`.
    pub const CLUSTER: i8 = 4;
    /// A transactional id.
    pub const TRANSACTIONAL_ID: i8 = 5;
}

/// Operations as numbered on the wire.
pub mod operation {
    /// Every operation.
    pub const ALL: i8 = 2;
    /// Reading.
    pub const READ: i8 = 3;
    /// Writing.
    pub const WRITE: i8 = 4;
    /// Creating.
    pub const CREATE: i8 = 5;
    /// Deleting.
    pub const DELETE: i8 = 6;
    /// Altering.
    pub const ALTER: i8 = 7;
    /// Describing.
    pub const DESCRIBE: i8 = 8;
    /// What brokers do among themselves.
    pub const CLUSTER_ACTION: i8 = 9;
    /// Describing configuration.
    pub const DESCRIBE_CONFIGS: i8 = 10;
    /// Altering configuration.
    pub const ALTER_CONFIGS: i8 = 11;
    /// Idempotent writes; implied by write access to any topic.
    pub const IDEMPOTENT_WRITE: i8 = 12;
}

/// Pattern types as numbered on the wire.
pub mod pattern {
    /// Filter only: literal, prefixed and wildcard bindings that cover the name.
    pub const MATCH: i8 = 2;
    /// The exact name, or `*` for every name.
    pub const LITERAL: i8 = 3;
    /// Every name with this prefix.
    pub const PREFIXED: i8 = 4;
}

/// Permission types as numbered on the wire.
pub mod permission {
    /// Refuses, whatever else allows.
    pub const DENY: i8 = 2;
    /// Allows.
    pub const ALLOW: i8 = 3;
}

/// The "any" of every filter field.
const ANY: i8 = 1;
/// The cluster resource's only name.
pub(crate) const CLUSTER_NAME: &str = "kafka-cluster";

/// One access rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Acl {
    /// See [`resource`].
    pub resource_type: i8,
    /// Name, prefix or `*`.
    pub resource_name: String,
    /// See [`pattern`].
    pub pattern_type: i8,
    /// `User:name`, or `User:*` for everyone.
    pub principal: String,
    /// Client address, or `*`.
    pub host: String,
    /// See [`operation`].
    pub operation: i8,
    /// See [`permission`].
    pub permission: i8,
}

impl Acl {
    /// Allows `principal` (`User:name`) one operation on one literally named resource.
    #[must_use]
    pub fn allow(principal: &str, operation: i8, resource_type: i8, name: &str) -> Self {
        Self {
            resource_type,
            resource_name: name.to_owned(),
            pattern_type: pattern::LITERAL,
            principal: principal.to_owned(),
            host: "*".to_owned(),
            operation,
            permission: permission::ALLOW,
        }
    }

    fn covers(&self, resource_type: i8, name: &str) -> bool {
        self.resource_type == resource_type
            && match self.pattern_type {
                pattern::PREFIXED => name.starts_with(&self.resource_name),
                _ => self.resource_name == "*" || self.resource_name == name,
            }
    }

    fn concerns(&self, principal: &str, host: &str) -> bool {
        (self.principal == principal || self.principal == "User:*")
            && (self.host == host || self.host == "*")
    }
}

/// A filter over bindings; `None` and "any" match everything.
#[derive(Clone, Debug)]
pub(crate) struct Filter {
    pub(crate) resource_type: i8,
    pub(crate) resource_name: Option<String>,
    pub(crate) pattern_type: i8,
    pub(crate) principal: Option<String>,
    pub(crate) host: Option<String>,
    pub(crate) operation: i8,
    pub(crate) permission: i8,
}

impl Filter {
    pub(crate) fn matches(&self, acl: &Acl) -> bool {
        let name = self.resource_name.as_deref();
        let resource = match (self.pattern_type, name) {
            (ANY, None) | (pattern::MATCH, None) => true,
            (ANY, Some(name)) => acl.resource_name == name,
            (pattern::MATCH, Some(name)) => acl.covers(acl.resource_type, name),
            (wanted, name) => {
                acl.pattern_type == wanted && name.is_none_or(|n| acl.resource_name == n)
            }
        };
        let number = |wanted: i8, has: i8| wanted == ANY || wanted == has;
        let text = |wanted: &Option<String>, has: &str| wanted.as_deref().is_none_or(|w| w == has);
        resource
            && number(self.resource_type, acl.resource_type)
            && text(&self.principal, &acl.principal)
            && text(&self.host, &acl.host)
            && number(self.operation, acl.operation)
            && number(self.permission, acl.permission)
    }
}

/// The authorizer of a cluster.
#[derive(Clone, Debug, Default)]
pub(crate) struct Authorizer {
    /// Without it everything is allowed and ACL requests answer SECURITY_DISABLED.
    pub(crate) enabled: bool,
    pub(crate) super_users: Vec<String>,
    pub(crate) acls: Vec<Acl>,
}

impl Authorizer {
    pub(crate) fn allows(
        &self,
        (principal, host): (&str, &str),
        wanted: i8,
        resource_type: i8,
        name: &str,
    ) -> bool {
        if !self.enabled || self.super_users.iter().any(|u| u == principal) {
            return true;
        }
        let relevant = || {
            self.acls
                .iter()
                .filter(|a| a.covers(resource_type, name) && a.concerns(principal, host))
        };
        let denied = relevant().any(|a| {
            a.permission == permission::DENY
                && (a.operation == wanted || a.operation == operation::ALL)
        });
        !denied
            && relevant().any(|a| a.permission == permission::ALLOW && implies(a.operation, wanted))
    }

    /// Whether the principal may do this on any resource of the type.
    pub(crate) fn allows_any(&self, who: (&str, &str), wanted: i8, resource_type: i8) -> bool {
        if !self.enabled || self.super_users.iter().any(|u| u == who.0) {
            return true;
        }
        self.acls
            .iter()
            .filter(|a| a.resource_type == resource_type)
            .any(|a| self.allows(who, wanted, resource_type, &a.resource_name))
    }

    /// Bit set of the operations allowed, as Metadata and the describe calls report it.
    pub(crate) fn operations(&self, who: (&str, &str), resource_type: i8, name: &str) -> i32 {
        use operation::{
            ALTER, ALTER_CONFIGS, CLUSTER_ACTION, CREATE, DELETE, DESCRIBE, DESCRIBE_CONFIGS,
            IDEMPOTENT_WRITE, READ, WRITE,
        };
        let possible: &[i8] = match resource_type {
            resource::TOPIC => {
                &[READ, WRITE, CREATE, DESCRIBE, DELETE, ALTER, DESCRIBE_CONFIGS, ALTER_CONFIGS]
            }
            resource::GROUP => &[READ, DESCRIBE, DELETE, DESCRIBE_CONFIGS, ALTER_CONFIGS],
            _ => &[
                CREATE,
                CLUSTER_ACTION,
                DESCRIBE_CONFIGS,
                ALTER_CONFIGS,
                IDEMPOTENT_WRITE,
                ALTER,
                DESCRIBE,
            ],
        };
        possible
            .iter()
            .filter(|op| self.allows(who, **op, resource_type, name))
            .fold(0, |bits, op| bits | (1 << *op))
    }
}

fn implies(has: i8, wanted: i8) -> bool {
    use operation::{ALL, ALTER, ALTER_CONFIGS, DELETE, DESCRIBE, DESCRIBE_CONFIGS, READ, WRITE};
    has == wanted
        || has == ALL
        || (wanted == DESCRIBE && matches!(has, READ | WRITE | DELETE | ALTER))
        || (wanted == DESCRIBE_CONFIGS && has == ALTER_CONFIGS)
}

#[cfg(test)]
mod tests {
    use super::*;

    const ANN: (&str, &str) = ("User:ann", "127.0.0.1");

    fn authorizer(acls: Vec<Acl>) -> Authorizer {
        Authorizer { enabled: true, super_users: vec!["User:root".into()], acls }
    }

    #[test]
    fn nothing_is_allowed_by_default_except_to_super_users() {
        let a = authorizer(vec![]);
        assert!(!a.allows(ANN, operation::READ, resource::TOPIC, "orders"));
        assert!(a.allows(("User:root", ""), operation::READ, resource::TOPIC, "orders"));
    }

    #[test]
    fn a_deny_wins_over_an_allow() {
        let allow = Acl::allow("User:ann", operation::ALL, resource::TOPIC, "*");
        let deny = Acl {
            permission: permission::DENY,
            ..Acl::allow("User:*", operation::WRITE, resource::TOPIC, "orders")
        };
        let a = authorizer(vec![allow, deny]);
        assert!(!a.allows(ANN, operation::WRITE, resource::TOPIC, "orders"));
        assert!(a.allows(ANN, operation::READ, resource::TOPIC, "orders"));
    }

    #[test]
    fn reading_implies_describing_but_not_the_reverse() {
        let a = authorizer(vec![Acl::allow("User:ann", operation::READ, resource::TOPIC, "t")]);
        assert!(a.allows(ANN, operation::DESCRIBE, resource::TOPIC, "t"));
        let b = authorizer(vec![Acl::allow("User:ann", operation::DESCRIBE, resource::TOPIC, "t")]);
        assert!(!b.allows(ANN, operation::READ, resource::TOPIC, "t"));
    }

    #[test]
    fn a_prefix_covers_longer_names_only_of_its_type() {
        let acl = Acl {
            pattern_type: pattern::PREFIXED,
            ..Acl::allow("User:ann", operation::READ, resource::TOPIC, "shop.")
        };
        let a = authorizer(vec![acl]);
        assert!(a.allows(ANN, operation::READ, resource::TOPIC, "shop.orders"));
        assert!(!a.allows(ANN, operation::READ, resource::TOPIC, "sho"));
        assert!(!a.allows(ANN, operation::READ, resource::GROUP, "shop.orders"));
    }

    #[test]
    fn a_match_filter_finds_every_binding_that_covers_the_name() {
        let literal = Acl::allow("User:a", operation::READ, resource::TOPIC, "orders");
        let wildcard = Acl::allow("User:a", operation::READ, resource::TOPIC, "*");
        let prefix = Acl { pattern_type: pattern::PREFIXED, ..Acl::allow("User:a", 3, 2, "ord") };
        let other = Acl::allow("User:a", operation::READ, resource::TOPIC, "payments");
        let filter = Filter {
            resource_type: resource::TOPIC,
            resource_name: Some("orders".into()),
            pattern_type: pattern::MATCH,
            principal: None,
            host: None,
            operation: ANY,
            permission: ANY,
        };
        let found = [&literal, &wildcard, &prefix, &other].map(|a| filter.matches(a));
        assert_eq!(found, [true, true, true, false]);
    }
}
