//! SASL mechanisms as exchanges of opaque tokens; the connection carries them.

mod oauth;
mod scram;

use std::{future::Future, pin::Pin};

pub use oauth::UnsecuredTokens;
pub(crate) use oauth::{ERROR_ACKNOWLEDGEMENT, initial_response};
pub(crate) use scram::{ScramClient, ScramFault, salted_password};

/// A bearer token with its life span.
#[derive(Clone, PartialEq, Eq)]
pub struct Token {
    /// The token as it goes to the broker.
    pub value: crate::settings::Secret,
    /// SASL extensions (KIP-342), name and value.
    pub extensions: Vec<(String, String)>,
}

/// Where OAUTHBEARER tokens come from. Called before every authentication, so it should cache.
pub trait TokenSource: Send + Sync {
    /// A token that is valid now.
    ///
    /// The error text is shown to users: it must not hold a secret.
    fn token(&self) -> Pin<Box<dyn Future<Output = Result<Token, String>> + Send + '_>>;
}
