//! Making a half of a link: every refusal before anything exists, then the record, then it runs.

use std::{sync::Arc, time::Duration};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use drawbridge_engine::create::{ExistingLink, check_link, check_peer};
use drawbridge_kafka::ConnectionSettings;
use drawbridge_shared::{
    draft::FieldError,
    guard::Action,
    link::{ConfigFault, ConnectionMode, LinkConfigs, LinkMode},
    view::{LinkCheck, Severity},
    wire::ErrorCode,
};
use uuid::Uuid;

use super::{
    CreateOptions, LinkSpec, ends,
    half::Half,
    host::Host,
    new_mirror::of_engine,
    registry::Shared,
    store::{Contents, StateStore, Stored, StoredLink},
};
use crate::{clock::now_ms, ops::probe, refusal::Refusal};

/// How long a cluster may take to answer when a link to it is made: somebody waits.
const ANSWER: Duration = Duration::from_secs(15);

/// A half whose configs are valid and whose name is free.
struct Valid {
    configs: LinkConfigs,
    /// How it dials the remote cluster; none when it does not.
    remote: Option<ConnectionSettings>,
    /// How a source half reaches its own cluster.
    local: Option<ConnectionSettings>,
}

fn invalid(message: impl Into<String>) -> Refusal {
    Refusal::new(ErrorCode::Invalid, message).rest(400, 40002)
}

/// How long the record of a new link may take to be stored.
const PATIENCE: Duration = Duration::from_secs(30);

/// What is wrong with the configs of a link, each by its name.
pub(super) fn wrong_configs(faults: &[ConfigFault]) -> Refusal {
    let fields = faults.iter().map(|fault| FieldError::new(&fault.name, fault.message.clone()));
    let fields = Refusal::of_fields(fields.collect());
    let all = faults.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ");
    Refusal { message: all, ..fields }.rest(400, 40002)
}

/// Everything that can be said without asking the remote cluster.
fn validate(host: &Host, spec: &LinkSpec) -> Result<Valid, Refusal> {
    host.known()?;
    let configs =
        LinkConfigs::parse(spec.configs.iter().map(|(name, value)| (name, value.clone())))
            .map_err(|faults| wrong_configs(&faults))?;
    let existing: Vec<ExistingLink> = host
        .halves()
        .iter()
        .map(|half| ExistingLink {
            name: half.name.clone(),
            prefix: half.now().configs.as_ref().and_then(LinkConfigs::prefix),
        })
        .collect();
    check_link(&spec.name, &configs, &existing).map_err(of_engine)?;
    let dials = configs.connection_mode() == ConnectionMode::Outbound;
    let as_invalid = |refusal: Refusal| refusal.rest(400, 40002);
    let remote = dials
        .then(|| ends::remote_settings(&spec.name, &configs))
        .transpose()
        .map_err(as_invalid)?;
    let local = (configs.mode() == LinkMode::Source)
        .then(|| ends::local_settings(&spec.name, &configs, &host.cluster.spec().settings))
        .transpose()
        .map_err(as_invalid)?;
    Ok(Valid { configs, remote, local })
}

/// The remote id, as given or as found, checked.
fn peer(
    host: &Host,
    valid: &Valid,
    given: Option<&str>,
    found: Option<&str>,
) -> Result<String, Refusal> {
    let local = host.cluster.cluster_id().unwrap_or_default();
    check_peer(valid.configs.mode(), local, given, found).map_err(of_engine)?;
    Ok(found.or(given).unwrap_or_default().to_owned())
}

/// The other half of what is to be created, where there is one.
fn twin(
    shared: &Shared,
    host: &Host,
    spec: &LinkSpec,
    mode: LinkMode,
    remote: &str,
) -> Option<Arc<Half>> {
    let local = host.cluster.cluster_id().unwrap_or_default();
    shared.halves().into_iter().find(|half| {
        half.name == spec.name
            && half.mode != mode
            && half.cluster.cluster_id() == Some(remote)
            && half.remote_cluster_id.as_deref() == Some(local)
    })
}

/// Why the far cluster may not be changed by a link whose source half is made here, if it may not: every name this
/// gateway has for it denies links.
fn guarded_there(shared: &Shared, mode: LinkMode, remote: &str) -> Option<Refusal> {
    if mode != LinkMode::Source {
        return None;
    }
    let mut refusals = Vec::new();
    for host in shared.hosts() {
        let spec = host.cluster.spec();
        if host.cluster.cluster_id() == Some(remote) {
            refusals.push(spec.guards.why_not(&spec.name, Action::LinkCreate)?);
        }
    }
    let why = refusals.into_iter().next()?;
    let message = format!("The destination must not be changed: {why}");
    Some(Refusal::new(ErrorCode::Denied, message).rest(403, 40301))
}

/// The id of the link: the other half's, where there is one.
fn link_id(
    shared: &Shared,
    host: &Host,
    spec: &LinkSpec,
    mode: LinkMode,
    remote: &str,
) -> Result<Uuid, Refusal> {
    let local = host.cluster.cluster_id().unwrap_or_default();
    let twin = twin(shared, host, spec, mode, remote);
    if mode == LinkMode::Source && twin.is_none() {
        return Err(invalid(format!(
            "Cluster {remote} does not have a link named '{}' whose source is {local}. Create the destination half there first, with link.mode=DESTINATION and connection.mode=INBOUND, at this gateway.",
            spec.name
        )));
    }
    let known = twin.and_then(|half| decode(&half.now().detail.link.link_id));
    let given = spec.link_id.as_deref().and_then(decode);
    match (known, given) {
        (Some(known), Some(given)) if known != given => Err(invalid(format!(
            "Unexpected cluster link id: link '{}' has the id {}.",
            spec.name,
            URL_SAFE_NO_PAD.encode(known.as_bytes())
        ))),
        (Some(id), _) | (None, Some(id)) => Ok(id),
        (None, None) => Ok(Uuid::new_v4()),
    }
}

fn decode(text: &str) -> Option<Uuid> {
    Uuid::from_slice(&URL_SAFE_NO_PAD.decode(text).ok()?).ok()
}

/// Says everything that keeps a half from being created, and the way to the remote cluster step by step.
///
/// # Errors
/// Configs that are not valid, by field.
pub(super) async fn check(
    shared: &Shared,
    host: &Host,
    spec: &LinkSpec,
) -> Result<LinkCheck, Refusal> {
    let valid = validate(host, spec)?;
    let probe = async |settings: Option<&ConnectionSettings>| match settings {
        Some(settings) => Some(probe::of_settings(settings.clone()).await),
        None => None,
    };
    let (remote, local) = tokio::join!(probe(valid.remote.as_ref()), probe(valid.local.as_ref()));
    let found = remote.as_ref().and_then(|report| report.cluster_id.clone());
    let mut refusals = Vec::new();
    let given = spec.remote_cluster_id.as_deref();
    let remote_cluster_id = match peer(host, &valid, given, found.as_deref()) {
        Ok(id) => {
            let mode = valid.configs.mode();
            // Where both halves are this gateway's, whoever checks both is about to create the other one first.
            let comes_second = mode == LinkMode::Source
                && shared.name_of(&id).is_some()
                && twin(shared, host, spec, mode, &id).is_none();
            if let Some(refusal) = guarded_there(shared, mode, &id) {
                refusals.push(refusal.in_full());
            } else if !comes_second && let Err(refusal) = link_id(shared, host, spec, mode, &id) {
                refusals.push(refusal.in_full());
            }
            Some(id)
        }
        Err(refusal) => {
            refusals.push(refusal.in_full());
            None
        }
    };
    if needs_encoder(&valid.configs) && shared.encoder.is_none() {
        refusals.push(no_encoder());
    }
    let here = host.cluster.spec();
    refusals.extend(here.guards.why_not(&here.name, Action::LinkCreate));
    Ok(LinkCheck { remote, local, remote_cluster_id, refusals })
}

fn needs_encoder(configs: &LinkConfigs) -> bool {
    configs.set().any(|(key, _)| key.sensitive)
}

fn no_encoder() -> String {
    "its configs hold secrets, and there is nothing to encrypt them with: set password_encoder_secret (DRAWBRIDGE_PASSWORD_ENCODER_SECRET) and start the gateway again".to_owned()
}

/// Creates a half, or only checks whether it could be.
///
/// # Errors
/// Every refusal there is; nothing is left of a half that was refused.
pub(super) async fn create(
    shared: &Arc<Shared>,
    host: &Arc<Host>,
    spec: LinkSpec,
    options: CreateOptions,
) -> Result<(), Refusal> {
    let creating = tokio::time::timeout(PATIENCE, Arc::clone(&host.creating).lock_owned());
    let creating = creating.await.map_err(|_| {
        let message = format!("another link is being created on {}", host.cluster.spec().name);
        Refusal::new(ErrorCode::TimedOut, message).remedy("Look at its links, and try again.")
    })?;
    let valid = validate(host, &spec)?;
    if needs_encoder(&valid.configs) && shared.encoder.is_none() {
        return Err(invalid(no_encoder()));
    }
    let found = match &valid.remote {
        Some(settings) if options.validate_link => Some(ask_id(&spec, settings.clone()).await?),
        Some(_) | None => None,
    };
    let id = peer(host, &valid, spec.remote_cluster_id.as_deref(), found.as_deref())?;
    if let Some(refusal) = guarded_there(shared, valid.configs.mode(), &id) {
        return Err(refusal);
    }
    let link_id = link_id(shared, host, &spec, valid.configs.mode(), &id)?;
    if let (Some(local), true) = (&valid.local, options.validate_link) {
        let own = host.cluster.cluster_id().map(str::to_owned);
        let client = ends::client(local.clone())?;
        let checked = ends::check(client.with_deadline(ANSWER), own).await;
        client.close().await;
        checked.map_err(|trouble| {
            Refusal::new(
                ErrorCode::Unavailable,
                format!(
                    "the source cluster cannot be reached with the local. settings: {}",
                    trouble.message
                ),
            )
            .rest(400, 40002)
        })?;
    }
    if options.validate_only {
        return Ok(());
    }
    let stored = StoredLink::new(spec.name, link_id, Some(id), valid.configs, now_ms());
    let store = host.store().await?;
    let (shared_too, host_too) = (Arc::clone(shared), Arc::clone(host));
    // What is stored has to run, even if it is stored when nobody waits any more.
    let keeping = shared.tasks.spawn("new link", async move {
        let kept = keep(&shared_too, &host_too, stored, store).await;
        drop(creating);
        kept
    });
    match tokio::time::timeout(PATIENCE, keeping).await {
        Ok(Ok(kept)) => kept,
        Ok(Err(error)) => Err(Refusal::new(ErrorCode::Internal, "the link could not be stored")
            .cause(error.to_string())),
        Err(_) => {
            let message =
                format!("{} did not take the link's record in time", host.cluster.spec().name);
            Err(Refusal::new(ErrorCode::TimedOut, message)
                .remedy("It may be there in a moment: look before trying again."))
        }
    }
}

/// Stores a half and runs it.
async fn keep(
    shared: &Arc<Shared>,
    host: &Host,
    stored: StoredLink,
    store: StateStore,
) -> Result<(), Refusal> {
    let unable = |why: String| {
        Refusal::new(ErrorCode::Unavailable, format!("the link could not be stored: {why}"))
    };
    let stopping = shared.tasks.stopping().clone();
    let put = stopping.run_until_cancelled(store.put(Stored::Link(stored.clone()))).await;
    put.ok_or_else(|| unable("the gateway stops".to_owned()))?
        .map_err(|error| unable(error.to_string()))?;
    let (mode, name) = (stored.readable().mode(), stored.name.clone());
    host.start_half(stored, Contents::default(), store);
    shared.halves_changed();
    let half = match mode {
        LinkMode::Source => "source half of link",
        LinkMode::Destination | LinkMode::Bidirectional => "link",
    };
    let cluster = &host.cluster.spec().name;
    shared.notices.push(
        Severity::Info,
        cluster,
        None,
        format!("{half} '{name}' was created on {cluster}"),
    );
    Ok(())
}

/// Asks the remote cluster for its id, and whether topics may be listed there.
async fn ask_id(spec: &LinkSpec, settings: ConnectionSettings) -> Result<String, Refusal> {
    let client = ends::client(settings)?.with_deadline(ANSWER);
    let answered = match client.describe_cluster().await {
        Ok(description) => client.list_topics().await.map(|_| description.cluster_id),
        Err(error) => Err(error),
    };
    client.close().await;
    answered.map_err(|error| {
        let trouble = ends::trouble(&error);
        let message = format!(
            "Unable to validate cluster link '{}': the remote cluster does not answer as it should ({}): {}",
            spec.name, trouble.error, trouble.message
        );
        let fields = vec![FieldError::new("bootstrap.servers", trouble.message)];
        Refusal { fields, ..Refusal::new(ErrorCode::Unavailable, message) }.rest(400, 40002)
    })
}
