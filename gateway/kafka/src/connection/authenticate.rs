//! SASL on a connection: the mechanism is announced, then its tokens go back and forth.

use std::time::Duration;

use bytes::Bytes;
use kafka_protocol::{
    messages::{
        SaslAuthenticateRequest, SaslAuthenticateResponse, SaslHandshakeRequest,
        SaslHandshakeResponse,
    },
    protocol::StrBytes,
};

use super::{Connection, Death, handshake::encode};
use crate::{
    error::{Asked, ConnectCause, ConnectError, Error, ErrorCode, Result, Stage},
    sasl::{self, ScramClient, ScramFault, Token},
    settings::{ConnectionSettings, HostPort, SaslSettings},
    wire::{self, FlatResponse},
};

/// Runs the SASL exchange. The answer is how long the session lasts, if the broker limits it.
pub(super) async fn authenticate(
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
        let request =
            SaslHandshakeRequest::default().with_mechanism(StrBytes::from_static_str(mechanism));
        let response = self.send(encode(&self.settings.client_id, 1, &request, &asked)?, &asked);
        let response = SaslHandshakeResponse::decode_flat(response.await?)
            .map_err(|what| self.unreadable(what))?;
        match ErrorCode::from_wire(response.error_code) {
            None => Ok(()),
            Some(ErrorCode::UNSUPPORTED_SASL_MECHANISM) => {
                let offered: Vec<&str> = response.mechanisms.iter().map(StrBytes::as_str).collect();
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
        let version =
            self.connection.versions().choose::<SaslAuthenticateRequest>((0, 2), &asked)?;
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

fn nonce() -> Option<String> {
    use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
    use ring::rand::{SecureRandom, SystemRandom};

    let mut bytes = [0; 24];
    SystemRandom::new().fill(&mut bytes).ok()?;
    Some(URL_SAFE_NO_PAD.encode(bytes))
}
