//! One call: choose a broker, encode for its versions, send, decode, and repeat what can be repeated.

use std::{
    future::Future,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use kafka_protocol::protocol::Request;
use tokio::time::{Instant, timeout_at};

use super::{Client, Use, throttle::Throttled};
use crate::{
    backoff::Backoff,
    connection::{Connection, Death, dial::Trace, handshake::demanded_mechanisms},
    error::{Asked, ConnectCause, ConnectError, Error, ErrorCode, Result, Stage},
    wire,
};

/// Which broker a call goes to.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Route<'a> {
    /// Any.
    Any,
    /// The controller, or a broker that forwards to it.
    Controller,
    /// One by id.
    Broker(i32),
    /// The coordinator of a group.
    Group(&'a str),
    /// The coordinator of a transactional id.
    Transaction(&'a str),
}

/// Which failures a call is repeated after.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Repeat {
    /// All that may pass: asking twice does no harm.
    Always,
    /// Those after which the cluster has certainly not acted.
    UnlessSent,
}

/// Every version both sides speak.
pub(crate) const ANY_VERSION: (i16, i16) = (0, i16::MAX);

/// How a call is made.
#[derive(Debug, Clone)]
pub(crate) struct Call<'a> {
    route: Route<'a>,
    repeat: Repeat,
    versions: (i16, i16),
    asked: Asked,
}

impl<'a> Call<'a> {
    /// A question that may be asked again.
    pub(crate) fn ask(route: Route<'a>, asked: Asked) -> Self {
        Self { route, repeat: Repeat::Always, versions: ANY_VERSION, asked }
    }

    /// A change that must not be made twice.
    pub(crate) fn change(route: Route<'a>, asked: Asked) -> Self {
        Self { repeat: Repeat::UnlessSent, ..Self::ask(route, asked) }
    }

    /// Narrows the versions.
    pub(crate) fn within(mut self, min: i16, max: i16) -> Self {
        self.versions = (min, max);
        self
    }
}

/// For calls whose answer has no error of its own.
pub(crate) fn ok<T>(_: &T) -> Option<(i16, Option<String>)> {
    None
}

impl Client {
    /// Runs `attempt` until it succeeds, fails for good, or the deadline comes.
    pub(crate) async fn retrying<T, F, Fut>(
        &self,
        repeat: Repeat,
        asked: &Asked,
        mut attempt: F,
    ) -> Result<T>
    where
        F: FnMut() -> Fut,
        Fut: Future<Output = Result<T>>,
    {
        let deadline = Instant::now() + self.deadline;
        let retry = self.settings().retry;
        let mut backoff = Backoff::new(retry.backoff, retry.backoff_max);
        let closed = &self.inner.pool.closed;
        let mut last: Option<Error> = None;
        loop {
            let outcome = tokio::select! {
                biased;
                () = closed.cancelled() => return Err(Error::Closed),
                outcome = timeout_at(deadline, attempt()) => outcome,
            };
            let error = match outcome {
                Ok(Ok(done)) => return Ok(done),
                Ok(Err(error)) => error,
                Err(_) => {
                    // What went wrong before says more than that time ran out.
                    return Err(last.unwrap_or_else(|| Error::Timeout {
                        asked: asked.clone(),
                        after: self.deadline,
                    }));
                }
            };
            if closed.is_cancelled() {
                return Err(Error::Closed);
            }
            let barred = repeat == Repeat::UnlessSent && error.outcome_unknown();
            let wait = backoff.next();
            if !error.is_retriable() || barred || Instant::now() + wait >= deadline {
                return Err(error);
            }
            tracing::debug!(%error, ?wait, "repeating a call");
            last = Some(error);
            tokio::select! {
                () = closed.cancelled() => return Err(Error::Closed),
                () = tokio::time::sleep(wait) => {}
            }
        }
    }

    /// Runs a call that is sent once, under the deadline and until the client is closed.
    pub(crate) async fn once<T>(
        &self,
        asked: &Asked,
        call: impl Future<Output = Result<T>>,
    ) -> Result<T> {
        let closed = &self.inner.pool.closed;
        tokio::select! {
            biased;
            () = closed.cancelled() => Err(Error::Closed),
            outcome = tokio::time::timeout(self.deadline, call) => outcome.unwrap_or_else(|_| {
                Err(Error::Timeout { asked: asked.clone(), after: self.deadline })
            }),
        }
    }

    /// A call with routing and repetition. `check` finds the error that concerns the whole answer.
    pub(crate) async fn call<R>(
        &self,
        call: &Call<'_>,
        build: impl Fn(i16) -> R,
        check: impl Fn(&R::Response) -> Option<(i16, Option<String>)>,
    ) -> Result<R::Response>
    where
        R: Request,
        R::Response: Throttled,
    {
        let Call { route, asked, .. } = call;
        let in_flight = AtomicBool::new(false);
        let attempts = self.retrying(call.repeat, asked, || async {
            let connection = match self.route(*route).await {
                Ok(connection) => connection,
                Err(error) => {
                    self.learn_from(*route, &error);
                    return Err(error);
                }
            };
            in_flight.store(true, Ordering::Relaxed);
            let sent = self.send(&connection, call.versions, asked, &build).await;
            in_flight.store(false, Ordering::Relaxed);
            let outcome = match sent {
                Ok(response) => match check(&response) {
                    None => Ok(response),
                    Some((code, message)) => {
                        let asked = asked.clone().of(connection.target());
                        Err(Error::broker(code, message, asked))
                    }
                },
                Err(error) => Err(error),
            };
            if let Err(error) = &outcome {
                self.learn_from(*route, error);
            }
            outcome
        });
        // A deadline that comes before the broker's own timeout leaves nobody else to draw conclusions.
        let outcome = attempts.await.map_err(|error| {
            // Cut off in the middle of a change: what went wrong before does not say what became of it.
            let is_open = call.repeat == Repeat::UnlessSent && in_flight.load(Ordering::Relaxed);
            if is_open && !error.outcome_unknown() {
                return Error::Timeout { asked: asked.clone(), after: self.deadline };
            }
            error
        });
        outcome.inspect_err(|error| self.learn_from(*route, error))
    }

    /// The connection for a route.
    pub(crate) async fn route(&self, route: Route<'_>) -> Result<Arc<Connection>> {
        match route {
            Route::Any => self.any().await,
            Route::Controller => {
                self.ensure_brokers().await?;
                match self.metadata().controller {
                    Some(id) => match self.broker(id, Use::Control).await {
                        // In KRaft any broker forwards; in ZooKeeper mode the answer will be NOT_CONTROLLER.
                        Err(error) if error.is_retriable() => {
                            self.inner.metadata.forget_brokers();
                            self.any().await
                        }
                        outcome => outcome,
                    },
                    None => self.any().await,
                }
            }
            Route::Broker(id) => self.broker(id, Use::Control).await,
            Route::Group(group) => {
                let id = self.coordinator(super::coordinators::Kind::Group, group).await?;
                self.broker(id, Use::Control).await
            }
            Route::Transaction(txn) => {
                let id = self.coordinator(super::coordinators::Kind::Transaction, txn).await?;
                self.broker(id, Use::Control).await
            }
        }
    }

    /// A connection to a broker by id.
    pub(crate) async fn broker(&self, id: i32, wanted: Use) -> Result<Arc<Connection>> {
        if self.inner.pool.slots().is_empty() {
            self.ensure_brokers().await?;
        }
        match self.inner.pool.broker(id, wanted).await {
            // It may have joined since the brokers were last looked up.
            Err(error) if error.code() == Some(ErrorCode::BROKER_NOT_AVAILABLE) => {
                self.inner.metadata.forget_brokers();
                self.ensure_brokers().await?;
                self.inner.pool.broker(id, wanted).await
            }
            outcome => outcome,
        }
    }

    /// Lets an error correct what is believed about the cluster.
    pub(crate) fn learn_from(&self, route: Route<'_>, error: &Error) {
        let connection_lost =
            matches!(error, Error::Disconnected { .. } | Error::Timeout { .. } | Error::Connect(_));
        let code = error.code();
        if connection_lost || code == Some(ErrorCode::NOT_CONTROLLER) {
            self.inner.metadata.forget_brokers();
        }
        let moved = code.is_some_and(ErrorCode::means_stale_coordinator)
            || code == Some(ErrorCode::BROKER_NOT_AVAILABLE);
        if connection_lost || moved {
            use super::coordinators::Kind;
            match route {
                Route::Group(group) => self.inner.coordinators.forget(Kind::Group, group),
                Route::Transaction(txn) => self.inner.coordinators.forget(Kind::Transaction, txn),
                _ => {}
            }
        }
    }

    /// Sends one request and decodes its answer. Nothing is repeated.
    pub(crate) async fn send<R>(
        &self,
        connection: &Arc<Connection>,
        versions: (i16, i16),
        asked: &Asked,
        build: impl FnOnce(i16) -> R,
    ) -> Result<R::Response>
    where
        R: Request,
        R::Response: Throttled,
    {
        let patience = self.settings().timeouts.request;
        self.send_within(patience, connection, versions, asked, build).await
    }

    /// As [`Client::send`], with `patience` in the place of `request.timeout.ms`.
    pub(crate) async fn send_within<R>(
        &self,
        patience: Duration,
        connection: &Arc<Connection>,
        versions: (i16, i16),
        asked: &Asked,
        build: impl FnOnce(i16) -> R,
    ) -> Result<R::Response>
    where
        R: Request,
        R::Response: Throttled,
    {
        let asked = asked.clone().of(connection.target());
        let version = connection.versions().choose::<R>(versions, &asked)?;
        let frame = wire::encode(&self.settings().client_id, version, &build(version))
            .map_err(|reason| Error::InvalidRequest { asked: asked.clone(), reason })?;
        let since = Instant::now();
        let response = self.exchange_within(patience, connection, frame, &asked).await?;
        connection.observe_round_trip(since.elapsed());
        let response = wire::decode::<R>(response, version)
            .map_err(|what| unreadable(connection, &asked, what))?;
        connection.throttle(response.throttle());
        Ok(response)
    }

    /// Sends a frame, explaining a connection that ends because the listener wanted SASL. `extra` is added to
    /// `request.timeout.ms` for requests that the broker may hold on purpose.
    pub(crate) async fn exchange(
        &self,
        connection: &Arc<Connection>,
        frame: wire::Frame,
        extra: Duration,
        asked: &Asked,
    ) -> Result<bytes::Bytes> {
        let patience = self.settings().timeouts.request + extra;
        self.exchange_within(patience, connection, frame, asked).await
    }

    async fn exchange_within(
        &self,
        patience: Duration,
        connection: &Arc<Connection>,
        mut frame: wire::Frame,
        asked: &Asked,
    ) -> Result<bytes::Bytes> {
        frame.guard.clone_from(&self.guard);
        let error = match connection.exchange(frame, patience, asked).await {
            Ok(response) => {
                connection.prove();
                return Ok(response);
            }
            Err(error) => error,
        };
        if self.inner.pool.closed.is_cancelled() {
            return Err(Error::Closed);
        }
        let unproven = matches!(error, Error::Disconnected { .. }) && !connection.is_proven();
        if unproven
            && self.settings().security.sasl.is_none()
            && let Some(demand) = self.demanded_sasl(connection).await
        {
            return Err(demand.into());
        }
        Err(error)
    }

    /// A listener that demands SASL answers `ApiVersions` and closes the connection at the next request.
    async fn demanded_sasl(&self, connection: &Connection) -> Option<ConnectError> {
        let dialer = self.inner.pool.dialer();
        let address = connection.address()?.clone();
        let name = address.to_string();
        let fresh =
            dialer.dial(&address, name, Arc::default(), &mut Trace::default()).await.ok()?;
        let offered = demanded_mechanisms(&fresh, &dialer.settings).await?;
        let has_tls = dialer.settings.security.tls.is_some();
        Some(sasl_required(address.to_string(), &offered, has_tls))
    }
}

/// The error for a listener that demands SASL.
fn sasl_required(target: String, offered: &[String], tls: bool) -> ConnectError {
    let protocol = if tls { "SASL_SSL" } else { "SASL_PLAINTEXT" };
    ConnectError {
        target,
        stage: Stage::Sasl,
        cause: ConnectCause::SaslRequired,
        summary: "the listener demands SASL authentication, and none is configured".to_owned(),
        detail: format!("it offers {}", offered.join(", ")),
        remedy: format!("Set security.protocol={protocol}, sasl.mechanism and sasl.jaas.config"),
    }
}

/// Ends a connection whose answer cannot be read: what follows cannot be trusted either.
pub(crate) fn unreadable(connection: &Connection, asked: &Asked, what: String) -> Error {
    connection
        .close(Death::new(ConnectCause::NotKafka, format!("an answer could not be read: {what}")));
    Error::Protocol {
        asked: asked.clone(),
        what,
        remedy: "Check that nothing between here and the broker changes the stream; if it persists, report the \
                 broker's version"
            .to_owned(),
    }
}
