//! SCRAM users (KIP-554).

use bytes::Bytes;
use kafka_protocol::messages::{
    AlterUserScramCredentialsRequest, DescribeUserScramCredentialsRequest,
    alter_user_scram_credentials_request::{ScramCredentialDeletion, ScramCredentialUpsertion},
    describe_user_scram_credentials_request::UserName,
};
use ring::rand::{SecureRandom, SystemRandom};

use super::{PerItem, acls::AclOperation, outcome, wire, words};
use crate::{
    client::{Call, Client, Route, ok},
    error::{Asked, Error, ErrorCode, Result},
    sasl::salted_password,
    settings::{ScramMechanism, Secret},
};

/// A credential of a user. Salt and keys never leave the cluster.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ScramCredential {
    /// Mechanism.
    pub mechanism: ScramMechanism,
    /// Iterations.
    pub iterations: i32,
}

/// A change of a user's credential.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ScramChange {
    /// Creates or replaces a credential. The password is salted here and never sent.
    Upsert {
        /// User name.
        user: String,
        /// Mechanism.
        mechanism: ScramMechanism,
        /// Iterations, 4096 to 16384 for Kafka.
        iterations: u32,
        /// The password.
        password: Secret,
    },
    /// Removes a credential.
    Delete {
        /// User name.
        user: String,
        /// Mechanism.
        mechanism: ScramMechanism,
    },
}

impl Client {
    /// Credentials of `users`, or of all users.
    ///
    /// # Errors
    /// When no broker answers or the principal lacks DESCRIBE on the cluster; per user, `RESOURCE_NOT_FOUND`.
    pub async fn describe_scram_users(
        &self,
        users: Option<&[&str]>,
    ) -> Result<PerItem<String, Vec<ScramCredential>>> {
        let asked = Asked::new("DescribeUserScramCredentials");
        // Brokers (3.9 and 4.3 at least) trip over their own refusal of this question and never answer it.
        if users.is_none() && self.lacks_describe().await? {
            let code = ErrorCode::CLUSTER_AUTHORIZATION_FAILED;
            return Err(Error::broker(code.0, None, asked));
        }
        let call = Call::ask(Route::Any, asked);
        let response = self
            .call::<DescribeUserScramCredentialsRequest>(
                &call,
                |_| {
                    let users = users.map(|users| {
                        users.iter().map(|user| UserName::default().with_name(wire(user))).collect()
                    });
                    DescribeUserScramCredentialsRequest::default().with_users(users)
                },
                |response| {
                    ErrorCode::from_wire(response.error_code)
                        .map(|code| (code.0, words(response.error_message.as_ref())))
                },
            )
            .await?;
        let found = response.results.iter().map(|user| {
            let name = user.user.to_string();
            let asked = || Asked::new("DescribeUserScramCredentials").about(format!("user {name}"));
            let credentials = user.credential_infos.iter().filter_map(|info| {
                let mechanism = match info.mechanism {
                    1 => ScramMechanism::Sha256,
                    2 => ScramMechanism::Sha512,
                    _ => return None,
                };
                Some(ScramCredential { mechanism, iterations: info.iterations })
            });
            let result = outcome(user.error_code, user.error_message.as_ref(), asked);
            let result = result.map(|()| credentials.collect());
            (name, result)
        });
        Ok(found.collect())
    }

    /// Whether the brokers say that the principal may not describe the cluster.
    async fn lacks_describe(&self) -> Result<bool> {
        let may = self.describe_cluster().await?.operations;
        Ok(may.is_some_and(|may| !may.contains(&AclOperation::Describe)))
    }

    /// Changes credentials.
    ///
    /// # Errors
    /// When the controller cannot be reached; per user, the broker's error.
    pub async fn alter_scram_users(&self, changes: &[ScramChange]) -> Result<PerItem<String, ()>> {
        let asked = Asked::new("AlterUserScramCredentials");
        let mut deletions = Vec::new();
        let mut upsertions = Vec::new();
        for change in changes {
            match change {
                ScramChange::Delete { user, mechanism } => deletions.push(
                    ScramCredentialDeletion::default()
                        .with_name(wire(user))
                        .with_mechanism(code(*mechanism)),
                ),
                ScramChange::Upsert { user, mechanism, iterations, password } => {
                    let asked = asked.clone().about(format!("user {user}"));
                    upsertions.push(upsertion(user, *mechanism, *iterations, password, &asked)?);
                }
            }
        }
        // Setting the same credential twice is setting it once.
        let response = self
            .call::<AlterUserScramCredentialsRequest>(
                &Call::ask(Route::Controller, asked),
                |_| {
                    AlterUserScramCredentialsRequest::default()
                        .with_deletions(deletions.clone())
                        .with_upsertions(upsertions.clone())
                },
                ok,
            )
            .await?;
        let results = response.results.iter().map(|user| {
            let name = user.user.to_string();
            let asked = || Asked::new("AlterUserScramCredentials").about(format!("user {name}"));
            let result = outcome(user.error_code, user.error_message.as_ref(), asked);
            (name, result)
        });
        Ok(results.collect())
    }
}

fn code(mechanism: ScramMechanism) -> i8 {
    match mechanism {
        ScramMechanism::Sha256 => 1,
        ScramMechanism::Sha512 => 2,
    }
}

fn upsertion(
    user: &str,
    mechanism: ScramMechanism,
    iterations: u32,
    password: &Secret,
    asked: &Asked,
) -> Result<ScramCredentialUpsertion> {
    let invalid =
        |reason: &str| Error::InvalidRequest { asked: asked.clone(), reason: reason.to_owned() };
    if !(4096..=16_384).contains(&iterations) {
        return Err(invalid("the iterations must lie between 4096 and 16384, as Kafka demands"));
    }
    let mut salt = vec![0; 24];
    SystemRandom::new().fill(&mut salt).map_err(|_| invalid("no random numbers can be had"))?;
    let salted = salted_password(mechanism, password.expose(), &salt, iterations)
        .ok_or_else(|| invalid("the iterations must not be 0"))?;
    Ok(ScramCredentialUpsertion::default()
        .with_name(wire(user))
        .with_mechanism(code(mechanism))
        .with_iterations(i32::try_from(iterations).unwrap_or(i32::MAX))
        .with_salt(Bytes::from(salt))
        .with_salted_password(Bytes::from(salted)))
}
