//! SCRAM users: DescribeUserScramCredentials, AlterUserScramCredentials (KIP-554).

use std::collections::BTreeMap;

use kafka_protocol::ResponseError as Code;
use kafka_protocol::messages::{
    AlterUserScramCredentialsRequest, AlterUserScramCredentialsResponse,
    DescribeUserScramCredentialsRequest, DescribeUserScramCredentialsResponse,
    alter_user_scram_credentials_request::{ScramCredentialDeletion, ScramCredentialUpsertion},
    alter_user_scram_credentials_response::AlterUserScramCredentialsResult,
    describe_user_scram_credentials_response::{
        CredentialInfo, DescribeUserScramCredentialsResult,
    },
};

use super::{explained, text};
use crate::acl::operation;
use crate::incoming::Refusal;
use crate::scram::{Credential, Mechanism};
use crate::session::Context;
use crate::state::State;

pub(crate) async fn describe_scram(
    cx: &Context,
    request: DescribeUserScramCredentialsRequest,
) -> DescribeUserScramCredentialsResponse {
    let state = cx.shared.lock();
    let out = DescribeUserScramCredentialsResponse::default();
    if let Err(refused) = cx.may_on_cluster(&state, operation::DESCRIBE) {
        return out
            .with_error_code(refused.code())
            .with_error_message(Some(text(refused.to_string())));
    }
    let everyone = request.users.as_ref().is_none_or(Vec::is_empty);
    let names: Vec<String> = if everyone {
        let with_scram = state.users.iter().filter(|(_, u)| !u.scram.is_empty());
        with_scram.map(|(name, _)| name.clone()).collect()
    } else {
        request.users.into_iter().flatten().map(|u| u.name.to_string()).collect()
    };
    let results = names.iter().map(|name| {
        let mut out = DescribeUserScramCredentialsResult::default().with_user(text(name.clone()));
        if names.iter().filter(|n| *n == name).count() > 1 {
            return out
                .with_error_code(Code::DuplicateResource.code())
                .with_error_message(Some(text("the user is named more than once")));
        }
        match state.users.get(name).filter(|u| !u.scram.is_empty()) {
            Some(user) => {
                let infos = user.scram.iter().map(|(mechanism, credential)| {
                    CredentialInfo::default()
                        .with_mechanism(mechanism.code())
                        .with_iterations(i32::try_from(credential.iterations).unwrap_or(i32::MAX))
                });
                out.credential_infos = infos.collect();
            }
            None => {
                out.error_code = Code::ResourceNotFound.code();
                out.error_message = Some(text(format!(
                    "Attempt to describe a user credential that does not exist: {name}"
                )));
            }
        }
        out
    });
    let results = results.collect();
    out.with_results(results)
}

pub(crate) async fn alter_scram(
    cx: &Context,
    request: AlterUserScramCredentialsRequest,
) -> AlterUserScramCredentialsResponse {
    let mut state = cx.shared.lock();
    // One answer per user, as the protocol has it; the first refusal stays.
    let mut answers: BTreeMap<String, Result<(), Refusal>> = BTreeMap::new();
    let allowed = cx.may_on_cluster(&state, operation::ALTER).map_err(Refusal::from);
    for deletion in &request.deletions {
        let done = allowed.clone().and_then(|()| delete(&mut state, deletion));
        let entry = answers.entry(deletion.name.to_string()).or_insert(Ok(()));
        *entry = entry.clone().and(done);
    }
    for upsertion in &request.upsertions {
        let done = allowed.clone().and_then(|()| upsert(&mut state, upsertion));
        let entry = answers.entry(upsertion.name.to_string()).or_insert(Ok(()));
        *entry = entry.clone().and(done);
    }
    let results = answers.into_iter().map(|(user, done)| {
        let (error_code, message) = explained(&done);
        AlterUserScramCredentialsResult::default()
            .with_user(text(user))
            .with_error_code(error_code)
            .with_error_message(message)
    });
    AlterUserScramCredentialsResponse::default().with_results(results.collect())
}

fn mechanism(code: i8) -> Result<Mechanism, Refusal> {
    Mechanism::from_code(code)
        .ok_or_else(|| Refusal::new(Code::UnsupportedSaslMechanism, "Unknown SCRAM mechanism"))
}

fn delete(state: &mut State, deletion: &ScramCredentialDeletion) -> Result<(), Refusal> {
    let mechanism = mechanism(deletion.mechanism)?;
    let gone = Refusal::new(
        Code::ResourceNotFound,
        "Attempt to delete a user credential that does not exist",
    );
    let user = state.users.get_mut(deletion.name.as_str()).ok_or(gone.clone())?;
    user.scram.remove(&mechanism).map(|_| ()).ok_or(gone)
}

fn upsert(state: &mut State, upsertion: &ScramCredentialUpsertion) -> Result<(), Refusal> {
    let mechanism = mechanism(upsertion.mechanism)?;
    let refuse = |message: &str| Err(Refusal::new(Code::UnacceptableCredential, message));
    if upsertion.name.is_empty() {
        return refuse("Username must not be empty");
    }
    if upsertion.iterations < 4096 {
        return refuse("Too few iterations: at least 4096");
    }
    if upsertion.iterations > 16_384 {
        return refuse("Too many iterations: at most 16384");
    }
    let credential = Credential::from_salted(
        mechanism,
        &upsertion.salted_password,
        upsertion.salt.to_vec(),
        u32::try_from(upsertion.iterations).unwrap_or(4096),
    );
    let user = state.users.entry(upsertion.name.to_string()).or_default();
    user.scram.insert(mechanism, credential);
    Ok(())
}
