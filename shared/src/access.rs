//! Who may do what on a cluster: ACLs, users, what an authorizer decides, and what a link needs.
//!
//! All of it is pure, so the gateway and the console decide by the same rules.

mod acl;
mod decide;
mod draft;
mod grants;

pub use acl::{
    Acl, AclOperation, AclPattern, AclPermission, AclResource, AclSelection, CLUSTER_NAME,
    EVERYBODY, ScramMechanism, WILDCARD, principal_of,
};
pub use decide::{Authority, Decision, Ground};
pub use draft::{ITERATIONS, UserDraft, UserSpec};
pub use grants::{Grant, GrantScope, GrantSide, NamePattern, missing, needed};
