//! OAUTHBEARER (RFC 7628) messages, and the unsecured tokens of test clusters.

use std::{
    fmt::Write as _,
    future::Future,
    pin::Pin,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};

use super::{Token, TokenSource};
use crate::settings::{JaasConfig, Secret};

/// The first and only message with content: <https://www.rfc-editor.org/rfc/rfc7628#section-3.1>.
pub(crate) fn initial_response(token: &Token) -> Vec<u8> {
    let mut message = format!("n,,\u{1}auth=Bearer {}", token.value.expose());
    for (name, value) in &token.extensions {
        message.push('\u{1}');
        message.push_str(name);
        message.push('=');
        message.push_str(value);
    }
    message.push_str("\u{1}\u{1}");
    message.into_bytes()
}

/// What a client must answer when the broker sends an error document, to get the real refusal.
pub(crate) const ERROR_ACKNOWLEDGEMENT: &[u8] = b"\x01";

/// Tokens without signature, for clusters that accept them (Kafka's `OAuthBearerUnsecured…` handlers).
#[derive(Debug, Clone)]
pub struct UnsecuredTokens {
    subject: String,
    lifetime: Duration,
}

impl UnsecuredTokens {
    /// Tokens for `subject` that are valid for an hour.
    pub fn new(subject: impl Into<String>) -> Self {
        Self { subject: subject.into(), lifetime: Duration::from_secs(3600) }
    }

    /// Reads `unsecuredLoginStringClaim_sub` and `unsecuredLoginLifetimeSeconds`.
    #[must_use]
    pub fn from_jaas(jaas: &JaasConfig) -> Option<Self> {
        let subject = jaas.option("unsecuredLoginStringClaim_sub").filter(|sub| !sub.is_empty())?;
        let mut tokens = Self::new(subject);
        if let Some(seconds) =
            jaas.option("unsecuredLoginLifetimeSeconds").and_then(|text| text.parse().ok())
        {
            tokens.lifetime = Duration::from_secs(seconds);
        }
        Some(tokens)
    }

    fn issue(&self, now: Duration) -> Token {
        let issued = now.as_secs();
        let expires = issued.saturating_add(self.lifetime.as_secs());
        let claims =
            format!(r#"{{"sub":{},"iat":{issued},"exp":{expires}}}"#, json_string(&self.subject));
        let header = URL_SAFE_NO_PAD.encode(r#"{"alg":"none"}"#);
        let value = format!("{header}.{}.", URL_SAFE_NO_PAD.encode(claims));
        Token { value: Secret::new(value), extensions: Vec::new() }
    }
}

impl TokenSource for UnsecuredTokens {
    fn token(&self) -> Pin<Box<dyn Future<Output = Result<Token, String>> + Send + '_>> {
        Box::pin(async {
            let now = SystemTime::now().duration_since(UNIX_EPOCH);
            now.map(|now| self.issue(now)).map_err(|_| "the clock stands before 1970".to_owned())
        })
    }
}

fn json_string(text: &str) -> String {
    let mut json = String::from("\"");
    for c in text.chars() {
        match c {
            '"' | '\\' => json.extend(['\\', c]),
            c if u32::from(c) < 0x20 => {
                write!(json, "\\u{:04x}", u32::from(c)).ok();
            }
            c => json.push(c),
        }
    }
    json.push('"');
    json
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_initial_response_has_the_shape_of_rfc_7628() {
        let token = Token {
            value: Secret::new("abc"),
            extensions: vec![("logicalCluster".to_owned(), "lkc-1".to_owned())],
        };
        assert_eq!(
            initial_response(&token),
            b"n,,\x01auth=Bearer abc\x01logicalCluster=lkc-1\x01\x01"
        );
    }

    #[test]
    fn unsecured_tokens_carry_subject_and_life_span() {
        let token = UnsecuredTokens::new("a\"b").issue(Duration::from_secs(10));
        let mut parts = token.value.expose().split('.');
        let mut decode = || URL_SAFE_NO_PAD.decode(parts.next().unwrap()).unwrap();
        assert_eq!(decode(), br#"{"alg":"none"}"#);
        assert_eq!(decode(), br#"{"sub":"a\"b","iat":10,"exp":3610}"#);
        assert_eq!(decode(), b"");
    }
}
