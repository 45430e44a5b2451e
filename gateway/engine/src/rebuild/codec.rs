//! The codecs of records sections, with a bound on what they may expand to.

use std::io::{Read, Write};

use bytes::{Buf, Bytes};

use crate::batch::Codec;

/// First bytes of the framing that Kafka's Java clients put around snappy blocks.
const XERIAL: [u8; 16] = [0x82, b'S', b'N', b'A', b'P', b'P', b'Y', 0, 0, 0, 0, 1, 0, 0, 0, 1];
/// Size of one snappy block before compression.
const XERIAL_BLOCK: usize = 32 * 1024;

/// The uncompressed section; a slice of the same bytes when there is nothing to do.
pub(super) fn decompress(codec: Codec, bytes: &Bytes, limit: usize) -> Result<Bytes, String> {
    match codec {
        Codec::None => Ok(bytes.clone()),
        Codec::Gzip => read(flate2::read::MultiGzDecoder::new(bytes.as_ref()), limit),
        Codec::Snappy => unsnap(bytes, limit),
        Codec::Lz4 => read(lz4_flex::frame::FrameDecoder::new(bytes.as_ref()), limit),
        Codec::Zstd => {
            let decoder = zstd::stream::read::Decoder::with_buffer(bytes.as_ref());
            read(decoder.map_err(|error| error.to_string())?, limit)
        }
    }
}

/// The section compressed with `codec`.
pub(super) fn compress(codec: Codec, bytes: Vec<u8>) -> Result<Vec<u8>, String> {
    let out = match codec {
        Codec::None => Ok(bytes),
        Codec::Gzip => {
            let mut encoder =
                flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
            encoder.write_all(&bytes).and_then(|()| encoder.finish())
        }
        Codec::Snappy => return snap(&bytes),
        Codec::Lz4 => {
            let mut encoder = lz4_flex::frame::FrameEncoder::new(Vec::new());
            return encoder
                .write_all(&bytes)
                .map_err(|error| error.to_string())
                .and_then(|()| encoder.finish().map_err(|error| error.to_string()));
        }
        Codec::Zstd => zstd::stream::encode_all(bytes.as_slice(), 3),
    };
    out.map_err(|error| error.to_string())
}

fn read(decoder: impl Read, limit: usize) -> Result<Bytes, String> {
    let mut out = Vec::new();
    let bound = u64::try_from(limit).unwrap_or(u64::MAX).saturating_add(1);
    decoder.take(bound).read_to_end(&mut out).map_err(|error| error.to_string())?;
    within(&out, limit)?;
    Ok(Bytes::from(out))
}

fn within(out: &[u8], limit: usize) -> Result<(), String> {
    if out.len() > limit {
        return Err(format!("it expands to more than the {limit} bytes allowed"));
    }
    Ok(())
}

fn unsnap(bytes: &Bytes, limit: usize) -> Result<Bytes, String> {
    let Some(mut blocks) = bytes.strip_prefix(&XERIAL[..8]) else {
        let mut out = Vec::new();
        unsnap_block(bytes, &mut out, limit)?;
        return Ok(Bytes::from(out));
    };
    blocks = blocks.get(8..).ok_or("its snappy header is cut off")?;
    let mut out = Vec::new();
    while !blocks.is_empty() {
        let size = blocks.try_get_u32().map_err(|_| "a snappy block is cut off")?;
        let size = usize::try_from(size).map_err(|error| error.to_string())?;
        let (block, rest) = blocks.split_at_checked(size).ok_or("a snappy block is cut off")?;
        unsnap_block(block, &mut out, limit)?;
        blocks = rest;
    }
    Ok(Bytes::from(out))
}

fn unsnap_block(block: &[u8], out: &mut Vec<u8>, limit: usize) -> Result<(), String> {
    let size = snap::raw::decompress_len(block).map_err(|error| error.to_string())?;
    if out.len().saturating_add(size) > limit {
        return Err(format!("it expands to more than the {limit} bytes allowed"));
    }
    let decoded =
        snap::raw::Decoder::new().decompress_vec(block).map_err(|error| error.to_string())?;
    out.extend_from_slice(&decoded);
    Ok(())
}

fn snap(bytes: &[u8]) -> Result<Vec<u8>, String> {
    let mut out = XERIAL.to_vec();
    let mut encoder = snap::raw::Encoder::new();
    for block in bytes.chunks(XERIAL_BLOCK) {
        let block = encoder.compress_vec(block).map_err(|error| error.to_string())?;
        let size = u32::try_from(block.len()).map_err(|error| error.to_string())?;
        out.extend_from_slice(&size.to_be_bytes());
        out.extend_from_slice(&block);
    }
    Ok(out)
}
