//! New credentials of a link, tried before they are kept: a link that works must not be broken by a slip.

use std::time::Duration;

use drawbridge_kafka::ConnectionSettings;
use drawbridge_shared::{
    draft::FieldError,
    link::{LinkError, LinkName},
    wire::ErrorCode,
};

use crate::{links::ends, refusal::Refusal};

/// How long the cluster may take to answer: somebody waits.
const ANSWER: Duration = Duration::from_secs(15);
/// How long brokers may take to learn of a password that was just set.
const LEARNING: Duration = Duration::from_secs(2);
const AGAIN: Duration = Duration::from_millis(250);
/// Mirrored topics that a new user has to see.
pub(super) const LOOKED_AT: usize = 20;

/// A login that is to be used.
pub(super) struct Login {
    /// Of which cluster, in words.
    pub(super) whose: &'static str,
    pub(super) settings: ConnectionSettings,
    /// The cluster it has to lead to.
    pub(super) cluster_id: Option<String>,
    /// Topics it has to be allowed to see.
    pub(super) topics: Vec<String>,
}

/// Whether a config of a link says who it is.
pub(super) fn is_credential(config: &str) -> bool {
    let name = config.strip_prefix("local.").unwrap_or(config);
    name.starts_with("sasl.") || name.starts_with("ssl.")
}

/// Tries them all.
///
/// # Errors
/// The first that does not work, with the cause. Where nothing works now anyway, a cluster that does not answer is no
/// reason: then nothing is known against the credentials, and they may be what is missing.
pub(super) async fn try_all(
    link: &LinkName,
    logins: Vec<Login>,
    is_active: bool,
) -> Result<(), Refusal> {
    for login in logins {
        let whose = login.whose;
        let Err(trouble) = try_patiently(&login).await else { continue };
        if !is_active && trouble.error != LinkError::Authentication {
            tracing::info!(%link, whose, why = trouble.message, "credentials are taken untried");
            continue;
        }
        let message = format!(
            "the new credentials of link '{link}' do not work with {whose}, so the old ones stay: {}",
            trouble.message
        );
        let field =
            if whose.contains("local") { "local.sasl.jaas.config" } else { "sasl.jaas.config" };
        let fields = vec![FieldError::new(field, trouble.message)];
        return Err(
            Refusal { fields, ..Refusal::new(ErrorCode::Invalid, message) }.rest(400, 40002)
        );
    }
    Ok(())
}

/// Tries one again for a moment: brokers learn of a password some time after it was set.
async fn try_patiently(login: &Login) -> Result<(), drawbridge_engine::link::Trouble> {
    let until = tokio::time::Instant::now() + LEARNING;
    loop {
        match try_one(login).await {
            Err(trouble)
                if trouble.error == LinkError::Authentication
                    && tokio::time::Instant::now() < until =>
            {
                tokio::time::sleep(AGAIN).await;
            }
            tried => return tried,
        }
    }
}

async fn try_one(login: &Login) -> Result<(), drawbridge_engine::link::Trouble> {
    let Login { settings, cluster_id, topics, .. } = login;
    let client = ends::client(settings.clone()).map_err(|refusal| {
        drawbridge_engine::link::Trouble { error: LinkError::Unknown, message: refusal.in_full() }
    })?;
    let patient = client.with_deadline(ANSWER);
    let tried = async {
        ends::check(patient.clone(), cluster_id.clone()).await?;
        let names: Vec<&str> = topics.iter().map(String::as_str).collect();
        if names.is_empty() {
            return Ok(());
        }
        let seen = patient.describe_topics(&names).await.map_err(|error| ends::trouble(&error))?;
        let unseen = seen
            .into_values()
            .filter_map(Result::err)
            .find(|error| error.code().is_some_and(|code| code.means_unauthorized()));
        unseen.map_or(Ok(()), |error| Err(ends::trouble(&error)))
    };
    let tried = tried.await;
    client.close().await;
    tried
}
