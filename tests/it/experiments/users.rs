//! SCRAM users.

use std::time::Duration;

use anyhow::Result;
use drawbridge_tests::{
    bed::{Door, gallery},
    wire::{Wire, admin::text},
};
use kafka_protocol::messages::{
    DescribeUserScramCredentialsRequest, describe_user_scram_credentials_request::UserName,
};

use super::code;
use crate::support::Version;

on_each_version!(a_refused_question_for_all_users_is_never_answered);

async fn a_refused_question_for_all_users_is_never_answered(version: Version) -> Result<()> {
    let cluster = gallery(version).await?;
    let door = cluster.bootstrap_of(Door::SaslPlain);
    let one = DescribeUserScramCredentialsRequest::default()
        .with_users(Some(vec![UserName::default().with_name(text("admin"))]));
    let all = DescribeUserScramCredentialsRequest::default().with_users(None);

    let mut alice = Wire::login(&door, "alice", "alice-secret").await?;
    let answer = alice.call(&one).await?;
    let codes = (answer.error_code, answer.results.first().map(|result| result.error_code));
    let refused = code::CLUSTER_AUTHORIZATION_FAILED;
    assert_eq!(codes, (refused, Some(refused)));

    let answer = tokio::time::timeout(Duration::from_secs(5), alice.call(&all)).await;
    assert!(answer.is_err(), "it was answered: {answer:?}");
    assert!(cluster.broker(1).log().contains("NullPointerException"), "the broker says why");

    let mut admin = Wire::login(&door, "admin", "admin-secret").await?;
    assert!(admin.call(&all).await?.results.len() >= 3);
    Ok(())
}
