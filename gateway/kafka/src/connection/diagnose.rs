//! A second look at a port whose first answer was ambiguous: brokers close the connection without a word when TLS
//! and plaintext meet.

use std::{sync::Arc, time::Duration};

use rustls::{ClientConfig, ClientConnection, RootCertStore, pki_types::ServerName};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    time::timeout,
};

use super::{
    Connection, Counters,
    dial::{Dialer, Trace},
    handshake,
};
use crate::{
    error::{ConnectCause, ConnectError, Error, Stage},
    settings::HostPort,
};

/// How long the second look may take.
const LIMIT: Duration = Duration::from_secs(3);

impl Dialer {
    /// As [`Dialer::dial`], with a second look where the failure leaves open what is wrong.
    pub(crate) async fn dial_explained(
        &self,
        address: &HostPort,
        name: String,
        counters: Arc<Counters>,
        trace: &mut Trace,
    ) -> Result<Arc<Connection>, Error> {
        match self.dial(address, name, counters, trace).await {
            Err(Error::Connect(error)) => Err(self.explain(address, *error).await.into()),
            outcome => outcome,
        }
    }

    async fn explain(&self, address: &HostPort, error: ConnectError) -> ConnectError {
        let ambiguous = matches!(
            error.cause,
            ConnectCause::ClosedByPeer
                | ConnectCause::TimedOut
                | ConnectCause::TlsToPlaintext
                | ConnectCause::TlsFailed
        );
        if !ambiguous {
            return error;
        }
        let second = match error.stage {
            Stage::ApiVersions if self.tls.is_none() => {
                timeout(LIMIT, self.answers_tls(address)).await.ok().flatten().map(|()| {
                    let sasl = self.settings.security.sasl.is_some();
                    let protocol = if sasl { "SASL_SSL" } else { "SSL" };
                    ConnectError {
                        cause: ConnectCause::PlaintextToTls,
                        summary: "the port speaks TLS, and plaintext was sent".to_owned(),
                        remedy: format!(
                            "Set security.protocol={protocol}, or use the port of a plaintext listener"
                        ),
                        ..error.clone()
                    }
                })
            }
            Stage::Tls => {
                let sasl = self.settings.security.sasl.is_some();
                let protocol = if sasl { "SASL_PLAINTEXT" } else { "PLAINTEXT" };
                match timeout(LIMIT, self.answers_plaintext(address)).await {
                    Ok(Ok(())) => Some(ConnectError {
                        cause: ConnectCause::TlsToPlaintext,
                        summary: "the port is a plaintext Kafka listener, and TLS was spoken to it"
                            .to_owned(),
                        remedy: format!(
                            "Set security.protocol={protocol}, or use the port of a TLS listener"
                        ),
                        ..error.clone()
                    }),
                    Ok(Err(Some(other))) if other.cause == ConnectCause::NotKafka => Some(other),
                    _ => None,
                }
            }
            _ => None,
        };
        second.unwrap_or(error)
    }

    /// Whether the port answers a TLS greeting with a TLS record. Nothing is verified, and nothing is sent after it.
    async fn answers_tls(&self, address: &HostPort) -> Option<()> {
        let mut stream = self.tcp(address, &mut Trace::default()).await.ok()?;
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .ok()?
            .with_root_certificates(RootCertStore::empty())
            .with_no_client_auth();
        let name = ServerName::try_from(address.host.clone()).ok()?;
        let mut greeting = Vec::new();
        ClientConnection::new(Arc::new(config), name).ok()?.write_tls(&mut greeting).ok()?;
        stream.write_all(&greeting).await.ok()?;
        let mut record = [0; 3];
        stream.read_exact(&mut record).await.ok()?;
        // Handshake or alert, version 3.x.
        matches!(record, [21 | 22, 3, 0..=4]).then_some(())
    }

    /// Whether the port answers a plaintext Kafka request; with the reason if not.
    async fn answers_plaintext(&self, address: &HostPort) -> Result<(), Option<ConnectError>> {
        let stream = self.tcp(address, &mut Trace::default()).await.map_err(Some)?;
        let (read, write) = stream.into_split();
        let max = self.settings.max_response_bytes;
        let connection =
            Connection::start(address.to_string(), read, write, max, Arc::default()).at(address);
        match handshake::api_versions(&connection, &self.settings, address).await {
            Ok(_) => Ok(()),
            Err(Error::Connect(error)) => Err(Some(*error)),
            Err(_) => Err(None),
        }
    }
}
