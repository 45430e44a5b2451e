//! The first exchanges on a connection: API versions, then SASL, and SASL again before the session ends (KIP-368).

use std::{
    sync::{Arc, Weak},
    time::{Duration, Instant},
};

use bytes::Bytes;
use kafka_protocol::messages::{
    ApiVersionsRequest, ApiVersionsResponse, SaslAuthenticateRequest, SaslAuthenticateResponse,
    SaslHandshakeRequest, SaslHandshakeResponse,
};
use kafka_protocol::protocol::StrBytes;

use super::{Connection, Death, dial::Trace};
use crate::{
    error::{Asked, ConnectCause, ConnectError, Error, ErrorCode, Result, Stage},
    sasl::{self, ScramClient, ScramFault, Token},
    settings::{ConnectionSettings, HostPort, SaslSettings},
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

/// Runs the SASL exchange. The answer is how long the session lasts, if the broker limits it.
async fn authenticate(
    connection: &Connection,
    settings: &ConnectionSettings,
    sasl: &SaslSettings,
    address: &HostPort,
) -> Result<Option<Duration>> {
    let limit = settings.timeouts.sasl;
    let exchange = Exchange { connection, settings, sasl, address };
    match tokio::time::timeout(limit, exchange.run()).await {
        Ok(outcome) => outcome,
        Err(_) => {
            let text = format!("no end within {} ms", limit.as_millis());
            connection.close(Death::new(ConnectCause::TimedOut, "SASL took too long"));
            Err(exchange.fault(
                ConnectCause::TimedOut,
                "the exchange took too long",
                text,
                "Check the load of the broker and of its credential store",
            ))
        }
    }
}

struct Exchange<'a> {
    connection: &'a Connection,
    settings: &'a ConnectionSettings,
    sasl: &'a SaslSettings,
    address: &'a HostPort,
}

impl Exchange<'_> {
    async fn run(&self) -> Result<Option<Duration>> {
        self.handshake().await?;
        let last = match self.sasl {
            SaslSettings::Plain { username, password } => {
                let message = format!("\0{username}\0{}", password.expose());
                self.round(message.into_bytes()).await?
            }
            SaslSettings::Scram { mechanism, username, password, token_auth } => {
                let nonce = nonce().ok_or_else(|| {
                    self.fault(
                        ConnectCause::SaslFailed,
                        "no random numbers can be had",
                        String::new(),
                        "Check the operating system's random number source",
                    )
                })?;
                let mut client =
                    ScramClient::new(*mechanism, username, password.clone(), *token_auth, nonce);
                let challenge = self.round(client.first()).await?;
                let answer = client
                    .respond(&challenge.auth_bytes)
                    .map_err(|fault| self.scram_fault(fault))?;
                let last = self.round(answer).await?;
                client.finish(&last.auth_bytes).map_err(|fault| self.scram_fault(fault))?;
                last
            }
            SaslSettings::OAuthBearer { tokens } => {
                let token = tokens.token().await.map_err(|text| {
                    self.fault(
                        ConnectCause::BadCredentials,
                        "no token could be had",
                        text,
                        "Check the token source",
                    )
                })?;
                self.oauth(&token).await?
            }
        };
        let lifetime = u64::try_from(last.session_lifetime_ms).unwrap_or(0);
        Ok((lifetime > 0).then(|| Duration::from_millis(lifetime)))
    }

    async fn oauth(&self, token: &Token) -> Result<SaslAuthenticateResponse> {
        let answer = self.round(sasl::initial_response(token)).await?;
        if answer.auth_bytes.is_empty() {
            return Ok(answer);
        }
        let document = String::from_utf8_lossy(&answer.auth_bytes).into_owned();
        // The refusal proper comes after the acknowledgement, and says less than the document.
        match self.round(sasl::ERROR_ACKNOWLEDGEMENT.to_vec()).await {
            Ok(_) | Err(Error::Connect(_)) => Err(self.fault(
                ConnectCause::BadCredentials,
                "the broker refused the token",
                document,
                "Check the token's issuer, audience, scope and expiry against the broker's settings",
            )),
            Err(other) => Err(other),
        }
    }

    /// Announces the mechanism.
    async fn handshake(&self) -> Result<()> {
        let mechanism = self.sasl.mechanism();
        let asked = Asked::new("SaslHandshake").about(mechanism).of(self.connection.target());
        let request = SaslHandshakeRequest::default()
            .with_mechanism(StrBytes::from_static_str(mechanism));
        let response = self.send(encode(&self.settings.client_id, 1, &request, &asked)?, &asked);
        let response = SaslHandshakeResponse::decode_flat(response.await?)
            .map_err(|what| self.unreadable(what))?;
        match ErrorCode::from_wire(response.error_code) {
            None => Ok(()),
            Some(ErrorCode::UNSUPPORTED_SASL_MECHANISM) => {
                let offered: Vec<&str> =
                    response.mechanisms.iter().map(StrBytes::as_str).collect();
                let remedy = match offered.as_slice() {
                    [] => "Enable it in sasl.enabled.mechanisms of the listener".to_owned(),
                    offered => format!("Set sasl.mechanism to one of: {}", offered.join(", ")),
                };
                Err(self.fault(
                    ConnectCause::MechanismNotEnabled,
                    &format!("the listener does not offer {mechanism}"),
                    format!("UNSUPPORTED_SASL_MECHANISM, offered: {}", offered.join(", ")),
                    &remedy,
                ))
            }
            Some(ErrorCode::ILLEGAL_SASL_STATE) => {
                let plain = match self.settings.security.tls {
                    Some(_) => "SSL",
                    None => "PLAINTEXT",
                };
                Err(self.fault(
                    ConnectCause::SaslNotEnabled,
                    "the listener does not use SASL",
                    "ILLEGAL_SASL_STATE".to_owned(),
                    &format!("Set security.protocol={plain}, or use the port of a SASL listener"),
                ))
            }
            Some(code) => Err(self.fault(
                ConnectCause::SaslFailed,
                "the broker refused to start SASL",
                code.name(),
                "See the broker's log",
            )),
        }
    }

    /// Sends one token and reads the answer to it.
    async fn round(&self, token: Vec<u8>) -> Result<SaslAuthenticateResponse> {
        let asked = Asked::new("SaslAuthenticate").of(self.connection.target());
        let request = SaslAuthenticateRequest::default().with_auth_bytes(Bytes::from(token));
        let version = self.connection.versions().choose::<SaslAuthenticateRequest>((0, 2), &asked)?;
        let frame = encode(&self.settings.client_id, version, &request, &asked)?;
        let response = self.send(frame, &asked).await?;
        let response = wire::decode::<SaslAuthenticateRequest>(response, version)
            .map_err(|what| self.unreadable(what))?;
        let Some(code) = ErrorCode::from_wire(response.error_code) else { return Ok(response) };
        let words = response.error_message.as_ref().map(ToString::to_string).unwrap_or_default();
        let detail = format!("{}: {words}", code.name());
        if code == ErrorCode::SASL_AUTHENTICATION_FAILED {
            let remedy = match self.sasl {
                SaslSettings::OAuthBearer { .. } => {
                    "Check that the token is valid and meant for this cluster"
                }
                _ => {
                    "Check username and password in sasl.jaas.config, and that the user has a credential for this \
                     mechanism"
                }
            };
            Err(self.fault(
                ConnectCause::BadCredentials,
                "the broker refused the credentials",
                detail,
                remedy,
            ))
        } else {
            Err(self.fault(
                ConnectCause::SaslFailed,
                "the broker broke off the exchange",
                detail,
                "See the broker's log",
            ))
        }
    }

    async fn send(&self, frame: wire::Frame, asked: &Asked) -> Result<Bytes> {
        let sent = self.connection.exchange_alone(frame, self.settings.timeouts.request, asked);
        sent.await.map_err(|error| match error {
            Error::Disconnected { cause, .. } => self.fault(
                ConnectCause::ClosedByPeer,
                "the broker closed the connection during SASL",
                cause,
                "Check credentials and mechanism; the broker's log says why it closed",
            ),
            other => other,
        })
    }

    fn scram_fault(&self, fault: ScramFault) -> Error {
        match fault {
            ScramFault::Refused(words) => self.fault(
                ConnectCause::BadCredentials,
                "the broker refused the credentials",
                words,
                "Check username and password in sasl.jaas.config",
            ),
            ScramFault::WrongSignature => self.fault(
                ConnectCause::BadServerSignature,
                "the peer does not know the password, so it is not the broker it claims to be",
                "the server signature does not match".to_owned(),
                "Check that bootstrap.servers names the right cluster and nothing stands in between",
            ),
            ScramFault::Malformed(what) => self.fault(
                ConnectCause::SaslFailed,
                "the broker's SCRAM message breaks the protocol",
                what.to_owned(),
                "Check that the peer is a Kafka broker",
            ),
        }
    }

    fn unreadable(&self, what: String) -> Error {
        self.fault(
            ConnectCause::NotKafka,
            "the peer's answer cannot be read",
            what,
            "Check that the port is a Kafka listener",
        )
    }

    fn fault(&self, cause: ConnectCause, summary: &str, detail: String, remedy: &str) -> Error {
        ConnectError {
            target: self.address.to_string(),
            stage: Stage::Sasl,
            cause,
            summary: summary.to_owned(),
            detail,
            remedy: remedy.to_owned(),
        }
        .into()
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

fn nonce() -> Option<String> {
    use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
    use ring::rand::{SecureRandom, SystemRandom};

    let mut bytes = [0; 24];
    SystemRandom::new().fill(&mut bytes).ok()?;
    Some(URL_SAFE_NO_PAD.encode(bytes))
}

fn encode<R: kafka_protocol::protocol::Request>(
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
