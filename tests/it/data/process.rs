//! A gateway in a process of its own, to be killed.

use std::io::{Read, Write};

use super::bed::Gateway;

/// The test that is the gateway; alone it does nothing.
pub(super) const NAME: &str = "data::process::gateway";
/// Variable with the properties file of the cluster it knows.
pub(super) const PROPERTIES: &str = "DRAWBRIDGE_TEST_GATEWAY_OF";
/// Before its address, when it is ready.
pub(super) const READY: &str = "gateway at ";

#[tokio::test]
#[ignore = "a process of other tests"]
async fn gateway() {
    let Ok(properties) = std::env::var(PROPERTIES) else { return };
    let gateway = Gateway::of(&properties).await.unwrap();
    writeln!(std::io::stdout(), "{READY}{}", gateway.address()).unwrap();
    // Whoever started it may end without a word.
    std::io::stdin().read_to_end(&mut Vec::new()).unwrap();
}
