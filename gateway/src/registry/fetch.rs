//! What a registry is asked: a schema, what it refers to, and the subjects it is registered under.
//! <https://docs.confluent.io/platform/current/schema-registry/develop/api.html>

use std::collections::HashSet;

use futures_util::future::BoxFuture;
use serde::{Deserialize, de::DeserializeOwned};

use super::{
    SchemaKey, avro,
    http::{Answer, Http},
    protobuf,
    schema::{Body, Schema},
    trouble::{Trouble, TroubleKind},
};

/// Schemas that one refers to, at most, those in between included.
const REFERENCES: usize = 300;
/// How deep they may refer to each other.
const DEPTH: usize = 30;
/// Bytes of their texts together.
const TEXTS: usize = 16 << 20;
/// Subjects that are kept of a schema.
const SUBJECTS: usize = 100;

#[derive(Debug, Deserialize)]
struct Stored {
    schema: String,
    #[serde(default, rename = "schemaType")]
    kind: Option<String>,
    #[serde(default)]
    references: Option<Vec<Reference>>,
}

#[derive(Debug, Clone, Deserialize)]
struct Reference {
    name: String,
    subject: String,
    version: i64,
}

#[derive(Debug, Deserialize)]
struct Registered {
    subject: String,
    version: i64,
}

#[derive(Debug, Deserialize)]
struct Identity {
    id: u32,
}

/// Reads a schema with everything it takes to decode with it.
pub(super) async fn schema(http: &Http, key: SchemaKey) -> Result<Schema, Trouble> {
    let path = match key {
        SchemaKey::Id(id) => format!("/schemas/ids/{id}"),
        SchemaKey::Guid(guid) => format!("/schemas/guids/{guid}"),
    };
    let Some(stored): Option<Stored> = read(http, &path).await? else {
        return Err(Trouble::new(
            TroubleKind::Unknown,
            format!("the schema registry {} has no {key}", http.address()),
            "The value was written with another registry or the schema was deleted for good; or it is none of a \
             registry's at all: then choose another decoding.",
        ));
    };
    let id = match key {
        SchemaKey::Id(id) => Some(id),
        SchemaKey::Guid(guid) => {
            let ids = read::<Vec<Identity>>(http, &format!("/schemas/guids/{guid}/ids")).await;
            ids.ok().flatten().and_then(|ids| ids.first().map(|found| found.id))
        }
    };
    let mut all = References { http, seen: HashSet::new(), texts: Vec::new(), bytes: 0 };
    all.of(stored.references.unwrap_or_default(), DEPTH).await?;
    let (text, references) = (stored.schema, all.texts);
    let kind = stored.kind.unwrap_or_else(|| "AVRO".to_owned());
    // A compiler's bug shall cost this schema and nothing else.
    let body = tokio::task::spawn_blocking(move || compile(&kind, &text, &references)).await;
    let body =
        body.unwrap_or_else(|_| Err("the compiler does not know what to make of it".to_owned()));
    let body = body.map_err(|why| Trouble::schema(key, &why))?;
    Ok(Schema { id, subjects: subjects(http, id).await, body })
}

fn compile(kind: &str, text: &str, references: &[Text]) -> Result<Body, String> {
    match kind {
        "AVRO" => {
            let references: Vec<&str> = references.iter().map(|one| one.text.as_str()).collect();
            Ok(Body::Avro(avro::Schema::parse(text, &references)?))
        }
        "PROTOBUF" => {
            let named = |one: &Text| -> Vec<(String, String)> {
                one.names.iter().map(|name| (name.clone(), one.text.clone())).collect()
            };
            let imports: Vec<_> = references.iter().flat_map(named).collect();
            Ok(Body::Protobuf(protobuf::Schema::compile(text, &imports)?))
        }
        "JSON" => Ok(Body::Json),
        other => Err(format!("{other} is none of Avro, JSON Schema and Protobuf")),
    }
}

/// Where a schema is registered. That they cannot be told is no reason not to decode.
async fn subjects(http: &Http, id: Option<u32>) -> Vec<(String, i64)> {
    let Some(id) = id else { return Vec::new() };
    let read = read::<Vec<Registered>>(http, &format!("/schemas/ids/{id}/versions")).await;
    let all = read.ok().flatten().unwrap_or_default().into_iter();
    all.take(SUBJECTS).map(|one| (one.subject, one.version)).collect()
}

struct References<'a> {
    http: &'a Http,
    seen: HashSet<(String, i64)>,
    /// Each behind those it refers to.
    texts: Vec<Text>,
    bytes: usize,
}

/// A schema that others refer to.
struct Text {
    subject: String,
    version: i64,
    /// What they call it: Protobuf may import the same under several names.
    names: Vec<String>,
    text: String,
}

impl References<'_> {
    fn of(
        &mut self,
        references: Vec<Reference>,
        depth: usize,
    ) -> BoxFuture<'_, Result<(), Trouble>> {
        Box::pin(async move {
            for reference in references {
                let Reference { name, subject, version } = reference;
                if !self.seen.insert((subject.clone(), version)) {
                    let is_it = |one: &&mut Text| one.subject == subject && one.version == version;
                    if let Some(known) = self.texts.iter_mut().find(is_it) {
                        known.names.push(name);
                    }
                    continue;
                }
                let of = format!("{subject} version {version}");
                let too_much = |what: &str| Trouble::schema(&of, what);
                let depth =
                    depth.checked_sub(1).ok_or_else(|| too_much("references nest too deep"))?;
                if self.seen.len() > REFERENCES {
                    return Err(too_much("a schema refers to too many others"));
                }
                let path = format!("/subjects/{}/versions/{version}", encoded(&subject));
                let stored: Stored = read(self.http, &path).await?.ok_or_else(|| {
                    too_much("a schema refers to it, and the registry does not have it")
                })?;
                self.of(stored.references.unwrap_or_default(), depth).await?;
                self.bytes += stored.schema.len();
                if self.bytes > TEXTS {
                    return Err(too_much("the schemas it refers to are too large"));
                }
                let names = vec![name];
                self.texts.push(Text { subject, version, names, text: stored.schema });
            }
            Ok(())
        })
    }
}

async fn read<T: DeserializeOwned>(http: &Http, path: &str) -> Result<Option<T>, Trouble> {
    let Answer::Found(body) = http.get(path).await? else { return Ok(None) };
    serde_json::from_slice(&body).map(Some).map_err(|_| {
        Trouble::registry(
            format!("{} does not answer as a schema registry does", http.address()),
            "Check that schema.registry.url of the cluster leads to the registry's API, with its path if it has one.",
        )
    })
}

/// A subject as part of a path.
fn encoded(subject: &str) -> String {
    let mut text = String::with_capacity(subject.len());
    for byte in subject.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'~') {
            text.push(char::from(byte));
        } else {
            text.push_str(&format!("%{byte:02X}"));
        }
    }
    text
}
