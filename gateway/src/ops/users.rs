//! SCRAM users: list, create, rotate, delete. Passwords pass through and stay nowhere.

use std::time::Duration;

use drawbridge_kafka::{
    Error, ErrorCode as Kafka,
    admin::{configs::ConfigEntry, users::ScramChange},
    settings::{ScramMechanism as KafkaMechanism, Secret},
};
use drawbridge_shared::{
    access::{ScramMechanism, UserDraft, UserSpec},
    draft::FieldError,
    view::{CredentialRow, Severity, UserRow, UsersView},
    wire::ErrorCode,
};

use super::configs;
use crate::{
    activity::Change,
    clusters::Cluster,
    notices::Notices,
    refusal::{Doing, Refusal, refuse},
};

/// How often and at what distance a broker is asked whether it knows what was changed.
const LOOKS: u32 = 20;
const LOOK: Duration = Duration::from_millis(50);

/// All SCRAM users with their mechanisms and iterations, by name.
///
/// # Errors
/// `Denied` without DESCRIBE on the cluster; `Unavailable` while the cluster is down.
pub async fn list(cluster: &Cluster) -> Result<UsersView, Refusal> {
    let doing = Doing::on_cluster("list its SCRAM users", "DESCRIBE");
    let found = cluster
        .client()?
        .describe_scram_users(None)
        .await
        .map_err(|error| refuse(&cluster.spec().name, &doing, &error))?;
    let row = |(name, credentials): (String, Result<Vec<_>, Error>)| {
        let credentials = credentials.ok()?.into_iter().map(
            |found: drawbridge_kafka::admin::users::ScramCredential| CredentialRow {
                mechanism: shown(found.mechanism),
                iterations: found.iterations,
            },
        );
        Some(UserRow { name, credentials: credentials.collect() })
    };
    let users = found.into_iter().filter_map(row).collect();
    let gateway = cluster.spec().settings.principal();
    Ok(UsersView { users, offered: offered(cluster).await, gateway })
}

/// What the listeners of a broker offer; nothing is known of it where configs may not be read.
async fn offered(cluster: &Cluster) -> Option<Vec<ScramMechanism>> {
    let described = cluster.client().ok()?.describe_cluster().await.ok()?;
    let broker = described.brokers.first()?.id;
    let entries = configs::of_broker(cluster, broker).await.ok()?;
    offered_by(&entries)
}

fn offered_by(entries: &[ConfigEntry]) -> Option<Vec<ScramMechanism>> {
    let values: Vec<&str> = entries
        .iter()
        .filter(|entry| entry.name.ends_with("sasl.enabled.mechanisms"))
        .filter_map(|entry| entry.value.as_deref())
        .collect();
    let is_there = |mechanism: &ScramMechanism| {
        let mut words = values.iter().flat_map(|value| value.split(','));
        words.any(|word| word.trim() == mechanism.as_str())
    };
    let all = ScramMechanism::ALL.iter().copied();
    (!values.is_empty()).then(|| all.filter(is_there).collect())
}

/// Creates a credential, or with `replace` puts another in its place.
///
/// # Errors
/// Wrong fields; `Conflict` when there is one already; `NotFound` when the one to replace is not there; `Denied`
/// without ALTER on the cluster.
pub async fn set(
    cluster: &Cluster,
    notices: &Notices,
    draft: &UserDraft,
    replace: bool,
) -> Result<(), Refusal> {
    let spec = draft.validate().map_err(Refusal::of_fields)?;
    let done = try_set(cluster, &spec, Secret::new(draft.password.clone()), replace).await;
    let (user, mechanism) = (&spec.name, spec.mechanism);
    let verb = if replace { "rotate the password of" } else { "create" };
    let change = Change::on(&cluster.spec().name, format!("{verb} user '{user}'"));
    let wanted = format!("{mechanism}, {} iterations", spec.iterations);
    notices.activity().told(change.from_to(None, Some(wanted)), &done);
    if done.is_ok() {
        let what = if replace { "has another password" } else { "was created" };
        let message = format!("user '{user}' {what} ({mechanism})");
        notices.push(Severity::Info, &cluster.spec().name, None, message);
    }
    done
}

async fn try_set(
    cluster: &Cluster,
    spec: &UserSpec,
    password: Secret,
    replace: bool,
) -> Result<(), Refusal> {
    let (user, mechanism) = (&spec.name, spec.mechanism);
    let held = credentials(cluster, user).await?;
    match (held.contains(&mechanism), replace) {
        (true, false) => {
            let message = format!(
                "user '{user}' has a {mechanism} password already; rotate it, or choose another name"
            );
            let fields = vec![FieldError::new("name", message.clone())];
            return Err(Refusal { fields, ..Refusal::new(ErrorCode::Conflict, message) });
        }
        (false, true) => return Err(not_there(user, Some(mechanism))),
        (true, true) | (false, false) => {}
    }
    let verb = if replace { "rotate the password of" } else { "create" };
    let doing = Doing::on_cluster(format!("{verb} user '{user}'"), "ALTER");
    let upsert = ScramChange::Upsert {
        user: user.clone(),
        mechanism: asked(mechanism),
        iterations: spec.iterations,
        password,
    };
    alter(cluster, &doing, &[upsert]).await?;
    seen(cluster, user, mechanism, true).await;
    Ok(())
}

/// Waits a moment until a broker tells of what the controller has taken, so that who looks next sees it.
async fn seen(cluster: &Cluster, user: &str, mechanism: ScramMechanism, is_there: bool) {
    for _ in 0..LOOKS {
        match credentials(cluster, user).await {
            Ok(held) if held.contains(&mechanism) != is_there => tokio::time::sleep(LOOK).await,
            Ok(_) | Err(_) => return,
        }
    }
}

/// Deletes a user's credentials, all or the one of a mechanism. Connections that are open stay open.
///
/// # Errors
/// `NotFound` when there is none; `Denied` without ALTER on the cluster.
pub async fn delete(
    cluster: &Cluster,
    notices: &Notices,
    user: &str,
    mechanism: Option<ScramMechanism>,
) -> Result<(), Refusal> {
    let done = try_delete(cluster, user, mechanism).await;
    let name = &cluster.spec().name;
    let change = Change::on(name, format!("delete user '{user}'"));
    let which = done.as_ref().ok().map(|gone| words(gone));
    notices.activity().told(change.from_to(which, None), &done);
    let gone = done?;
    let message = format!("user '{user}' was deleted ({})", words(&gone));
    notices.push(Severity::Info, name, None, message);
    Ok(())
}

async fn try_delete(
    cluster: &Cluster,
    user: &str,
    mechanism: Option<ScramMechanism>,
) -> Result<Vec<ScramMechanism>, Refusal> {
    let mut going = credentials(cluster, user).await?;
    going.retain(|held| mechanism.is_none_or(|wanted| wanted == *held));
    if going.is_empty() {
        return Err(not_there(user, mechanism));
    }
    let doing = Doing::on_cluster(format!("delete user '{user}'"), "ALTER");
    // A request may name a user once only.
    for mechanism in &going {
        let mechanism = asked(*mechanism);
        alter(cluster, &doing, &[ScramChange::Delete { user: user.to_owned(), mechanism }]).await?;
    }
    if let Some(last) = going.last() {
        seen(cluster, user, *last, false).await;
    }
    Ok(going)
}

/// The mechanisms that a user has credentials of.
async fn credentials(cluster: &Cluster, user: &str) -> Result<Vec<ScramMechanism>, Refusal> {
    let doing = Doing::on_cluster(format!("look up user '{user}'"), "DESCRIBE");
    let refused = |error: &Error| refuse(&cluster.spec().name, &doing, error);
    let mut found = cluster
        .client()?
        .describe_scram_users(Some(&[user]))
        .await
        .map_err(|error| refused(&error))?;
    match found.remove(user) {
        Some(Ok(held)) => Ok(held.into_iter().map(|one| shown(one.mechanism)).collect()),
        Some(Err(error)) if error.code() == Some(Kafka::RESOURCE_NOT_FOUND) => Ok(Vec::new()),
        Some(Err(error)) => Err(refused(&error)),
        None => Ok(Vec::new()),
    }
}

async fn alter(cluster: &Cluster, doing: &Doing, changes: &[ScramChange]) -> Result<(), Refusal> {
    let client = cluster.confirmed().await?;
    let altered = async {
        for outcome in client.alter_scram_users(changes).await?.into_values() {
            outcome?;
        }
        Ok(())
    };
    altered.await.map_err(|error: Error| refuse(&cluster.spec().name, doing, &error))
}

fn not_there(user: &str, mechanism: Option<ScramMechanism>) -> Refusal {
    let what = mechanism.map_or("SCRAM", ScramMechanism::as_str);
    Refusal::new(ErrorCode::NotFound, format!("there is no user '{user}' with a {what} password"))
        .remedy("Look at the list of users again; it may have been deleted.")
}

fn words(mechanisms: &[ScramMechanism]) -> String {
    mechanisms.iter().map(|mechanism| mechanism.as_str()).collect::<Vec<_>>().join(", ")
}

fn shown(mechanism: KafkaMechanism) -> ScramMechanism {
    match mechanism {
        KafkaMechanism::Sha256 => ScramMechanism::Sha256,
        KafkaMechanism::Sha512 => ScramMechanism::Sha512,
    }
}

fn asked(mechanism: ScramMechanism) -> KafkaMechanism {
    match mechanism {
        ScramMechanism::Sha256 => KafkaMechanism::Sha256,
        ScramMechanism::Sha512 => KafkaMechanism::Sha512,
    }
}
