//! Schemas from their text.

use std::collections::HashMap;

use protox::{
    Compiler, Error,
    file::{File, FileResolver, GoogleFileResolver},
};

use super::Schema;

/// What the schema itself is called; nothing it imports may have the name.
const ROOT: &str = "schema-of-the-record.proto";
/// How deep brackets may nest: the compiler goes as deep as the text does.
const DEPTH: usize = 100;

impl Schema {
    /// Compiles a schema; `imports` are those it refers to, by the names it imports them under.
    ///
    /// # Errors
    /// What is wrong with it.
    pub(in crate::registry) fn compile(
        text: &str,
        imports: &[(String, String)],
    ) -> Result<Self, String> {
        if std::iter::once(text).chain(imports.iter().map(|(_, text)| text.as_str())).any(is_deep) {
            return Err(format!("its brackets nest deeper than {DEPTH} levels"));
        }
        let mut texts: HashMap<String, String> = imports.iter().cloned().collect();
        texts.insert(ROOT.to_owned(), text.to_owned());
        let mut compiler = Compiler::with_file_resolver(Texts(texts, GoogleFileResolver::new()));
        compiler.include_imports(true);
        compiler.open_file(ROOT).map_err(|error| error.to_string())?;
        Ok(Self { pool: compiler.descriptor_pool(), file: ROOT.to_owned() })
    }
}

fn is_deep(text: &str) -> bool {
    let mut depth = 0_usize;
    text.bytes().any(|byte| {
        match byte {
            b'{' | b'[' | b'(' | b'<' => depth += 1,
            b'}' | b']' | b')' | b'>' => depth = depth.saturating_sub(1),
            _ => {}
        }
        depth > DEPTH
    })
}

struct Texts(HashMap<String, String>, GoogleFileResolver);

impl FileResolver for Texts {
    fn open_file(&self, name: &str) -> Result<File, Error> {
        let text = self.0.get(name).map(String::as_str).or_else(|| known(name));
        match text {
            Some(text) => File::from_source(name, text),
            None => self.1.open_file(name),
        }
    }
}

/// Files that Confluent's serializers have built in, so that no registry holds them. Only what messages need of them.
fn known(name: &str) -> Option<&'static str> {
    match name {
        "confluent/meta.proto" => Some(
            "syntax = \"proto3\"; package confluent; import \"google/protobuf/descriptor.proto\";\
             message Meta { string doc = 1; map<string, string> params = 2; repeated string tags = 3; }\
             extend google.protobuf.FileOptions { Meta file_meta = 1088; }\
             extend google.protobuf.MessageOptions { Meta message_meta = 1088; }\
             extend google.protobuf.FieldOptions { Meta field_meta = 1088; }\
             extend google.protobuf.EnumOptions { Meta enum_meta = 1088; }\
             extend google.protobuf.EnumValueOptions { Meta enum_value_meta = 1088; }",
        ),
        "confluent/type/decimal.proto" => Some(
            "syntax = \"proto3\"; package confluent.type;\
             message Decimal { bytes value = 1; uint32 precision = 2; int32 scale = 3; }",
        ),
        _ => None,
    }
}
