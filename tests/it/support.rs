//! What several suites need.

use std::time::Duration;

use anyhow::{Result, bail};
use drawbridge_tests::{
    bed::{gallery, unique},
    wire::Wire,
};

pub(crate) use drawbridge_tests::bed::Version;

/// A connection to the shared one-broker cluster and a fresh topic of one partition there.
pub(crate) async fn fresh_topic(
    version: Version,
    configs: &[(&str, &str)],
) -> Result<(Wire, String)> {
    let mut wire = Wire::connect(&gallery(version).await?.back_door()).await?;
    let topic = unique("topic");
    wire.create_topic(&topic, 1, 1, configs).await?;
    Ok((wire, topic))
}

/// Asks again and again until `seen` says yes; fails after four minutes: a link that changes hands waits 35 seconds
/// before it writes, and may do so twice.
pub(crate) async fn eventually<T, F>(what: &str, mut seen: F) -> Result<T>
where
    F: AsyncFnMut() -> Result<Option<T>>,
{
    let deadline = tokio::time::Instant::now() + Duration::from_secs(240);
    loop {
        if let Some(value) = seen().await? {
            return Ok(value);
        }
        if tokio::time::Instant::now() > deadline {
            bail!("not within four minutes: {what}");
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// The plaintext address of the shared one-broker cluster.
pub(crate) async fn back_door(version: Version) -> Result<String> {
    Ok(gallery(version).await?.back_door())
}
