//! Secrets of links at rest: AES-256-GCM under a key made of `password.encoder.secret`.
//!
//! The text form is `v1:SALT:NONCE:CIPHERTEXT`, each part in base64. The salt is one per process, so that
//! the slow derivation of the key happens once per process that ever wrote, not once per value. What a
//! value belongs to (link and config) is authenticated with it: a ciphertext moved elsewhere is refused.

use std::{
    collections::BTreeMap,
    fmt,
    num::NonZeroU32,
    sync::{Arc, Mutex, PoisonError},
};

use base64::{Engine, engine::general_purpose::STANDARD};
use drawbridge_kafka::settings::Secret;
use drawbridge_shared::link::LinkName;
use ring::{
    aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey},
    pbkdf2,
    rand::{SecureRandom, SystemRandom},
};

const VERSION: &str = "v1";
const SALT_LEN: usize = 16;
const KEY_LEN: usize = 32;
/// Rounds of PBKDF2-HMAC-SHA256; part of the format `v1`.
const ROUNDS: NonZeroU32 = NonZeroU32::MIN.saturating_add(209_999);
/// Keys kept; a store has one salt per process that ever wrote to it and whose value is still there.
const CACHED: usize = 256;

type Salt = [u8; SALT_LEN];

/// Encrypts the secrets of links and decrypts them; cheap to clone. `Debug` shows nothing.
///
/// The first use of a salt takes tens of milliseconds of computing: use it off the runtime's threads.
#[derive(Clone)]
pub struct PasswordEncoder {
    inner: Arc<Inner>,
}

struct Inner {
    current: Keys,
    old: Option<Keys>,
    salt: Result<Salt, SecretError>,
}

/// One secret with the keys that were made of it.
struct Keys {
    secret: Secret,
    by_salt: Mutex<BTreeMap<Salt, LessSafeKey>>,
}

/// Why a secret cannot be encrypted or decrypted. Holds no secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SecretError {
    /// Another secret, or the value was changed or moved.
    #[error(
        "it was not encrypted for this place with the password.encoder.secret in force: set \
         password_encoder_secret (or password_encoder_old_secret) to the one it was written with"
    )]
    WrongSecret,
    /// Not what an encoder writes.
    #[error(
        "it does not have the form that password.encoder.secret gives to secrets (v1:SALT:NONCE:TEXT)"
    )]
    Malformed,
    /// The operating system gives no random numbers, or the cipher failed.
    #[error(
        "the machine's random numbers or its cipher failed, so that nothing can be encrypted with password.encoder.secret"
    )]
    Machine,
}

impl fmt::Debug for PasswordEncoder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PasswordEncoder").finish_non_exhaustive()
    }
}

impl PasswordEncoder {
    /// An encoder that encrypts with `secret`, and decrypts what was encrypted with it or with `old`.
    #[must_use]
    pub fn new(secret: &Secret, old: Option<&Secret>) -> Self {
        let mut salt = [0; SALT_LEN];
        let filled = SystemRandom::new().fill(&mut salt);
        let inner = Inner {
            current: Keys::of(secret),
            old: old.map(Keys::of),
            salt: filled.map(|()| salt).map_err(|_| SecretError::Machine),
        };
        Self { inner: Arc::new(inner) }
    }

    /// Encrypts the value of a config of a link. Never twice the same text.
    ///
    /// # Errors
    /// [`SecretError::Machine`].
    pub fn encode(
        &self,
        link: &LinkName,
        config: &str,
        value: &str,
    ) -> Result<String, SecretError> {
        let salt = self.inner.salt?;
        let key = self.inner.current.key(salt)?;
        let mut nonce = [0; NONCE_LEN];
        SystemRandom::new().fill(&mut nonce).map_err(|_| SecretError::Machine)?;
        let mut text = value.as_bytes().to_vec();
        let place = Aad::from(place(link, config));
        key.seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), place, &mut text)
            .map_err(|_| SecretError::Machine)?;
        Ok([
            VERSION.to_owned(),
            STANDARD.encode(salt),
            STANDARD.encode(nonce),
            STANDARD.encode(text),
        ]
        .join(":"))
    }

    /// Decrypts what [`Self::encode`] made for the same link and config.
    ///
    /// # Errors
    /// [`SecretError::WrongSecret`], [`SecretError::Malformed`].
    pub fn decode(&self, link: &LinkName, config: &str, text: &str) -> Result<String, SecretError> {
        let mut parts = text.split(':');
        let mut part = || parts.next().ok_or(SecretError::Malformed);
        if part()? != VERSION {
            return Err(SecretError::Malformed);
        }
        let salt: Salt = bytes(part()?)?.try_into().map_err(|_| SecretError::Malformed)?;
        let nonce: [u8; NONCE_LEN] =
            bytes(part()?)?.try_into().map_err(|_| SecretError::Malformed)?;
        let text = bytes(part()?)?;
        if parts.next().is_some() {
            return Err(SecretError::Malformed);
        }
        let candidates = [Some(&self.inner.current), self.inner.old.as_ref()];
        for keys in candidates.into_iter().flatten() {
            let mut text = text.clone();
            let nonce = Nonce::assume_unique_for_key(nonce);
            let place = Aad::from(place(link, config));
            if let Ok(plain) = keys.key(salt)?.open_in_place(nonce, place, &mut text) {
                let plain = String::from_utf8(plain.to_vec());
                return plain.map_err(|_| SecretError::Malformed);
            }
        }
        Err(SecretError::WrongSecret)
    }
}

impl Keys {
    fn of(secret: &Secret) -> Self {
        Self { secret: secret.clone(), by_salt: Mutex::default() }
    }

    fn key(&self, salt: Salt) -> Result<LessSafeKey, SecretError> {
        let mut keys = self.by_salt.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(key) = keys.get(&salt) {
            return Ok(key.clone());
        }
        let mut derived = [0; KEY_LEN];
        let secret = self.secret.expose().as_bytes();
        pbkdf2::derive(pbkdf2::PBKDF2_HMAC_SHA256, ROUNDS, &salt, secret, &mut derived);
        let key = UnboundKey::new(&AES_256_GCM, &derived).map_err(|_| SecretError::Machine)?;
        let key = LessSafeKey::new(key);
        if keys.len() >= CACHED {
            keys.pop_first();
        }
        keys.insert(salt, key.clone());
        Ok(key)
    }
}

/// Neither names of links nor of configs hold a line break.
fn place(link: &LinkName, config: &str) -> Vec<u8> {
    format!("{link}\n{config}").into_bytes()
}

fn bytes(part: &str) -> Result<Vec<u8>, SecretError> {
    STANDARD.decode(part).map_err(|_| SecretError::Malformed)
}

#[cfg(test)]
mod tests {
    use std::sync::LazyLock;

    use proptest::prelude::*;

    use super::*;

    static ENCODER: LazyLock<PasswordEncoder> =
        LazyLock::new(|| PasswordEncoder::new(&Secret::new("s3cret"), None));

    fn link(name: &str) -> LinkName {
        name.parse().unwrap()
    }

    proptest! {
        #[test]
        fn what_was_encrypted_is_decrypted(value in any::<String>(), config in "[a-z.]{1,20}") {
            let text = ENCODER.encode(&link("l"), &config, &value).unwrap();
            prop_assert_eq!(ENCODER.decode(&link("l"), &config, &text).unwrap(), value);
        }

        #[test]
        fn garbage_is_refused_without_panic(
            text in ".{0,80}", salt in "[A-Za-z0-9+/=]{0,30}", rest in "[A-Za-z0-9+/=:]{0,60}",
        ) {
            prop_assert!(ENCODER.decode(&link("l"), "c", &text).is_err());
            let shaped = format!("v1:{salt}:{rest}");
            prop_assert!(ENCODER.decode(&link("l"), "c", &shaped).is_err());
        }

        #[test]
        fn a_changed_byte_is_noticed(at in 0_usize..1_000, bit in 0_u8..8) {
            let text = ENCODER.encode(&link("l"), "c", "value").unwrap();
            let (head, cipher) = text.rsplit_once(':').unwrap();
            let mut cipher = STANDARD.decode(cipher).unwrap();
            let at = at % cipher.len();
            cipher[at] ^= 1 << bit;
            let changed = format!("{head}:{}", STANDARD.encode(cipher));
            prop_assert_eq!(
                ENCODER.decode(&link("l"), "c", &changed),
                Err(SecretError::WrongSecret)
            );
        }
    }

    #[test]
    fn no_text_is_made_twice_and_none_holds_the_value() {
        let texts = [(); 2].map(|()| ENCODER.encode(&link("l"), "c", "hunter22").unwrap());
        assert_ne!(texts[0], texts[1]);
        assert!(!texts[0].contains("hunter22"));
    }

    #[test]
    fn a_ciphertext_is_of_no_use_at_another_place() {
        let text = ENCODER.encode(&link("l"), "c", "v").unwrap();
        assert_eq!(ENCODER.decode(&link("m"), "c", &text), Err(SecretError::WrongSecret));
        assert_eq!(ENCODER.decode(&link("l"), "d", &text), Err(SecretError::WrongSecret));
    }

    #[test]
    fn the_wrong_secret_says_which_setting_to_look_at_and_the_old_one_still_reads() {
        let text = ENCODER.encode(&link("l"), "c", "v").unwrap();
        let new = Secret::new("new");
        let error = PasswordEncoder::new(&new, None).decode(&link("l"), "c", &text).unwrap_err();
        assert!(error.to_string().contains("password.encoder.secret"), "{error}");
        let both = PasswordEncoder::new(&new, Some(&Secret::new("s3cret")));
        assert_eq!(both.decode(&link("l"), "c", &text).unwrap(), "v");
        let again = both.encode(&link("l"), "c", "v").unwrap();
        assert_eq!(ENCODER.decode(&link("l"), "c", &again), Err(SecretError::WrongSecret));
    }

    #[test]
    fn debug_shows_nothing() {
        let encoder = PasswordEncoder::new(&Secret::new("hunter22"), Some(&Secret::new("older")));
        let shown = format!("{encoder:?}");
        assert!(!shown.contains("hunter22") && !shown.contains("older"), "{shown}");
    }
}
