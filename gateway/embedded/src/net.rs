//! Listeners and connections: framing, authentication gate, faults, one request at a time.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::api::{self, Outcome};
use crate::cluster::Shared;
use crate::faults::{Action, Cut};
use crate::session::Session;

/// Largest frame accepted, `socket.request.max.bytes`.
const MAX_FRAME: usize = 100 * 1024 * 1024;
/// Requests read ahead per connection.
const READ_AHEAD: usize = 4;

/// A broker's open listener.
pub(crate) struct Door {
    stop: CancellationToken,
    /// Replaced when all connections are dropped but the listener stays.
    connections: Arc<std::sync::Mutex<CancellationToken>>,
    tasks: TaskTracker,
}

impl Door {
    pub(crate) fn drop_connections(&mut self) {
        let mut token = self.connections.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        token.cancel();
        *token = self.stop.child_token();
    }
}

pub(crate) async fn bind(port: u16) -> io::Result<(u16, TcpListener)> {
    let listener = TcpListener::bind(SocketAddr::from((Ipv4Addr::LOCALHOST, port))).await?;
    Ok((listener.local_addr()?.port(), listener))
}

/// Serves a broker on a listener.
pub(crate) fn open(shared: &Arc<Shared>, broker: i32, listener: TcpListener) {
    let stop = shared.stop.child_token();
    let connections = Arc::new(std::sync::Mutex::new(stop.child_token()));
    let tasks = TaskTracker::new();
    let door =
        Door { stop: stop.clone(), connections: Arc::clone(&connections), tasks: tasks.clone() };
    let state = Arc::clone(shared);
    let spawner = tasks.clone();
    tasks.spawn(async move {
        loop {
            let accepted = tokio::select! {
                () = stop.cancelled() => return,
                accepted = listener.accept() => accepted,
            };
            let Ok((stream, peer)) = accepted else {
                // Out of descriptors, most likely: the next try may do better.
                tokio::time::sleep(Duration::from_millis(20)).await;
                continue;
            };
            let token =
                connections.lock().unwrap_or_else(std::sync::PoisonError::into_inner).clone();
            let state = Arc::clone(&state);
            spawner.spawn(async move {
                tokio::select! {
                    () = token.cancelled() => {}
                    () = connection(&state, broker, stream, peer) => {}
                }
            });
        }
    });
    shared.doors().insert(broker, door);
}

/// Closes a broker's listener and connections and waits until they are gone.
pub(crate) async fn close(shared: &Arc<Shared>, broker: i32) {
    let door = shared.doors().remove(&broker);
    if let Some(door) = door {
        door.stop.cancel();
        door.tasks.close();
        door.tasks.wait().await;
    }
}

/// Opens a broker's listener again on its old port.
pub(crate) async fn reopen(shared: &Arc<Shared>, broker: i32) -> io::Result<()> {
    if shared.doors().contains_key(&broker) {
        return Ok(());
    }
    let (_, listener) = bind(shared.port(broker)).await?;
    open(shared, broker, listener);
    Ok(())
}

async fn connection(shared: &Arc<Shared>, broker: i32, stream: TcpStream, peer: SocketAddr) {
    drop(stream.set_nodelay(true));
    let done = match shared.tls.clone() {
        Some(acceptor) => match acceptor.accept(stream).await {
            Ok(stream) => serve(shared, broker, stream, peer).await,
            Err(error) => Err(error),
        },
        None => serve(shared, broker, stream, peer).await,
    };
    if let Err(error) = done {
        tracing::debug!(broker, %peer, %error, "connection closed");
    }
}

async fn serve<S>(shared: &Arc<Shared>, broker: i32, stream: S, peer: SocketAddr) -> io::Result<()>
where
    S: AsyncRead + AsyncWrite + Send + 'static,
{
    let (reader, mut writer) = tokio::io::split(stream);
    let gone = CancellationToken::new();
    let _gone_at_end = gone.clone().drop_guard();
    let (frames, mut queue) = mpsc::channel(READ_AHEAD);
    let reading = read_frames(reader, frames, gone.clone());
    let mut session = Session::new(Arc::clone(shared), broker, peer.ip().to_string(), gone);
    let working = async {
        while let Some(frame) = queue.recv().await {
            if !answer(&mut session, &mut writer, frame).await? {
                break;
            }
        }
        writer.shutdown().await
    };
    let mut reading = std::pin::pin!(reading);
    let mut working = std::pin::pin!(working);
    tokio::select! {
        done = &mut working => done,
        // The client is gone or sent garbage; what it sent before is still carried out.
        read = &mut reading => working.await.and(read),
    }
}

/// Reads frames until the client goes; then waiting requests are told not to wait any longer.
async fn read_frames(
    mut reader: impl AsyncRead + Unpin,
    frames: mpsc::Sender<Bytes>,
    gone: CancellationToken,
) -> io::Result<()> {
    let read = async {
        loop {
            let size = match reader.read_i32().await {
                Ok(size) => size,
                Err(e) if e.kind() == io::ErrorKind::UnexpectedEof => return Ok(()),
                Err(e) => return Err(e),
            };
            let size = usize::try_from(size).ok().filter(|n| *n <= MAX_FRAME);
            let size = size.ok_or_else(|| io::Error::other("frame size out of range"))?;
            let mut frame = Vec::with_capacity(size.min(64 * 1024));
            (&mut reader).take(size as u64).read_to_end(&mut frame).await?;
            if frame.len() < size || frames.send(Bytes::from(frame)).await.is_err() {
                return Ok(());
            }
        }
    };
    let done = read.await;
    gone.cancel();
    done
}

/// Handles one request. False ends the connection.
async fn answer(
    session: &mut Session,
    writer: &mut (impl AsyncWrite + Unpin),
    frame: Bytes,
) -> io::Result<bool> {
    let Some(api) = api::key_of(&frame) else { return Ok(false) };
    let cut = {
        let action = session.shared.plan().take(api, |a| matches!(a, Action::Cut(_)));
        match action {
            Some(Action::Cut(cut)) => Some(cut),
            _ => None,
        }
    };
    if cut == Some(Cut::BeforeProcessing) {
        return Ok(false);
    }
    let outcome = api::handle(session, frame).await;
    let (latency, throttle) = {
        let plan = session.shared.plan();
        (plan.latency(session.broker), plan.throttle_ms)
    };
    if !latency.is_zero() {
        tokio::time::sleep(latency).await;
    }
    let (body, stay) = match outcome {
        Ok(Outcome::Answer(body)) => (body, true),
        Ok(Outcome::LastAnswer(body)) => (body, false),
        Ok(Outcome::Silent) => return Ok(true),
        Err(error) => {
            tracing::debug!(api, %error, "request refused, closing the connection");
            return Ok(false);
        }
    };
    match cut {
        Some(Cut::MidResponse) => {
            writer.write_all(body.get(..body.len() / 2).unwrap_or_default()).await?;
            writer.flush().await?;
            return Ok(false);
        }
        Some(_) => return Ok(false),
        None => {}
    }
    writer.write_all(&body).await?;
    writer.flush().await?;
    if let Ok(ms) = u64::try_from(throttle)
        && ms > 0
    {
        tokio::time::sleep(Duration::from_millis(ms)).await;
    }
    Ok(stay)
}
