//! `GET /ws`: the upgrade, and the session's frames on a real socket.

use std::{sync::Arc, time::Duration};

use axum::{
    extract::{Request, State},
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use drawbridge_shared::wire::{SUBPROTOCOL, close};
use futures_util::{SinkExt, StreamExt};
use hyper::upgrade::Upgraded;
use hyper_util::rt::TokioIo;
use tokio::io::AsyncReadExt;
use tokio_tungstenite::{
    WebSocketStream,
    tungstenite::{
        Error, Message,
        handshake::derive_accept_key,
        protocol::{CloseFrame, Role, WebSocketConfig, frame::coding::CloseCode},
    },
};

use super::{
    Gateway,
    session::{self, Backend, Inbound, InboundError, LIMITS, Outbound},
};

/// Sessions at once.
const MAX_SESSIONS: i64 = 256;
/// Requests that run when the gateway stops get this long to be answered.
const REPLY_GRACE: Duration = Duration::from_secs(5);
/// After the close frame the client's side is read and thrown away this long, so that it can see why.
const LINGER: Duration = Duration::from_secs(2);
/// And at most this much of it.
const LINGER_BYTES: usize = 256 << 20;

/// Upgrades a request to the WebSocket protocol and starts a session on it.
pub async fn upgrade(State(gateway): State<Arc<Gateway>>, mut request: Request) -> Response {
    let key = match accept_key(request.headers()) {
        Ok(key) => key,
        Err((status, words)) => {
            let version = [(header::SEC_WEBSOCKET_VERSION, "13")];
            return (status, version, format!("{words}\n")).into_response();
        }
    };
    if gateway.tasks.draining().is_cancelled() {
        return (StatusCode::SERVICE_UNAVAILABLE, "the gateway is stopping\n").into_response();
    }
    if gateway.metrics.n_sessions() >= MAX_SESSIONS {
        let words = "too many consoles are open; close some\n";
        return (StatusCode::SERVICE_UNAVAILABLE, words).into_response();
    }
    let upgrading = hyper::upgrade::on(&mut request);
    let tasks = gateway.tasks.clone();
    tasks.spawn("WebSocket", async move {
        match upgrading.await {
            Ok(upgraded) => serve(gateway, TokioIo::new(upgraded)).await,
            Err(error) => tracing::debug!(%error, "websocket upgrade failed"),
        }
    });
    let headers = [
        (header::CONNECTION, HeaderValue::from_static("upgrade")),
        (header::UPGRADE, HeaderValue::from_static("websocket")),
        (header::SEC_WEBSOCKET_PROTOCOL, HeaderValue::from_static(SUBPROTOCOL)),
        (header::SEC_WEBSOCKET_ACCEPT, key),
    ];
    (StatusCode::SWITCHING_PROTOCOLS, headers).into_response()
}

/// Checks the handshake (RFC 6455, 4.2.1) and computes its answer.
fn accept_key(headers: &HeaderMap) -> Result<HeaderValue, (StatusCode, String)> {
    let has = |name: header::HeaderName, token: &str| {
        let values = headers.get_all(name).iter().filter_map(|value| value.to_str().ok());
        values
            .flat_map(|value| value.split(','))
            .any(|part| part.trim().eq_ignore_ascii_case(token))
    };
    let bad = |words: &str| Err((StatusCode::BAD_REQUEST, words.to_owned()));
    if !has(header::CONNECTION, "upgrade") || !has(header::UPGRADE, "websocket") {
        return Err((
            StatusCode::UPGRADE_REQUIRED,
            "this is a WebSocket; docs/protocol.md says what is spoken on it".to_owned(),
        ));
    }
    if headers.get(header::SEC_WEBSOCKET_VERSION).is_none_or(|version| version != "13") {
        return Err((StatusCode::UPGRADE_REQUIRED, "only WebSocket version 13".to_owned()));
    }
    if !has(header::SEC_WEBSOCKET_PROTOCOL, SUBPROTOCOL) {
        return bad(&format!("ask for the subprotocol {SUBPROTOCOL}"));
    }
    let Some(key) = headers.get(header::SEC_WEBSOCKET_KEY) else {
        return bad("there is no Sec-WebSocket-Key");
    };
    HeaderValue::from_str(&derive_accept_key(key.as_bytes()))
        .or_else(|_| bad("the Sec-WebSocket-Key cannot be used"))
}

fn config() -> WebSocketConfig {
    let limit = usize::try_from(LIMITS.max_frame_bytes).ok();
    let mut config = WebSocketConfig::default();
    config.read_buffer_size = 8 << 10;
    config.write_buffer_size = 0;
    config.max_write_buffer_size = 64 << 20;
    config.max_message_size = limit;
    config.max_frame_size = limit;
    config
}

async fn serve(gateway: Arc<Gateway>, io: TokioIo<Upgraded>) {
    let _open = gateway.metrics.session_opened();
    let socket = WebSocketStream::from_raw_socket(io, Role::Server, Some(config())).await;
    let (sink, stream) = socket.split();
    let mut inbound = stream.map(|frame| frame.map(inbound).map_err(|error| inbound_error(&error)));
    let mut outbound = sink.with(|frame| std::future::ready(Ok::<_, Error>(outbound(frame))));
    let draining = gateway.tasks.draining().clone();
    let backend: Arc<dyn Backend> = Arc::clone(&gateway) as _;
    let closing = session::run(backend, &mut inbound, &mut outbound, draining, REPLY_GRACE).await;
    // The reason for refusing a frame quotes it, and a frame may hold secrets.
    let reason = Some(&closing.reason).filter(|_| closing.code != Some(close::BAD_FRAME));
    tracing::debug!(code = closing.code, reason, "session ended");
    let (stream, sink) = (inbound.into_inner(), outbound.into_inner());
    let Ok(mut socket) = stream.reunite(sink) else { return };
    // What is left to send is at most the answer to the client's close frame.
    if tokio::time::timeout(LINGER, socket.flush()).await.is_ok() && closing.code.is_some() {
        linger(socket.get_mut(), closing.code == Some(close::FRAME_TOO_LARGE)).await;
    }
}

/// Reads what the client still sends. Closing with unread data would reset the connection, and a client in
/// the middle of a large frame would see that instead of the close code.
async fn linger(io: &mut TokioIo<Upgraded>, is_sending: bool) {
    let patience = if is_sending { 5 * LINGER } else { LINGER };
    let mut scratch = vec![0; 16 << 10];
    let drain = async {
        let mut left = LINGER_BYTES;
        while left > 0 {
            match io.read(&mut scratch).await {
                Ok(0) | Err(_) => return,
                Ok(n) => left = left.saturating_sub(n),
            }
        }
    };
    if tokio::time::timeout(patience, drain).await.is_err() {
        tracing::debug!("client did not close in time");
    }
}

fn inbound(message: Message) -> Inbound {
    match message {
        Message::Text(text) => Inbound::Text(text.as_str().to_owned()),
        Message::Binary(_) => Inbound::Binary,
        Message::Close(_) => Inbound::Close,
        Message::Ping(_) | Message::Pong(_) | Message::Frame(_) => Inbound::Control,
    }
}

fn inbound_error(error: &Error) -> InboundError {
    match error {
        Error::Capacity(_) => InboundError::TooLarge,
        other => InboundError::Broken(other.to_string()),
    }
}

fn outbound(frame: Outbound) -> Message {
    match frame {
        Outbound::Text(text) => Message::Text(text.into()),
        Outbound::Close { code, reason } => {
            Message::Close(Some(CloseFrame { code: CloseCode::from(code), reason: reason.into() }))
        }
    }
}
