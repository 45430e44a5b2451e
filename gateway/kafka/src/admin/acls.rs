//! ACLs.

use kafka_protocol::messages::{
    CreateAclsRequest, DeleteAclsRequest, DescribeAclsRequest, create_acls_request::AclCreation,
    delete_acls_request::DeleteAclsFilter, delete_acls_response::DeleteAclsMatchingAcl,
};

use super::{outcome, wire, words};
use crate::{
    client::{Call, Client, Route, ok},
    error::{Asked, ErrorCode, Result},
};

macro_rules! wire_enum {
    ($(#[$doc:meta])* $name:ident { $($(#[$vdoc:meta])* $variant:ident = $code:literal $word:literal,)* }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[non_exhaustive]
        pub enum $name { $($(#[$vdoc])* $variant,)* /** A number newer than this client. */ Unknown(i8), }

        impl $name {
            /// Kafka's number.
            #[must_use]
            pub fn code(self) -> i8 {
                match self { $(Self::$variant => $code,)* Self::Unknown(code) => code }
            }

            /// From Kafka's number.
            #[must_use]
            pub fn from_code(code: i8) -> Self {
                match code { $($code => Self::$variant,)* other => Self::Unknown(other) }
            }

            /// Kafka's word, for example `DESCRIBE_CONFIGS`.
            #[must_use]
            pub fn word(self) -> &'static str {
                match self { $(Self::$variant => $word,)* Self::Unknown(_) => "UNKNOWN" }
            }

            /// From Kafka's word.
            #[must_use]
            pub fn from_word(word: &str) -> Option<Self> {
                match word { $($word => Some(Self::$variant),)* _ => None }
            }
        }
    };
}

wire_enum! {
    /// What an ACL is about.
    AclResource {
        /// Only in filters.
        Any = 1 "ANY",
        /// Topic.
        Topic = 2 "TOPIC",
        /// Consumer group.
        Group = 3 "GROUP",
        /// The cluster (`kafka-cluster`).
        Cluster = 4 "CLUSTER",
        /// Transactional id.
        TransactionalId = 5 "TRANSACTIONAL_ID",
        /// Delegation token.
        DelegationToken = 6 "DELEGATION_TOKEN",
        /// User.
        User = 7 "USER",
    }
}

wire_enum! {
    /// How an ACL's resource name is meant.
    AclPattern {
        /// Only in filters: any.
        Any = 1 "ANY",
        /// Only in filters: everything that applies to the name.
        Match = 2 "MATCH",
        /// The name itself, or `*`.
        Literal = 3 "LITERAL",
        /// Everything that starts with it.
        Prefixed = 4 "PREFIXED",
    }
}

wire_enum! {
    /// An operation.
    AclOperation {
        /// Only in filters.
        Any = 1 "ANY",
        /// Every operation.
        All = 2 "ALL",
        /// Read.
        Read = 3 "READ",
        /// Write.
        Write = 4 "WRITE",
        /// Create.
        Create = 5 "CREATE",
        /// Delete.
        Delete = 6 "DELETE",
        /// Alter.
        Alter = 7 "ALTER",
        /// Describe.
        Describe = 8 "DESCRIBE",
        /// Cluster action.
        ClusterAction = 9 "CLUSTER_ACTION",
        /// Describe configs.
        DescribeConfigs = 10 "DESCRIBE_CONFIGS",
        /// Alter configs.
        AlterConfigs = 11 "ALTER_CONFIGS",
        /// Idempotent write.
        IdempotentWrite = 12 "IDEMPOTENT_WRITE",
        /// Create tokens.
        CreateTokens = 13 "CREATE_TOKENS",
        /// Describe tokens.
        DescribeTokens = 14 "DESCRIBE_TOKENS",
        /// Two-phase commit.
        TwoPhaseCommit = 15 "TWO_PHASE_COMMIT",
    }
}

wire_enum! {
    /// Allow or deny.
    AclPermission {
        /// Only in filters.
        Any = 1 "ANY",
        /// Deny.
        Deny = 2 "DENY",
        /// Allow.
        Allow = 3 "ALLOW",
    }
}

/// The operations in a bit field of authorized operations (KIP-430); `None` if the broker did not fill it in.
pub(crate) fn operations(bits: i32) -> Option<Vec<AclOperation>> {
    (bits != i32::MIN).then(|| {
        let set = (1_i8..32).filter(|bit| bits & (1 << bit) != 0);
        set.map(AclOperation::from_code).collect()
    })
}

/// An ACL.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct AclBinding {
    /// Kind of resource.
    pub resource: AclResource,
    /// Its name or prefix.
    pub name: String,
    /// Which of the two.
    pub pattern: AclPattern,
    /// `User:alice`.
    pub principal: String,
    /// Client host, `*` for all.
    pub host: String,
    /// Operation.
    pub operation: AclOperation,
    /// Allow or deny.
    pub permission: AclPermission,
}

/// Which ACLs. `None` and `Any` match everything.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AclFilter {
    /// Kind of resource.
    pub resource: AclResource,
    /// Its name.
    pub name: Option<String>,
    /// How the name is meant.
    pub pattern: AclPattern,
    /// Principal.
    pub principal: Option<String>,
    /// Client host.
    pub host: Option<String>,
    /// Operation.
    pub operation: AclOperation,
    /// Allow or deny.
    pub permission: AclPermission,
}

impl Default for AclFilter {
    fn default() -> Self {
        Self {
            resource: AclResource::Any,
            name: None,
            pattern: AclPattern::Any,
            principal: None,
            host: None,
            operation: AclOperation::Any,
            permission: AclPermission::Any,
        }
    }
}

impl Client {
    /// ACLs that match.
    ///
    /// # Errors
    /// When no broker answers; `SECURITY_DISABLED` without authorizer; `CLUSTER_AUTHORIZATION_FAILED`.
    pub async fn describe_acls(&self, filter: &AclFilter) -> Result<Vec<AclBinding>> {
        let response = self
            .call::<DescribeAclsRequest>(
                &Call::ask(Route::Any, Asked::new("DescribeAcls")),
                |_| {
                    DescribeAclsRequest::default()
                        .with_resource_type_filter(filter.resource.code())
                        .with_resource_name_filter(filter.name.as_deref().map(wire))
                        .with_pattern_type_filter(filter.pattern.code())
                        .with_principal_filter(filter.principal.as_deref().map(wire))
                        .with_host_filter(filter.host.as_deref().map(wire))
                        .with_operation(filter.operation.code())
                        .with_permission_type(filter.permission.code())
                },
                |response| {
                    ErrorCode::from_wire(response.error_code)
                        .map(|code| (code.0, words(response.error_message.as_ref())))
                },
            )
            .await?;
        let mut bindings: Vec<AclBinding> = response
            .resources
            .iter()
            .flat_map(|resource| {
                resource.acls.iter().map(|acl| AclBinding {
                    resource: AclResource::from_code(resource.resource_type),
                    name: resource.resource_name.to_string(),
                    pattern: AclPattern::from_code(resource.pattern_type),
                    principal: acl.principal.to_string(),
                    host: acl.host.to_string(),
                    operation: AclOperation::from_code(acl.operation),
                    permission: AclPermission::from_code(acl.permission_type),
                })
            })
            .collect();
        bindings.sort();
        Ok(bindings)
    }

    /// Creates ACLs; one answer per binding, in order.
    ///
    /// # Errors
    /// When the controller cannot be reached; per binding, the broker's error.
    pub async fn create_acls(&self, bindings: &[AclBinding]) -> Result<Vec<Result<()>>> {
        // Creating an ACL that exists changes nothing, so it may be repeated.
        let response = self
            .call::<CreateAclsRequest>(
                &Call::ask(Route::Controller, Asked::new("CreateAcls")),
                |_| {
                    let creations = bindings.iter().map(creation).collect();
                    CreateAclsRequest::default().with_creations(creations)
                },
                ok,
            )
            .await?;
        let results = bindings.iter().zip(&response.results).map(|(binding, result)| {
            let asked = || Asked::new("CreateAcls").about(binding.to_string());
            outcome(result.error_code, result.error_message.as_ref(), asked)
        });
        Ok(results.collect())
    }

    /// Deletes ACLs; per filter, the ACLs that were deleted, each with its own failure if it stayed.
    ///
    /// # Errors
    /// When the controller cannot be reached; per filter, the broker's error.
    pub async fn delete_acls(
        &self,
        filters: &[AclFilter],
    ) -> Result<Vec<Result<Vec<(AclBinding, Result<()>)>>>> {
        // Repeated after a lost answer it would report nothing deleted.
        let response = self
            .call::<DeleteAclsRequest>(
                &Call::change(Route::Controller, Asked::new("DeleteAcls")),
                |_| {
                    let filters = filters.iter().map(deletion).collect();
                    DeleteAclsRequest::default().with_filters(filters)
                },
                ok,
            )
            .await?;
        let results = response.filter_results.iter().map(|result| {
            let asked = || Asked::new("DeleteAcls");
            outcome(result.error_code, result.error_message.as_ref(), asked)?;
            let deleted = result.matching_acls.iter().map(|acl| {
                let binding = matched(acl);
                let asked = || Asked::new("DeleteAcls").about(binding.to_string());
                let result = outcome(acl.error_code, acl.error_message.as_ref(), asked);
                (binding, result)
            });
            Ok(deleted.collect())
        });
        Ok(results.collect())
    }
}

impl std::fmt::Display for AclBinding {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { resource, name, pattern, principal, host, operation, permission } = self;
        write!(
            f,
            "{} {principal} from {host} {} on {} {} {name}",
            permission.word(),
            operation.word(),
            pattern.word(),
            resource.word()
        )
    }
}

fn creation(binding: &AclBinding) -> AclCreation {
    AclCreation::default()
        .with_resource_type(binding.resource.code())
        .with_resource_name(wire(&binding.name))
        .with_resource_pattern_type(binding.pattern.code())
        .with_principal(wire(&binding.principal))
        .with_host(wire(&binding.host))
        .with_operation(binding.operation.code())
        .with_permission_type(binding.permission.code())
}

fn deletion(filter: &AclFilter) -> DeleteAclsFilter {
    DeleteAclsFilter::default()
        .with_resource_type_filter(filter.resource.code())
        .with_resource_name_filter(filter.name.as_deref().map(wire))
        .with_pattern_type_filter(filter.pattern.code())
        .with_principal_filter(filter.principal.as_deref().map(wire))
        .with_host_filter(filter.host.as_deref().map(wire))
        .with_operation(filter.operation.code())
        .with_permission_type(filter.permission.code())
}

fn matched(acl: &DeleteAclsMatchingAcl) -> AclBinding {
    AclBinding {
        resource: AclResource::from_code(acl.resource_type),
        name: acl.resource_name.to_string(),
        pattern: AclPattern::from_code(acl.pattern_type),
        principal: acl.principal.to_string(),
        host: acl.host.to_string(),
        operation: AclOperation::from_code(acl.operation),
        permission: AclPermission::from_code(acl.permission_type),
    }
}
