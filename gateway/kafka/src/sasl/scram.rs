//! SCRAM (RFC 5802, RFC 7677): the client's side, server signature checked.

use base64::{Engine, engine::general_purpose::STANDARD};
use ring::{digest, hmac, pbkdf2};

use crate::settings::{ScramMechanism, Secret};

/// Kafka's own clients accept nothing weaker.
const MIN_ITERATIONS: u32 = 4096;
/// A server must not be able to keep us busy: Kafka itself allows 16,384.
const MAX_ITERATIONS: u32 = 200_000;

/// The primitives of one mechanism.
pub(crate) struct Hash {
    hmac: hmac::Algorithm,
    digest: &'static digest::Algorithm,
    pbkdf2: fn() -> pbkdf2::Algorithm,
}

static SHA256: Hash = Hash {
    hmac: hmac::HMAC_SHA256,
    digest: &digest::SHA256,
    pbkdf2: || pbkdf2::PBKDF2_HMAC_SHA256,
};
static SHA512: Hash = Hash {
    hmac: hmac::HMAC_SHA512,
    digest: &digest::SHA512,
    pbkdf2: || pbkdf2::PBKDF2_HMAC_SHA512,
};

fn hash(mechanism: ScramMechanism) -> &'static Hash {
    match mechanism {
        ScramMechanism::Sha256 => &SHA256,
        ScramMechanism::Sha512 => &SHA512,
    }
}

/// Why an exchange cannot go on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum ScramFault {
    /// The server's message breaks the protocol.
    Malformed(&'static str),
    /// The server refused; its own words.
    Refused(String),
    /// The server does not know the password either.
    WrongSignature,
}

/// One exchange: `first`, then `respond`, then `finish`.
pub(crate) struct ScramClient {
    hash: &'static Hash,
    password: Secret,
    nonce: String,
    first_bare: String,
    server_signature: Option<hmac::Tag>,
}

const GS2_HEADER: &str = "n,,";

impl ScramClient {
    /// `nonce` must be printable, without commas, and never used before.
    pub(crate) fn new(
        mechanism: ScramMechanism,
        username: &str,
        password: Secret,
        token_auth: bool,
        nonce: String,
    ) -> Self {
        Self::with_hash(hash(mechanism), username, password, token_auth, nonce)
    }

    fn with_hash(
        hash: &'static Hash,
        username: &str,
        password: Secret,
        token_auth: bool,
        nonce: String,
    ) -> Self {
        let name = username.replace('=', "=3D").replace(',', "=2C");
        // KIP-48: delegation tokens announce themselves with an extension.
        let extension = if token_auth { ",tokenauth=true" } else { "" };
        let first_bare = format!("n={name},r={nonce}{extension}");
        Self { hash, password, nonce, first_bare, server_signature: None }
    }

    /// The client-first-message.
    pub(crate) fn first(&self) -> Vec<u8> {
        format!("{GS2_HEADER}{}", self.first_bare).into_bytes()
    }

    /// The client-final-message, from the server-first-message.
    pub(crate) fn respond(&mut self, server_first: &[u8]) -> Result<Vec<u8>, ScramFault> {
        let message = text(server_first)?;
        refusal(message)?;
        if message.starts_with("m=") {
            return Err(ScramFault::Malformed("it demands an extension nobody knows"));
        }
        let mut parts = message.split(',');
        let mut part = |name: &str, fault| {
            parts
                .next()
                .and_then(|part| part.strip_prefix(name))
                .ok_or(ScramFault::Malformed(fault))
        };
        let nonce = part("r=", "the nonce is missing")?;
        let salt = part("s=", "the salt is missing")?;
        let iterations = part("i=", "the iteration count is missing")?;
        if !nonce.starts_with(&self.nonce) || nonce.len() == self.nonce.len() {
            return Err(ScramFault::Malformed("the nonce does not extend ours"));
        }
        let salt =
            STANDARD.decode(salt).map_err(|_| ScramFault::Malformed("the salt is not base64"))?;
        let iterations: u32 = iterations
            .parse()
            .map_err(|_| ScramFault::Malformed("the iteration count is not a number"))?;
        if !(MIN_ITERATIONS..=MAX_ITERATIONS).contains(&iterations) {
            return Err(ScramFault::Malformed("the iteration count is out of bounds"));
        }

        let salted = hi(self.hash, self.password.expose(), &salt, iterations)
            .ok_or(ScramFault::Malformed("the iteration count is 0"))?;
        let without_proof = format!("c={},r={nonce}", STANDARD.encode(GS2_HEADER));
        let auth_message = format!("{},{message},{without_proof}", self.first_bare);

        let client_key = self.hmac(&salted, b"Client Key");
        let stored_key = digest::digest(self.hash.digest, client_key.as_ref());
        let client_signature = self.hmac(stored_key.as_ref(), auth_message.as_bytes());
        let proof: Vec<u8> = client_key
            .as_ref()
            .iter()
            .zip(client_signature.as_ref())
            .map(|(key, signature)| key ^ signature)
            .collect();
        let server_key = self.hmac(&salted, b"Server Key");
        self.server_signature = Some(self.hmac(server_key.as_ref(), auth_message.as_bytes()));
        Ok(format!("{without_proof},p={}", STANDARD.encode(proof)).into_bytes())
    }

    /// Checks the server-final-message.
    pub(crate) fn finish(&self, server_final: &[u8]) -> Result<(), ScramFault> {
        let message = text(server_final)?;
        refusal(message)?;
        let signature = message
            .split(',')
            .next()
            .and_then(|part| part.strip_prefix("v="))
            .ok_or(ScramFault::Malformed("the server signature is missing"))?;
        let signature = STANDARD
            .decode(signature)
            .map_err(|_| ScramFault::Malformed("the server signature is not base64"))?;
        // Comparing public values: the signature authenticates the server to us, timing tells it nothing new.
        match &self.server_signature {
            Some(expected) if expected.as_ref() == signature.as_slice() => Ok(()),
            _ => Err(ScramFault::WrongSignature),
        }
    }

    fn hmac(&self, key: &[u8], message: &[u8]) -> hmac::Tag {
        hmac::sign(&hmac::Key::new(self.hash.hmac, key), message)
    }
}

/// The salted password as `AlterUserScramCredentials` sends it. `None` if `iterations` is 0.
pub(crate) fn salted_password(
    mechanism: ScramMechanism,
    password: &str,
    salt: &[u8],
    iterations: u32,
) -> Option<Vec<u8>> {
    hi(hash(mechanism), password, salt, iterations)
}

fn hi(hash: &Hash, password: &str, salt: &[u8], iterations: u32) -> Option<Vec<u8>> {
    let iterations = std::num::NonZeroU32::new(iterations)?;
    let mut salted = vec![0; hash.digest.output_len()];
    pbkdf2::derive((hash.pbkdf2)(), iterations, salt, password.as_bytes(), &mut salted);
    Some(salted)
}

fn text(message: &[u8]) -> Result<&str, ScramFault> {
    std::str::from_utf8(message).map_err(|_| ScramFault::Malformed("it is not text"))
}

fn refusal(message: &str) -> Result<(), ScramFault> {
    match message.strip_prefix("e=") {
        Some(error) => Err(ScramFault::Refused(error.to_owned())),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    static SHA1: Hash = Hash {
        hmac: hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY,
        digest: &digest::SHA1_FOR_LEGACY_USE_ONLY,
        pbkdf2: || pbkdf2::PBKDF2_HMAC_SHA1,
    };

    fn client(hash: &'static Hash, nonce: &str) -> ScramClient {
        ScramClient::with_hash(hash, "user", Secret::new("pencil"), false, nonce.to_owned())
    }

    #[test]
    fn the_exchange_of_rfc_5802_is_reproduced() {
        let mut client = client(&SHA1, "fyko+d2lbbFgONRv9qkxdawL");
        assert_eq!(client.first(), b"n,,n=user,r=fyko+d2lbbFgONRv9qkxdawL");
        let answer = client
            .respond(b"r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,s=QSXCR+Q6sek8bf92,i=4096")
            .unwrap();
        assert_eq!(
            answer,
            b"c=biws,r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,p=v0X8v3Bz2T0CJGbJQyF0X+HI4Ts="
        );
        assert_eq!(client.finish(b"v=rmF9pqV8S7suAoZWja4dJRkFsKQ="), Ok(()));
    }

    #[test]
    fn the_exchange_of_rfc_7677_is_reproduced() {
        let mut client = client(&SHA256, "rOprNGfwEbeRWgbNEkqO");
        let answer = client
            .respond(b"r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096")
            .unwrap();
        assert_eq!(
            answer,
            b"c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ="
        );
        assert_eq!(client.finish(b"v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4="), Ok(()));
    }

    #[test]
    fn a_server_that_does_not_know_the_password_is_refused() {
        let mut client = client(&SHA256, "abc");
        client.respond(b"r=abcdef,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096").unwrap();
        assert_eq!(
            client.finish(b"v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4="),
            Err(ScramFault::WrongSignature)
        );
        assert_eq!(
            client.finish(b"e=other-error"),
            Err(ScramFault::Refused("other-error".to_owned()))
        );
    }

    #[test]
    fn a_server_that_skips_the_challenge_is_refused() {
        assert_eq!(client(&SHA256, "abc").finish(b"v="), Err(ScramFault::WrongSignature));
    }

    #[test]
    fn weak_replayed_or_endless_challenges_are_refused() {
        for challenge in [
            "r=xyz,s=AAAA,i=4096",
            "r=abc,s=AAAA,i=4096",
            "r=abcd,s=AAAA,i=1",
            "r=abcd,s=AAAA,i=4000000000",
            "r=abcd,s=?,i=4096",
            "m=x,r=abcd,s=AAAA,i=4096",
            "r=abcd",
            "",
        ] {
            let answer = client(&SHA256, "abc").respond(challenge.as_bytes());
            assert!(matches!(answer, Err(ScramFault::Malformed(_))), "{challenge}");
        }
    }

    #[test]
    fn names_with_signs_are_escaped_and_delegation_tokens_announced() {
        let client = ScramClient::new(
            ScramMechanism::Sha512,
            "a=b,c",
            Secret::new("x"),
            true,
            "n1".to_owned(),
        );
        assert_eq!(client.first(), b"n,,n=a=3Db=2Cc,r=n1,tokenauth=true");
    }

    proptest! {
        #[test]
        fn arbitrary_challenges_never_panic(
            first in prop::collection::vec(any::<u8>(), 0..64),
            last in prop::collection::vec(any::<u8>(), 0..64),
        ) {
            let mut client = client(&SHA256, "abc");
            client.respond(&first).ok();
            client.finish(&last).ok();
        }
    }
}
