//! The first exchanges on a connection: API versions, then SASL, and SASL again before the session ends (KIP-368).

use std::{
    sync::{Arc, Weak},
    time::{Duration, Instant},
};

use kafka_protocol::{
    messages::{
        ApiVersionsRequest, ApiVersionsResponse, SaslHandshakeRequest, SaslHandshakeResponse,
    },
    protocol::{Request, StrBytes},
};

use super::{Connection, Death, authenticate::authenticate, dial::Trace};
use crate::{
    error::{Asked, ConnectCause, ConnectError, Error, ErrorCode, Result, Stage},
    settings::{ConnectionSettings, HostPort},
    wire::{self, FlatResponse, VersionTable},
};

/// Makes a fresh connection usable.
pub(super) async fn establish(
    connection: &Arc<Connection>,
    settings: &ConnectionSettings,
    address: &HostPort,
    trace: &mut Trace,
) -> Result<()> {
    let since = Instant::now();
    let versions = api_versions(connection, settings, address).await?;
    let detail = format!("Kafka {}", versions.describe().kafka);
    connection.set_versions(versions);
    trace.done(Stage::ApiVersions, since, detail);
    if let Some(sasl) = &settings.security.sasl {
        let since = Instant::now();
        let lifetime = authenticate(connection, settings, sasl, address).await?;
        trace.done(Stage::Sasl, since, format!("authenticated with {}", sasl.mechanism()));
        if let Some(lifetime) = lifetime {
            tokio::spawn(keep_session(
                Arc::downgrade(connection),
                settings.clone(),
                address.clone(),
                lifetime,
            ));
        }
    }
    Ok(())
}

pub(super) async fn api_versions(
    connection: &Connection,
    settings: &ConnectionSettings,
    address: &HostPort,
) -> Result<VersionTable> {
    let asked = Asked::new("ApiVersions").of(connection.target());
    let request = ApiVersionsRequest::default()
        .with_client_software_name(StrBytes::from_static_str("drawbridge"))
        .with_client_software_version(StrBytes::from_static_str(env!("CARGO_PKG_VERSION")));
    let fail = |what: String| {
        Error::from(ConnectError {
            target: address.to_string(),
            stage: Stage::ApiVersions,
            cause: ConnectCause::NotKafka,
            summary: "the peer's first answer is not a Kafka broker's".to_owned(),
            detail: what,
            remedy: "Check host and port of bootstrap.servers: a Kafka listener is needed"
                .to_owned(),
        })
    };
    // Version 4 also tells features that may be off; a broker that does not know it says so in the shape of version 0.
    let mut version = 4;
    loop {
        let frame = encode(&settings.client_id, version, &request, &asked)?;
        let response = connection
            .exchange_alone(frame, settings.timeouts.request, &asked)
            .await
            .map_err(|error| first_contact(error, connection, settings, address))?;
        match ApiVersionsResponse::decode_flat(response.clone()) {
            Ok(old) if old.error_code == ErrorCode::UNSUPPORTED_VERSION.0 && version > 3 => {
                version = 3;
                continue;
            }
            Ok(old) if old.error_code != 0 => {
                let code = ErrorCode(old.error_code).name();
                return Err(fail(format!("it refused ApiVersions {version} with {code}")));
            }
            _ => {}
        }
        let response = wire::decode::<ApiVersionsRequest>(response, version).map_err(fail)?;
        return match ErrorCode::from_wire(response.error_code) {
            Some(code) => {
                Err(fail(format!("it refused ApiVersions {version} with {}", code.name())))
            }
            None => Ok(VersionTable::from_response(&response)),
        };
    }
}

/// What a failed first request says about the port.
fn first_contact(
    error: Error,
    connection: &Connection,
    settings: &ConnectionSettings,
    address: &HostPort,
) -> Error {
    let with = |cause, stage, summary: &str, detail: String, remedy: String| {
        Error::from(ConnectError {
            target: address.to_string(),
            stage,
            cause,
            summary: summary.to_owned(),
            detail,
            remedy,
        })
    };
    if matches!(error, Error::Timeout { .. }) {
        return with(
            ConnectCause::TimedOut,
            Stage::ApiVersions,
            "the port accepts connections and does not answer",
            format!("no answer within {} ms", settings.timeouts.request.as_millis()),
            "Check that the port is a Kafka listener and that security.protocol fits it; a TLS listener waits \
             silently for a client that speaks plaintext"
                .to_owned(),
        );
    }
    let Some(death) = connection.death() else { return error };
    let shows_certificate =
        settings.security.tls.as_ref().is_some_and(|tls| tls.identity.is_some());
    let cause = match death.cause {
        // Brokers have no better word for a certificate that was not sent.
        ConnectCause::ClientCertificateRejected if !shows_certificate => {
            ConnectCause::ClientCertificateRequired
        }
        cause => cause,
    };
    match cause {
        ConnectCause::ClientCertificateRequired
        | ConnectCause::ClientCertificateRejected
        | ConnectCause::TlsFailed => {
            let (summary, remedy) = crate::tls::advice(cause);
            with(cause, Stage::Tls, summary, death.what, remedy.to_owned())
        }
        ConnectCause::PlaintextToTls => {
            let protocol = if settings.security.sasl.is_some() { "SASL_SSL" } else { "SSL" };
            with(
                cause,
                Stage::ApiVersions,
                &death.what,
                death.detail,
                format!("Set security.protocol={protocol}, or use the port of a plaintext listener"),
            )
        }
        ConnectCause::NotKafka => with(
            cause,
            Stage::ApiVersions,
            &death.what,
            death.detail,
            death.remedy.unwrap_or_else(|| "Check host and port".to_owned()),
        ),
        cause => with(
            cause,
            Stage::ApiVersions,
            "the broker closed the connection instead of answering the first request",
            death.what,
            "Check that security.protocol fits the listener: a TLS listener drops clients that speak plaintext"
                .to_owned(),
        ),
    }
}

/// Authenticates again, each time before the session ends, until the connection is gone.
async fn keep_session(
    connection: Weak<Connection>,
    settings: ConnectionSettings,
    address: HostPort,
    mut lifetime: Duration,
) {
    let Some(sasl) = settings.security.sasl.clone() else { return };
    loop {
        // As Kafka's own clients: between 85 and 95 percent of the lifetime.
        let wait = lifetime.mul_f64(0.85 + 0.1 * rand::random::<f64>());
        {
            let Some(alive) = connection.upgrade() else { return };
            let stop = alive.shared.stop.clone();
            drop(alive);
            tokio::select! {
                () = stop.cancelled() => return,
                () = tokio::time::sleep(wait) => {}
            }
        }
        let Some(connection) = connection.upgrade() else { return };
        let alone = connection.gate.write().await;
        match authenticate(&connection, &settings, &sasl, &address).await {
            Ok(Some(next)) => lifetime = next,
            Ok(None) => return,
            Err(error) => {
                let cause = match &error {
                    Error::Connect(connect) => connect.cause,
                    _ => ConnectCause::SaslFailed,
                };
                let what = format!("authenticating again failed: {error}");
                connection.close(Death::new(cause, what));
                return;
            }
        }
        drop(alone);
    }
}

/// Encodes a request of the handshake.
pub(super) fn encode<R: Request>(
    client_id: &str,
    version: i16,
    request: &R,
    asked: &Asked,
) -> Result<wire::Frame> {
    wire::encode(client_id, version, request)
        .map_err(|reason| Error::InvalidRequest { asked: asked.clone(), reason })
}

/// Whether a listener demands SASL, asked over a fresh connection without SASL by naming no mechanism. The answer is
/// what it offers.
pub(crate) async fn demanded_mechanisms(
    connection: &Connection,
    settings: &ConnectionSettings,
) -> Option<Vec<String>> {
    let asked = Asked::new("SaslHandshake").of(connection.target());
    let request = SaslHandshakeRequest::default();
    let frame = encode(&settings.client_id, 1, &request, &asked).ok()?;
    let response = connection.exchange_alone(frame, settings.timeouts.sasl, &asked).await.ok()?;
    let response = SaslHandshakeResponse::decode_flat(response).ok()?;
    (response.error_code == ErrorCode::UNSUPPORTED_SASL_MECHANISM.0)
        .then(|| response.mechanisms.iter().map(ToString::to_string).collect())
}
