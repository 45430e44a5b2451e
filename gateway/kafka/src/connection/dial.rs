//! From `host:port` to a connection that is ready for use: DNS, TCP, TLS, API versions, SASL.

use std::{
    io,
    net::SocketAddr,
    sync::Arc,
    time::{Duration, Instant},
};

use tokio::{net::TcpStream, time::timeout};

use super::{Connection, Counters, handshake};
use crate::{
    error::{ConnectCause, ConnectError, Error, Stage},
    settings::{ConnectionSettings, HostPort},
    tls::Tls,
};

/// How far a dial came and how long each stage took, for the probe.
#[derive(Debug, Default)]
pub(crate) struct Trace {
    pub(crate) stages: Vec<(Stage, Duration, String)>,
}

impl Trace {
    pub(super) fn done(&mut self, stage: Stage, since: Instant, detail: impl Into<String>) {
        self.stages.push((stage, since.elapsed(), detail.into()));
    }
}

/// What every dial of a client shares.
#[derive(Debug)]
pub(crate) struct Dialer {
    pub(crate) settings: Arc<ConnectionSettings>,
    pub(crate) tls: Option<Tls>,
    /// Counts the settings that a client had.
    pub(crate) generation: u64,
}

impl Dialer {
    pub(crate) fn new(settings: ConnectionSettings) -> Self {
        let tls = settings.security.tls.clone().map(Tls::new);
        Self { settings: Arc::new(settings), tls, generation: 0 }
    }

    /// One with other settings, which comes after this one.
    pub(crate) fn next(&self, settings: ConnectionSettings) -> Self {
        Self { generation: self.generation.wrapping_add(1), ..Self::new(settings) }
    }

    /// Connects and authenticates. `name` is the broker's name in messages.
    pub(crate) async fn dial(
        &self,
        address: &HostPort,
        name: String,
        counters: Arc<Counters>,
        trace: &mut Trace,
    ) -> Result<Arc<Connection>, Error> {
        let stream = self.tcp(address, trace).await?;
        let max = self.settings.max_response_bytes;
        let connection = match &self.tls {
            None => {
                let (read, write) = stream.into_split();
                Connection::start(name, read, write, max, counters)
            }
            Some(tls) => {
                let since = Instant::now();
                let limit = self.settings.timeouts.tls;
                let (stream, detail) = tls.handshake(stream, address, limit).await?;
                trace.done(Stage::Tls, since, detail);
                let (read, write) = tokio::io::split(stream);
                Connection::start(name, read, write, max, counters)
            }
        };
        let connection = Arc::new(connection.at(address));
        handshake::establish(&connection, &self.settings, address, trace).await?;
        Ok(connection)
    }

    /// Opens a TCP connection to the first address that accepts one.
    pub(crate) async fn tcp(
        &self,
        address: &HostPort,
        trace: &mut Trace,
    ) -> Result<TcpStream, ConnectError> {
        let since = Instant::now();
        let addresses = resolve(address, self.settings.timeouts.connect).await?;
        let listed: Vec<String> = addresses.iter().map(ToString::to_string).collect();
        trace.done(Stage::Dns, since, listed.join(", "));
        let since = Instant::now();
        let mut failures = Vec::new();
        for socket in addresses {
            match timeout(self.settings.timeouts.connect, TcpStream::connect(socket)).await {
                Ok(Ok(stream)) => {
                    // Requests are whole messages; waiting to fill a segment only adds latency.
                    stream.set_nodelay(true).ok();
                    self.bound_delivery(&stream);
                    trace.done(Stage::Tcp, since, format!("connected to {socket}"));
                    return Ok(stream);
                }
                Ok(Err(error)) => failures.push((socket, error)),
                Err(_) => {
                    let limit = self.settings.timeouts.connect;
                    let text = format!("no answer within {} ms", limit.as_millis());
                    failures.push((socket, io::Error::new(io::ErrorKind::TimedOut, text)));
                }
            }
        }
        Err(tcp_error(address, &failures))
    }

    /// Lets the operating system give up on what it could not deliver when a request does: after a cut of the network
    /// it would deliver it minutes later, even for a process that has ended.
    #[cfg(any(target_os = "linux", target_os = "android"))]
    fn bound_delivery(&self, stream: &TcpStream) {
        let limit = self.settings.timeouts.request;
        if let Err(error) = socket2::SockRef::from(stream).set_tcp_user_timeout(Some(limit)) {
            tracing::debug!(%error, "the time for delivery cannot be bounded");
        }
    }

    #[cfg(not(any(target_os = "linux", target_os = "android")))]
    fn bound_delivery(&self, _: &TcpStream) {}
}

async fn resolve(address: &HostPort, limit: Duration) -> Result<Vec<SocketAddr>, ConnectError> {
    let fail = |cause, summary: &str, detail: String| ConnectError {
        target: address.to_string(),
        stage: Stage::Dns,
        cause,
        summary: summary.to_owned(),
        detail,
        remedy: format!(
            "Check the spelling of {} and that this machine's DNS or hosts file knows it",
            address.host
        ),
    };
    match timeout(limit, tokio::net::lookup_host((address.host.as_str(), address.port))).await {
        Ok(Ok(found)) => {
            let found: Vec<SocketAddr> = found.collect();
            if found.is_empty() {
                Err(fail(ConnectCause::UnknownHost, "the host name has no address", String::new()))
            } else {
                Ok(found)
            }
        }
        Ok(Err(error)) => Err(fail(
            ConnectCause::UnknownHost,
            "the host name cannot be resolved",
            error.to_string(),
        )),
        Err(_) => Err(fail(
            ConnectCause::TimedOut,
            "name resolution took too long",
            format!("no answer within {} ms", limit.as_millis()),
        )),
    }
}

fn tcp_error(address: &HostPort, failures: &[(SocketAddr, io::Error)]) -> ConnectError {
    let detail: Vec<String> =
        failures.iter().map(|(socket, error)| format!("{socket}: {error}")).collect();
    let kind = failures.last().map(|(_, error)| error.kind());
    let (cause, summary, remedy) = match kind {
        Some(io::ErrorKind::ConnectionRefused) => (
            ConnectCause::Refused,
            "nothing listens on the port",
            "Check the port, and that the broker runs and listens on this address",
        ),
        Some(io::ErrorKind::TimedOut) => (
            ConnectCause::TimedOut,
            "the host does not answer",
            "Check that a firewall or security group lets this machine reach the port",
        ),
        Some(io::ErrorKind::HostUnreachable | io::ErrorKind::NetworkUnreachable) => (
            ConnectCause::Unreachable,
            "the host cannot be reached",
            "Check the network route from this machine to the broker",
        ),
        _ => (
            ConnectCause::Io,
            "the connection could not be opened",
            "Check network and operating system limits of this machine",
        ),
    };
    ConnectError {
        target: address.to_string(),
        stage: Stage::Tcp,
        cause,
        summary: summary.to_owned(),
        detail: detail.join("; "),
        remedy: remedy.to_owned(),
    }
}
