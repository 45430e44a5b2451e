//! A gateway on a free port, and small clients for it.

use std::{future::Future, time::Duration};

use drawbridge_embedded::{ClusterSpec as EmbeddedSpec, EmbeddedCluster};
use drawbridge_shared::{
    diff::apply,
    wire::{
        ClientMessage, Feed, FeedData, FeedKind, PROTOCOL, Request, RequestId, Response,
        SUBPROTOCOL, ServerMessage, SubscriptionId, WireError, decode_server, encode_client,
    },
};
use futures_util::{SinkExt, StreamExt};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};
use tokio_tungstenite::{
    WebSocketStream,
    tungstenite::{Message, client::IntoClientRequest},
};

use crate::{
    app::{App, Parts},
    clusters::Store,
    demo,
};

/// No wait in these tests is longer; on a healthy machine none comes near.
const PATIENCE: Duration = Duration::from_secs(60);

pub(super) async fn in_time<F: Future>(work: F) -> F::Output {
    tokio::time::timeout(PATIENCE, work).await.expect("it happens in time")
}

pub(super) async fn embedded(spec: EmbeddedSpec) -> EmbeddedCluster {
    EmbeddedCluster::start(spec).await.unwrap()
}

/// A gateway with these clusters, under the names `one`, `two`, …
pub(super) async fn gateway(clusters: &[&EmbeddedCluster]) -> App {
    gateway_with(clusters, None).await
}

pub(super) async fn gateway_with(clusters: &[&EmbeddedCluster], store: Option<Store>) -> App {
    let names = ["one", "two", "three"];
    let specs =
        names.iter().zip(clusters).map(|(name, cluster)| demo::spec(name, cluster).unwrap());
    let parts = Parts { clusters: specs.collect(), store, ..Parts::default() };
    start(parts).await
}

pub(super) async fn start(parts: Parts) -> App {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    App::start(parts, listener).unwrap()
}

/// An HTTP answer.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) headers: String,
    pub(super) body: String,
}

impl Answer {
    pub(super) fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {}", self.body))
    }
}

/// Asks with a JSON body, if any.
pub(super) async fn ask(app: &App, method: &str, path: &str, body: &str) -> Answer {
    let kind = if body.is_empty() { "" } else { "Content-Type: application/json\r\n" };
    let host = app.address();
    ask_raw(
        app,
        &format!(
            "{method} {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n{kind}Content-Length: {}\r\n\r\n{body}",
            body.len()
        ),
    )
    .await
}

pub(super) async fn ask_raw(app: &App, request: &str) -> Answer {
    let exchange = async {
        let mut stream = TcpStream::connect(app.address()).await.unwrap();
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).await.unwrap();
        String::from_utf8_lossy(&answer).into_owned()
    };
    let answer = in_time(exchange).await;
    let (headers, body) =
        answer.split_once("\r\n\r\n").unwrap_or_else(|| panic!("no head: {answer}"));
    let status = headers.split(' ').nth(1).unwrap().parse().unwrap();
    let headers = headers.to_ascii_lowercase();
    let is_chunked = headers.contains("transfer-encoding: chunked");
    let body = if is_chunked { unchunked(body) } else { body.to_owned() };
    Answer { status, headers, body }
}

/// A body without the sizes of its chunks.
fn unchunked(body: &str) -> String {
    let (mut rest, mut all) = (body.as_bytes(), Vec::new());
    while let Some(at) = rest.windows(2).position(|pair| pair == b"\r\n") {
        let size = std::str::from_utf8(&rest[..at]).unwrap();
        let size = usize::from_str_radix(size, 16).unwrap();
        all.extend_from_slice(&rest[at + 2..at + 2 + size]);
        rest = &rest[(at + 4 + size).min(rest.len())..];
    }
    String::from_utf8(all).unwrap()
}

/// A console.
pub(super) struct Console {
    pub(super) socket: WebSocketStream<TcpStream>,
    next: u64,
}

impl Console {
    pub(super) async fn silent(app: &App) -> Self {
        let mut request = format!("ws://{}/ws", app.address()).into_client_request().unwrap();
        request.headers_mut().insert("Sec-WebSocket-Protocol", SUBPROTOCOL.parse().unwrap());
        let stream = TcpStream::connect(app.address()).await.unwrap();
        let (socket, _) = tokio_tungstenite::client_async(request, stream).await.unwrap();
        Self { socket, next: 1 }
    }

    pub(super) async fn open(app: &App) -> Self {
        let mut console = Self::silent(app).await;
        console.say(&ClientMessage::Hello { protocol: PROTOCOL }).await;
        assert!(matches!(console.hear().await, ServerMessage::Welcome(_)));
        console
    }

    pub(super) async fn say(&mut self, message: &ClientMessage) {
        self.socket.send(Message::text(encode_client(message).unwrap())).await.unwrap();
    }

    pub(super) async fn hear(&mut self) -> ServerMessage {
        loop {
            match in_time(self.socket.next()).await {
                Some(Ok(Message::Text(text))) => return decode_server(&text).unwrap(),
                Some(Ok(Message::Ping(_) | Message::Pong(_))) => {}
                other => panic!("unexpected {other:?}"),
            }
        }
    }

    /// The code the gateway closes with.
    pub(super) async fn close_code(&mut self) -> u16 {
        loop {
            match in_time(self.socket.next()).await {
                Some(Ok(Message::Close(Some(frame)))) => return frame.code.into(),
                Some(Ok(_)) => {}
                other => panic!("ended without a close frame: {other:?}"),
            }
        }
    }

    /// Asks and waits for the reply, whatever else comes meanwhile.
    pub(super) async fn ask(&mut self, body: Request) -> Result<Response, WireError> {
        let id = RequestId(self.next);
        self.next += 1;
        self.say(&ClientMessage::Request { id, body }).await;
        loop {
            match self.hear().await {
                ServerMessage::Reply { id: replied, result } if replied == id => return result,
                _ => {}
            }
        }
    }

    /// Follows a feed until its state is as wanted, and stops.
    pub(super) async fn until(
        &mut self,
        feed: Feed,
        wanted: impl Fn(&FeedData) -> bool,
    ) -> FeedData {
        let id = SubscriptionId(self.next);
        self.next += 1;
        let credit = if feed.kind() == FeedKind::Log { 1000 } else { 0 };
        self.say(&ClientMessage::Subscribe { id, feed: feed.clone(), credit }).await;
        let mut state: Option<FeedData> = None;
        in_time(async {
            loop {
                match self.hear().await {
                    ServerMessage::Snapshot { id: of, data, .. } if of == id => state = Some(data),
                    ServerMessage::Delta { id: of, delta, .. } if of == id => {
                        assert!(apply(state.as_mut().unwrap(), delta));
                    }
                    ServerMessage::Ended { id: of, reason } if of == id => {
                        panic!("{feed:?} ended: {reason:?}")
                    }
                    ServerMessage::Ping { nonce } => self.say(&ClientMessage::Pong { nonce }).await,
                    _ => {}
                }
                if let Some(state) = state.as_ref().filter(|state| wanted(state)) {
                    self.say(&ClientMessage::Unsubscribe { id }).await;
                    return state.clone();
                }
            }
        })
        .await
    }
}
