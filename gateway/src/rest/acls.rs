//! ACLs: search, create one or many, delete what matches.

use axum::{
    Json,
    http::{HeaderName, StatusCode, header},
};
use drawbridge_kafka::admin::acls::{
    AclBinding, AclFilter, AclOperation, AclPattern, AclPermission, AclResource,
};
use serde::{Deserialize, Serialize};

use super::{
    Answer, RestError,
    extract::{Asked, Body, Target},
    shapes::{Collection, Hrefs, Resource},
};
use crate::{ops::acls, refusal::Refusal};

#[derive(Debug, Serialize)]
pub(super) struct AclData {
    cluster_id: String,
    resource_type: &'static str,
    resource_name: String,
    pattern_type: &'static str,
    principal: String,
    host: String,
    operation: &'static str,
    permission: &'static str,
}

/// What was deleted; no page, and no address of its own.
#[derive(Debug, Serialize)]
pub(super) struct Deleted {
    data: Vec<Resource<AclData>>,
}

#[derive(Debug, Default, Deserialize)]
pub(super) struct Search {
    resource_type: Option<String>,
    resource_name: Option<String>,
    pattern_type: Option<String>,
    principal: Option<String>,
    host: Option<String>,
    operation: Option<String>,
    permission: Option<String>,
}

#[derive(Debug, Deserialize)]
pub(super) struct CreateAcl {
    resource_type: String,
    resource_name: Option<String>,
    pattern_type: String,
    principal: String,
    host: String,
    operation: String,
    permission: String,
}

#[derive(Debug, Deserialize)]
pub(super) struct CreateAcls {
    data: Vec<CreateAcl>,
}

type Created = Answer<(StatusCode, [(HeaderName, String); 1])>;

pub(super) async fn list(
    target: Target,
    Asked(search): Asked<Search>,
) -> Answer<Json<Collection<AclData>>> {
    let id = target.cluster.cluster_id().unwrap_or_default();
    let found = acls::find(&target.cluster, &search.filter()?).await?;
    let data = found.iter().map(|acl| resource(&target.hrefs, id, acl)).collect();
    Ok(Json(target.hrefs.collection("KafkaAclList", &[id, "acls"], data)))
}

pub(super) async fn create(target: Target, Body(body): Body<CreateAcl>) -> Created {
    create_all(&target, &[body]).await
}

pub(super) async fn create_many(target: Target, Body(body): Body<CreateAcls>) -> Created {
    create_all(&target, &body.data).await
}

async fn create_all(target: &Target, wanted: &[CreateAcl]) -> Created {
    let id = target.cluster.cluster_id().unwrap_or_default();
    let bindings = wanted.iter().map(CreateAcl::binding).collect::<Answer<Vec<_>>>()?;
    let known: Vec<_> = bindings.iter().filter_map(acls::shown).collect();
    let rows = acls::create(&target.cluster, target.clusters.notices(), &known)
        .await
        .map_err(with_fields)?;
    if let Some(row) = rows.iter().find(|row| row.error.is_some()) {
        let why = row.error.as_deref().unwrap_or_default();
        return Err(RestError::invalid(format!("{}: {why}", row.acl)));
    }
    let place = match bindings.as_slice() {
        [only] => url(&target.hrefs, id, only),
        _ => target.hrefs.url(&[id, "acls"]),
    };
    Ok((StatusCode::CREATED, [(header::LOCATION, place)]))
}

/// Here nobody looks at single fields, so their errors are the message.
fn with_fields(mut refusal: Refusal) -> RestError {
    if refusal.fields.len() > 1 {
        let all = refusal.fields.iter().map(|field| format!("{}: {}", field.field, field.message));
        refusal.message = all.collect::<Vec<_>>().join("; ");
    }
    refusal.into()
}

pub(super) async fn delete(target: Target, Asked(search): Asked<Search>) -> Answer<Json<Deleted>> {
    let id = target.cluster.cluster_id().unwrap_or_default();
    for (name, given) in [
        ("resource_type", &search.resource_type),
        ("pattern_type", &search.pattern_type),
        ("operation", &search.operation),
        ("permission", &search.permission),
    ] {
        if given.as_deref().is_none_or(str::is_empty) {
            return Err(RestError::invalid(format!(
                "{name} must be given; ANY matches every one of them"
            )));
        }
    }
    let notices = target.clusters.notices();
    let gone = acls::delete_matching(&target.cluster, notices, &search.filter()?).await?;
    let data = gone.iter().map(|acl| resource(&target.hrefs, id, acl)).collect();
    Ok(Json(Deleted { data }))
}

impl Search {
    fn filter(self) -> Answer<AclFilter> {
        let any = |text: Option<String>| text.filter(|text| !text.is_empty());
        Ok(AclFilter {
            resource: word("resource_type", &any(self.resource_type), AclResource::from_word)?
                .unwrap_or(AclResource::Any),
            name: any(self.resource_name),
            pattern: word("pattern_type", &any(self.pattern_type), AclPattern::from_word)?
                .unwrap_or(AclPattern::Any),
            principal: any(self.principal),
            host: any(self.host),
            operation: word("operation", &any(self.operation), AclOperation::from_word)?
                .unwrap_or(AclOperation::Any),
            permission: word("permission", &any(self.permission), AclPermission::from_word)?
                .unwrap_or(AclPermission::Any),
        })
    }
}

/// Reads a word of an enumeration, in any case of letters.
fn word<T>(
    name: &str,
    text: &Option<String>,
    read: impl Fn(&str) -> Option<T>,
) -> Answer<Option<T>> {
    let Some(text) = text else { return Ok(None) };
    match read(&text.to_ascii_uppercase()) {
        Some(known) => Ok(Some(known)),
        None => Err(RestError::invalid(format!("'{text}' is no {name} that Kafka knows"))),
    }
}

impl CreateAcl {
    fn binding(&self) -> Answer<AclBinding> {
        fn one<T>(name: &str, text: &str, read: impl Fn(&str) -> Option<T>) -> Answer<T> {
            word(name, &Some(text.to_owned()), read)?
                .ok_or_else(|| RestError::invalid(format!("{name} must be given")))
        }
        let resource = one("resource_type", &self.resource_type, AclResource::from_word)?;
        let cluster_name = (resource == AclResource::Cluster)
            .then(|| drawbridge_shared::access::CLUSTER_NAME.to_owned());
        let binding = AclBinding {
            resource,
            name: self.resource_name.clone().or(cluster_name).unwrap_or_default(),
            pattern: one("pattern_type", &self.pattern_type, AclPattern::from_word)?,
            principal: self.principal.clone(),
            host: self.host.clone(),
            operation: one("operation", &self.operation, AclOperation::from_word)?,
            permission: one("permission", &self.permission, AclPermission::from_word)?,
        };
        if acls::shown(&binding).is_none() {
            return Err(RestError::invalid(
                "ANY and MATCH are words of searches; an ACL names what it is about",
            ));
        }
        Ok(binding)
    }
}

fn resource(hrefs: &Hrefs, id: &str, acl: &AclBinding) -> Resource<AclData> {
    let data = AclData {
        cluster_id: id.to_owned(),
        resource_type: acl.resource.word(),
        resource_name: acl.name.clone(),
        pattern_type: acl.pattern.word(),
        principal: acl.principal.clone(),
        host: acl.host.clone(),
        operation: acl.operation.word(),
        permission: acl.permission.word(),
    };
    hrefs.unnamed("KafkaAcl", &[id, &search_of(acl)], data)
}

fn url(hrefs: &Hrefs, id: &str, acl: &AclBinding) -> String {
    hrefs.url(&[id, &search_of(acl)])
}

/// The search that finds this ACL alone.
fn search_of(acl: &AclBinding) -> String {
    let pairs = [
        ("resource_type", acl.resource.word()),
        ("resource_name", &acl.name),
        ("pattern_type", acl.pattern.word()),
        ("principal", &acl.principal),
        ("host", &acl.host),
        ("operation", acl.operation.word()),
        ("permission", acl.permission.word()),
    ];
    let pairs: Vec<String> =
        pairs.iter().map(|(name, value)| format!("{name}={}", encoded(value))).collect();
    format!("acls?{}", pairs.join("&"))
}

/// As in a query: everything but unreserved letters and `*` is escaped.
fn encoded(text: &str) -> String {
    let mut encoded = String::new();
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'*' => {
                encoded.push(char::from(byte));
            }
            other => encoded.push_str(&format!("%{other:02X}")),
        }
    }
    encoded
}
