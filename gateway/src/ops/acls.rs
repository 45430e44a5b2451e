//! ACLs: list, create, delete.

use std::time::Duration;

use drawbridge_kafka::{
    Client, Error, ErrorCode as Kafka,
    admin::acls::{self as wire, AclBinding, AclFilter},
};
use drawbridge_shared::{
    access::{Acl, AclOperation, AclPattern, AclPermission, AclResource, AclSelection, EVERYBODY},
    draft::FieldError,
    view::{AclResultRow, AclsView, Severity},
};

use crate::{
    activity::Change,
    clusters::Cluster,
    notices::Notices,
    refusal::{Doing, Refusal, refuse},
};

/// More ACLs than this are not sent to a browser.
const MOST: usize = 5_000;
/// How often and at what distance a broker is asked whether it knows what was changed.
const LOOKS: u32 = 20;
const LOOK: Duration = Duration::from_millis(50);
/// More ACLs than this are not created or deleted at once.
const MOST_AT_ONCE: usize = 500;

/// The ACLs that were asked for, and whether the cluster has an authorizer at all.
///
/// # Errors
/// `Denied` without DESCRIBE on the cluster; `Unavailable` while the cluster is down.
pub async fn list(cluster: &Cluster, selection: &AclSelection) -> Result<AclsView, Refusal> {
    let mut view = AclsView {
        has_authorizer: true,
        acls: Vec::new(),
        total: 0,
        n_unknown: 0,
        gateway: cluster.spec().settings.principal(),
    };
    let mut found = match find(cluster, &filter_of(selection)).await {
        Ok(found) => found,
        Err(refusal) if refusal.kafka == Some(Kafka::SECURITY_DISABLED) => {
            view.has_authorizer = false;
            return Ok(view);
        }
        Err(refusal) => return Err(refusal),
    };
    // Who asks about a principal asks what it may, and it may what everybody may.
    if let Some(principal) = &selection.principal {
        found.retain(|acl| acl.principal == *principal || acl.principal == EVERYBODY);
    }
    let known: Vec<Acl> = found.iter().filter_map(shown).collect();
    view.n_unknown = count(found.len() - known.len());
    view.total = count(known.len());
    view.acls = known;
    view.acls.sort();
    view.acls.truncate(MOST);
    Ok(view)
}

fn count(n: usize) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX)
}

fn filter_of(selection: &AclSelection) -> AclFilter {
    let mut filter = AclFilter::default();
    if let Some(resource) = selection.resource {
        filter.resource = resource_of(resource);
    }
    if let Some(name) = &selection.name {
        filter.name = Some(name.clone());
        filter.pattern = wire::AclPattern::Match;
    }
    filter
}

/// The bindings that match a filter, sorted.
///
/// # Errors
/// As [`list`], and `Unsupported` without an authorizer.
pub async fn find(cluster: &Cluster, filter: &AclFilter) -> Result<Vec<AclBinding>, Refusal> {
    let doing = Doing::on_cluster("list its ACLs", "DESCRIBE");
    cluster
        .client()?
        .describe_acls(filter)
        .await
        .map_err(|error| refuse(&cluster.spec().name, &doing, &error))
}

/// Creates ACLs; each is there or is not, whatever becomes of the others.
///
/// # Errors
/// Wrong fields, before anything was created; what the broker refuses of all of them.
pub async fn create(
    cluster: &Cluster,
    notices: &Notices,
    acls: &[Acl],
) -> Result<Vec<AclResultRow>, Refusal> {
    let checked = checked(acls)?;
    let created = try_create(cluster, &checked).await;
    told(cluster, notices, "create", &checked, &created);
    created
}

async fn try_create(cluster: &Cluster, acls: &[Acl]) -> Result<Vec<AclResultRow>, Refusal> {
    let bindings: Vec<AclBinding> = acls.iter().map(binding).collect();
    let doing = Doing::on_cluster(format!("create {}", number(acls.len())), "ALTER");
    let client = cluster.confirmed().await?;
    let name = &cluster.spec().name;
    let outcomes =
        client.create_acls(&bindings).await.map_err(|error| refuse(name, &doing, &error))?;
    if outcomes.iter().all(Result::is_ok)
        && let Some(last) = bindings.last()
    {
        seen(client, last, true).await;
    }
    let mut outcomes = outcomes.into_iter();
    let results = acls.iter().map(|acl| (acl.clone(), outcomes.next().unwrap_or_else(no_answer)));
    rows(cluster, &doing, results.collect())
}

/// Waits a moment until a broker tells of what the controller has taken, so that who looks next sees it.
async fn seen(client: &Client, binding: &AclBinding, is_there: bool) {
    let filter = exactly(binding);
    for _ in 0..LOOKS {
        match client.describe_acls(&filter).await {
            Ok(found) if found.is_empty() == is_there => tokio::time::sleep(LOOK).await,
            Ok(_) | Err(_) => return,
        }
    }
}

/// Deletes exactly these ACLs; one that is not there is done.
///
/// # Errors
/// What the broker refuses of all of them.
pub async fn delete(
    cluster: &Cluster,
    notices: &Notices,
    acls: &[Acl],
) -> Result<Vec<AclResultRow>, Refusal> {
    limited(acls)?;
    let deleted = try_delete(cluster, acls).await;
    told(cluster, notices, "delete", acls, &deleted);
    deleted
}

async fn try_delete(cluster: &Cluster, acls: &[Acl]) -> Result<Vec<AclResultRow>, Refusal> {
    let filters: Vec<AclFilter> = acls.iter().map(|acl| exactly(&binding(acl))).collect();
    let doing = Doing::on_cluster(format!("delete {}", number(acls.len())), "ALTER");
    let outcomes = remove(cluster, &doing, &filters).await?;
    if let Some(last) = acls.last() {
        seen(cluster.client()?, &binding(last), false).await;
    }
    let mut outcomes = outcomes.into_iter();
    let of = |acl: &Acl| {
        let outcome = match outcomes.next() {
            Some(Ok(gone)) => gone.into_iter().try_for_each(|(_, outcome)| outcome),
            Some(Err(error)) => Err(error),
            None => no_answer(),
        };
        (acl.clone(), outcome)
    };
    rows(cluster, &doing, acls.iter().map(of).collect())
}

/// Deletes what matches a filter and says what it was.
///
/// # Errors
/// The broker's refusal; then some of them may be gone.
pub async fn delete_matching(
    cluster: &Cluster,
    notices: &Notices,
    filter: &AclFilter,
) -> Result<Vec<AclBinding>, Refusal> {
    let doing = Doing::on_cluster("delete ACLs", "ALTER");
    let mut deleted = Vec::new();
    let refused = |error: &Error| refuse(&cluster.spec().name, &doing, error);
    let outcome = async {
        for outcome in remove(cluster, &doing, std::slice::from_ref(filter)).await? {
            for (acl, outcome) in outcome.map_err(|error| refused(&error))? {
                outcome.map_err(|error| refused(&error))?;
                deleted.push(acl);
            }
        }
        Ok(())
    };
    let outcome = outcome.await;
    let gone = deleted.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ");
    let change = Change::on(&cluster.spec().name, format!("delete {}", number(deleted.len())));
    notices.activity().told(change.from_to(Some(gone), None), &outcome);
    outcome.map(|()| deleted)
}

type Removed = Vec<Result<Vec<(AclBinding, Result<(), Error>)>, Error>>;

async fn remove(
    cluster: &Cluster,
    doing: &Doing,
    filters: &[AclFilter],
) -> Result<Removed, Refusal> {
    let client = cluster.confirmed().await?;
    client.delete_acls(filters).await.map_err(|error| refuse(&cluster.spec().name, doing, &error))
}

/// Checks all of them before any is sent; a fault is told at the field of its ACL, `acls.3.name`.
fn checked(acls: &[Acl]) -> Result<Vec<Acl>, Refusal> {
    limited(acls)?;
    let (mut good, mut faults) = (Vec::new(), Vec::new());
    for (at, acl) in acls.iter().enumerate() {
        match acl.validate() {
            Ok(acl) => good.push(acl),
            Err(errors) if acls.len() == 1 => faults.extend(errors),
            Err(errors) => faults.extend(errors.into_iter().map(|error| {
                FieldError::new(&format!("acls.{at}.{}", error.field), error.message)
            })),
        }
    }
    if faults.is_empty() { Ok(good) } else { Err(Refusal::of_fields(faults)) }
}

fn limited(acls: &[Acl]) -> Result<(), Refusal> {
    let wrong = |message: String| Err(Refusal::of_fields(vec![FieldError::new("acls", message)]));
    match acls.len() {
        0 => wrong("no ACL is named; name at least one".to_owned()),
        n if n > MOST_AT_ONCE => wrong(format!("{n} ACLs at once; at most {MOST_AT_ONCE}")),
        _ => Ok(()),
    }
}

/// A row for each; one refusal for all when none was done and the reasons are the same.
fn rows(
    cluster: &Cluster,
    doing: &Doing,
    results: Vec<(Acl, Result<(), Error>)>,
) -> Result<Vec<AclResultRow>, Refusal> {
    let name = &cluster.spec().name;
    let code = |result: &Result<(), Error>| result.as_ref().err().map(Error::code);
    if let Some((_, Err(error))) = results.first()
        && results.iter().all(|(_, result)| code(result) == Some(error.code()))
    {
        return Err(refuse(name, doing, error));
    }
    let row = |(acl, result): (Acl, Result<(), Error>)| AclResultRow {
        acl,
        error: result.err().map(|error| refuse(name, doing, &error).in_full()),
    };
    Ok(results.into_iter().map(row).collect())
}

fn told(
    cluster: &Cluster,
    notices: &Notices,
    verb: &str,
    acls: &[Acl],
    result: &Result<Vec<AclResultRow>, Refusal>,
) {
    let name = &cluster.spec().name;
    let change = Change::on(name, format!("{verb} {}", number(acls.len())));
    let words = acls.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ");
    let change = match verb {
        "create" => change.from_to(None, Some(words)),
        _ => change.from_to(Some(words), None),
    };
    let refused = match result {
        Ok(rows) => {
            let mut errors = rows.iter().filter_map(|row| row.error.as_ref());
            errors.next().map(|first| {
                format!("{} of {} were not done: {first}", errors.count() + 1, rows.len())
            })
        }
        Err(refusal) => Some(refusal.in_full()),
    };
    if refused.is_none() {
        let message = format!("{}: {verb}d", number(acls.len()));
        notices.push(Severity::Info, name, None, message);
    }
    notices.activity().told_in_words(change, refused);
}

fn number(n: usize) -> String {
    if n == 1 { "1 ACL".to_owned() } else { format!("{n} ACLs") }
}

fn no_answer<T>() -> Result<T, Error> {
    Err(Error::Protocol {
        asked: drawbridge_kafka::Asked::new("Acls"),
        what: "the answer does not mention what was asked about".to_owned(),
        remedy: "Try again; if it stays, look into the brokers' logs.".to_owned(),
    })
}

/// The filter that matches this binding alone.
#[must_use]
pub fn exactly(binding: &AclBinding) -> AclFilter {
    AclFilter {
        resource: binding.resource,
        name: Some(binding.name.clone()),
        pattern: binding.pattern,
        principal: Some(binding.principal.clone()),
        host: Some(binding.host.clone()),
        operation: binding.operation,
        permission: binding.permission,
    }
}

fn resource_of(resource: AclResource) -> wire::AclResource {
    wire::AclResource::from_word(resource.as_str()).unwrap_or(wire::AclResource::Unknown(0))
}

/// An ACL as it goes to a broker.
#[must_use]
pub fn binding(acl: &Acl) -> AclBinding {
    AclBinding {
        resource: resource_of(acl.resource),
        name: acl.name.clone(),
        pattern: match acl.pattern {
            AclPattern::Literal => wire::AclPattern::Literal,
            AclPattern::Prefixed => wire::AclPattern::Prefixed,
        },
        principal: acl.principal.clone(),
        host: acl.host.clone(),
        operation: wire::AclOperation::from_word(acl.operation.as_str())
            .unwrap_or(wire::AclOperation::Unknown(0)),
        permission: match acl.permission {
            AclPermission::Allow => wire::AclPermission::Allow,
            AclPermission::Deny => wire::AclPermission::Deny,
        },
    }
}

/// An ACL as a broker tells it; none for one of a kind that is not known here.
#[must_use]
pub fn shown(binding: &AclBinding) -> Option<Acl> {
    Some(Acl {
        principal: binding.principal.clone(),
        permission: AclPermission::from_word(binding.permission.word())?,
        resource: AclResource::from_word(binding.resource.word())?,
        pattern: AclPattern::from_word(binding.pattern.word())?,
        name: binding.name.clone(),
        operation: AclOperation::from_word(binding.operation.word())?,
        host: binding.host.clone(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_acl_is_the_same_on_both_sides() {
        for resource in AclResource::ALL {
            for operation in AclOperation::ALL {
                for pattern in AclPattern::ALL {
                    let acl = Acl::allow("User:a", *resource, *pattern, "n", *operation);
                    assert_eq!(shown(&binding(&acl)), Some(acl));
                }
            }
        }
    }

    #[test]
    fn a_fault_in_one_of_several_is_told_at_its_place() {
        let good =
            Acl::allow("User:a", AclResource::Topic, AclPattern::Literal, "t", AclOperation::Read);
        let bad = Acl { principal: "a".into(), ..good.clone() };
        let fields = |acls: &[Acl]| checked(acls).unwrap_err().fields[0].field.clone();
        assert_eq!(fields(&[good, bad.clone()]), "acls.1.principal");
        assert_eq!(fields(&[bad]), "principal");
        assert_eq!(fields(&[]), "acls");
    }
}
