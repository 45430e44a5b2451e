//! Java's own keystore format, read-only (layout: `sun.security.provider.JavaKeyStore` as documented in many places:
//! magic, version, entries, SHA-1 over password, a fixed phrase and the content).

use ring::digest::{Context, SHA1_FOR_LEGACY_USE_ONLY};

const MAGIC: u32 = 0xfeed_feed;
const PRIVATE_KEY: u32 = 1;
const TRUSTED_CERTIFICATE: u32 = 2;
const DIGEST: usize = 20;
/// Mixed into the integrity digest by Java.
const PHRASE: &[u8] = b"Mighty Aphrodite";
/// DER of the object id of Sun's key protector, 1.3.6.1.4.1.42.2.17.1.1.
const SUN_KEY_PROTECTOR: &[u8] = &[6, 10, 0x2b, 6, 1, 4, 1, 0x2a, 2, 0x11, 1, 1];

/// The entries of a keystore.
#[derive(Debug, Default)]
pub(super) struct Jks {
    pub(super) trusted: Vec<Vec<u8>>,
    pub(super) keys: Vec<KeyEntry>,
}

/// A private key, still encrypted, with its certificates, leaf first.
#[derive(Debug)]
pub(super) struct KeyEntry {
    pub(super) protected: Vec<u8>,
    pub(super) chain: Vec<Vec<u8>>,
}

/// Whether the bytes are a JKS file.
pub(super) fn is_jks(bytes: &[u8]) -> bool {
    bytes.starts_with(&MAGIC.to_be_bytes())
}

/// Reads a keystore. Without a password its integrity is not checked, as in Java.
///
/// # Errors
/// What is wrong, as a clause.
pub(super) fn parse(bytes: &[u8], password: Option<&str>) -> Result<Jks, String> {
    let truncated = || "the file is cut off or damaged".to_owned();
    let content = bytes.len().checked_sub(DIGEST).and_then(|end| bytes.get(..end));
    let content = content.ok_or_else(truncated)?;
    if let Some(password) = password {
        let mut digest = Context::new(&SHA1_FOR_LEGACY_USE_ONLY);
        digest.update(&utf16(password));
        digest.update(PHRASE);
        digest.update(content);
        if !bytes.ends_with(digest.finish().as_ref()) {
            return Err("the password is wrong or the file was changed".to_owned());
        }
    }
    let mut input = Input(content);
    read(&mut input)
        .ok_or_else(truncated)?
        .ok_or_else(|| "it holds an entry that is neither a key nor a certificate".to_owned())
}

/// `None` when the input ends too early, `Some(None)` for an unknown entry.
fn read(input: &mut Input<'_>) -> Option<Option<Jks>> {
    let mut jks = Jks::default();
    input.u32()?;
    let version = input.u32()?;
    let count = input.u32()?;
    for _ in 0..count {
        let tag = input.u32()?;
        let alias = input.u16()?;
        input.take(alias.into())?;
        // Creation time.
        input.take(8)?;
        match tag {
            PRIVATE_KEY => {
                let protected = input.block()?.to_vec();
                let certificates = input.u32()?;
                let mut chain = Vec::new();
                for _ in 0..certificates {
                    chain.push(input.certificate(version)?);
                }
                jks.keys.push(KeyEntry { protected, chain });
            }
            TRUSTED_CERTIFICATE => jks.trusted.push(input.certificate(version)?),
            _ => return Some(None),
        }
    }
    Some(Some(jks))
}

struct Input<'a>(&'a [u8]);

impl<'a> Input<'a> {
    fn take(&mut self, len: usize) -> Option<&'a [u8]> {
        let (head, rest) = self.0.split_at_checked(len)?;
        self.0 = rest;
        Some(head)
    }

    fn u16(&mut self) -> Option<u16> {
        self.take(2)?.try_into().ok().map(u16::from_be_bytes)
    }

    fn u32(&mut self) -> Option<u32> {
        self.take(4)?.try_into().ok().map(u32::from_be_bytes)
    }

    fn block(&mut self) -> Option<&'a [u8]> {
        let len = self.u32()?;
        self.take(usize::try_from(len).ok()?)
    }

    fn certificate(&mut self, version: u32) -> Option<Vec<u8>> {
        if version >= 2 {
            let kind = self.u16()?;
            self.take(kind.into())?;
        }
        self.block().map(<[u8]>::to_vec)
    }
}

/// Decrypts a key entry to PKCS#8.
///
/// Sun's protector XORs the key with a stream of SHA-1 digests over the password and the digest before, beginning
/// with a salt, and appends a digest of password and key.
///
/// # Errors
/// What is wrong, as a clause.
pub(super) fn unprotect(protected: &[u8], password: &str) -> Result<Vec<u8>, String> {
    let unknown = || "its key is not protected in Java's own way".to_owned();
    let (outer, _) = der(protected, 0x30).ok_or_else(unknown)?;
    let (algorithm, rest) = der(outer, 0x30).ok_or_else(unknown)?;
    if !algorithm.starts_with(SUN_KEY_PROTECTOR) {
        return Err(unknown());
    }
    let (payload, _) = der(rest, 0x04).ok_or_else(unknown)?;
    let (salt, rest) = payload.split_at_checked(DIGEST).ok_or_else(unknown)?;
    let cipher_len = rest.len().checked_sub(DIGEST).ok_or_else(unknown)?;
    let (cipher, check) = rest.split_at_checked(cipher_len).ok_or_else(unknown)?;
    let password = utf16(password);
    let digest = |data: &[u8]| {
        let mut digest = Context::new(&SHA1_FOR_LEGACY_USE_ONLY);
        digest.update(&password);
        digest.update(data);
        digest.finish()
    };
    let mut stream = salt.to_vec();
    let mut key = Vec::with_capacity(cipher.len());
    for block in cipher.chunks(DIGEST) {
        stream = digest(&stream).as_ref().to_vec();
        key.extend(block.iter().zip(&stream).map(|(cipher, pad)| cipher ^ pad));
    }
    if digest(&key).as_ref() == check {
        Ok(key)
    } else {
        Err("the password of its key is wrong".to_owned())
    }
}

/// Content of the DER element with `tag` at the start of `input`, and what follows it.
fn der(input: &[u8], tag: u8) -> Option<(&[u8], &[u8])> {
    let (&[found, first], rest) = input.split_first_chunk::<2>()?;
    if found != tag {
        return None;
    }
    let (len, rest) = if first < 0x80 {
        (usize::from(first), rest)
    } else {
        let count = usize::from(first & 0x7f);
        if count == 0 || count > 4 {
            return None;
        }
        let (digits, rest) = rest.split_at_checked(count)?;
        (digits.iter().fold(0, |len, digit| len << 8 | usize::from(*digit)), rest)
    };
    rest.split_at_checked(len)
}

/// Java hashes passwords as UTF-16.
fn utf16(password: &str) -> Vec<u8> {
    password.encode_utf16().flat_map(u16::to_be_bytes).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_cut_off_store_is_refused() {
        assert!(parse(&[0xfe, 0xed, 0xfe, 0xed, 0, 0], None).is_err());
    }

    proptest! {
        #[test]
        fn arbitrary_bytes_never_panic(
            bytes in prop::collection::vec(any::<u8>(), 0..200),
            password in prop::option::of("[a-z]{0,8}"),
        ) {
            let mut store = MAGIC.to_be_bytes().to_vec();
            store.extend(&bytes);
            parse(&store, password.as_deref()).ok();
            unprotect(&bytes, "x").ok();
        }
    }
}
