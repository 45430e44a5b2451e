//! A small console: a client of the WebSocket protocol.

use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use drawbridge::app::App;
use drawbridge_shared::{
    diff::apply,
    view::{RecordQuery, RecordView, RecordsChunk},
    wire::{
        ClientMessage, EndReason, Feed, FeedData, FeedDelta, PROTOCOL, Request, RequestId,
        Response, SUBPROTOCOL, ServerMessage, SubscriptionId, WireError, decode_server,
        encode_client,
    },
};
use futures_util::{SinkExt, StreamExt};
use tokio::{net::TcpStream, time::timeout};
use tokio_tungstenite::{
    WebSocketStream,
    tungstenite::{Message, client::IntoClientRequest},
};

/// No wait is longer; on a healthy machine none comes near.
const PATIENCE: Duration = Duration::from_secs(90);

pub(super) struct Console {
    socket: WebSocketStream<TcpStream>,
    next: u64,
}

impl Console {
    pub(super) async fn open(app: &App) -> Result<Self> {
        let mut request = format!("ws://{}/ws", app.address()).into_client_request()?;
        request.headers_mut().insert("Sec-WebSocket-Protocol", SUBPROTOCOL.parse()?);
        let stream = TcpStream::connect(app.address()).await?;
        let (socket, _) = tokio_tungstenite::client_async(request, stream).await?;
        let mut console = Self { socket, next: 1 };
        console.say(&ClientMessage::Hello { protocol: PROTOCOL }).await?;
        ensure!(matches!(console.hear().await?, ServerMessage::Welcome(_)), "no greeting");
        Ok(console)
    }

    async fn say(&mut self, message: &ClientMessage) -> Result<()> {
        Ok(self.socket.send(Message::text(encode_client(message)?)).await?)
    }

    /// The next message; pings are answered and not told.
    async fn hear(&mut self) -> Result<ServerMessage> {
        loop {
            match self.socket.next().await.context("the gateway closed")?? {
                Message::Text(text) => match decode_server(&text)? {
                    ServerMessage::Ping { nonce } => {
                        self.say(&ClientMessage::Pong { nonce }).await?
                    }
                    message => return Ok(message),
                },
                Message::Ping(_) | Message::Pong(_) => {}
                other => bail!("unexpected {other:?}"),
            }
        }
    }

    /// Asks and waits for the reply.
    pub(super) async fn ask(&mut self, body: Request) -> Result<Result<Response, WireError>> {
        let id = RequestId(self.next);
        self.next += 1;
        self.say(&ClientMessage::Request { id, body }).await?;
        let reply = async {
            loop {
                match self.hear().await? {
                    ServerMessage::Reply { id: of, result } if of == id => return Ok(result),
                    _ => {}
                }
            }
        };
        timeout(PATIENCE, reply).await?
    }

    /// Follows a state feed until `wanted` finds what it looks for.
    pub(super) async fn until<T>(
        &mut self,
        feed: Feed,
        wanted: impl Fn(&FeedData) -> Option<T>,
    ) -> Result<T> {
        let id = SubscriptionId(self.next);
        self.next += 1;
        self.say(&ClientMessage::Subscribe { id, feed: feed.clone(), credit: 0 }).await?;
        let mut state: Option<FeedData> = None;
        let found = async {
            loop {
                match self.hear().await? {
                    ServerMessage::Snapshot { id: of, data, .. } if of == id => state = Some(data),
                    ServerMessage::Delta { id: of, delta, .. } if of == id => {
                        let state = state.as_mut().context("a delta before a snapshot")?;
                        ensure!(apply(state, delta), "a delta that does not fit");
                    }
                    ServerMessage::Ended { id: of, reason } if of == id => bail!("{reason:?}"),
                    _ => {}
                }
                if let Some(found) = state.as_ref().and_then(&wanted) {
                    return Ok(found);
                }
            }
        };
        let found = timeout(PATIENCE, found).await;
        let found = found.with_context(|| format!("{feed:?} stays at {state:?}"))??;
        self.say(&ClientMessage::Unsubscribe { id }).await?;
        Ok(found)
    }

    /// Begins to follow a search with so much credit.
    pub(super) async fn follow(
        &mut self,
        query: RecordQuery,
        credit: u32,
    ) -> Result<SubscriptionId> {
        let id = SubscriptionId(self.next);
        self.next += 1;
        let feed = Feed::Records { query: Box::new(query) };
        self.say(&ClientMessage::Subscribe { id, feed, credit }).await?;
        Ok(id)
    }

    /// Pays for parts of a search.
    pub(super) async fn pay(&mut self, id: SubscriptionId, frames: u32) -> Result<()> {
        self.say(&ClientMessage::Credit { id, frames }).await
    }

    /// The next part of a search.
    pub(super) async fn part(&mut self, id: SubscriptionId) -> Result<RecordsChunk> {
        let part = async {
            loop {
                match self.hear().await? {
                    ServerMessage::Snapshot { id: of, data: FeedData::Records(part), .. }
                    | ServerMessage::Delta { id: of, delta: FeedDelta::Records(part), .. }
                        if of == id =>
                    {
                        return Ok(*part);
                    }
                    ServerMessage::Ended { id: of, reason } if of == id => bail!("{reason:?}"),
                    _ => {}
                }
            }
        };
        timeout(PATIENCE, part).await?
    }

    /// Runs a search: its records and its last part; or why it was refused.
    pub(super) async fn search(
        &mut self,
        query: RecordQuery,
    ) -> Result<Result<(Vec<RecordView>, RecordsChunk), WireError>> {
        let id = SubscriptionId(self.next);
        self.next += 1;
        let feed = Feed::Records { query: Box::new(query) };
        self.say(&ClientMessage::Subscribe { id, feed, credit: 10_000 }).await?;
        let (mut records, mut last) = (Vec::new(), RecordsChunk::default());
        let found = async {
            loop {
                let part = match self.hear().await? {
                    ServerMessage::Snapshot { data: FeedData::Records(part), .. } => *part,
                    ServerMessage::Delta { delta: FeedDelta::Records(part), .. } => *part,
                    ServerMessage::Ended { id: of, reason } if of == id => match reason {
                        EndReason::Finished => return Ok(Ok((records, last))),
                        EndReason::Refused(error) => return Ok(Err(*error)),
                        other => bail!("{other:?}"),
                    },
                    _ => continue,
                };
                records.extend(part.records.clone());
                last = part;
            }
        };
        timeout(PATIENCE, found).await?
    }
}
