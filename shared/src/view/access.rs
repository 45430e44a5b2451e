//! Users, ACLs and the principals of links as the console shows them.

use serde::{Deserialize, Serialize};

use crate::access::{Acl, GrantSide, ScramMechanism};
use crate::link::LinkName;
use crate::names::ClusterName;

/// The SCRAM users of a cluster.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UsersView {
    /// The users, by name.
    pub users: Vec<UserRow>,
    /// The SCRAM mechanisms that a listener of some broker offers; none when that cannot be read. Credentials
    /// of others are kept and of no use.
    pub offered: Option<Vec<ScramMechanism>>,
    /// Who the gateway is on this cluster; none when it cannot be told from its settings.
    pub gateway: Option<String>,
}

/// A user with SCRAM credentials.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UserRow {
    /// Its name.
    pub name: String,
    /// Its credentials; salts and keys never leave the cluster.
    pub credentials: Vec<CredentialRow>,
}

/// A credential of a user.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CredentialRow {
    /// Its mechanism.
    pub mechanism: ScramMechanism,
    /// Its iterations.
    pub iterations: i32,
}

/// ACLs of a cluster.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AclsView {
    /// Whether the cluster has an authorizer at all; without one everybody may everything.
    pub has_authorizer: bool,
    /// The ACLs that were asked for, sorted; at most five thousand.
    pub acls: Vec<Acl>,
    /// How many there are.
    pub total: u32,
    /// ACLs of kinds that this version does not know; they are not among `acls`.
    pub n_unknown: u32,
    /// Who the gateway is on this cluster; none when it cannot be told from its settings.
    pub gateway: Option<String>,
}

/// What came of creating or deleting one ACL.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AclResultRow {
    /// The ACL.
    pub acl: Acl,
    /// Why it was not done, with the remedy; none when it was.
    pub error: Option<String>,
}

/// Who a link is on one of its clusters.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LinkPrincipalRow {
    /// The cluster the half lives on.
    pub cluster: ClusterName,
    /// The link.
    pub link: LinkName,
    /// The cluster the principal is used on, if it is one of this gateway.
    pub on: Option<ClusterName>,
    /// What it is used for there.
    pub side: GrantSide,
    /// The principal, e.g. `User:cp-to-cloud-link`; none when it cannot be told from the configs.
    pub principal: Option<String>,
    /// Whether it is the gateway's own login: this half has none of its own there.
    pub is_gateway: bool,
}
