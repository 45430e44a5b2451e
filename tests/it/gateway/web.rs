//! A small HTTP client.

use std::net::SocketAddr;

use anyhow::{Context, Result, ensure};
use drawbridge::app::App;
use serde_json::Value;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use crate::support::eventually;

/// An answer; its body is null where there is none.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) body: Value,
}

impl Answer {
    /// Status, `error_code` and message of an error, which has these two fields and no others.
    pub(crate) fn error(&self) -> Result<(u16, i64, &str)> {
        let fields = self.body.as_object().with_context(|| format!("no error: {self:?}"))?;
        ensure!(fields.len() == 2, "{self:?}");
        let code = fields["error_code"].as_i64().context("a code")?;
        Ok((self.status, code, fields["message"].as_str().context("a message")?))
    }

    /// The elements of a list, each with a field of this name.
    pub(crate) fn each(&self, field: &str) -> Vec<&Value> {
        let data = self.body["data"].as_array().map(Vec::as_slice).unwrap_or_default();
        data.iter().map(|element| &element[field]).collect()
    }
}

/// Asks, always as `application/json`.
pub(crate) async fn ask(app: &App, method: &str, path: &str, body: &str) -> Result<Answer> {
    let (status, body) = exchange(app.address(), method, path, body).await?;
    let body = if body.is_empty() { Value::Null } else { serde_json::from_str(&body)? };
    Ok(Answer { status, body })
}

/// Status and body of an answer, as they came.
pub(crate) async fn exchange(
    address: SocketAddr,
    method: &str,
    path: &str,
    body: &str,
) -> Result<(u16, String)> {
    let mut stream = TcpStream::connect(address).await?;
    let request = format!(
        "{method} {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\
         Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    );
    stream.write_all(request.as_bytes()).await?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await?;
    let (head, body) = answer.split_once("\r\n\r\n").context("a head")?;
    let status = head.split(' ').nth(1).context("a status")?.parse()?;
    Ok((status, body.to_owned()))
}

/// Asks again until the answer is as wanted: brokers learn of changes a moment after the controller.
pub(crate) async fn ask_until(
    app: &App,
    path: &str,
    wanted: impl Fn(&Answer) -> bool,
) -> Result<Answer> {
    eventually(path, async || Ok(Some(ask(app, "GET", path, "").await?).filter(|a| wanted(a))))
        .await
}
