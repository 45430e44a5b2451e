//! Ownership by the group coordinator of real brokers.

use std::time::Duration;

use anyhow::{Result, ensure};
use drawbridge_kafka::{LeaseTimes, Membership, Role};
use drawbridge_tests::bed::{Door, Kafka, gallery, unique};
use tokio::time::{Instant, timeout};

use super::client;
use crate::support::Version;

on_each_version!(
    the_second_member_takes_over_when_the_first_leaves_or_goes_silent,
    an_owner_is_one_again_after_the_restart_of_its_coordinator,
    who_may_not_read_the_group_is_told_which_permission_is_missing,
);

/// The shortest that brokers allow by default.
const TIMES: LeaseTimes =
    LeaseTimes { session: Duration::from_secs(6), rebalance: Duration::from_secs(6) };

async fn becomes(member: &Membership, wanted: impl FnMut(&Role) -> bool) -> Result<Role> {
    let mut role = member.role();
    let seen = timeout(Duration::from_secs(120), role.wait_for(wanted)).await;
    Ok(seen.map_err(|_| anyhow::anyhow!("it stays {:?}", member.role().borrow()))??.clone())
}

fn owns(role: &Role) -> bool {
    matches!(role, Role::Owner { .. })
}

async fn the_second_member_takes_over_when_the_first_leaves_or_goes_silent(
    version: Version,
) -> Result<()> {
    let cluster = gallery(version).await?;
    let group = unique("owner");
    let clients = (0..3).map(|_| client(cluster, Door::Scram, "admin"));
    let [a, b, c] = clients.collect::<Result<Vec<_>>>()?.try_into().unwrap();
    let first = a.join_ownership(&group, "gateway-a", TIMES);
    becomes(&first, owns).await?;
    let second = b.join_ownership(&group, "gateway-b", TIMES);
    let wanted = Role::Standby { owner: Some("gateway-a".to_owned()) };
    becomes(&second, |role| *role == wanted).await?;
    ensure!(owns(&first.role().borrow()), "a newcomer took the ownership away");

    first.leave().await;
    becomes(&second, owns).await?;
    let third = c.join_ownership(&group, "gateway-c", TIMES);
    let wanted = Role::Standby { owner: Some("gateway-b".to_owned()) };
    becomes(&third, |role| *role == wanted).await?;

    let Role::Owner { until } = becomes(&second, owns).await? else { unreachable!() };
    b.close().await;
    becomes(&third, owns).await?;
    ensure!(Instant::now() > until, "the silent owner's lease was still good");
    Ok(())
}

async fn an_owner_is_one_again_after_the_restart_of_its_coordinator(
    version: Version,
) -> Result<()> {
    let cluster = Kafka::scram(version).start().await?;
    let client = client(&cluster, Door::Scram, "admin")?;
    let member = client.join_ownership("owner", "gateway-a", TIMES);
    becomes(&member, owns).await?;
    cluster.broker(1).stop().await?;
    becomes(&member, |role| matches!(role, Role::Failed(_))).await?;
    cluster.broker(1).start().await?;
    becomes(&member, owns).await?;
    Ok(())
}

async fn who_may_not_read_the_group_is_told_which_permission_is_missing(
    version: Version,
) -> Result<()> {
    let cluster = gallery(version).await?;
    let group = unique("owner");
    let alice = client(cluster, Door::Scram, "alice")?;
    let member = alice.join_ownership(&group, "alice", TIMES);
    let Role::Failed(words) = becomes(&member, |role| *role != Role::Joining).await? else {
        anyhow::bail!("alice was let in");
    };
    ensure!(words.contains("READ") && words.contains(&group), "{words}");
    Ok(())
}
