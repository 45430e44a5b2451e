//! Sessions over channels, with the clock stopped: what a client sends and what it gets.

use std::{collections::BTreeMap, sync::Mutex};

use drawbridge_shared::wire::{FeedData, decode_server, encode_client};
use futures_channel::mpsc;
use tokio::{sync::watch, task::JoinHandle};
use tokio_stream::wrappers::WatchStream;

use super::*;

/// A gateway whose feeds and replies the test decides.
#[derive(Default)]
struct Scripted {
    feeds: Mutex<BTreeMap<String, watch::Sender<FeedState>>>,
    replies: Mutex<Vec<tokio::sync::oneshot::Sender<Result<Response, WireError>>>>,
}

impl Backend for Scripted {
    fn welcome(&self) -> Welcome {
        Welcome {
            protocol: PROTOCOL,
            build: "b".into(),
            version: "0".into(),
            demo: false,
            now_ms: 0,
            limits: LIMITS,
            deny: Vec::new(),
        }
    }

    fn follow(&self, feed: &Feed) -> BoxStream<'static, FeedState> {
        let mut feeds = self.feeds.lock().unwrap();
        let sender = feeds
            .entry(format!("{feed:?}"))
            .or_insert_with(|| watch::Sender::new(FeedState::Pending));
        WatchStream::new(sender.subscribe()).boxed()
    }

    fn call(&self, _: Request) -> Reply {
        let (answer, answered) = tokio::sync::oneshot::channel();
        self.replies.lock().unwrap().push(answer);
        async move { answered.await.expect("the test answers") }.boxed()
    }
}

struct Talk {
    backend: Arc<Scripted>,
    send: mpsc::Sender<Result<Inbound, InboundError>>,
    receive: mpsc::Receiver<Outbound>,
    draining: CancellationToken,
    session: JoinHandle<Closing>,
}

impl Talk {
    fn start() -> Self {
        let (send, inbound) = mpsc::channel(1000);
        let (outbound, receive) = mpsc::channel(0);
        let backend = Arc::new(Scripted::default());
        let draining = CancellationToken::new();
        let session = tokio::spawn(run(
            Arc::clone(&backend) as Arc<dyn Backend>,
            inbound,
            outbound,
            draining.clone(),
            Duration::from_secs(5),
        ));
        Self { backend, send, receive, draining, session }
    }

    async fn greeted() -> Self {
        let mut talk = Self::start();
        talk.say(&ClientMessage::Hello { protocol: PROTOCOL });
        assert!(matches!(talk.hear().await, ServerMessage::Welcome(_)));
        talk
    }

    fn say(&mut self, message: &ClientMessage) {
        self.give(Ok(Inbound::Text(encode_client(message).unwrap())));
    }

    fn give(&mut self, frame: Result<Inbound, InboundError>) {
        self.send.try_send(frame).unwrap();
    }

    async fn hear(&mut self) -> ServerMessage {
        match self.receive.next().await {
            Some(Outbound::Text(text)) => decode_server(&text).unwrap(),
            other => panic!("unexpected {other:?}"),
        }
    }

    /// The close code, after frames that do not matter here.
    async fn closed(mut self) -> u16 {
        let code = loop {
            match self.receive.next().await {
                Some(Outbound::Text(_)) => {}
                Some(Outbound::Close { code, reason }) => {
                    assert!(!reason.is_empty());
                    break code;
                }
                None => panic!("ended without a close frame"),
            }
        };
        assert_eq!(self.session.await.unwrap().code, Some(code));
        code
    }

    fn subscribe(&mut self, id: u64, feed: Feed) {
        self.say(&ClientMessage::Subscribe { id: SubscriptionId(id), feed, credit: 1 });
    }

    fn request(&mut self, id: u64) {
        let body = Request::TestCluster { cluster: "c".parse().unwrap() };
        self.say(&ClientMessage::Request { id: RequestId(id), body });
    }

    fn publish(&self, feed: &Feed, state: FeedState) {
        let feeds = self.backend.feeds.lock().unwrap();
        feeds[&format!("{feed:?}")].send_replace(state);
    }

    /// Until the session has taken in what was said so far.
    async fn settled(&mut self) {
        self.say(&ClientMessage::Ping { nonce: 99 });
        while self.hear().await != (ServerMessage::Pong { nonce: 99 }) {}
    }

    fn answer(&self, at: usize) {
        self.backend.replies.lock().unwrap().remove(at).send(Ok(Response::Done)).unwrap();
    }
}

fn empty() -> FeedState {
    FeedState::Data(Arc::new(FeedData::Clusters(vec![])))
}

#[tokio::test(start_paused = true)]
async fn a_feed_starts_with_its_newest_state_and_ends_when_asked() {
    let mut talk = Talk::greeted().await;
    talk.subscribe(7, Feed::Clusters);
    talk.settled().await;
    talk.publish(&Feed::Clusters, empty());
    assert!(matches!(
        talk.hear().await,
        ServerMessage::Snapshot { id: SubscriptionId(7), seq: 0, .. }
    ));
    talk.say(&ClientMessage::Unsubscribe { id: SubscriptionId(7) });
    assert_eq!(
        talk.hear().await,
        ServerMessage::Ended { id: SubscriptionId(7), reason: EndReason::Unsubscribed }
    );
    let feeds = talk.backend.feeds.lock().unwrap();
    assert_eq!(feeds.values().next().unwrap().receiver_count(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_feed_whose_source_is_gone_ends() {
    let mut talk = Talk::greeted().await;
    talk.subscribe(1, Feed::Clusters);
    talk.settled().await;
    talk.backend.feeds.lock().unwrap().clear();
    assert!(matches!(
        talk.hear().await,
        ServerMessage::Ended { reason: EndReason::NotFound { .. }, .. }
    ));
}

#[tokio::test(start_paused = true)]
async fn replies_carry_the_id_of_their_request_in_whatever_order_they_come() {
    let mut talk = Talk::greeted().await;
    talk.request(1);
    talk.request(2);
    talk.settled().await;
    talk.answer(1);
    assert!(matches!(talk.hear().await, ServerMessage::Reply { id: RequestId(2), .. }));
    talk.answer(0);
    assert!(matches!(talk.hear().await, ServerMessage::Reply { id: RequestId(1), .. }));
}

#[tokio::test(start_paused = true)]
async fn an_id_may_be_used_again_after_its_reply_and_not_before() {
    let mut talk = Talk::greeted().await;
    talk.request(1);
    talk.settled().await;
    talk.answer(0);
    assert!(matches!(talk.hear().await, ServerMessage::Reply { .. }));
    talk.request(1);
    talk.request(1);
    assert_eq!(talk.closed().await, close::ID_IN_USE);
}

#[tokio::test(start_paused = true)]
async fn a_subscription_id_that_is_in_use_closes() {
    let mut talk = Talk::greeted().await;
    talk.subscribe(1, Feed::Clusters);
    talk.subscribe(1, Feed::Notices);
    assert_eq!(talk.closed().await, close::ID_IN_USE);
}

#[tokio::test(start_paused = true)]
async fn a_client_that_does_not_greet_is_disconnected() {
    assert_eq!(Talk::start().closed().await, close::TIMED_OUT);
}

#[tokio::test(start_paused = true)]
async fn anything_before_hello_closes() {
    let mut talk = Talk::start();
    talk.say(&ClientMessage::Ping { nonce: 1 });
    assert_eq!(talk.closed().await, close::BAD_FRAME);
}

#[tokio::test(start_paused = true)]
async fn another_protocol_is_told_the_build_and_closed() {
    let mut talk = Talk::start();
    talk.say(&ClientMessage::Hello { protocol: PROTOCOL + 1 });
    assert!(matches!(talk.hear().await, ServerMessage::Welcome(_)));
    assert_eq!(talk.closed().await, close::PROTOCOL_NOT_ACCEPTABLE);
}

#[tokio::test(start_paused = true)]
async fn what_is_no_frame_closes_with_the_reason() {
    for frame in
        [Inbound::Text("{\"fly\":1}".into()), Inbound::Text("é".repeat(500)), Inbound::Binary]
    {
        let mut talk = Talk::greeted().await;
        talk.give(Ok(frame));
        assert_eq!(talk.closed().await, close::BAD_FRAME);
    }
}

#[tokio::test(start_paused = true)]
async fn a_frame_that_is_too_large_closes() {
    let mut talk = Talk::greeted().await;
    talk.give(Err(InboundError::TooLarge));
    assert_eq!(talk.closed().await, close::FRAME_TOO_LARGE);
}

#[tokio::test(start_paused = true)]
async fn a_flood_of_frames_closes() {
    let mut talk = Talk::greeted().await;
    for _ in 0..=FrameBudget::BURST {
        talk.give(Ok(Inbound::Control));
    }
    assert_eq!(talk.closed().await, close::TOO_MANY);
}

#[tokio::test(start_paused = true)]
async fn more_subscriptions_or_requests_than_granted_close() {
    let mut talk = Talk::greeted().await;
    for id in 0..=u64::from(LIMITS.max_subscriptions) {
        talk.subscribe(id, Feed::Clusters);
    }
    assert_eq!(talk.closed().await, close::TOO_MANY);
    let mut talk = Talk::greeted().await;
    for id in 0..=u64::from(LIMITS.max_requests) {
        talk.request(id);
    }
    assert_eq!(talk.closed().await, close::TOO_MANY);
}

#[tokio::test(start_paused = true)]
async fn a_silent_client_is_pinged_and_then_disconnected() {
    let mut talk = Talk::greeted().await;
    assert_eq!(talk.hear().await, ServerMessage::Ping { nonce: 1 });
    assert_eq!(talk.hear().await, ServerMessage::Ping { nonce: 2 });
    assert_eq!(talk.closed().await, close::TIMED_OUT);
}

#[tokio::test(start_paused = true)]
async fn a_client_that_answers_pings_stays() {
    let mut talk = Talk::greeted().await;
    for nonce in 1..20 {
        assert_eq!(talk.hear().await, ServerMessage::Ping { nonce });
        talk.say(&ClientMessage::Pong { nonce });
    }
}

#[tokio::test(start_paused = true)]
async fn a_client_that_takes_nothing_is_disconnected() {
    let mut talk = Talk::greeted().await;
    for nonce in 0..5 {
        talk.say(&ClientMessage::Ping { nonce });
    }
    // The channel takes one frame; the next write waits for a reader who does not come.
    let closing = talk.session.await.unwrap();
    assert_eq!(closing.code, None);
    assert!(closing.reason.contains("write"), "{closing:?}");
}

#[tokio::test(start_paused = true)]
async fn draining_answers_what_was_asked_and_then_closes() {
    let mut talk = Talk::greeted().await;
    talk.request(1);
    talk.settled().await;
    talk.draining.cancel();
    talk.answer(0);
    assert!(matches!(talk.hear().await, ServerMessage::Reply { id: RequestId(1), .. }));
    assert_eq!(talk.closed().await, close::DRAINING);
}

#[tokio::test(start_paused = true)]
async fn draining_does_not_wait_for_a_request_beyond_the_grace_period() {
    let mut talk = Talk::greeted().await;
    talk.request(1);
    talk.settled().await;
    talk.draining.cancel();
    assert_eq!(talk.closed().await, close::DRAINING);
}

#[tokio::test(start_paused = true)]
async fn a_client_that_leaves_ends_its_session() {
    let mut talk = Talk::greeted().await;
    talk.give(Ok(Inbound::Close));
    assert_eq!(talk.session.await.unwrap().code, None);
}
