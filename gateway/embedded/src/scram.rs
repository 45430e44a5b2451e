//! SASL credentials and the server's side of SCRAM (RFC 5802, RFC 7677).

use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};
use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256, Sha512};

/// A SASL mechanism of the listeners.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Mechanism {
    /// Password in the clear; use with TLS.
    Plain,
    /// SCRAM with SHA-256.
    ScramSha256,
    /// SCRAM with SHA-512.
    ScramSha512,
}

impl Mechanism {
    /// The registered name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Plain => "PLAIN",
            Self::ScramSha256 => "SCRAM-SHA-256",
            Self::ScramSha512 => "SCRAM-SHA-512",
        }
    }

    pub(crate) fn from_name(name: &str) -> Option<Self> {
        [Self::Plain, Self::ScramSha256, Self::ScramSha512].into_iter().find(|m| m.name() == name)
    }

    /// Number used by the SCRAM administration calls.
    pub(crate) fn from_code(code: i8) -> Option<Self> {
        match code {
            1 => Some(Self::ScramSha256),
            2 => Some(Self::ScramSha512),
            _ => None,
        }
    }

    pub(crate) fn code(self) -> i8 {
        match self {
            Self::Plain => 0,
            Self::ScramSha256 => 1,
            Self::ScramSha512 => 2,
        }
    }
}

/// What a server keeps of a password.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Credential {
    pub(crate) salt: Vec<u8>,
    pub(crate) iterations: u32,
    stored_key: Vec<u8>,
    server_key: Vec<u8>,
}

impl std::fmt::Debug for Credential {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Credential").field("iterations", &self.iterations).finish_non_exhaustive()
    }
}

impl Credential {
    pub(crate) fn from_password(m: Mechanism, password: &str, salt: Vec<u8>, n: u32) -> Self {
        let salted = salted_password(m, password.as_bytes(), &salt, n);
        Self::from_salted(m, &salted, salt, n)
    }

    pub(crate) fn from_salted(m: Mechanism, salted: &[u8], salt: Vec<u8>, iterations: u32) -> Self {
        let stored_key = hash(m, &mac(m, salted, b"Client Key"));
        Self { salt, iterations, stored_key, server_key: mac(m, salted, b"Server Key") }
    }
}

pub(crate) fn salted_password(m: Mechanism, password: &[u8], salt: &[u8], n: u32) -> Vec<u8> {
    if m == Mechanism::ScramSha512 {
        let mut out = vec![0; 64];
        pbkdf2::pbkdf2_hmac::<Sha512>(password, salt, n, &mut out);
        out
    } else {
        let mut out = vec![0; 32];
        pbkdf2::pbkdf2_hmac::<Sha256>(password, salt, n, &mut out);
        out
    }
}

fn mac(m: Mechanism, key: &[u8], data: &[u8]) -> Vec<u8> {
    fn of<M: Mac + KeyInit>(key: &[u8], data: &[u8]) -> Vec<u8> {
        // HMAC takes keys of any length, so this cannot fail; an empty result fails every proof.
        <M as KeyInit>::new_from_slice(key)
            .map(|m| m.chain_update(data).finalize().into_bytes().to_vec())
            .unwrap_or_default()
    }
    if m == Mechanism::ScramSha512 {
        of::<Hmac<Sha512>>(key, data)
    } else {
        of::<Hmac<Sha256>>(key, data)
    }
}

fn hash(m: Mechanism, data: &[u8]) -> Vec<u8> {
    if m == Mechanism::ScramSha512 {
        Sha512::digest(data).to_vec()
    } else {
        Sha256::digest(data).to_vec()
    }
}

/// A SCRAM exchange between its first and its final message.
pub(crate) struct Exchange {
    mechanism: Mechanism,
    pub(crate) user: String,
    credential: Credential,
    nonce: String,
    auth_message: String,
    channel: String,
}

/// The user name of a client's first message.
pub(crate) fn user_of(client_first: &[u8]) -> Option<String> {
    let text = std::str::from_utf8(client_first).ok()?;
    let bare = text.splitn(3, ',').nth(2)?;
    let name = bare.split(',').find_map(|a| a.strip_prefix("n="))?;
    Some(name.replace("=2C", ",").replace("=3D", "="))
}

impl Exchange {
    /// Answers the client's first message.
    pub(crate) fn begin(
        mechanism: Mechanism,
        client_first: &[u8],
        credential: Credential,
        server_nonce: &str,
    ) -> Option<(Self, Vec<u8>)> {
        let user = user_of(client_first)?;
        let text = std::str::from_utf8(client_first).ok()?;
        let bare = text.splitn(3, ',').nth(2)?;
        let channel = text.strip_suffix(bare)?.to_owned();
        let client_nonce = bare.split(',').find_map(|a| a.strip_prefix("r="))?;
        let nonce = format!("{client_nonce}{server_nonce}");
        let salt = BASE64.encode(&credential.salt);
        let server_first = format!("r={nonce},s={salt},i={}", credential.iterations);
        let auth_message = format!("{bare},{server_first}");
        let exchange = Self { mechanism, user, credential, nonce, auth_message, channel };
        Some((exchange, server_first.into_bytes()))
    }

    /// Checks the client's proof and answers with the server's signature.
    pub(crate) fn finish(mut self, client_final: &[u8]) -> Option<Vec<u8>> {
        let text = std::str::from_utf8(client_final).ok()?;
        let (without_proof, proof) = text.rsplit_once(",p=")?;
        let attribute = |name: &str| {
            without_proof.split(',').find_map(|a| a.strip_prefix(name)).map(str::to_owned)
        };
        if attribute("r=")? != self.nonce || attribute("c=")? != BASE64.encode(&self.channel) {
            return None;
        }
        self.auth_message.push(',');
        self.auth_message.push_str(without_proof);
        let message = self.auth_message.as_bytes();
        let signature = mac(self.mechanism, &self.credential.stored_key, message);
        let proof = BASE64.decode(proof).ok()?;
        if proof.len() != signature.len() {
            return None;
        }
        let client_key: Vec<u8> = proof.iter().zip(&signature).map(|(a, b)| a ^ b).collect();
        if hash(self.mechanism, &client_key) != self.credential.stored_key {
            return None;
        }
        let server = mac(self.mechanism, &self.credential.server_key, message);
        Some(format!("v={}", BASE64.encode(server)).into_bytes())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of RFC 7677, section 3.
    #[test]
    fn the_published_sha_256_exchange_is_reproduced() {
        let salt = BASE64.decode("W22ZaJ0SNY7soEsUEjb6gQ==").unwrap();
        let credential = Credential::from_password(Mechanism::ScramSha256, "pencil", salt, 4096);
        let first = b"n,,n=user,r=rOprNGfwEbeRWgbNEkqO";
        let nonce = "%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0";
        let (exchange, reply) =
            Exchange::begin(Mechanism::ScramSha256, first, credential, nonce).unwrap();
        assert_eq!(
            String::from_utf8(reply).unwrap(),
            "r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096"
        );
        let last = b"c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,\
            p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=";
        let signature = exchange.finish(last).unwrap();
        assert_eq!(signature, b"v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=");
    }

    #[test]
    fn a_wrong_proof_is_refused() {
        let credential =
            Credential::from_password(Mechanism::ScramSha512, "right", vec![1; 16], 4096);
        let (exchange, _) =
            Exchange::begin(Mechanism::ScramSha512, b"n,,n=u,r=abc", credential, "def").unwrap();
        let proof = BASE64.encode([7; 64]);
        assert!(exchange.finish(format!("c=biws,r=abcdef,p={proof}").as_bytes()).is_none());
    }

    #[test]
    fn garbage_is_refused() {
        let credential = Credential::from_password(Mechanism::ScramSha256, "x", vec![1; 16], 4096);
        for first in [&b""[..], b"n", b"n,,", b"n,,n=u", b"\xff\xfe"] {
            let begun = Exchange::begin(Mechanism::ScramSha256, first, credential.clone(), "n");
            assert!(begun.is_none());
        }
    }
}
