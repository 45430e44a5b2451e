use super::*;
use bytes::BufMut;
use proptest::prelude::*;
use tokio::sync::oneshot::{self, Receiver, error::TryRecvError};

const SESSION: i64 = 10_000;

fn request(id: &str, protocols: &[&str]) -> JoinRequest {
    JoinRequest {
        member_id: id.into(),
        instance_id: None,
        client_id: "c".into(),
        host: "/h".into(),
        session_ms: SESSION,
        rebalance_ms: SESSION,
        protocol_type: "consumer".into(),
        protocols: protocols
            .iter()
            .map(|p| ((*p).to_owned(), Bytes::from((*p).to_owned())))
            .collect(),
        needs_known_id: false,
        can_skip: false,
        new_id: String::new(),
        initial_delay_ms: 0,
    }
}

fn join(group: &mut Group, now: i64, request: JoinRequest) -> Receiver<JoinReply> {
    let (sender, receiver) = oneshot::channel();
    group.join(now, request, sender);
    receiver
}

fn join_as(group: &mut Group, now: i64, name: &str) -> Receiver<JoinReply> {
    let known = group.members.contains_key(name);
    let id = if known { name } else { "" };
    join(group, now, JoinRequest { new_id: name.into(), ..request(id, &["range"]) })
}

fn sync(
    group: &mut Group,
    now: i64,
    name: &str,
    all: &[(&str, &'static str)],
) -> Receiver<SyncReply> {
    let (sender, receiver) = oneshot::channel();
    let given =
        all.iter().map(|(m, a)| ((*m).to_owned(), Bytes::from_static(a.as_bytes()))).collect();
    group.sync(now, (name, None, group.generation), (None, None), given, sender);
    receiver
}

/// A stable group of "a" (leader) and "b".
fn pair() -> Group {
    let mut group = Group::new(0);
    let mut first = join_as(&mut group, 0, "a");
    let mut second = join_as(&mut group, 0, "b");
    first.try_recv().unwrap();
    assert_eq!(second.try_recv().unwrap_err(), TryRecvError::Empty);
    let mut first = join_as(&mut group, 0, "a");
    assert_eq!(first.try_recv().unwrap().members.len(), 2);
    assert_eq!(second.try_recv().unwrap().members.len(), 0);
    let mut second = sync(&mut group, 0, "b", &[]);
    assert_eq!(second.try_recv().unwrap_err(), TryRecvError::Empty);
    let mut first = sync(&mut group, 0, "a", &[("a", "1"), ("b", "2")]);
    assert_eq!(first.try_recv().unwrap().assignment, "1");
    assert_eq!(second.try_recv().unwrap().assignment, "2");
    group
}

#[test]
fn two_members_join_sync_and_are_stable() {
    let mut group = pair();
    assert_eq!((group.phase, group.generation), (Phase::Stable, 2));
    assert_eq!(group.heartbeat(1, "a", None, 2), Ok(()));
    assert_eq!(group.heartbeat(1, "a", None, 1), Err(Code::IllegalGeneration));
    assert_eq!(group.heartbeat(1, "x", None, 2), Err(Code::UnknownMemberId));
}

#[test]
fn a_waiting_join_counts_in_the_next_round() {
    let mut group = Group::new(0);
    drop(join_as(&mut group, 0, "a"));
    let mut b = join_as(&mut group, 0, "b");
    let mut c = join_as(&mut group, 0, "c");
    let mut a = join_as(&mut group, 0, "a");
    assert!(a.try_recv().is_ok() && b.try_recv().is_ok() && c.try_recv().is_ok());
    assert_eq!(group.members.len(), 3);
}

#[test]
fn a_newcomer_makes_the_others_join_again() {
    let mut group = pair();
    let mut c = join_as(&mut group, 5, "c");
    assert_eq!(c.try_recv().unwrap_err(), TryRecvError::Empty);
    assert_eq!(group.heartbeat(6, "a", None, 2), Err(Code::RebalanceInProgress));
    let mut a = join_as(&mut group, 7, "a");
    let mut b = join_as(&mut group, 7, "b");
    assert_eq!(a.try_recv().unwrap().generation, 3);
    assert!(b.try_recv().is_ok() && c.try_recv().is_ok());
}

#[test]
fn a_silent_member_is_removed_after_its_session() {
    let mut group = pair();
    group.heartbeat(SESSION - 1, "a", None, 2).unwrap();
    group.tick(SESSION + 1);
    assert_eq!(group.members.keys().collect::<Vec<_>>(), ["a"]);
    assert_eq!(group.phase, Phase::PreparingRebalance);
}

#[test]
fn a_member_that_does_not_come_back_is_left_out_when_the_round_ends() {
    let mut group = pair();
    let mut a = join(&mut group, 10, request("a", &["range", "sticky"]));
    assert_eq!(a.try_recv().unwrap_err(), TryRecvError::Empty);
    group.heartbeat(11 + SESSION / 2, "b", None, 2).unwrap_err();
    group.tick(10 + SESSION);
    assert_eq!(a.try_recv().unwrap().members.len(), 1);
}

#[test]
fn a_client_that_vanishes_while_joining_does_not_count() {
    let mut group = pair();
    drop(join_as(&mut group, 10, "c"));
    group.tick(11);
    let mut a = join_as(&mut group, 12, "a");
    let mut b = join_as(&mut group, 12, "b");
    group.heartbeat(SESSION + 12, "a", None, 2).unwrap_err();
    group.tick(SESSION + 13);
    assert!(a.try_recv().is_ok() && b.try_recv().is_ok());
    assert!(!group.members.contains_key("c"));
}

#[test]
fn leaving_empties_the_group() {
    let mut group = pair();
    group.leave(5, "a", None).unwrap();
    assert_eq!(group.leave(5, "a", None), Err(Code::UnknownMemberId));
    group.leave(5, "b", None).unwrap();
    assert_eq!((group.phase, group.members.len()), (Phase::Empty, 0));
}

#[test]
fn members_without_a_common_protocol_are_refused() {
    let mut group = pair();
    let mut odd =
        join(&mut group, 5, JoinRequest { new_id: "x".into(), ..request("", &["sticky"]) });
    assert_eq!(odd.try_recv().unwrap().error, Some(Code::InconsistentGroupProtocol));
    let other = JoinRequest {
        protocol_type: "connect".into(),
        new_id: "y".into(),
        ..request("", &["range"])
    };
    assert_eq!(
        join(&mut group, 5, other).try_recv().unwrap().error,
        Some(Code::InconsistentGroupProtocol)
    );
    assert_eq!(group.phase, Phase::Stable);
}

#[test]
fn a_new_member_has_to_come_back_with_the_id_it_was_given() {
    let mut group = Group::new(0);
    let asked =
        JoinRequest { needs_known_id: true, new_id: "given".into(), ..request("", &["range"]) };
    let answer = join(&mut group, 0, asked).try_recv().unwrap();
    assert_eq!((answer.error, answer.member_id.as_str()), (Some(Code::MemberIdRequired), "given"));
    let mut back = join(&mut group, 1, request("given", &["range"]));
    assert_eq!(back.try_recv().unwrap().error, None);
    let mut stranger = join(&mut group, 1, request("made-up", &["range"]));
    assert_eq!(stranger.try_recv().unwrap().error, Some(Code::UnknownMemberId));
}

#[test]
fn a_static_member_returns_without_disturbing_the_others_and_fences_its_old_self() {
    let mut group = Group::new(0);
    let with = |id: &str, new: &str| JoinRequest {
        instance_id: Some("one".into()),
        new_id: new.into(),
        ..request(id, &["range"])
    };
    join(&mut group, 0, with("", "old")).try_recv().unwrap();
    sync(&mut group, 0, "old", &[("old", "x")]).try_recv().unwrap();
    let back = join(&mut group, 5, with("", "new")).try_recv().unwrap();
    assert_eq!((back.error, back.generation, back.leader.as_str()), (None, 1, "old"));
    assert_eq!(group.phase, Phase::Stable);
    assert_eq!(group.heartbeat(6, "old", Some("one"), 1), Err(Code::FencedInstanceId));
    assert_eq!(sync(&mut group, 6, "new", &[]).try_recv().unwrap().assignment, "x");
}

#[test]
fn tools_commit_only_where_nobody_is_a_member() {
    let mut empty = Group::new(0);
    assert_eq!(empty.check_commit(0, "", None, -1), Ok(()));
    let mut busy = pair();
    assert_eq!(busy.check_commit(0, "", None, -1), Err(Code::UnknownMemberId));
    assert_eq!(busy.check_commit(0, "a", None, 1), Err(Code::IllegalGeneration));
    assert_eq!(busy.check_commit(0, "a", None, 2), Ok(()));
}

#[test]
fn offsets_of_a_transaction_count_only_when_it_commits() {
    let offset = |n| Committed { offset: n, leader_epoch: -1, metadata: String::new(), at: 0 };
    let mut group = Group::new(0);
    group.commit_in_transaction(1, "t", 0, offset(5));
    assert!(group.is_unstable("t", 0));
    group.decide(1, false);
    assert!(group.offsets.is_empty() && !group.is_unstable("t", 0));
    group.commit_in_transaction(2, "t", 0, offset(9));
    group.decide(2, true);
    assert_eq!(group.offsets[&("t".to_owned(), 0)].offset, 9);
}

#[test]
fn subscriptions_are_read_and_garbage_is_ignored() {
    let mut metadata = bytes::BytesMut::new();
    metadata.put_slice(&[0, 1, 0, 0, 0, 1, 0, 2, b'h', b'i', 0, 0, 0, 0]);
    assert_eq!(topics_in(&metadata), Some(vec!["hi".to_owned()]));
    assert_eq!(topics_in(&[0, 1, 0x7f, 0xff, 0xff, 0xff, 1]), None);
}

#[derive(Clone, Debug)]
enum Step {
    Join(usize),
    Sync(usize),
    Beat(usize),
    Leave(usize),
    Pass(i64),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => (0_usize..4).prop_map(Step::Join),
        3 => (0_usize..4).prop_map(Step::Sync),
        2 => (0_usize..4).prop_map(Step::Beat),
        1 => (0_usize..4).prop_map(Step::Leave),
        2 => (1_i64..7_000).prop_map(Step::Pass),
    ]
}

proptest! {
    #[test]
    fn generations_only_grow_and_a_settled_group_has_a_leader(steps in proptest::collection::vec(step(), 1..80)) {
        let names = ["a", "b", "c", "d"];
        let mut group = Group::new(0);
        let (mut now, mut generation) = (0, 0);
        let mut waiting: Vec<Receiver<JoinReply>> = Vec::new();
        let mut syncing: Vec<Receiver<SyncReply>> = Vec::new();
        for step in steps {
            match step {
                Step::Join(i) => waiting.push(join_as(&mut group, now, names[i])),
                Step::Sync(i) => syncing.push(sync(&mut group, now, names[i], &[(names[i], "x")])),
                Step::Beat(i) => drop(group.heartbeat(now, names[i], None, group.generation)),
                Step::Leave(i) => drop(group.leave(now, names[i], None)),
                Step::Pass(ms) => { now += ms; group.tick(now); }
            }
            prop_assert!(group.generation >= generation);
            generation = group.generation;
            match group.phase {
                Phase::Empty => prop_assert!(group.members.is_empty()),
                Phase::Stable | Phase::CompletingRebalance => {
                    prop_assert!(group.members.contains_key(&group.leader));
                    prop_assert_eq!(&group.protocol, "range");
                    prop_assert!(group.members.values().all(|m| m.join.is_none()));
                }
                Phase::PreparingRebalance => {}
            }
        }
        // Left alone, every group comes to rest.
        waiting.clear();
        for _ in 0..6 {
            now += SESSION + 1;
            group.tick(now);
        }
        prop_assert_eq!(group.phase, Phase::Empty);
    }
}
