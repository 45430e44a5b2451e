//! Ownership of a cluster, from the group coordinator of an embedded one.

use std::time::Duration;

use drawbridge_embedded::{
    Acl, ClusterSpec, EmbeddedCluster, ListenerSecurity, Mechanism, operation, resource,
};
use drawbridge_kafka::{Client, ConnectionSettings, LeaseTimes, Membership, Properties, Role};
use tokio::{sync::watch, task::JoinHandle, time::Instant};

use super::support::{embedded, in_time};

const GROUP: &str = "_drawbridge-owner";
/// Short enough to be waited out, long enough that no stall of a busy machine is taken for silence.
const SESSION: Duration = Duration::from_secs(6);

fn client(cluster: &EmbeddedCluster, user: Option<&str>) -> Client {
    let properties = Properties::parse(&cluster.properties(user), "test.properties").unwrap();
    Client::new(ConnectionSettings::from_properties(&properties).unwrap()).unwrap()
}

fn join(cluster: &EmbeddedCluster, who: &str) -> (Client, Membership) {
    let times = LeaseTimes { session: SESSION, rebalance: SESSION };
    let client = client(cluster, None);
    let membership = client.join_ownership(GROUP, who, times);
    (client, membership)
}

async fn becomes(role: &mut watch::Receiver<Role>, wanted: impl FnMut(&Role) -> bool) -> Role {
    in_time(role.wait_for(wanted)).await.unwrap().clone()
}

fn owns(role: &Role) -> bool {
    matches!(role, Role::Owner { .. })
}

/// Fails when both hold the lease at the same time. Ends with either membership.
fn never_both(mut one: watch::Receiver<Role>, mut two: watch::Receiver<Role>) -> JoinHandle<()> {
    tokio::spawn(async move {
        loop {
            let now = Instant::now();
            let leased = |role: &Role| matches!(role, Role::Owner { until } if *until > now);
            let both = leased(&one.borrow_and_update()) && leased(&two.borrow_and_update());
            assert!(!both, "two owners at once");
            let changed = tokio::select! { one = one.changed() => one, two = two.changed() => two };
            if changed.is_err() {
                return;
            }
        }
    })
}

#[tokio::test]
async fn one_of_two_members_is_the_owner_and_the_other_follows_when_it_leaves() {
    let cluster = embedded(ClusterSpec::new("lease").brokers(&[1, 2, 3])).await;
    let (_a, first) = join(&cluster, "gateway-a");
    becomes(&mut first.role(), owns).await;
    let (_b, second) = join(&cluster, "gateway-b");
    let guard = never_both(first.role(), second.role());
    let owner = Some("gateway-a".to_owned());
    becomes(&mut second.role(), |role| *role == Role::Standby { owner: owner.clone() }).await;
    assert!(owns(&first.role().borrow()), "a newcomer does not take it away");
    let both = ["gateway-a", "gateway-b"];
    for mut members in [first.members(), second.members()] {
        in_time(members.wait_for(|members| *members == both)).await.unwrap();
    }
    in_time(first.leave()).await;
    becomes(&mut second.role(), owns).await;
    assert_eq!(*second.members().borrow(), ["gateway-b"]);
    drop(second);
    in_time(guard).await.unwrap();
}

#[tokio::test]
async fn an_owner_that_goes_silent_is_followed_after_its_lease_and_within_the_session() {
    let cluster = embedded(ClusterSpec::new("lease").brokers(&[1, 2])).await;
    let (a, first) = join(&cluster, "gateway-a");
    becomes(&mut first.role(), owns).await;
    let (_b, second) = join(&cluster, "gateway-b");
    becomes(&mut second.role(), |role| matches!(role, Role::Standby { owner: Some(_) })).await;
    let Role::Owner { until } = becomes(&mut first.role(), owns).await else { unreachable!() };
    a.close().await;
    becomes(&mut first.role(), |role| matches!(role, Role::Failed(_))).await;
    becomes(&mut second.role(), owns).await;
    assert!(Instant::now() > until, "the silent owner's lease was still good");
}

#[tokio::test]
async fn lost_connections_do_not_cost_the_ownership() {
    let cluster = embedded(ClusterSpec::new("lease").brokers(&[1, 2])).await;
    let (_a, first) = join(&cluster, "gateway-a");
    let (_b, second) = join(&cluster, "gateway-b");
    let (mut one, mut two) = (first.role(), second.role());
    let standby = |role: &Role| matches!(role, Role::Standby { owner: Some(_) });
    let settled = async {
        loop {
            if owns(&one.borrow_and_update()) && standby(&two.borrow_and_update())
                || owns(&two.borrow_and_update()) && standby(&one.borrow_and_update())
            {
                return;
            }
            tokio::select! { _ = one.changed() => {}, _ = two.changed() => {} }
        }
    };
    in_time(settled).await;
    let mut owner = if owns(&first.role().borrow()) { first.role() } else { second.role() };
    for _ in 0..3 {
        cluster.faults().disconnect_everyone();
        let Role::Owner { until } = owner.borrow_and_update().clone() else { panic!("no owner") };
        let renewed = |role: &Role| !matches!(role, Role::Owner { until: now } if *now == until);
        assert!(owns(&becomes(&mut owner, renewed).await), "it is renewed, not lost");
    }
}

#[tokio::test]
async fn a_principal_without_read_on_the_group_is_told_so_and_let_in_once_it_has_it() {
    let spec = ClusterSpec::new("lease")
        .security(ListenerSecurity::sasl(&[Mechanism::Plain]))
        .user("ann", "ann-secret")
        .super_user("User:admin");
    let allowed = Acl::allow("User:ann", operation::READ, resource::GROUP, GROUP);
    for spec in [spec.clone(), spec.acl(allowed)] {
        let may = !spec.acls.is_empty();
        let cluster = embedded(spec).await;
        let client = client(&cluster, Some("ann"));
        let membership = client.join_ownership(GROUP, "ann", LeaseTimes::default());
        let role = becomes(&mut membership.role(), |role| *role != Role::Joining).await;
        match role {
            Role::Failed(words) if !may => {
                assert!(words.contains("READ") && words.contains(GROUP), "{words}");
                assert!(!words.contains("ann-secret"), "{words}");
            }
            role => assert!(may && owns(&role), "{role:?}"),
        }
    }
}
