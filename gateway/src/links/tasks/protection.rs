//! Keeps others from writing to mirrors where the destination has an authorizer.
//!
//! Kafka has no read-only topics. Whoever holds ALLOW WRITE on a mirror by an ACL of its own gets a DENY on
//! exactly that topic; a new principal has no right to write where nothing allows it. `User:*` cannot be
//! denied without shutting out the link itself, so it is told. Writes that come all the same are detected by
//! the engine.

use drawbridge_kafka::{
    Client, Error, ErrorCode,
    admin::acls::{AclBinding, AclFilter, AclOperation, AclPattern, AclPermission, AclResource},
};

/// What keeps others from writing to a mirror.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(in crate::links) struct Protection {
    /// Principals that are denied by an ACL of the link.
    pub(in crate::links) denied: Vec<String>,
    /// Why somebody may still be able to write; none when nobody is known to.
    pub(in crate::links) gap: Option<String>,
}

const EVERYBODY: &str = "User:*";

/// Denies WRITE on `topic` to everybody who is allowed to, but the link's own principal.
pub(in crate::links) async fn protect(
    sink: &Client,
    topic: &str,
    denied_before: &[String],
) -> Protection {
    let gap = |why: String| Protection { denied: denied_before.to_vec(), gap: Some(why) };
    let Some(own) = sink.settings().principal() else {
        return gap(
            "the link's own principal is not known, so no ACL is set; a foreign write is detected and fails the mirror"
                .to_owned(),
        );
    };
    let writers = match writers(sink, topic).await {
        Ok(writers) => writers,
        Err(error) if error.code() == Some(ErrorCode::SECURITY_DISABLED) => {
            return gap(
                "the cluster has no authorizer, so anybody may write; a foreign write is detected and fails the mirror"
                    .to_owned(),
            );
        }
        Err(error) => {
            return gap(format!(
                "ACLs cannot be read: {error}. A foreign write is detected and fails the mirror"
            ));
        }
    };
    let mut protection = Protection { denied: denied_before.to_vec(), gap: None };
    let mut deny = Vec::new();
    for writer in writers {
        if writer == own || protection.denied.contains(&writer) {
            continue;
        }
        if writer == EVERYBODY {
            protection.gap = Some(format!(
                "{EVERYBODY} is allowed to write by an ACL, which cannot be denied without shutting out the link; a foreign write is detected and fails the mirror"
            ));
        } else {
            deny.push(writer);
        }
    }
    let bindings: Vec<AclBinding> = deny.iter().map(|writer| binding(topic, writer)).collect();
    if bindings.is_empty() {
        return protection;
    }
    match sink.create_acls(&bindings).await {
        Ok(outcomes) => {
            for (writer, outcome) in deny.into_iter().zip(outcomes) {
                match outcome {
                    Ok(()) => protection.denied.push(writer),
                    Err(error) => protection.gap = Some(cannot(&writer, &error)),
                }
            }
        }
        Err(error) => protection.gap = Some(cannot("the others", &error)),
    }
    protection
}

fn cannot(whom: &str, error: &Error) -> String {
    format!(
        "{whom} cannot be kept from writing: {error}. Grant the link's principal ALTER on the cluster; a foreign write is detected and fails the mirror"
    )
}

async fn writers(sink: &Client, topic: &str) -> Result<Vec<String>, Error> {
    let filter = AclFilter {
        resource: AclResource::Topic,
        name: Some(topic.to_owned()),
        pattern: AclPattern::Match,
        permission: AclPermission::Allow,
        ..AclFilter::default()
    };
    let mut writers: Vec<String> = sink
        .describe_acls(&filter)
        .await?
        .into_iter()
        .filter(|acl| matches!(acl.operation, AclOperation::Write | AclOperation::All))
        .map(|acl| acl.principal)
        .collect();
    writers.sort();
    writers.dedup();
    Ok(writers)
}

fn binding(topic: &str, principal: &str) -> AclBinding {
    AclBinding {
        resource: AclResource::Topic,
        name: topic.to_owned(),
        pattern: AclPattern::Literal,
        principal: principal.to_owned(),
        host: "*".to_owned(),
        operation: AclOperation::Write,
        permission: AclPermission::Deny,
    }
}

/// Takes the denials of a mirror back: it is an ordinary topic now.
///
/// # Errors
/// The broker's; what could not be taken back keeps those principals from writing.
pub(in crate::links) async fn release(
    sink: &Client,
    topic: &str,
    denied: &[String],
) -> Result<(), Error> {
    let filters: Vec<AclFilter> = denied
        .iter()
        .map(|principal| AclFilter {
            resource: AclResource::Topic,
            name: Some(topic.to_owned()),
            pattern: AclPattern::Literal,
            principal: Some(principal.clone()),
            host: Some("*".to_owned()),
            operation: AclOperation::Write,
            permission: AclPermission::Deny,
        })
        .collect();
    if filters.is_empty() {
        return Ok(());
    }
    for outcome in sink.delete_acls(&filters).await? {
        for (_, deleted) in outcome? {
            deleted?;
        }
    }
    Ok(())
}
