//! What the bench needs of a console: a search, part by part.

use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use drawbridge_shared::{
    view::{RecordQuery, RecordsChunk},
    wire::{
        ClientMessage, EndReason, Feed, FeedData, FeedDelta, PROTOCOL, SUBPROTOCOL, ServerMessage,
        SubscriptionId, decode_server, encode_client,
    },
};
use futures_util::{SinkExt as _, StreamExt as _};
use tokio::net::TcpStream;
use tokio_tungstenite::{
    WebSocketStream,
    tungstenite::{Message, client::IntoClientRequest as _},
};

/// Parts that may be on their way.
const CREDIT: u32 = 8;

pub(crate) struct Console {
    socket: WebSocketStream<TcpStream>,
    next: u64,
    /// The search that is followed.
    of: SubscriptionId,
    /// When it was asked for.
    pub(crate) since: Instant,
}

impl Console {
    pub(crate) async fn open(address: &str) -> Result<Self> {
        let mut request = format!("ws://{address}/ws").into_client_request()?;
        request.headers_mut().insert("Sec-WebSocket-Protocol", SUBPROTOCOL.parse()?);
        let stream = TcpStream::connect(address).await?;
        let (socket, _) = tokio_tungstenite::client_async(request, stream).await?;
        let mut console = Self { socket, next: 1, of: SubscriptionId(0), since: Instant::now() };
        console.say(&ClientMessage::Hello { protocol: PROTOCOL }).await?;
        console.hear().await?;
        Ok(console)
    }

    async fn say(&mut self, message: &ClientMessage) -> Result<()> {
        Ok(self.socket.send(Message::text(encode_client(message)?)).await?)
    }

    async fn hear(&mut self) -> Result<ServerMessage> {
        loop {
            match self.socket.next().await.context("the gateway closed")?? {
                Message::Text(text) => match decode_server(&text)? {
                    ServerMessage::Ping { nonce } => {
                        self.say(&ClientMessage::Pong { nonce }).await?;
                    }
                    message => return Ok(message),
                },
                Message::Ping(_) | Message::Pong(_) => {}
                other => bail!("unexpected {other:?}"),
            }
        }
    }

    /// Starts a search.
    pub(crate) async fn search(&mut self, query: RecordQuery) -> Result<()> {
        self.of = SubscriptionId(self.next);
        self.next += 1;
        self.since = Instant::now();
        let feed = Feed::Records { query: Box::new(query) };
        self.say(&ClientMessage::Subscribe { id: self.of, feed, credit: CREDIT }).await
    }

    /// Its next part; none at its end.
    pub(crate) async fn part(&mut self) -> Result<Option<RecordsChunk>> {
        loop {
            let part = match self.hear().await? {
                ServerMessage::Snapshot { id, data: FeedData::Records(part), .. }
                    if id == self.of =>
                {
                    part
                }
                ServerMessage::Delta { id, delta: FeedDelta::Records(part), .. }
                    if id == self.of =>
                {
                    part
                }
                ServerMessage::Ended { id, reason } if id == self.of => match reason {
                    EndReason::Finished | EndReason::Unsubscribed => return Ok(None),
                    other => bail!("the search ended: {other:?}"),
                },
                _ => continue,
            };
            self.say(&ClientMessage::Credit { id: self.of, frames: 1 }).await?;
            return Ok(Some(*part));
        }
    }

    /// As [`Console::part`], or none after a while.
    pub(crate) async fn part_within(&mut self, wait: Duration) -> Result<Option<RecordsChunk>> {
        tokio::time::timeout(wait, self.part()).await.unwrap_or(Ok(None))
    }

    /// Ends the search.
    pub(crate) async fn stop(&mut self) -> Result<()> {
        self.say(&ClientMessage::Unsubscribe { id: self.of }).await?;
        while self.part().await?.is_some() {}
        Ok(())
    }
}
