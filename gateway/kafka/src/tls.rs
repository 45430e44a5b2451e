//! TLS with rustls: trust and identity from Kafka's settings, handshakes with causes people can act on.

mod ec_key;
mod faults;
mod identity;
mod jks;
mod material;
mod names;
mod pem;
mod verifier;

use std::{
    path::Path,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, SystemTime},
};

use rustls::{ClientConfig, pki_types::ServerName};
use tokio::{
    net::TcpStream,
    time::{Instant, timeout},
};
use tokio_rustls::{TlsConnector, client::TlsStream};

pub(crate) use faults::{advice, alert};
pub(crate) use material::{client_config, export};

use crate::{
    error::{ConnectCause, ConnectError, Error, Stage},
    settings::{HostPort, Identity, TlsSettings, Trust},
};

/// TLS settings with the configuration made from them. The files are read at the first handshake and again whenever
/// they change, so that renewed certificates need no restart.
#[derive(Debug)]
pub(crate) struct Tls {
    settings: TlsSettings,
    loaded: Mutex<Option<(Stamp, Arc<ClientConfig>)>>,
}

/// Sizes and times of the files; a change means they must be read again.
type Stamp = Vec<Option<(u64, SystemTime)>>;

impl Tls {
    pub(crate) fn new(settings: TlsSettings) -> Self {
        Self { settings, loaded: Mutex::new(None) }
    }

    /// Reads the files if they have not been read in their present state.
    pub(crate) async fn config(&self) -> Result<Arc<ClientConfig>, Error> {
        let settings = self.settings.clone();
        let known = self.loaded.lock().unwrap_or_else(PoisonError::into_inner).clone();
        // Reading files and deriving keys from passwords would hold up a runtime thread.
        let loading = tokio::task::spawn_blocking(move || {
            let stamp = stamp(&settings);
            match known {
                Some((old, config)) if old == stamp => Ok((stamp, config)),
                _ => material::client_config(&settings).map(|config| (stamp, Arc::new(config))),
            }
        });
        let (stamp, config) = match loading.await {
            Ok(Ok(loaded)) => loaded,
            Ok(Err(fault)) => return Err(Error::Settings(vec![fault])),
            Err(_) => return Err(Error::Closed),
        };
        *self.loaded.lock().unwrap_or_else(PoisonError::into_inner) =
            Some((stamp, Arc::clone(&config)));
        Ok(config)
    }

    /// Makes a TCP connection a TLS connection. The text describes it: version, cipher, certificate.
    pub(crate) async fn handshake(
        &self,
        stream: TcpStream,
        address: &HostPort,
        limit: Duration,
    ) -> Result<(TlsStream<TcpStream>, String), Error> {
        let config = self.config().await?;
        let name = ServerName::try_from(address.host.clone()).map_err(|_| ConnectError {
            target: address.to_string(),
            stage: Stage::Tls,
            cause: ConnectCause::HostnameMismatch,
            summary: "the host is no name a certificate could be for".to_owned(),
            detail: address.host.clone(),
            remedy: "Use a DNS name or an IP address in bootstrap.servers".to_owned(),
        })?;
        let since = Instant::now();
        match timeout(limit, TlsConnector::from(config).connect(name, stream)).await {
            Ok(Ok(stream)) => {
                let detail = names::describe(stream.get_ref().1);
                Ok((stream, detail))
            }
            Ok(Err(error)) => Err(faults::handshake(&error, address, &self.settings).into()),
            Err(_) => Err(faults::timed_out(address, since.elapsed()).into()),
        }
    }
}

fn stamp(settings: &TlsSettings) -> Stamp {
    let trust = match &settings.trust {
        Trust::Store(store) => Some(store.location.as_path()),
        Trust::System | Trust::Inline(_) => None,
    };
    let identity = match &settings.identity {
        Some(Identity::Store { store, .. }) => Some(store.location.as_path()),
        Some(Identity::Inline { .. }) | None => None,
    };
    let of = |path: &Path| {
        let meta = std::fs::metadata(path).ok()?;
        Some((meta.len(), meta.modified().ok()?))
    };
    [trust, identity].into_iter().flatten().map(of).collect()
}

#[cfg(test)]
mod tests;
