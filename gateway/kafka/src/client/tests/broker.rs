//! A scripted broker on a loopback port of the system's choice.

use std::sync::{Arc, Mutex};

use bytes::{BufMut, Bytes, BytesMut};
use kafka_protocol::{
    messages::{
        ApiKey, ApiVersionsResponse, BrokerId, MetadataResponse, RequestHeader, ResponseHeader,
        api_versions_response::ApiVersion, metadata_response::MetadataResponseBroker,
    },
    protocol::{Decodable, Encodable, Request, StrBytes},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    task::JoinHandle,
};

use crate::settings::HostPort;

/// What the script does with a request.
pub(super) enum Reply {
    /// Answers with this body.
    Body(Bytes),
    /// Closes the connection.
    Close,
    /// Never answers.
    Silence,
}

/// A request as the script sees it.
pub(super) struct Seen {
    pub(super) api: ApiKey,
    version: i16,
    body: Bytes,
}

impl Seen {
    /// The request's body.
    pub(super) fn body<R: Request>(&self) -> R {
        R::decode(&mut self.body.clone(), self.version).unwrap()
    }

    /// An answer to the request.
    pub(super) fn answer<T: Encodable>(&self, response: &T) -> Reply {
        let mut body = BytesMut::new();
        response.encode(&mut body, self.version).unwrap();
        Reply::Body(body.freeze())
    }
}

type Script = dyn Fn(&Seen) -> Reply + Send + Sync;

/// A broker that answers `ApiVersions` by itself and everything else by its script.
pub(super) struct FakeBroker {
    pub(super) address: HostPort,
    seen: Arc<Mutex<Vec<ApiKey>>>,
    connections: Arc<Mutex<Vec<JoinHandle<()>>>>,
    listener: JoinHandle<()>,
}

impl FakeBroker {
    pub(super) async fn start(script: impl Fn(&Seen) -> Reply + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = HostPort::new("127.0.0.1", listener.local_addr().unwrap().port());
        let seen = Arc::new(Mutex::new(Vec::new()));
        let connections = Arc::new(Mutex::new(Vec::new()));
        let script: Arc<Script> = Arc::new(script);
        let listener = {
            let (seen, connections) = (Arc::clone(&seen), Arc::clone(&connections));
            tokio::spawn(async move {
                while let Ok((stream, _)) = listener.accept().await {
                    let task =
                        tokio::spawn(converse(stream, Arc::clone(&script), Arc::clone(&seen)));
                    connections.lock().unwrap().push(task);
                }
            })
        };
        Self { address, seen, connections, listener }
    }

    /// How often a call arrived.
    pub(super) fn count(&self, api: ApiKey) -> usize {
        self.seen.lock().unwrap().iter().filter(|seen| **seen == api).count()
    }

    /// How many connections were made.
    pub(super) fn connects(&self) -> usize {
        self.connections.lock().unwrap().len()
    }

    /// Drops every connection, and with `for_good` the listener too.
    pub(super) async fn cut(&self, for_good: bool) {
        let tasks = std::mem::take(&mut *self.connections.lock().unwrap());
        for task in tasks {
            task.abort();
            task.await.ok();
        }
        if for_good {
            self.listener.abort();
        }
    }
}

impl Drop for FakeBroker {
    fn drop(&mut self) {
        self.listener.abort();
    }
}

async fn converse(mut stream: TcpStream, script: Arc<Script>, log: Arc<Mutex<Vec<ApiKey>>>) {
    while let Ok(len) = stream.read_u32().await {
        let mut frame = vec![0; usize::try_from(len).unwrap()];
        if stream.read_exact(&mut frame).await.is_err() {
            return;
        }
        let mut frame = Bytes::from(frame);
        let key = i16::from_be_bytes([frame[0], frame[1]]);
        let version = i16::from_be_bytes([frame[2], frame[3]]);
        let api = ApiKey::try_from(key).unwrap();
        let header =
            RequestHeader::decode(&mut frame, api.request_header_version(version)).unwrap();
        let seen = Seen { api, version, body: frame };
        log.lock().unwrap().push(api);
        let reply = match api {
            ApiKey::ApiVersions => seen.answer(&versions()),
            _ => script(&seen),
        };
        let body = match reply {
            Reply::Body(body) => body,
            Reply::Close => return,
            Reply::Silence => continue,
        };
        let mut out = BytesMut::new();
        out.put_u32(0);
        ResponseHeader::default()
            .with_correlation_id(header.correlation_id)
            .encode(&mut out, api.response_header_version(version))
            .unwrap();
        out.put_slice(&body);
        let len = u32::try_from(out.len() - 4).unwrap();
        out[..4].copy_from_slice(&len.to_be_bytes());
        if stream.write_all(&out).await.is_err() {
            return;
        }
    }
}

/// Every API in every version the codec knows, but for one that the tests ask for in vain.
fn versions() -> ApiVersionsResponse {
    let keys = (0..100).filter_map(|key| {
        let api = ApiKey::try_from(key).ok().filter(|api| *api != ApiKey::DescribeProducers)?;
        let range = api.valid_versions();
        Some(
            ApiVersion::default()
                .with_api_key(key)
                .with_min_version(range.min)
                .with_max_version(range.max),
        )
    });
    ApiVersionsResponse::default().with_api_keys(keys.collect())
}

/// Metadata that names `brokers`, ids counting from 1, the first being the controller.
pub(super) fn metadata(brokers: &[HostPort]) -> MetadataResponse {
    let brokers = (1..).zip(brokers).map(|(id, address)| {
        MetadataResponseBroker::default()
            .with_node_id(BrokerId(id))
            .with_host(StrBytes::from_string(address.host.clone()))
            .with_port(i32::from(address.port))
    });
    MetadataResponse::default()
        .with_cluster_id(Some(StrBytes::from_static_str("test")))
        .with_controller_id(BrokerId(1))
        .with_brokers(brokers.collect())
}
