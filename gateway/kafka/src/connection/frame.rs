//! Length-prefixed frames from a byte stream, without trust in the length.

use std::io;

use bytes::{BufMut, Bytes, BytesMut};
use tokio::io::{AsyncRead, AsyncReadExt};

/// Memory grows with what arrived, starting here, or with the size of the largest frame that came whole: growing
/// means copying, and a peer that has sent so much before is believed.
const FIRST_STEP: usize = 16 * 1024;
/// More than this is never believed.
const LARGEST_STEP: usize = 16 << 20;
/// How much of a bad frame is kept to tell what it is.
const SAMPLE: usize = 64;
/// How long to wait for the rest of that sample.
const SAMPLE_WAIT: std::time::Duration = std::time::Duration::from_millis(200);

/// Why there is no next frame.
#[derive(Debug)]
pub(crate) enum FrameFault {
    /// The stream ended; with the bytes of a frame that was not complete.
    Ended { partial: usize },
    /// The length is negative, too short for an answer or over the limit. Holds the first bytes, length included.
    BadLength { len: i32, limit: usize, sample: Vec<u8> },
    /// The stream failed.
    Io(io::Error),
}

/// Reads frames.
pub(crate) struct FrameReader<R> {
    stream: R,
    limit: usize,
    seen: bool,
    step: usize,
}

impl<R: AsyncRead + Unpin> FrameReader<R> {
    pub(crate) fn new(stream: R, limit: usize) -> Self {
        Self { stream, limit, seen: false, step: FIRST_STEP }
    }

    /// Whether a whole frame was read before.
    pub(crate) fn any_frame_seen(&self) -> bool {
        self.seen
    }

    /// The next frame without its length. Not cancel safe: after a cancelled call the stream is out of step.
    pub(crate) async fn next(&mut self) -> Result<Bytes, FrameFault> {
        let mut prefix = [0; 4];
        let mut have = 0;
        while let Some(room) = prefix.get_mut(have..).filter(|room| !room.is_empty()) {
            match self.stream.read(room).await.map_err(FrameFault::Io)? {
                0 => return Err(FrameFault::Ended { partial: have }),
                count => have += count,
            }
        }
        let announced = i32::from_be_bytes(prefix);
        let len = match usize::try_from(announced) {
            Ok(len) if (4..=self.limit).contains(&len) => len,
            _ => return Err(self.bad_length(announced, prefix).await),
        };
        let mut body = BytesMut::with_capacity(len.min(self.step));
        while body.len() < len {
            if body.len() == body.capacity() {
                body.reserve((len - body.len()).min(body.len()));
            }
            let room = (len - body.len()).min(body.capacity() - body.len());
            let count = self.stream.read_buf(&mut (&mut body).limit(room)).await;
            if count.map_err(FrameFault::Io)? == 0 {
                return Err(FrameFault::Ended { partial: body.len() + 4 });
            }
        }
        self.seen = true;
        self.step = self.step.max(len.min(LARGEST_STEP));
        Ok(body.freeze())
    }

    async fn bad_length(&mut self, len: i32, prefix: [u8; 4]) -> FrameFault {
        let mut sample = prefix.to_vec();
        let fill = async {
            let mut more = [0; SAMPLE];
            while sample.len() < SAMPLE {
                match self.stream.read(&mut more).await {
                    Ok(count) if count > 0 => sample.extend(more.iter().take(count)),
                    _ => break,
                }
            }
        };
        tokio::time::timeout(SAMPLE_WAIT, fill).await.ok();
        FrameFault::BadLength { len, limit: self.limit, sample }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    async fn frames(bytes: &[u8], limit: usize) -> (Vec<Bytes>, FrameFault) {
        let mut reader = FrameReader::new(bytes, limit);
        let mut frames = Vec::new();
        loop {
            match reader.next().await {
                Ok(frame) => frames.push(frame),
                Err(fault) => return (frames, fault),
            }
        }
    }

    fn block_on<T>(future: impl Future<Output = T>) -> T {
        tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .start_paused(true)
            .build()
            .unwrap()
            .block_on(future)
    }

    #[test]
    fn a_length_over_the_limit_is_refused_before_anything_is_allocated() {
        let (frames, fault) = block_on(frames(b"\x7f\xff\xff\xffhello", 1024));
        assert!(frames.is_empty());
        let FrameFault::BadLength { len, sample, .. } = fault else { panic!("{fault:?}") };
        assert_eq!((len, sample.as_slice()), (i32::MAX, b"\x7f\xff\xff\xffhello".as_slice()));
    }

    #[test]
    fn a_large_length_with_little_behind_it_takes_little_memory() {
        // 64 MiB announced, 5 bytes there: the reader must not have reserved more than its first step.
        let (_, fault) = block_on(frames(b"\x04\x00\x00\x00hello", 1 << 27));
        assert!(matches!(fault, FrameFault::Ended { partial: 9 }), "{fault:?}");
    }

    proptest! {
        #[test]
        fn whole_frames_come_back_as_they_were(
            bodies in prop::collection::vec(prop::collection::vec(any::<u8>(), 4..60_000), 0..4),
            cut in 0_usize..4,
        ) {
            let mut bytes = Vec::new();
            for body in &bodies {
                bytes.extend(u32::try_from(body.len()).unwrap().to_be_bytes());
                bytes.extend(body);
            }
            bytes.extend(&[0, 0, 0, 9][..cut]);
            let (read, fault) = block_on(frames(&bytes, 1 << 20));
            let read: Vec<Vec<u8>> = read.iter().map(|frame| frame.to_vec()).collect();
            prop_assert_eq!(read, bodies);
            let ended = matches!(fault, FrameFault::Ended { partial } if partial == cut);
            prop_assert!(ended);
        }

        #[test]
        fn arbitrary_bytes_end_in_a_fault(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            block_on(frames(&bytes, 1 << 16));
        }
    }
}
