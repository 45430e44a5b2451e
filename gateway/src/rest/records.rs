//! Records: producing them, one by one in a stream of JSON objects or as a batch.

mod incoming;

use std::{sync::Arc, time::Duration};

use axum::{
    Json,
    body::{Body, Bytes},
    extract::Request,
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
};
use drawbridge_shared::record::ProduceCodec;
use futures_util::StreamExt;
use serde::Serialize;
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;

use super::{
    Answer, RestError,
    extract::{self, Named, Target},
    topics::OfTopic,
};
use crate::{
    activity::{as_whom, who},
    produce::{NewRecord, Writer, Written, all_refused},
};
use incoming::{Incoming, ProduceBatch, ProduceRecord, Sizes};

/// Records that are written at a time.
const PORTION: usize = 500;
/// Bytes of a record that has not ended yet.
const LARGEST: usize = 16 << 20;
/// How long a first failure waits for whether it stays the only record.
const ALONE: Duration = Duration::from_millis(500);
/// Portions of answers that wait for a client.
const WAITING: usize = 4;

#[derive(Debug, Serialize)]
struct Produced {
    #[serde(skip_serializing_if = "Option::is_none")]
    error_code: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<String>,
    cluster_id: String,
    topic_name: String,
    partition_id: i32,
    offset: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    timestamp: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    key: Option<Size>,
    #[serde(skip_serializing_if = "Option::is_none")]
    value: Option<Size>,
}

#[derive(Debug, Clone, Copy, Serialize)]
struct Size {
    #[serde(rename = "type")]
    kind: &'static str,
    size: usize,
}

#[derive(Debug, Serialize)]
struct Failed {
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<String>,
    error_code: u32,
    message: String,
}

#[derive(Debug, Serialize)]
pub(super) struct BatchAnswer {
    successes: Vec<Produced>,
    failures: Vec<Failed>,
}

/// Where records go, for their answers.
#[derive(Clone)]
struct Goal {
    cluster: Arc<crate::clusters::Cluster>,
    topic: drawbridge_shared::names::TopicName,
}

impl Goal {
    fn answer(
        &self,
        id: Option<String>,
        sizes: Sizes,
        written: Written,
    ) -> Result<Produced, Failed> {
        match written {
            Ok(place) => Ok(Produced {
                error_code: id.is_none().then_some(200),
                id,
                cluster_id: self.cluster.cluster_id().unwrap_or_default().to_owned(),
                topic_name: self.topic.to_string(),
                partition_id: place.partition,
                offset: place.offset,
                timestamp: place.timestamp_ms.map(incoming::timestamp),
                key: sizes.key.map(|(kind, size)| Size { kind, size }),
                value: sizes.value.map(|(kind, size)| Size { kind, size }),
            }),
            Err(why) => {
                let alone = [Err(why.clone())];
                let error = match all_refused(&self.cluster, &self.topic, &alone) {
                    Some(refusal) => RestError::from(refusal),
                    None => RestError::invalid(why.message),
                };
                Err(failed(id, error))
            }
        }
    }
}

fn failed(id: Option<String>, error: RestError) -> Failed {
    let (_, error_code, message) = error.into_parts();
    Failed { id, error_code, message }
}

async fn open(target: &Target, of: &OfTopic) -> Answer<(Writer, Goal)> {
    let topic = of.name()?;
    let cluster = Arc::clone(&target.cluster);
    let goal = Goal { cluster: Arc::clone(&cluster), topic: topic.clone() };
    Ok((Writer::open(&target.links, cluster, &topic, ProduceCodec::None).await?, goal))
}

/// Writes the records of a stream of JSON objects; an answer for each, in their order.
pub(super) async fn produce(
    target: Target,
    Named(of): Named<OfTopic>,
    headers: HeaderMap,
    request: Request,
) -> Answer<Response> {
    if !extract::is_json(&headers) {
        return Err(extract::not_json());
    }
    let (writer, goal) = open(&target, &of).await?;
    let (answers, mut receiver) = mpsc::channel(WAITING);
    let body = request.into_body();
    let work = Stream { writer, goal, answers };
    tokio::spawn(as_whom(who(), work.run(body)));
    // What is wrong with a single record is the answer's status; in a stream it is said in its place.
    let Some(first) = receiver.recv().await else {
        return Err(RestError::plain(
            StatusCode::UNPROCESSABLE_ENTITY,
            "Payload error. Request body is empty. Data is required.",
        ));
    };
    // Only a failure waits for what follows, and not for long: a client may wait for its answer before it sends the
    // next record.
    let mut second = None;
    if let Some(error) = &first.alone
        && let Ok(next) = tokio::time::timeout(ALONE, receiver.recv()).await
    {
        second = Some(next.ok_or_else(|| error.clone())?);
    }
    let rest = ReceiverStream::new(receiver);
    let all = futures_util::stream::iter([Some(first), second].into_iter().flatten()).chain(rest);
    let lines = all.map(|portion: Portion| Ok::<_, std::convert::Infallible>(portion.lines));
    let kind = [(header::CONTENT_TYPE, "application/json")];
    Ok((kind, Body::from_stream(lines)).into_response())
}

/// Answers on their way.
struct Portion {
    lines: Bytes,
    /// Set when it is of one record that failed.
    alone: Option<RestError>,
}

struct Stream {
    writer: Writer,
    goal: Goal,
    answers: mpsc::Sender<Portion>,
}

impl Stream {
    async fn run(mut self, body: Body) {
        let mut frames = body.into_data_stream();
        let mut incoming = Incoming::default();
        let mut is_over = false;
        while !is_over {
            match frames.next().await {
                Some(Ok(bytes)) => incoming.push(&bytes),
                Some(Err(_)) | None => is_over = true,
            }
            loop {
                let (portion, fault) = incoming.take(PORTION, is_over);
                let is_idle = portion.is_empty();
                if !is_idle && !self.write(portion).await {
                    return self.writer.end();
                }
                if let Some(fault) = fault {
                    // Nothing behind it can be told apart.
                    self.refuse(&fault).await;
                    return self.writer.end();
                }
                if is_idle {
                    break;
                }
            }
            if incoming.waiting() > LARGEST {
                let status = StatusCode::PAYLOAD_TOO_LARGE;
                self.refuse(&RestError::plain(status, "a record is larger than 16 MiB")).await;
                return self.writer.end();
            }
        }
        self.writer.end();
    }

    /// Whether somebody still waits for answers.
    async fn write(&mut self, records: Vec<Result<ProduceRecord, String>>) -> bool {
        let n = records.len();
        let mut good: Vec<NewRecord> = Vec::with_capacity(n);
        let sizes: Vec<Result<Sizes, String>> = records
            .into_iter()
            .map(|record| {
                let (record, sizes) = record.and_then(ProduceRecord::read)?;
                good.push(record);
                Ok(sizes)
            })
            .collect();
        let written = match self.writer.write(good).await {
            Ok(written) => written,
            Err(refusal) => {
                self.refuse(&RestError::from(refusal)).await;
                return false;
            }
        };
        let mut written = written.into_iter();
        let mut lines = Vec::new();
        let mut alone = None;
        for sizes in sizes {
            let answer = match sizes {
                Ok(sizes) => match written.next() {
                    Some(written) => self.goal.answer(None, sizes, written),
                    None => continue,
                },
                Err(message) => Err(failed(None, RestError::invalid(message))),
            };
            match &answer {
                Ok(produced) => put(&mut lines, produced),
                Err(failed) => {
                    alone = (n == 1).then(|| RestError::coded(failed.error_code, &failed.message));
                    put(&mut lines, failed);
                }
            }
        }
        self.answers.send(Portion { lines: lines.into(), alone }).await.is_ok()
    }

    async fn refuse(&self, error: &RestError) {
        let mut lines = Vec::new();
        put(&mut lines, &failed(None, error.clone()));
        let portion = Portion { lines: lines.into(), alone: Some(error.clone()) };
        // Fails only when nobody waits.
        self.answers.send(portion).await.ok();
    }
}

fn put(lines: &mut Vec<u8>, answer: &impl Serialize) {
    if let Ok(line) = serde_json::to_vec(answer) {
        lines.extend(line);
        lines.extend(b"\r\n");
    }
}

/// Writes a batch: what came of each record by its id.
pub(super) async fn produce_batch(
    target: Target,
    Named(of): Named<OfTopic>,
    extract::Body(batch): extract::Body<ProduceBatch>,
) -> Answer<(StatusCode, Json<BatchAnswer>)> {
    let mut answer = BatchAnswer { successes: Vec::new(), failures: Vec::new() };
    let entries = incoming::checked(batch)?;
    let (mut writer, goal) = open(&target, &of).await?;
    let (mut ids, mut records) = (Vec::new(), Vec::new());
    for (id, read) in entries {
        match read {
            Ok((record, sizes)) => {
                ids.push((id, sizes));
                records.push(record);
            }
            Err(message) => {
                answer.failures.push(failed(Some(id), RestError::invalid(message)));
            }
        }
    }
    let written = writer.write(records).await;
    writer.end();
    for ((id, sizes), written) in ids.into_iter().zip(written?) {
        match goal.answer(Some(id), sizes, written) {
            Ok(produced) => answer.successes.push(produced),
            Err(failed) => answer.failures.push(failed),
        }
    }
    Ok((StatusCode::MULTI_STATUS, Json(answer)))
}
