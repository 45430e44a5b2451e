//! Frames, headers and version choice.

use std::{collections::HashMap, time::Duration};

use anyhow::{Context, Result, ensure};
use bytes::{Buf as _, BufMut as _, Bytes, BytesMut};
use kafka_protocol::{
    messages::{ApiVersionsRequest, RequestHeader, SaslAuthenticateRequest, SaslHandshakeRequest},
    protocol::{Decodable, Encodable as _, HeaderVersion as _, Request, StrBytes, VersionRange},
};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    time::timeout,
};

/// No test waits longer for one answer.
const PATIENCE: Duration = Duration::from_secs(40);

/// A plaintext connection to one broker.
#[derive(Debug)]
pub struct Wire {
    stream: TcpStream,
    versions: HashMap<i16, VersionRange>,
    next: i32,
}

impl Wire {
    /// Connects to `host:port` and learns which versions are spoken there.
    ///
    /// # Errors
    /// Nobody listens, or what listens is no Kafka broker.
    pub async fn connect(address: &str) -> Result<Self> {
        let address = address.split(',').next().unwrap_or_default();
        let stream = timeout(PATIENCE, TcpStream::connect(address)).await??;
        stream.set_nodelay(true)?;
        let mut wire = Self { stream, versions: HashMap::new(), next: 0 };
        let asked = ApiVersionsRequest::default()
            .with_client_software_name(StrBytes::from_static_str("drawbridge-tests"))
            .with_client_software_version(StrBytes::from_static_str("1"));
        let answer = wire.call_at(3, &asked).await?;
        wire.versions = answer
            .api_keys
            .iter()
            .map(|api| (api.api_key, VersionRange { min: api.min_version, max: api.max_version }))
            .collect();
        Ok(wire)
    }

    /// As [`Wire::connect`], then logs in with SASL PLAIN.
    ///
    /// # Errors
    /// Nobody listens, or the login is refused.
    pub async fn login(address: &str, user: &str, password: &str) -> Result<Self> {
        let mut wire = Self::connect(address).await?;
        let hello =
            SaslHandshakeRequest::default().with_mechanism(StrBytes::from_static_str("PLAIN"));
        let answer = wire.call_at(1, &hello).await?;
        ensure!(answer.error_code == 0, "PLAIN is not offered: {:?}", answer.mechanisms);
        let proof = Bytes::from(format!("\0{user}\0{password}"));
        let answer =
            wire.call_at(1, &SaslAuthenticateRequest::default().with_auth_bytes(proof)).await?;
        ensure!(answer.error_code == 0, "{:?}", answer.error_message);
        Ok(wire)
    }

    /// What the broker said it speaks of `R`.
    pub fn offered<R: Request>(&self) -> Option<VersionRange> {
        self.versions.get(&R::KEY).copied()
    }

    /// Sends `request` in the highest version both sides know and waits for the answer.
    ///
    /// # Errors
    /// No common version; the connection broke; the answer cannot be decoded.
    pub async fn call<R: Request>(&mut self, request: &R) -> Result<R::Response> {
        let version = self.version::<R>(i16::MAX)?;
        self.call_at(version, request).await
    }

    /// The highest version of `R` both sides know, at most `limit`.
    ///
    /// # Errors
    /// There is none.
    pub fn version<R: Request>(&self, limit: i16) -> Result<i16> {
        let theirs =
            self.offered::<R>().with_context(|| format!("the broker has no API {}", R::KEY))?;
        let ours = R::VERSIONS;
        let both = theirs.intersect(&ours);
        ensure!(!both.is_empty(), "API {}: broker {theirs}, codec {ours}", R::KEY);
        Ok(both.max.min(limit))
    }

    /// Sends `request` in this very version and waits for the answer.
    ///
    /// # Errors
    /// The connection broke; request or answer do not fit the version.
    pub async fn call_at<R: Request>(&mut self, version: i16, request: &R) -> Result<R::Response> {
        self.send_at(version, request).await?;
        self.receive::<R>(version).await
    }

    /// Sends without waiting; answers come in the same order.
    ///
    /// # Errors
    /// The connection broke; the request does not fit the version.
    pub async fn send_at<R: Request>(&mut self, version: i16, request: &R) -> Result<()> {
        self.next += 1;
        let header = RequestHeader::default()
            .with_request_api_key(R::KEY)
            .with_request_api_version(version)
            .with_correlation_id(self.next)
            .with_client_id(Some(StrBytes::from_static_str("drawbridge-tests")));
        let mut frame = BytesMut::new();
        frame.put_i32(0);
        header.encode(&mut frame, R::header_version(version))?;
        request.encode(&mut frame, version)?;
        let length = u32::try_from(frame.len() - 4)?;
        frame[..4].copy_from_slice(&length.to_be_bytes());
        self.stream.write_all(&frame).await?;
        Ok(())
    }

    /// The answer to the oldest request sent and not answered yet.
    ///
    /// # Errors
    /// The connection broke; the answer cannot be decoded.
    pub async fn receive<R: Request>(&mut self, version: i16) -> Result<R::Response> {
        let mut frame = timeout(PATIENCE, self.frame()).await.context("no answer")??;
        // The response header is a correlation id, and from header version 1 tagged fields.
        frame.advance(4);
        if R::Response::header_version(version) >= 1 {
            ensure!(frame.get_u8() == 0, "tagged fields in a response header");
        }
        R::Response::decode(&mut frame, version)
    }

    async fn frame(&mut self) -> Result<Bytes> {
        let length = self.stream.read_u32().await?;
        let mut frame = BytesMut::zeroed(usize::try_from(length)?);
        self.stream.read_exact(&mut frame).await?;
        Ok(frame.freeze())
    }
}
