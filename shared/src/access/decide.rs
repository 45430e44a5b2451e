//! What an authorizer decides, by the rules of Kafka's `StandardAuthorizer`.
//!
//! A DENY that applies wins over every ALLOW; READ, WRITE, DELETE and ALTER bring DESCRIBE along, and
//! ALTER_CONFIGS brings DESCRIBE_CONFIGS, but a DENY brings nothing along. Super users pass every check; brokers
//! tell nobody who they are, nor whether `allow.everyone.if.no.acl.found` is set.

use super::acl::{
    Acl, AclOperation, AclPermission, AclResource, CLUSTER_NAME, EVERYBODY, WILDCARD,
};

/// What an authorizer goes by.
#[derive(Debug, Clone, Copy, Default)]
pub struct Authority<'a> {
    /// The cluster's ACLs, or those of them that can matter for who is asked about.
    pub acls: &'a [Acl],
}

/// Why something is allowed or not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ground {
    /// This ACL allows or denies it.
    Acl(Acl),
    /// The resource has no ACL of anybody: nobody may, unless `allow.everyone.if.no.acl.found` is set.
    NoAcl,
    /// There are ACLs, and none of them allows it.
    Nothing,
}

/// What is decided about one operation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decision {
    /// Whether it is allowed.
    pub is_allowed: bool,
    /// Why.
    pub ground: Ground,
    /// ACLs that would decide otherwise for clients at some address, when no address was asked about.
    pub elsewhere: Vec<Acl>,
}

/// The operations that are allowed along with `operation`.
fn brings(operation: AclOperation, along: AclOperation) -> bool {
    use AclOperation as Op;
    match along {
        Op::Describe => matches!(operation, Op::Read | Op::Write | Op::Delete | Op::Alter),
        Op::DescribeConfigs => operation == Op::AlterConfigs,
        _ => false,
    }
}

fn speaks_of(acl: &Acl, operation: AclOperation) -> bool {
    acl.operation == operation
        || acl.operation == AclOperation::All
        || (acl.permission == AclPermission::Allow && brings(acl.operation, operation))
}

impl Authority<'_> {
    /// Decides about an operation on a resource for a client at `host`; without `host`, for one anywhere.
    #[must_use]
    pub fn decide(
        &self,
        principal: &str,
        host: Option<&str>,
        operation: AclOperation,
        resource: AclResource,
        name: &str,
    ) -> Decision {
        let decided = self.by_acls(principal, host, operation, resource, name);
        // Brokers ask for CREATE on the cluster first, and look no further when that is allowed.
        if !decided.is_allowed
            && (resource, operation) == (AclResource::Topic, AclOperation::Create)
        {
            let wider =
                self.by_acls(principal, host, operation, AclResource::Cluster, CLUSTER_NAME);
            if wider.is_allowed {
                return wider;
            }
        }
        decided
    }

    fn by_acls(
        &self,
        principal: &str,
        host: Option<&str>,
        operation: AclOperation,
        resource: AclResource,
        name: &str,
    ) -> Decision {
        let about: Vec<&Acl> = self.acls.iter().filter(|acl| acl.covers(resource, name)).collect();
        let mine: Vec<&Acl> = about
            .iter()
            .copied()
            .filter(|acl| acl.principal == principal || acl.principal == EVERYBODY)
            .filter(|acl| speaks_of(acl, operation))
            .collect();
        let is_here = |acl: &Acl| acl.host == WILDCARD || host == Some(&*acl.host);
        let find = |permission| {
            mine.iter().copied().find(|acl| acl.permission == permission && is_here(acl))
        };
        let (is_allowed, ground) = match (find(AclPermission::Deny), find(AclPermission::Allow)) {
            (Some(acl), _) => (false, Ground::Acl(acl.clone())),
            (None, Some(acl)) => (true, Ground::Acl(acl.clone())),
            (None, None) if about.is_empty() => (false, Ground::NoAcl),
            (None, None) => (false, Ground::Nothing),
        };
        let is_otherwise = |acl: &&Acl| match (&ground, is_allowed) {
            (Ground::Acl(_), false) => false,
            (_, true) => acl.permission == AclPermission::Deny,
            (_, false) => acl.permission == AclPermission::Allow,
        };
        let elsewhere = mine
            .iter()
            .copied()
            .filter(|acl| host.is_none() && acl.host != WILDCARD)
            .filter(is_otherwise)
            .cloned()
            .collect();
        Decision { is_allowed, ground, elsewhere }
    }

    /// Decides about every operation that means something on a resource.
    #[must_use]
    pub fn rights(
        &self,
        principal: &str,
        host: Option<&str>,
        resource: AclResource,
        name: &str,
    ) -> Vec<(AclOperation, Decision)> {
        let all = resource.operations().iter();
        all.map(|operation| (*operation, self.decide(principal, host, *operation, resource, name)))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::super::acl::AclPattern;
    use super::*;
    use AclOperation as Op;

    fn allow(who: &str, operation: Op, name: &str) -> Acl {
        Acl::allow(who, AclResource::Topic, AclPattern::Literal, name, operation)
    }

    fn deny(who: &str, operation: Op, name: &str) -> Acl {
        Acl { permission: AclPermission::Deny, ..allow(who, operation, name) }
    }

    fn may(acls: &[Acl], operation: Op, topic: &str) -> bool {
        let authority = Authority { acls };
        authority.decide("User:a", None, operation, AclResource::Topic, topic).is_allowed
    }

    #[test]
    fn a_deny_wins_over_every_allow_whoever_and_whatever_it_names() {
        for denial in [
            deny("User:a", Op::Read, "t"),
            deny("User:*", Op::Read, "t"),
            deny("User:a", Op::All, "*"),
            Acl { pattern: AclPattern::Prefixed, ..deny("User:a", Op::Read, "") },
        ] {
            let acls = [allow("User:a", Op::All, "t"), denial];
            assert!(!may(&acls, Op::Read, "t"), "{acls:?}");
        }
        let acls = [allow("User:a", Op::All, "t"), deny("User:b", Op::Read, "t")];
        assert!(may(&acls, Op::Read, "t"), "somebody else's");
    }

    #[test]
    fn a_deny_brings_nothing_along() {
        let acls = [allow("User:a", Op::Describe, "t"), deny("User:a", Op::Read, "t")];
        assert!(may(&acls, Op::Describe, "t"));
        let acls = [allow("User:a", Op::Read, "t"), deny("User:a", Op::Describe, "t")];
        assert!(may(&acls, Op::Read, "t") && !may(&acls, Op::Describe, "t"));
    }

    #[test]
    fn some_operations_bring_others_along() {
        for operation in [Op::Read, Op::Write, Op::Delete, Op::Alter, Op::All] {
            assert!(may(&[allow("User:a", operation, "t")], Op::Describe, "t"), "{operation}");
        }
        for operation in [Op::Create, Op::AlterConfigs, Op::DescribeConfigs] {
            assert!(!may(&[allow("User:a", operation, "t")], Op::Describe, "t"), "{operation}");
        }
        assert!(may(&[allow("User:a", Op::AlterConfigs, "t")], Op::DescribeConfigs, "t"));
        assert!(!may(&[allow("User:a", Op::Alter, "t")], Op::DescribeConfigs, "t"));
    }

    #[test]
    fn names_are_meant_literally_as_prefix_or_as_all() {
        assert!(may(&[allow("User:a", Op::Read, "*")], Op::Read, "anything"));
        assert!(!may(&[allow("User:a", Op::Read, "orders")], Op::Read, "orders.eu"));
        let prefixed = Acl { pattern: AclPattern::Prefixed, ..allow("User:a", Op::Read, "orders") };
        assert!(may(std::slice::from_ref(&prefixed), Op::Read, "orders.eu"));
        assert!(may(std::slice::from_ref(&prefixed), Op::Read, "orders"));
        assert!(!may(&[prefixed], Op::Read, "order"));
        let star = Acl { pattern: AclPattern::Prefixed, ..allow("User:a", Op::Read, "*") };
        assert!(!may(&[star], Op::Read, "orders"), "as a prefix, a star is a letter");
        let group = Acl { resource: AclResource::Group, ..allow("User:a", Op::Read, "*") };
        assert!(!may(&[group], Op::Read, "orders"), "another kind of resource");
    }

    #[test]
    fn everybodys_acls_are_everybodys() {
        assert!(may(&[allow("User:*", Op::Read, "t")], Op::Read, "t"));
        assert!(!may(&[allow("User:aa", Op::Read, "t")], Op::Read, "t"));
    }

    #[test]
    fn hosts_count_and_are_told_when_none_is_asked_about() {
        let here = Acl { host: "10.0.0.1".into(), ..allow("User:a", Op::Read, "t") };
        let acls = [here.clone()];
        let authority = Authority { acls: &acls };
        let at = |host| authority.decide("User:a", host, Op::Read, AclResource::Topic, "t");
        assert!(at(Some("10.0.0.1")).is_allowed);
        assert!(!at(Some("10.0.0.2")).is_allowed);
        let anywhere = at(None);
        assert!(!anywhere.is_allowed);
        assert_eq!((anywhere.ground, anywhere.elsewhere), (Ground::Nothing, vec![here]));

        let shut = Acl { host: "10.0.0.9".into(), ..deny("User:a", Op::Read, "t") };
        let acls = [allow("User:a", Op::Read, "t"), shut.clone()];
        let authority = Authority { acls: &acls };
        let anywhere = authority.decide("User:a", None, Op::Read, AclResource::Topic, "t");
        assert!(anywhere.is_allowed);
        assert_eq!(anywhere.elsewhere, [shut]);
    }

    #[test]
    fn create_on_the_cluster_creates_every_topic() {
        let cluster = Acl {
            resource: AclResource::Cluster,
            name: CLUSTER_NAME.into(),
            ..allow("User:a", Op::Create, "")
        };
        assert!(may(std::slice::from_ref(&cluster), Op::Create, "t"));
        assert!(may(&[cluster.clone(), deny("User:a", Op::Create, "t")], Op::Create, "t"));
        assert!(!may(&[cluster], Op::Write, "t"));
    }

    #[test]
    fn a_resource_without_any_acl_is_told_apart() {
        let acls = [allow("User:b", Op::Read, "t")];
        let authority = Authority { acls: &acls };
        let of = |topic| authority.decide("User:a", None, Op::Read, AclResource::Topic, topic);
        assert_eq!((of("t").ground, of("u").ground), (Ground::Nothing, Ground::NoAcl));
    }

    #[test]
    fn every_operation_of_a_resource_is_told_once() {
        let authority = Authority::default();
        let rights = authority.rights("User:a", None, AclResource::Group, "g");
        assert_eq!(rights.len(), AclResource::Group.operations().len());
        assert!(rights.iter().all(|(_, decision)| !decision.is_allowed));
    }
}
