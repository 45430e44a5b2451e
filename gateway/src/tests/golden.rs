//! Comparing JSON answers with files, with what differs from run to run replaced by words.

use std::path::PathBuf;

use serde_json::Value;

/// Compares with `tests/golden/NAME.json`. The variable `GOLDEN=write` writes the file instead.
pub(crate) fn check(name: &str, mut actual: Value, replace: &[(&str, &str)]) {
    walk(&mut actual, replace);
    let text = serde_json::to_string_pretty(&actual).unwrap() + "\n";
    let path =
        PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(format!("src/tests/golden/{name}.json"));
    if std::env::var("GOLDEN").is_ok_and(|value| value == "write") {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, &text).unwrap();
    }
    let expected = std::fs::read_to_string(&path).unwrap_or_default();
    assert_eq!(text, expected, "{} differs; GOLDEN=write writes it anew", path.display());
}

fn walk(value: &mut Value, replace: &[(&str, &str)]) {
    match value {
        Value::String(text) => {
            for (from, to) in replace {
                *text = text.replace(from, to);
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| walk(item, replace)),
        Value::Object(fields) => fields.values_mut().for_each(|field| walk(field, replace)),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}
