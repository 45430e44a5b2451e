//! ACLs in Kafka's words.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::draft::FieldError;
use crate::names::TopicName;

/// The only name that a resource of kind CLUSTER has.
pub const CLUSTER_NAME: &str = "kafka-cluster";
/// As a literal name or a host: all of them.
pub const WILDCARD: &str = "*";
/// The principal that stands for everybody.
pub const EVERYBODY: &str = "User:*";

macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($(#[$vdoc:meta])* $variant:ident = $word:literal,)* }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        pub enum $name { $($(#[$vdoc])* #[serde(rename = $word)] $variant,)* }

        impl $name {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$variant,)*];

            /// Kafka's word.
            #[must_use]
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word,)* }
            }

            /// From Kafka's word.
            #[must_use]
            pub fn from_word(word: &str) -> Option<Self> {
                match word { $($word => Some(Self::$variant),)* _ => None }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.as_str())
            }
        }
    };
}

words! {
    /// What an ACL is about.
    AclResource {
        /// Topics.
        Topic = "TOPIC",
        /// Consumer groups.
        Group = "GROUP",
        /// The cluster itself.
        Cluster = "CLUSTER",
        /// Transactional ids.
        TransactionalId = "TRANSACTIONAL_ID",
        /// Delegation tokens.
        DelegationToken = "DELEGATION_TOKEN",
        /// Users, for tokens in their name.
        User = "USER",
    }
}

words! {
    /// How an ACL's resource name is meant.
    AclPattern {
        /// The name itself; `*` for every name.
        Literal = "LITERAL",
        /// Every name that begins with it.
        Prefixed = "PREFIXED",
    }
}

words! {
    /// What is allowed or denied.
    AclOperation {
        /// Every operation.
        All = "ALL",
        /// Read.
        Read = "READ",
        /// Write.
        Write = "WRITE",
        /// Create.
        Create = "CREATE",
        /// Delete.
        Delete = "DELETE",
        /// Alter.
        Alter = "ALTER",
        /// Describe.
        Describe = "DESCRIBE",
        /// What brokers do among themselves.
        ClusterAction = "CLUSTER_ACTION",
        /// Read configs.
        DescribeConfigs = "DESCRIBE_CONFIGS",
        /// Change configs.
        AlterConfigs = "ALTER_CONFIGS",
        /// Write as an idempotent producer.
        IdempotentWrite = "IDEMPOTENT_WRITE",
        /// Create tokens for a user.
        CreateTokens = "CREATE_TOKENS",
        /// Describe a user's tokens.
        DescribeTokens = "DESCRIBE_TOKENS",
        /// Take part in two-phase commit.
        TwoPhaseCommit = "TWO_PHASE_COMMIT",
    }
}

words! {
    /// Whether an ACL allows or denies.
    AclPermission {
        /// Allows.
        Allow = "ALLOW",
        /// Denies, whatever else allows.
        Deny = "DENY",
    }
}

words! {
    /// A SCRAM mechanism.
    ScramMechanism {
        /// With SHA-512.
        Sha512 = "SCRAM-SHA-512",
        /// With SHA-256.
        Sha256 = "SCRAM-SHA-256",
    }
}

impl AclResource {
    /// The operations that mean something for this kind, by Kafka's `AclEntry.supportedOperations`.
    #[must_use]
    pub fn operations(self) -> &'static [AclOperation] {
        use AclOperation as Op;
        match self {
            Self::Topic => &[
                Op::Read,
                Op::Write,
                Op::Create,
                Op::Describe,
                Op::Delete,
                Op::Alter,
                Op::DescribeConfigs,
                Op::AlterConfigs,
            ],
            Self::Group => {
                &[Op::Read, Op::Describe, Op::Delete, Op::DescribeConfigs, Op::AlterConfigs]
            }
            Self::Cluster => &[
                Op::Create,
                Op::ClusterAction,
                Op::DescribeConfigs,
                Op::AlterConfigs,
                Op::IdempotentWrite,
                Op::Alter,
                Op::Describe,
            ],
            Self::TransactionalId => &[Op::Describe, Op::Write, Op::TwoPhaseCommit],
            Self::DelegationToken => &[Op::Describe],
            Self::User => &[Op::CreateTokens, Op::DescribeTokens],
        }
    }
}

/// An ACL.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Acl {
    /// Whom it is for: `User:alice`.
    pub principal: String,
    /// Allows or denies.
    pub permission: AclPermission,
    /// Kind of resource.
    pub resource: AclResource,
    /// How the name is meant.
    pub pattern: AclPattern,
    /// The resource's name or its beginning.
    pub name: String,
    /// What.
    pub operation: AclOperation,
    /// The address of the client it is for, `*` for any.
    pub host: String,
}

/// Which ACLs are asked for; what is not given leaves all.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AclSelection {
    /// Those of this principal and of `User:*`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub principal: Option<String>,
    /// Those about this kind of resource.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resource: Option<AclResource>,
    /// Those that apply to a resource of this name, prefixes and `*` included.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
}

impl Acl {
    /// Allows a principal an operation on a resource, from every host.
    #[must_use]
    pub fn allow(
        principal: &str,
        resource: AclResource,
        pattern: AclPattern,
        name: &str,
        operation: AclOperation,
    ) -> Self {
        Self {
            principal: principal.to_owned(),
            permission: AclPermission::Allow,
            resource,
            pattern,
            name: name.to_owned(),
            operation,
            host: WILDCARD.to_owned(),
        }
    }

    /// Whether it is about a resource of this kind and name.
    #[must_use]
    pub fn covers(&self, resource: AclResource, name: &str) -> bool {
        self.resource == resource
            && match self.pattern {
                AclPattern::Literal => self.name == name || self.name == WILDCARD,
                AclPattern::Prefixed => name.starts_with(&self.name),
            }
    }

    /// Checks what somebody typed, with blanks around it taken away.
    ///
    /// # Errors
    /// One error per wrong field: `principal`, `name`, `operation`, `host`.
    pub fn validate(&self) -> Result<Self, Vec<FieldError>> {
        let mut errors = Vec::new();
        let mut wrong = |field: &str, message: String| errors.push(FieldError::new(field, message));
        let (principal, name, host) = (self.principal.trim(), self.name.trim(), self.host.trim());
        if !principal.split_once(':').is_some_and(|(kind, who)| !kind.is_empty() && !who.is_empty())
        {
            let example = if principal.is_empty() { "alice" } else { principal };
            wrong("principal", format!("write the kind before the name, as in User:{example}"));
        }
        if let Some(fault) = self.fault_of_name(name) {
            wrong("name", fault);
        }
        if self.operation != AclOperation::All
            && !self.resource.operations().contains(&self.operation)
        {
            let known: Vec<&str> =
                self.resource.operations().iter().map(|op| op.as_str()).collect();
            let (operation, resource, known) = (self.operation, self.resource, known.join(", "));
            wrong("operation", format!("{operation} means nothing on {resource}; it has {known}"));
        }
        if host != WILDCARD && host.parse::<std::net::IpAddr>().is_err() {
            wrong(
                "host",
                format!(
                    "'{host}' is no IP address; brokers compare addresses, not names. Use * for any"
                ),
            );
        }
        if !errors.is_empty() {
            return Err(errors);
        }
        Ok(Self {
            principal: principal.to_owned(),
            name: name.to_owned(),
            host: host.to_owned(),
            ..self.clone()
        })
    }

    fn fault_of_name(&self, name: &str) -> Option<String> {
        if name.is_empty() {
            return Some("give a name, or * with pattern LITERAL for all".to_owned());
        }
        if self.resource == AclResource::Cluster {
            let is_right = name == CLUSTER_NAME && self.pattern == AclPattern::Literal;
            return (!is_right).then(|| {
                format!("the only name of CLUSTER is {CLUSTER_NAME}, with pattern LITERAL")
            });
        }
        if self.pattern == AclPattern::Prefixed && name == WILDCARD {
            return Some(
                "as a prefix, * means names that begin with a star; use pattern LITERAL for all"
                    .to_owned(),
            );
        }
        if self.resource == AclResource::Topic
            && self.pattern == AclPattern::Literal
            && name != WILDCARD
        {
            return name.parse::<TopicName>().err().map(|error| error.to_string());
        }
        None
    }
}

impl fmt::Display for Acl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { principal, permission, resource, pattern, name, operation, host } = self;
        write!(f, "{permission} {principal} {operation} on {resource} {name}")?;
        if *pattern == AclPattern::Prefixed {
            f.write_str(" (PREFIXED)")?;
        }
        if host != WILDCARD {
            write!(f, " from {host}")?;
        }
        Ok(())
    }
}

/// The principal of a user that logs in with SASL.
#[must_use]
pub fn principal_of(user: &str) -> String {
    format!("User:{user}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn typed(name: &str) -> Acl {
        Acl::allow("User:a", AclResource::Topic, AclPattern::Literal, name, AclOperation::Read)
    }

    fn fields(acl: &Acl) -> Vec<String> {
        acl.validate().unwrap_err().into_iter().map(|error| error.field).collect()
    }

    #[test]
    fn what_a_broker_would_take_and_never_apply_is_refused() {
        assert!(typed(" orders ").validate().is_ok_and(|acl| acl.name == "orders"));
        assert!(typed("*").validate().is_ok());
        assert_eq!(fields(&typed("a b")), ["name"]);
        assert_eq!(fields(&Acl { principal: "alice".into(), ..typed("t") }), ["principal"]);
        assert_eq!(fields(&Acl { host: "broker.example".into(), ..typed("t") }), ["host"]);
        assert_eq!(fields(&Acl { pattern: AclPattern::Prefixed, ..typed("*") }), ["name"]);
        let wrong = Acl { operation: AclOperation::ClusterAction, ..typed("t") };
        assert_eq!(fields(&wrong), ["operation"]);
        let cluster = Acl { resource: AclResource::Cluster, ..typed("mine") };
        assert_eq!(fields(&cluster), ["name", "operation"]);
    }

    #[test]
    fn an_acl_reads_as_a_sentence() {
        assert_eq!(typed("orders").to_string(), "ALLOW User:a READ on TOPIC orders");
        let acl =
            Acl { pattern: AclPattern::Prefixed, host: "10.0.0.1".into(), ..typed("orders.") };
        let said = acl.to_string();
        assert_eq!(said, "ALLOW User:a READ on TOPIC orders. (PREFIXED) from 10.0.0.1");
    }
}
