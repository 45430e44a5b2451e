//! Compression of the records section of a batch, with a bound on what decompression may produce.

use std::io::{self, Read};

/// Largest decompressed records section accepted. A batch of this size never comes from a real
/// producer; the bound keeps a few kilobytes of input from claiming gigabytes.
const MAX_DECOMPRESSED: u64 = 256 * 1024 * 1024;
const SNAPPY_MAGIC: [u8; 16] = *b"\x82SNAPPY\x00\x00\x00\x00\x01\x00\x00\x00\x01";
const SNAPPY_BLOCK: usize = 32 * 1024;

/// Codec of a batch, bits 0 to 2 of its attributes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Codec {
    None,
    Gzip,
    Snappy,
    Lz4,
    Zstd,
}

impl Codec {
    pub(crate) fn from_attributes(attributes: i16) -> Option<Self> {
        Some(match attributes & 7 {
            0 => Self::None,
            1 => Self::Gzip,
            2 => Self::Snappy,
            3 => Self::Lz4,
            4 => Self::Zstd,
            _ => return None,
        })
    }

    pub(crate) fn bits(self) -> i16 {
        match self {
            Self::None => 0,
            Self::Gzip => 1,
            Self::Snappy => 2,
            Self::Lz4 => 3,
            Self::Zstd => 4,
        }
    }

    /// The codec named by a topic's `compression.type`; `None` means "keep the producer's".
    pub(crate) fn from_config(value: &str) -> Option<Self> {
        Some(match value {
            "uncompressed" => Self::None,
            "gzip" => Self::Gzip,
            "snappy" => Self::Snappy,
            "lz4" => Self::Lz4,
            "zstd" => Self::Zstd,
            _ => return None,
        })
    }

    pub(crate) fn compress(self, data: &[u8]) -> io::Result<Vec<u8>> {
        match self {
            Self::None => Ok(data.to_vec()),
            Self::Gzip => {
                let mut out = Vec::new();
                flate2::read::GzEncoder::new(data, flate2::Compression::default())
                    .read_to_end(&mut out)?;
                Ok(out)
            }
            Self::Snappy => {
                let mut out = SNAPPY_MAGIC.to_vec();
                for block in data.chunks(SNAPPY_BLOCK) {
                    let packed = snap::raw::Encoder::new().compress_vec(block)?;
                    let len = u32::try_from(packed.len()).map_err(io::Error::other)?;
                    out.extend_from_slice(&len.to_be_bytes());
                    out.extend_from_slice(&packed);
                }
                Ok(out)
            }
            Self::Lz4 => {
                let mut encoder = lz4::EncoderBuilder::new()
                    .block_mode(lz4::BlockMode::Independent)
                    .build(Vec::new())?;
                io::copy(&mut &*data, &mut encoder)?;
                let (out, done) = encoder.finish();
                done.map(|()| out)
            }
            Self::Zstd => zstd::stream::encode_all(data, 3),
        }
    }

    pub(crate) fn decompress(self, data: &[u8]) -> io::Result<Vec<u8>> {
        match self {
            Self::None => Ok(data.to_vec()),
            Self::Gzip => bounded(flate2::read::MultiGzDecoder::new(data)),
            Self::Snappy => unsnap(data),
            Self::Lz4 => bounded(lz4::Decoder::new(data)?),
            Self::Zstd => bounded(zstd::stream::read::Decoder::new(data)?),
        }
    }
}

fn bounded(reader: impl Read) -> io::Result<Vec<u8>> {
    let mut out = Vec::new();
    reader.take(MAX_DECOMPRESSED + 1).read_to_end(&mut out)?;
    if out.len() as u64 > MAX_DECOMPRESSED { Err(too_large()) } else { Ok(out) }
}

/// Java's block framing, or a bare snappy block as some clients send.
fn unsnap(data: &[u8]) -> io::Result<Vec<u8>> {
    let Some(mut rest) = data.strip_prefix(SNAPPY_MAGIC.as_slice()) else {
        return unsnap_block(data, 0);
    };
    let mut out = Vec::new();
    while let Some((len, tail)) = rest.split_first_chunk::<4>() {
        let len = u32::from_be_bytes(*len) as usize;
        let (block, tail) = tail.split_at_checked(len).ok_or_else(truncated)?;
        out.append(&mut unsnap_block(block, out.len())?);
        rest = tail;
    }
    if rest.is_empty() { Ok(out) } else { Err(truncated()) }
}

fn unsnap_block(block: &[u8], already: usize) -> io::Result<Vec<u8>> {
    let len = snap::raw::decompress_len(block)?;
    if (already + len) as u64 > MAX_DECOMPRESSED {
        return Err(too_large());
    }
    Ok(snap::raw::Decoder::new().decompress_vec(block)?)
}

fn too_large() -> io::Error {
    io::Error::other("the batch decompresses to more than 256 MiB")
}

fn truncated() -> io::Error {
    io::Error::other("the snappy stream ends inside a block")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const ALL: [Codec; 5] = [Codec::None, Codec::Gzip, Codec::Snappy, Codec::Lz4, Codec::Zstd];

    proptest! {
        #[test]
        fn every_codec_gives_back_what_it_was_given(data in proptest::collection::vec(any::<u8>(), 0..100_000)) {
            for codec in ALL {
                prop_assert_eq!(&codec.decompress(&codec.compress(&data).unwrap()).unwrap(), &data);
            }
        }

        #[test]
        fn garbage_is_an_error_or_data_but_never_a_panic(data in proptest::collection::vec(any::<u8>(), 0..300)) {
            for codec in ALL {
                drop(codec.decompress(&data));
            }
        }
    }

    #[test]
    fn a_decompression_bomb_is_refused() {
        let bomb = Codec::Zstd.compress(&vec![0; 300 * 1024 * 1024]).unwrap();
        assert!(bomb.len() < 100_000);
        assert!(Codec::Zstd.decompress(&bomb).is_err());
    }

    #[test]
    fn a_bare_snappy_block_is_read() {
        let bare = snap::raw::Encoder::new().compress_vec(b"hello hello hello hello").unwrap();
        assert_eq!(Codec::Snappy.decompress(&bare).unwrap(), b"hello hello hello hello");
    }
}
