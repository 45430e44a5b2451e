//! The tasks of a connection: one writes, one reads, one watches the clock.

use std::{
    future::poll_fn,
    io,
    pin::Pin,
    sync::{Arc, atomic::Ordering},
    task::Poll,
    time::Duration,
};

use bytes::Buf;
use tokio::{
    io::{AsyncRead, AsyncWrite, AsyncWriteExt},
    sync::mpsc,
    time::Instant,
};
use tokio_util::io::poll_write_buf;

use super::{Death, frame::FrameReader, garbage, pieces::Pieces, shared::Shared};
use crate::{error::ConnectCause, send_guard::SendGuard, wire::Frame};

/// How long a failed write waits for the reader to find out why: a TLS alert, or the broker's last words.
const LAST_WORDS: Duration = Duration::from_millis(500);
/// How long the farewell to a peer may take.
const FAREWELL: Duration = Duration::from_secs(1);
/// How much later than the caller the connection itself gives up on an answer.
const GRACE: Duration = Duration::from_millis(250);

/// Writes frames in the order of the queue.
pub(super) async fn write_frames<W: AsyncWrite + Unpin>(
    mut write: W,
    mut queue: mpsc::Receiver<Frame>,
    shared: Arc<Shared>,
) {
    loop {
        let frame = tokio::select! {
            () = shared.stop.cancelled() => break,
            frame = queue.recv() => frame,
        };
        let Some(frame) = frame else { break };
        let number = {
            let mut state = shared.lock();
            state.begun += 1;
            state.begun - 1
        };
        let len = frame.len() as u64;
        let written = tokio::select! {
            () = shared.stop.cancelled() => break,
            written = write_frame(&mut write, frame) => written,
        };
        match written {
            Ok(Written::Whole) => {
                shared.counters.bytes_out.fetch_add(len, Ordering::Relaxed);
            }
            Ok(Written::Nothing) => shared.withhold(number),
            Ok(Written::Part) => {
                shared.fail(Death::new(ConnectCause::Io, "leave to send ended within a request"));
                // Not even a farewell: it would bring the rest along.
                return;
            }
            Err(error) => {
                // The reader usually knows better: the peer's alert or farewell is in its buffer.
                tokio::time::timeout(LAST_WORDS, shared.stop.cancelled()).await.ok();
                shared.fail(garbage::death_of_io(&error, "writing"));
                break;
            }
        }
    }
    tokio::time::timeout(FAREWELL, write.shutdown()).await.ok();
}

/// How much of a frame was written.
enum Written {
    Whole,
    Part,
    Nothing,
}

/// Writes a frame while its guard lets it go.
async fn write_frame<W: AsyncWrite + Unpin>(write: &mut W, frame: Frame) -> io::Result<Written> {
    let guard = frame.guard.clone();
    let lets_go = || guard.as_ref().is_none_or(SendGuard::lets_go);
    let mut pieces = Pieces::new(frame.into_pieces());
    let whole = pieces.remaining();
    while pieces.has_remaining() {
        // Asked at each poll: between two of them any time may pass.
        let step = poll_fn(|context| {
            if !lets_go() {
                return Poll::Ready(Ok(None));
            }
            poll_write_buf(Pin::new(&mut *write), context, &mut pieces).map_ok(Some)
        });
        match step.await? {
            Some(0) => return Err(io::ErrorKind::WriteZero.into()),
            Some(_) => {}
            None if pieces.remaining() == whole => return Ok(Written::Nothing),
            None => return Ok(Written::Part),
        }
    }
    poll_fn(|context| {
        if !lets_go() {
            return Poll::Ready(Ok(Written::Part));
        }
        Pin::new(&mut *write).poll_flush(context).map_ok(|()| Written::Whole)
    })
    .await
}

/// Ends the connection when the oldest request is overdue, even if its caller has long gone: everything behind it
/// waits for the same broker.
pub(super) async fn watch_deadlines(shared: Arc<Shared>) {
    loop {
        let oldest = shared.lock().waiting.front().map(|waiter| waiter.deadline + GRACE);
        let wait = async {
            match oldest {
                Some(deadline) => tokio::time::sleep_until(deadline).await,
                None => shared.work.notified().await,
            }
        };
        tokio::select! {
            () = shared.stop.cancelled() => return,
            () = wait => {}
        }
        let overdue = shared
            .lock()
            .waiting
            .front()
            .is_some_and(|waiter| waiter.deadline + GRACE <= Instant::now());
        if overdue {
            shared.fail(Death::new(ConnectCause::TimedOut, "the broker does not answer"));
        }
    }
}

/// Reads answers and hands them out.
pub(super) async fn read_frames<R: AsyncRead + Unpin>(read: R, shared: Arc<Shared>) {
    let mut frames = FrameReader::new(read, shared.max_response);
    loop {
        let frame = tokio::select! {
            () = shared.stop.cancelled() => return,
            frame = frames.next() => frame,
        };
        let delivered = match frame {
            Ok(frame) => {
                let len = frame.len() as u64 + 4;
                shared.counters.bytes_in.fetch_add(len, Ordering::Relaxed);
                shared.deliver(frame)
            }
            Err(fault) => Err(garbage::death_of_frame(&fault, frames.any_frame_seen())),
        };
        if let Err(death) = delivered {
            shared.fail(death);
            return;
        }
    }
}
