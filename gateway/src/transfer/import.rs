//! Lines as exported, into a topic.

use std::sync::Arc;

use axum::{
    Json,
    body::Body,
    extract::{Path, Query, Request, State},
    http::{HeaderMap, header},
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use drawbridge_shared::{
    guard::Action,
    names::TopicName,
    record::{ImportMistake, ImportReport, ProduceCodec},
    wire::ErrorCode,
};
use futures_util::StreamExt;
use serde::Deserialize;
use serde_json::value::RawValue;

use super::{Place, Refused};
use crate::{
    activity::{as_whom, who},
    api::Gateway,
    clusters::Cluster,
    guard::{self, About, Needs},
    produce::{NewRecord, Writer, all_refused},
    refusal::Refusal,
};

/// Records that are written at a time.
const PORTION: usize = 1_000;
/// Bytes of records that are written at a time.
const PORTION_BYTES: usize = 4 << 20;
/// Bytes of a line.
const LARGEST: usize = 16 << 20;
/// Mistakes that are told.
const TOLD: usize = 5;
/// With so many mistakes it is another kind of file.
const TOO_MANY: u64 = 1_000;

#[derive(Deserialize)]
#[serde(default)]
pub(super) struct Asked {
    validate_only: bool,
    /// Records go to the partitions they were in; else their keys decide.
    keep_partitions: bool,
    keep_timestamps: bool,
    codec: ProduceCodec,
}

impl Default for Asked {
    fn default() -> Self {
        let codec = ProduceCodec::None;
        Self { validate_only: false, keep_partitions: false, keep_timestamps: true, codec }
    }
}

#[derive(Debug, Deserialize)]
struct Line {
    export: Option<serde::de::IgnoredAny>,
    partition: Option<i32>,
    timestamp: Option<i64>,
    key: Option<Box<RawValue>>,
    key_base64: Option<String>,
    value: Option<Box<RawValue>>,
    value_base64: Option<String>,
    #[serde(default)]
    headers: Vec<HeaderLine>,
}

#[derive(Debug, Deserialize)]
struct HeaderLine {
    name: String,
    value: Option<Box<RawValue>>,
    value_base64: Option<String>,
}

pub(super) async fn import(
    State(gateway): State<Arc<Gateway>>,
    Path(Place { cluster, topic }): Path<Place>,
    Query(asked): Query<Asked>,
    headers: HeaderMap,
    request: Request,
) -> Result<Json<ImportReport>, Refused> {
    // A kind that pages of other sites may not send without being asked about.
    let kind = headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
    if !kind.is_some_and(|kind| kind.starts_with("application/x-ndjson")) {
        let message = "send JSON Lines with Content-Type: application/x-ndjson";
        return Err(Refusal::new(ErrorCode::Invalid, message).into());
    }
    if !asked.validate_only {
        let about = About { topic: Some(&topic), link: None };
        let needs = Needs::On(&cluster, vec![Action::RecordsImport], about);
        guard::admit(&gateway.clusters, needs)?;
    }
    let known = gateway.clusters.require(&cluster)?;
    let writer = Writer::open(&gateway.links, Arc::clone(&known), &topic, asked.codec).await?;
    let mut import = Import {
        cluster: known,
        topic,
        writer,
        asked,
        report: ImportReport::default(),
        portion: Vec::new(),
        size: 0,
    };
    let body = request.into_body();
    let work = async move {
        let outcome = import.run(body).await;
        import.writer.end();
        outcome.map(|()| Json(import.report))
    };
    // Runs to the end of what has come, even if the client is gone before: the activity tells all that was written.
    let running = gateway.links.tasks().spawn("import", as_whom(who(), work));
    let ended =
        running.await.map_err(|error| Refusal::new(ErrorCode::Internal, error.to_string()))?;
    Ok(ended?)
}

struct Import {
    cluster: Arc<Cluster>,
    topic: TopicName,
    writer: Writer,
    asked: Asked,
    report: ImportReport,
    portion: Vec<(u64, NewRecord)>,
    size: usize,
}

impl Import {
    async fn run(&mut self, body: Body) -> Result<(), Refusal> {
        let mut frames = body.into_data_stream();
        let (mut rest, mut number) = (Vec::new(), 0_u64);
        loop {
            let frame = frames.next().await;
            let is_over = !matches!(frame, Some(Ok(_)));
            let is_broken = matches!(frame, Some(Err(_)));
            if let Some(Ok(bytes)) = frame {
                rest.extend_from_slice(&bytes);
            }
            let mut done = 0;
            while let Some(length) = memchr::memchr(b'\n', rest.get(done..).unwrap_or_default()) {
                number += 1;
                self.line(number, rest.get(done..done + length).unwrap_or_default());
                done += length + 1;
                if self.portion.len() >= PORTION || self.size >= PORTION_BYTES {
                    self.write().await?;
                }
            }
            rest.drain(..done);
            if is_over && !is_broken && !rest.is_empty() {
                self.line(number + 1, &std::mem::take(&mut rest));
            }
            if rest.len() > LARGEST {
                let message = format!("line {} is longer than 16 MiB", number + 1);
                return Err(Refusal::new(ErrorCode::TooLarge, message));
            }
            if self.report.mistakes > TOO_MANY {
                break;
            }
            if is_over {
                if is_broken {
                    self.mistake(number + 1, "the file ended before its time".to_owned());
                }
                break;
            }
        }
        self.write().await
    }

    fn mistake(&mut self, line: u64, message: String) {
        self.report.mistakes += 1;
        if self.report.first.len() < TOLD {
            self.report.first.push(ImportMistake { line, message });
        }
    }

    fn line(&mut self, number: u64, line: &[u8]) {
        let line = line.trim_ascii();
        if line.is_empty() {
            return;
        }
        match self.read(line) {
            Ok(None) => {}
            Ok(Some(record)) => {
                self.report.records += 1;
                if !self.asked.validate_only {
                    self.size += line.len();
                    self.portion.push((number, record));
                }
            }
            Err(message) => self.mistake(number, message),
        }
    }

    fn read(&self, line: &[u8]) -> Result<Option<NewRecord>, String> {
        let text = std::str::from_utf8(line).map_err(|_| "it is no UTF-8".to_owned())?;
        let line: Line = serde_json::from_str(text)
            .map_err(|error| format!("it is no record: column {}", error.column()))?;
        if line.export.is_some() {
            return Ok(None);
        }
        let partition = line.partition.filter(|_| self.asked.keep_partitions);
        if let Some(partition) = partition.filter(|at| !(0..self.writer.partitions()).contains(at))
        {
            return Err(format!("the topic has no partition {partition}"));
        }
        let header = |header: HeaderLine| {
            Ok((header.name, bytes("a header", header.value, header.value_base64)?))
        };
        Ok(Some(NewRecord {
            partition,
            key: bytes("key", line.key, line.key_base64)?,
            value: bytes("value", line.value, line.value_base64)?,
            headers: line.headers.into_iter().map(header).collect::<Result<_, String>>()?,
            timestamp_ms: line.timestamp.filter(|_| self.asked.keep_timestamps),
        }))
    }

    async fn write(&mut self) -> Result<(), Refusal> {
        self.size = 0;
        let (numbers, records): (Vec<u64>, Vec<NewRecord>) =
            std::mem::take(&mut self.portion).into_iter().unzip();
        if records.is_empty() {
            return Ok(());
        }
        let written = self.writer.write(records).await?;
        // Whoever may not write at all is told what it takes, not each line that was not written.
        if self.report.written == 0
            && let Some(refusal) = all_refused(&self.cluster, &self.topic, &written)
            && refusal.code == ErrorCode::Denied
        {
            return Err(refusal);
        }
        for (number, written) in numbers.into_iter().zip(written) {
            match written {
                Ok(_) => self.report.written += 1,
                Err(why) => self.mistake(number, why.message),
            }
        }
        Ok(())
    }
}

/// The bytes that a field stands for: of an object or list its text, of a string what is in it.
fn bytes(
    name: &str,
    value: Option<Box<RawValue>>,
    base64: Option<String>,
) -> Result<Option<Vec<u8>>, String> {
    if let Some(text) = base64 {
        return STANDARD.decode(text).map(Some).map_err(|_| format!("{name} is no Base64"));
    }
    let Some(value) = value else { return Ok(None) };
    let text = value.get();
    match text.as_bytes().first() {
        Some(b'"') => serde_json::from_str::<String>(text)
            .map(|text| Some(text.into_bytes()))
            .map_err(|_| format!("{name} is no text")),
        Some(b'n') => Ok(None),
        _ => Ok(Some(text.as_bytes().to_vec())),
    }
}
