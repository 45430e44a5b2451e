//! Connections: accepted, bounded in number, timed, and drained when the gateway stops.

use std::{sync::Arc, time::Duration};

use axum::Router;
use hyper::server::conn::http1;
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    service::TowerToHyperService,
};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::{OwnedSemaphorePermit, Semaphore},
};

use crate::shutdown::Tasks;

/// A client that has not sent the whole head of its request by then is disconnected.
const HEADER_TIMEOUT: Duration = Duration::from_secs(10);
/// Connections at once, so that idle ones cannot use up all file descriptors.
const MAX_CONNECTIONS: usize = 1024;
/// After a failed accept (out of file descriptors, mostly) this long is waited.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// Serves connections until the gateway drains; those under way are finished by tasks of their own.
pub async fn serve(listener: TcpListener, router: Router, tasks: Tasks) {
    let room = Arc::new(Semaphore::new(MAX_CONNECTIONS));
    loop {
        let next = async {
            let place = Arc::clone(&room).acquire_owned().await;
            (place, listener.accept().await)
        };
        let (place, accepted) = tokio::select! {
            () = tasks.draining().cancelled() => return,
            next = next => next,
        };
        let Ok(place) = place else { return };
        match accepted {
            Ok((stream, _)) => {
                let connection = connection(stream, router.clone(), tasks.clone(), place);
                tasks.spawn("connection", connection);
            }
            Err(error) => {
                tracing::warn!(%error, "connection cannot be accepted");
                tokio::time::sleep(ACCEPT_PAUSE).await;
            }
        }
    }
}

async fn connection(stream: TcpStream, router: Router, tasks: Tasks, place: OwnedSemaphorePermit) {
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%error, "small frames will be delayed");
    }
    let service = TowerToHyperService::new(router);
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEADER_TIMEOUT)
        .max_buf_size(64 << 10)
        .serve_connection(TokioIo::new(stream), service)
        .with_upgrades();
    let mut connection = std::pin::pin!(connection);
    let result = tokio::select! {
        result = connection.as_mut() => result,
        () = tasks.draining().cancelled() => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    drop(place);
    if let Err(error) = result {
        tracing::debug!(error = %error, "connection ended");
    }
}
