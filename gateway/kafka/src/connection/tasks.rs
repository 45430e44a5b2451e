//! The tasks of a connection: one writes, one reads, one watches the clock.

use std::{
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

use tokio::{
    io::{AsyncRead, AsyncWrite, AsyncWriteExt},
    sync::mpsc,
    time::Instant,
};

use super::{Death, frame::FrameReader, garbage, pieces::Pieces, shared::Shared};
use crate::{error::ConnectCause, wire::Frame};

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
        shared.lock().begun += 1;
        let len = frame.len() as u64;
        let mut pieces = Pieces::new(frame.into_pieces());
        let written = async {
            write.write_all_buf(&mut pieces).await?;
            write.flush().await
        };
        let written = tokio::select! {
            () = shared.stop.cancelled() => break,
            written = written => written,
        };
        match written {
            Ok(()) => {
                shared.counters.bytes_out.fetch_add(len, Ordering::Relaxed);
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
