//! A user as typed, and the checks.

use std::ops::RangeInclusive;

use serde::{Deserialize, Serialize};

use super::acl::ScramMechanism;
use crate::draft::FieldError;

/// Iterations that Kafka takes.
pub const ITERATIONS: RangeInclusive<u32> = 4_096..=16_384;

/// A SCRAM credential somebody wants to create or replace.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UserDraft {
    /// The user's name.
    pub name: String,
    /// The mechanism; each of a user's mechanisms has a password of its own.
    pub mechanism: ScramMechanism,
    /// Iterations; empty for 8192.
    #[serde(default)]
    pub iterations: String,
    /// The password: sent to the gateway, never sent back, and kept nowhere.
    pub password: String,
}

impl std::fmt::Debug for UserDraft {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("UserDraft")
            .field("name", &self.name)
            .field("mechanism", &self.mechanism)
            .field("iterations", &self.iterations)
            .finish_non_exhaustive()
    }
}

/// What was checked of a draft; the password stays there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UserSpec {
    /// The user's name.
    pub name: String,
    /// The mechanism.
    pub mechanism: ScramMechanism,
    /// Iterations.
    pub iterations: u32,
}

impl UserDraft {
    /// Checks every field.
    ///
    /// # Errors
    /// One error per wrong field: `name`, `iterations`, `password`.
    pub fn validate(&self) -> Result<UserSpec, Vec<FieldError>> {
        let mut errors = Vec::new();
        let mut wrong = |field: &str, message: &str| errors.push(FieldError::new(field, message));
        let name = self.name.trim();
        if name.is_empty() {
            wrong("name", "give the user's name");
        } else if name.chars().any(char::is_control) || name.contains('"') {
            wrong("name", "use neither quotes nor control characters: clients cannot send them");
        } else if name == "*" {
            wrong("name", "the name * stands for everybody in ACLs; choose another");
        }
        let iterations = match self.iterations.trim() {
            "" => Some(8_192),
            text => text.parse().ok().filter(|number| ITERATIONS.contains(number)),
        };
        if iterations.is_none() {
            wrong("iterations", "a whole number from 4096 to 16384, as Kafka demands");
        }
        if self.password.is_empty() {
            wrong("password", "give a password, or let one be made");
        } else if !self.password.chars().all(|letter| matches!(letter, ' '..='~')) {
            wrong("password", "use ASCII only: clients do not agree on how other letters are sent");
        }
        match iterations {
            Some(iterations) if errors.is_empty() => {
                Ok(UserSpec { name: name.to_owned(), mechanism: self.mechanism, iterations })
            }
            _ => Err(errors),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn draft() -> UserDraft {
        UserDraft {
            name: " cp-to-cloud-link ".into(),
            mechanism: ScramMechanism::Sha512,
            iterations: String::new(),
            password: "hunter2".into(),
        }
    }

    #[test]
    fn a_password_never_shows_in_debug_output() {
        assert!(!format!("{:?}", draft()).contains("hunter2"));
        assert!(!format!("{:?}", draft().validate()).contains("hunter2"));
    }

    #[test]
    fn every_wrong_field_is_named_once() {
        let spec = draft().validate().unwrap();
        assert_eq!((&*spec.name, spec.iterations), ("cp-to-cloud-link", 8_192));
        let wrong = UserDraft {
            name: "a\"b".into(),
            iterations: "100".into(),
            password: "pässword".into(),
            ..draft()
        };
        let fields: Vec<String> =
            wrong.validate().unwrap_err().into_iter().map(|error| error.field).collect();
        assert_eq!(fields, ["name", "iterations", "password"]);
    }
}
