//! A schema that is ready to decode with.

use drawbridge_shared::view::{SchemaKind, SchemaView};
use serde::de::IgnoredAny;

use super::{
    avro,
    out::{Halt, Out},
    protobuf,
    trouble::{Trouble, TroubleKind},
};

/// A schema of a registry with all it refers to.
#[derive(Debug)]
pub(crate) struct Schema {
    /// Its id in the registry, if that is known.
    pub(super) id: Option<u32>,
    /// Subjects and versions it is registered under.
    pub(super) subjects: Vec<(String, i64)>,
    pub(super) body: Body,
}

#[derive(Debug)]
pub(super) enum Body {
    Avro(avro::Schema),
    Protobuf(protobuf::Schema),
    /// The data describes itself.
    Json,
}

/// Data as JSON.
pub(crate) struct Content {
    /// The text, or its beginning.
    pub(crate) text: String,
    /// Whether there is more.
    pub(crate) is_cut: bool,
    /// What the data is called in the schema.
    pub(crate) name: Option<String>,
}

/// How much is decoded.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Measure {
    /// Bytes of text at most.
    pub(crate) most: usize,
    /// Whether this is one record that is looked at alone.
    pub(crate) is_alone: bool,
}

impl Schema {
    /// Its id, if that is known.
    pub(crate) fn id(&self) -> Option<u32> {
        self.id
    }

    /// Decodes data. `path` is the message index of Protobuf where it does not stand before the data.
    ///
    /// # Errors
    /// The data is not of this schema.
    pub(crate) fn decode(
        &self,
        data: &[u8],
        path: Option<&[u8]>,
        measure: Measure,
    ) -> Result<Content, Trouble> {
        let mut out = Out::new(measure.most);
        let (written, name) = match &self.body {
            Body::Avro(schema) => (schema.read(data, &mut out), schema.name().map(str::to_owned)),
            Body::Protobuf(schema) => match protobuf(schema, data, path, measure, &mut out) {
                Ok(name) => (Ok(()), Some(name)),
                Err((halt, name)) => (Err(halt), name),
            },
            Body::Json => (json(data, &mut out), None),
        };
        let is_cut = match written {
            Ok(()) => false,
            Err(Halt::Full) => true,
            Err(Halt::Wrong(why)) => return Err(self.wrong(&why)),
        };
        Ok(Content { text: out.into_text(), is_cut, name })
    }

    fn wrong(&self, why: &str) -> Trouble {
        let id = self.id.map(|id| format!(" {id}")).unwrap_or_default();
        let of = self.subjects.first();
        let of =
            of.map(|(name, version)| format!(" ({name} version {version})")).unwrap_or_default();
        Trouble::new(
            TroubleKind::Bytes,
            format!("the bytes are not of schema{id}{of}: {why}"),
            "They were damaged or written with another schema than they name; look at the program that wrote them.",
        )
    }

    /// What is told of it: of its subjects the one that a topic's key or value would have.
    pub(crate) fn view(&self, topic: &str, is_key: bool, name: Option<String>) -> SchemaView {
        let own = format!("{topic}-{}", if is_key { "key" } else { "value" });
        let of_topic = format!("{topic}-");
        let plain = |subject: &str| {
            // A subject of another context begins with `:.context:`.
            let bare = subject.strip_prefix(':').and_then(|rest| rest.split_once(':'));
            bare.map_or(subject, |(_, bare)| bare).to_owned()
        };
        let rank = |(subject, version): &&(String, i64)| {
            let bare = plain(subject);
            let rank = if bare == own {
                0
            } else if bare.starts_with(&of_topic) {
                1
            } else if name.as_deref() == Some(bare.as_str()) {
                2
            } else {
                3
            };
            (rank, -version)
        };
        let chosen = self.subjects.iter().min_by_key(rank);
        let others = self.subjects.len().saturating_sub(1);
        SchemaView {
            kind: match self.body {
                Body::Avro(_) => SchemaKind::Avro,
                Body::Protobuf(_) => SchemaKind::Protobuf,
                Body::Json => SchemaKind::Json,
            },
            subject: chosen.map(|(subject, _)| subject.clone()),
            version: chosen.map(|(_, version)| *version),
            others: u32::try_from(others).unwrap_or(u32::MAX),
            name,
        }
    }
}

type Found = Result<String, (Halt, Option<String>)>;

fn protobuf(
    schema: &protobuf::Schema,
    data: &[u8],
    path: Option<&[u8]>,
    measure: Measure,
    out: &mut Out,
) -> Found {
    let wrong = |why: String| (Halt::Wrong(why), None);
    let (path, data) = match path {
        Some([]) => (vec![0], data),
        Some(path) => (protobuf::indexes(path).map_err(wrong)?.0, data),
        None => protobuf::indexes(data).map_err(wrong)?,
    };
    let largest = if measure.is_alone { protobuf::LARGEST_ALONE } else { protobuf::LARGEST };
    if data.len() > largest {
        let why = format!("it has {} bytes, and no more than {largest} are decoded", data.len());
        return Err(wrong(why));
    }
    let name = schema.name(&path);
    schema.read(&path, data, out).map_err(|halt| (halt, name))
}

fn json(data: &[u8], out: &mut Out) -> Result<(), Halt> {
    let text = std::str::from_utf8(data).map_err(|error| Halt::Wrong(error.to_string()))?;
    serde_json::from_str::<IgnoredAny>(text).map_err(|error| Halt::Wrong(error.to_string()))?;
    out.raw(text)
}
