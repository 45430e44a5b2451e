//! How much of a record a path looks at. Selectors beside each other, steps to any depth and filters that begin at the
//! root again multiply with what is in the record.

use serde_json::Value;

/// Places that one path may find in one record.
const MOST_PLACES: f64 = 1e6;
/// Places that it may look at on the way.
const MOST_LOOKED_AT: f64 = 1e8;

/// How much larger than the record what a path looks at may be. Never less than it is: arguments count as selectors.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Work {
    /// Selectors beside each other, multiplied over the steps of the path.
    selectors: f64,
    /// Steps to places at any depth.
    descents: i32,
    /// Filters that begin at the root.
    roots: i32,
}

impl Work {
    /// That of a path.
    #[must_use]
    pub(super) fn of(path: &str) -> Self {
        let path = &without_texts(path);
        let mut selectors = 1.0;
        let mut open = Vec::new();
        for letter in path.chars() {
            match letter {
                '[' => open.push(1.0),
                ',' => {
                    if let Some(here) = open.last_mut() {
                        *here += 1.0;
                    }
                }
                ']' => selectors *= open.pop().unwrap_or(1.0),
                _ => {}
            }
        }
        let selectors = open.into_iter().fold(selectors, |all, here| all * here);
        let count = |of: &str| i32::try_from(path.matches(of).count()).unwrap_or(i32::MAX);
        Self { selectors, descents: count(".."), roots: (count("$") - 1).max(0) }
    }

    /// Whether a record is too large for the path.
    #[must_use]
    pub(super) fn is_too_much(&self, record: &Value) -> bool {
        let (places, depth) = size(record);
        let found = places * self.selectors * depth.powi(self.descents);
        found > MOST_PLACES || found * places.powi(self.roots) > MOST_LOOKED_AT
    }
}

/// A path without what is in quotes.
fn without_texts(path: &str) -> String {
    let (mut quote, mut is_escaped) = (None, false);
    path.chars()
        .filter(|letter| {
            let was = quote;
            match quote {
                Some(_) if is_escaped => is_escaped = false,
                Some(_) if *letter == '\\' => is_escaped = true,
                Some(end) if *letter == end => quote = None,
                None if matches!(letter, '"' | '\'') => quote = Some(*letter),
                _ => {}
            }
            was.is_none()
        })
        .collect()
}

/// Values in a value, and how many are inside each other.
fn size(value: &Value) -> (f64, f64) {
    let inner = |values: &mut dyn Iterator<Item = &Value>| {
        values.map(size).fold((1.0, 1.0), |(n, depth): (f64, f64), (inner, below)| {
            (n + inner, depth.max(below + 1.0))
        })
    };
    match value {
        Value::Array(items) => inner(&mut items.iter()),
        Value::Object(fields) => inner(&mut fields.values()),
        _ => (1.0, 1.0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_too_much(path: &str, json: &str) -> bool {
        Work::of(path).is_too_much(&serde_json::from_str(json).unwrap())
    }

    #[test]
    fn ordinary_paths_are_followed_in_the_largest_records() {
        let items = [r#"{"id": 1, "tags": ["a", "b"]}"#; 20_000].join(",");
        let large = format!(r#"{{"limit": 1, "items": [{items}]}}"#);
        for path in [
            "$.items[0].id",
            "$..id",
            "$.items[*].tags[*]",
            "$.items[?@.id > 1].tags",
            "$.items[*]._id['$oid']",
            r#"$.items[*]["a\"..$,"]"#,
        ] {
            assert!(!is_too_much(path, &large), "{path}");
        }
        assert!(!is_too_much("$.items[?@.id > $.limit]['a', 'b', 'c']", r#"{"items": [1, 2]}"#));
    }

    #[test]
    fn a_path_that_multiplies_is_not_followed() {
        let stars = format!("[{}]", ["*"; 120].join(","));
        let small = r#"{"a": {"b": {"c": {"d": 1}}}}"#;
        assert!(is_too_much(&format!("${}", stars.repeat(4)), small));
        let wide = format!("[{}]", ["1"; 1_000].join(","));
        assert!(is_too_much("$[?$[?$[?$[?$[*]]]]]", &wide));
        let deep = format!("{}{}{}", "[".repeat(100), ["1"; 1_000].join(","), "]".repeat(100));
        assert!(is_too_much("$..*..*..*", &deep));
        assert!(!is_too_much("$..*", &deep));
    }
}
