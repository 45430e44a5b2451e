use bytes::{BufMut, BytesMut};
use proptest::prelude::*;
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream, duplex};

use super::*;
use crate::send_guard::SendGuard;

const PATIENCE: Duration = Duration::from_secs(30);

fn connect() -> (Arc<Connection>, DuplexStream) {
    let (ours, theirs) = duplex(1 << 20);
    let (read, write) = tokio::io::split(ours);
    let connection =
        Connection::start("test:9092".to_owned(), read, write, 1 << 16, Arc::default());
    (Arc::new(connection), theirs)
}

/// A request: length, key, version, correlation id, payload.
fn request(payload: &[u8]) -> Frame {
    let mut head = BytesMut::new();
    head.put_bytes(0, 12);
    head.put_slice(payload);
    Frame::new(head, Vec::new()).unwrap()
}

fn ask(connection: &Arc<Connection>, payload: u8) -> tokio::task::JoinHandle<Result<Bytes, Error>> {
    let connection = Arc::clone(connection);
    tokio::spawn(async move {
        connection.exchange(request(&[payload]), PATIENCE, &Asked::new("Test")).await
    })
}

/// What the peer reads: correlation id and payload.
async fn heard(peer: &mut DuplexStream) -> (i32, Vec<u8>) {
    let len = peer.read_u32().await.unwrap();
    let mut frame = vec![0; usize::try_from(len).unwrap()];
    peer.read_exact(&mut frame).await.unwrap();
    (i32::from_be_bytes(frame[4..8].try_into().unwrap()), frame[8..].to_vec())
}

async fn answer(peer: &mut DuplexStream, correlation: i32, payload: &[u8]) {
    let mut frame = BytesMut::new();
    frame.put_u32(u32::try_from(payload.len()).unwrap() + 4);
    frame.put_i32(correlation);
    frame.put_slice(payload);
    peer.write_all(&frame).await.unwrap();
}

#[tokio::test]
async fn requests_are_pipelined_and_each_gets_its_own_answer() {
    let (connection, mut peer) = connect();
    let mut calls = Vec::new();
    let mut ids = Vec::new();
    for number in 1..=3 {
        calls.push(ask(&connection, number));
        // Nothing is answered before all three have arrived.
        ids.push(heard(&mut peer).await);
    }
    for (id, payload) in &ids {
        answer(&mut peer, *id, payload).await;
    }
    for (number, call) in (1..).zip(calls) {
        assert_eq!(call.await.unwrap().unwrap()[4..], [number]);
    }
    assert_eq!(connection.in_flight(), 0);
}

#[tokio::test]
async fn an_answer_out_of_order_ends_the_connection_for_everybody() {
    let (connection, mut peer) = connect();
    let first = ask(&connection, 1);
    heard(&mut peer).await;
    let second = ask(&connection, 2);
    let (id, _) = heard(&mut peer).await;
    answer(&mut peer, id, &[2]).await;
    for call in [first, second] {
        let error = call.await.unwrap().unwrap_err();
        assert!(error.to_string().contains("answer 1 came where answer 0 was due"), "{error}");
    }
    let late = ask(&connection, 3).await.unwrap().unwrap_err();
    assert!(matches!(late, Error::Disconnected { sent: false, .. }), "{late:?}");
}

#[tokio::test]
async fn an_answer_nobody_asked_for_ends_the_connection() {
    let (connection, mut peer) = connect();
    answer(&mut peer, 0, &[1]).await;
    connection.ended().await;
    assert!(connection.death().unwrap().what.contains("without a request"));
}

#[tokio::test]
async fn a_cancelled_call_leaves_the_others_in_step() {
    let (connection, mut peer) = connect();
    let cancelled = ask(&connection, 1);
    let (first, _) = heard(&mut peer).await;
    let kept = ask(&connection, 2);
    let (second, _) = heard(&mut peer).await;
    cancelled.abort();
    assert!(cancelled.await.unwrap_err().is_cancelled());
    answer(&mut peer, first, &[1]).await;
    answer(&mut peer, second, &[2]).await;
    assert_eq!(kept.await.unwrap().unwrap()[4..], [2]);
}

#[tokio::test]
async fn when_the_stream_ends_every_waiter_learns_it() {
    let (connection, mut peer) = connect();
    let calls = [ask(&connection, 1), ask(&connection, 2)];
    heard(&mut peer).await;
    heard(&mut peer).await;
    drop(peer);
    for call in calls {
        let error = call.await.unwrap().unwrap_err();
        assert!(matches!(error, Error::Disconnected { sent: true, .. }), "{error:?}");
        assert!(error.outcome_unknown() && error.is_retriable());
    }
}

#[tokio::test(start_paused = true)]
async fn a_request_without_answer_times_out_and_takes_the_connection_with_it() {
    let (connection, mut peer) = connect();
    let impatient = {
        let connection = Arc::clone(&connection);
        tokio::spawn(async move {
            let patience = Duration::from_secs(1);
            connection.exchange(request(&[1]), patience, &Asked::new("Test")).await
        })
    };
    heard(&mut peer).await;
    let behind = ask(&connection, 2);
    let error = impatient.await.unwrap().unwrap_err();
    assert!(matches!(error, Error::Timeout { .. }), "{error:?}");
    let error = behind.await.unwrap().unwrap_err();
    assert!(error.to_string().contains("no answer within 1000 ms"), "{error}");
}

#[tokio::test(start_paused = true)]
async fn a_throttled_connection_sends_nothing_until_the_time_is_over() {
    let (connection, mut peer) = connect();
    connection.throttle(Duration::from_secs(5));
    let since = Instant::now();
    let call = ask(&connection, 1);
    let (id, _) = heard(&mut peer).await;
    assert_eq!(since.elapsed(), Duration::from_secs(5));
    answer(&mut peer, id, &[1]).await;
    call.await.unwrap().unwrap();
}

#[tokio::test]
async fn a_web_server_is_recognised() {
    let (connection, mut peer) = connect();
    let call = ask(&connection, 1);
    heard(&mut peer).await;
    peer.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n").await.unwrap();
    drop(peer);
    let error = call.await.unwrap().unwrap_err();
    assert!(matches!(&error, Error::Protocol { what, .. } if what.contains("HTTP")), "{error:?}");
}

#[tokio::test]
async fn an_answer_over_the_limit_is_refused_unread() {
    let (connection, mut peer) = connect();
    let first = ask(&connection, 1);
    let (id, _) = heard(&mut peer).await;
    answer(&mut peer, id, &[1]).await;
    first.await.unwrap().unwrap();
    let second = ask(&connection, 2);
    heard(&mut peer).await;
    peer.write_u32((1 << 16) + 1).await.unwrap();
    drop(peer);
    let error = second.await.unwrap().unwrap_err();
    assert!(error.to_string().contains("announces 65537 bytes"), "{error}");
}

#[tokio::test]
async fn all_pieces_of_a_frame_arrive_in_order() {
    let (connection, mut peer) = connect();
    let mut head = BytesMut::new();
    head.put_bytes(0, 12);
    head.put_slice(b"head");
    let tail = vec![Bytes::from(vec![b'x'; 70_000]), Bytes::new(), Bytes::from_static(b"end")];
    let frame = Frame::new(head, tail).unwrap();
    let call = {
        let connection = Arc::clone(&connection);
        tokio::spawn(async move { connection.exchange(frame, PATIENCE, &Asked::new("Test")).await })
    };
    let (id, payload) = heard(&mut peer).await;
    assert_eq!(payload.len(), 70_007);
    assert!(payload.starts_with(b"headx") && payload.ends_with(b"xend"));
    answer(&mut peer, id, &[]).await;
    call.await.unwrap().unwrap();
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn whatever_is_cancelled_every_survivor_gets_its_own_answer(
        cancelled in prop::collection::vec(any::<bool>(), 1..24),
        batch in 1_usize..6,
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .start_paused(true)
            .build()
            .unwrap();
        runtime.block_on(async {
            let (connection, mut peer) = connect();
            let mut number = 0_u8;
            for part in cancelled.chunks(batch) {
                let mut calls = Vec::new();
                let mut seen = Vec::new();
                for cancel in part {
                    number += 1;
                    let call = ask(&connection, number);
                    seen.push(heard(&mut peer).await);
                    if *cancel {
                        call.abort();
                    } else {
                        calls.push((number, call));
                    }
                }
                for (id, payload) in seen {
                    answer(&mut peer, id, &payload).await;
                }
                for (number, call) in calls {
                    assert_eq!(call.await.unwrap().unwrap()[4..], [number]);
                }
            }
        });
    }
}

#[tokio::test(start_paused = true)]
async fn a_broker_that_hangs_is_given_up_even_if_its_callers_have_gone() {
    let (connection, mut peer) = connect();
    let caller = ask(&connection, 1);
    heard(&mut peer).await;
    caller.abort();
    connection.ended().await;
    assert_eq!(connection.death().unwrap().cause, ConnectCause::TimedOut);
}

/// A request that goes only while the answer says so.
fn guarded(payload: &[u8], open: &Arc<AtomicBool>) -> Frame {
    let open = Arc::clone(open);
    let guard = SendGuard::new(move || open.load(Ordering::Relaxed));
    let mut frame = request(payload);
    frame.guard = Some(guard);
    frame
}

#[tokio::test]
async fn a_request_whose_leave_has_ended_stays_here_and_disturbs_no_other() {
    let (connection, mut peer) = connect();
    let open = Arc::new(AtomicBool::new(true));
    let first = ask(&connection, 1);
    let (before, _) = heard(&mut peer).await;
    open.store(false, Ordering::Relaxed);
    let asked = Asked::new("Test");
    let withheld = connection.exchange(guarded(&[2], &open), PATIENCE, &asked).await.unwrap_err();
    assert!(matches!(withheld, Error::Withheld { .. }) && !withheld.outcome_unknown());
    let third = ask(&connection, 3);
    let (after, payload) = heard(&mut peer).await;
    assert_eq!(payload, [3]);
    answer(&mut peer, before, &[1]).await;
    answer(&mut peer, after, &[3]).await;
    for (call, payload) in [(first, 1), (third, 3)] {
        assert_eq!(call.await.unwrap().unwrap()[4..], [payload]);
    }
}

#[tokio::test]
async fn leave_that_ends_within_a_request_ends_the_connection_before_the_rest_of_it() {
    let (connection, mut peer) = connect();
    let open = Arc::new(AtomicBool::new(true));
    // More than the pipe holds: the rest waits until the peer reads.
    let frame = guarded(&vec![7; 3 << 20], &open);
    let call = tokio::spawn({
        let connection = Arc::clone(&connection);
        async move { connection.exchange(frame, PATIENCE, &Asked::new("Test")).await }
    });
    let mut some = vec![0; 1 << 10];
    peer.read_exact(&mut some).await.unwrap();
    open.store(false, Ordering::Relaxed);
    let mut rest = Vec::new();
    peer.read_to_end(&mut rest).await.unwrap();
    assert!(rest.len() < 3 << 20, "{} bytes", rest.len());
    let error = call.await.unwrap().unwrap_err();
    assert!(matches!(error, Error::Disconnected { sent: true, .. }), "{error:?}");
}
