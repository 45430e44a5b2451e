//! Values by JSONPath (RFC 9535), as they were written.

mod work;

use drawbridge_shared::{draft::FieldError, view::MAX_PATHS};
use serde_json::value::RawValue;
use serde_json_path::{JsonPath, PathElement};

use crate::refusal::Refusal;
use work::Work;

/// Bytes of text of one path in one record at most.
const MOST: usize = 512;
/// Places in one record that are shown of a path.
const PLACES: usize = 20;

/// Bytes of a path at most.
const MOST_BYTES: usize = 1024;
/// Filters, brackets and calls in a path at most: the parser calls itself for each, and reads a filter inside a
/// filter twice.
const MOST_NESTED: usize = 10;
/// Steps to places at any depth in a path at most: what is looked at multiplies with each.
const MOST_DESCENTS: usize = 3;

/// What is shown of a path that would look at too much.
const TOO_MUCH: &str = "… the record is too large for this path";

/// The paths of a query, ready to be followed.
#[derive(Debug, Clone, Default)]
pub(super) struct Paths(Vec<(JsonPath, Work)>);

impl Paths {
    /// Makes paths ready.
    ///
    /// # Errors
    /// A path that cannot be followed, and where it is wrong.
    pub(super) fn of(paths: &[String]) -> Result<Self, Refusal> {
        let wrong = |message: String| {
            Refusal::of_fields(vec![FieldError { field: "paths".to_owned(), message }]).remedy(
                "Write a path as in $.order.id, $['order id'] or $.items[0].price; $..id finds every id.",
            )
        };
        if paths.len() > MAX_PATHS {
            return Err(wrong(format!("There are more than {MAX_PATHS} paths.")));
        }
        let ready = paths.iter().map(|path| {
            check(path).map_err(wrong)?;
            let ready = JsonPath::parse(path)
                .map_err(|error| wrong(format!("{path} is no JSONPath: {error}")))?;
            Ok((ready, Work::of(path)))
        });
        Ok(Self(ready.collect::<Result<_, _>>()?))
    }

    /// Whether there are none.
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// What is at each path of a text in JSON; none where nothing is.
    pub(super) fn follow(&self, json: Option<&str>) -> Vec<Option<String>> {
        let parsed = json.and_then(|text| serde_json::from_str::<serde_json::Value>(text).ok());
        let (Some(text), Some(parsed)) = (json, parsed) else { return vec![None; self.0.len()] };
        let shown = |(path, work): &(JsonPath, Work)| {
            if work.is_too_much(&parsed) {
                return Some(TOO_MUCH.to_owned());
            }
            picked(path, text, &parsed)
        };
        self.0.iter().map(shown).collect()
    }
}

/// Says what a path has too much of. Texts in it count as well.
fn check(path: &str) -> Result<(), String> {
    let limits = [
        ("bytes", path.len(), MOST_BYTES),
        ("filters, brackets and calls", path.matches(['(', '?']).count(), MOST_NESTED),
        ("steps '..'", path.matches("..").count(), MOST_DESCENTS),
    ];
    match limits.into_iter().find(|(_, found, most)| found > most) {
        Some((what, found, most)) => {
            let end = path.char_indices().nth(40).map_or(path.len(), |(at, _)| at);
            let start = path.get(..end).unwrap_or_default();
            Err(format!("The path {start}… has {found} {what}, and {most} are the most."))
        }
        None => Ok(()),
    }
}

/// What is at a path. The places are found in the parsed value, their text is taken from the text: a parsed number
/// may have lost digits.
fn picked(path: &JsonPath, text: &str, parsed: &serde_json::Value) -> Option<String> {
    let found = path.query_located(parsed);
    let mut places = found.iter();
    let n_places = found.len();
    let first = places.next()?;
    let mut shown = written(text, first.location().iter())?;
    if n_places > 1 {
        for place in places.take(PLACES - 1) {
            shown.push_str(", ");
            shown.push_str(&written(text, place.location().iter())?);
        }
        if n_places > PLACES {
            shown.push_str(&format!(", … {} more", n_places - PLACES));
        }
    }
    let end = (0..=MOST.min(shown.len())).rev().find(|at| shown.is_char_boundary(*at))?;
    if end < shown.len() {
        shown.truncate(end);
        shown.push('…');
    }
    Some(shown)
}

/// The text at a place; a string without its quotes.
fn written<'a>(text: &str, steps: impl Iterator<Item = &'a PathElement<'a>>) -> Option<String> {
    let mut here: &RawValue = serde_json::from_str(text).ok()?;
    for step in steps {
        here = match step {
            PathElement::Name(name) => field(here, name)?,
            PathElement::Index(at) => {
                let items: Vec<&RawValue> = serde_json::from_str(here.get()).ok()?;
                items.get(*at).copied()?
            }
        };
    }
    let text = here.get();
    Some(serde_json::from_str::<String>(text).unwrap_or_else(|_| text.to_owned()))
}

/// A field's text; of a name that is there twice the last, which is also the one that is parsed.
fn field<'a>(of: &'a RawValue, name: &str) -> Option<&'a RawValue> {
    let fields: std::collections::HashMap<String, &RawValue> =
        serde_json::from_str(of.get()).ok()?;
    fields.get(name).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn paths(paths: &[&str]) -> Result<Paths, Refusal> {
        let paths: Vec<String> = paths.iter().map(|path| (*path).to_owned()).collect();
        Paths::of(&paths)
    }

    fn at(path: &str, json: &str) -> Option<String> {
        paths(&[path]).unwrap().follow(Some(json)).remove(0)
    }

    #[test]
    fn what_is_at_a_path_is_shown_as_it_was_written() {
        let json = r#"{"id":9007199254740993,"sum":12.340,"big":123456789012345678901234567890.10,
            "who":{"first name":"Ann \"A\""},"items":[{"n":1},{"n":2.0}],"none":null}"#;
        assert_eq!(at("$.id", json).as_deref(), Some("9007199254740993"));
        assert_eq!(at("$.sum", json).as_deref(), Some("12.340"));
        assert_eq!(at("$.big", json).as_deref(), Some("123456789012345678901234567890.10"));
        assert_eq!(at("$.who['first name']", json).as_deref(), Some("Ann \"A\""));
        assert_eq!(at("$.items[1].n", json).as_deref(), Some("2.0"));
        assert_eq!(at("$.items[*].n", json).as_deref(), Some("1, 2.0"));
        assert_eq!(at("$.items[?@.n > 1]", json).as_deref(), Some(r#"{"n":2.0}"#));
        assert_eq!(at("$.none", json).as_deref(), Some("null"));
        assert_eq!(at("$.nothing", json), None);
        assert_eq!(at("$.id", "no json"), None);
        assert_eq!(paths(&["$.a", "$.b"]).unwrap().follow(None), [None, None]);
    }

    #[test]
    fn much_at_one_path_is_cut() {
        let json = format!("[{}]", vec!["12345678"; 30].join(","));
        let shown = at("$[*]", &json).unwrap();
        assert!(shown.ends_with("12345678, … 10 more"), "{shown}");
        let long = format!("[\"{}\"]", "ä".repeat(1000));
        let shown = at("$[0]", &long).unwrap();
        assert!(shown.len() < 600 && shown.ends_with("ä…"), "{shown}");
    }

    #[test]
    fn a_path_that_multiplies_says_so_in_place_of_what_is_there() {
        let stars = format!("${}", format!("[{}]", ["*"; 120].join(",")).repeat(4));
        let shown = at(&stars, r#"{"a":{"b":{"c":{"d":1}}}}"#).unwrap();
        assert_eq!(shown, TOO_MUCH);
    }

    #[test]
    fn a_wrong_path_is_refused_with_its_place() {
        let refused = |path: &str| paths(&[path]).map(|_| ()).unwrap_err();
        let error = refused("order.id");
        assert_eq!(error.fields[0].field, "paths");
        assert!(error.message.contains("order.id"), "{}", error.message);
        assert!(refused("$.a[").remedy.unwrap().contains("$.order.id"));
        assert!(paths(&["$.a"; 9]).is_err());
        assert!(refused(&"(".repeat(2000)).message.contains("1024 are the most"));
        assert!(refused("$..a..b..c..d").message.contains("4 steps '..'"));
    }

    #[test]
    fn the_deepest_path_needs_little_of_a_stack_and_deeper_ones_are_refused() {
        let deep = |n: usize| {
            [
                format!("$[?{}@.a{}]", "(".repeat(n - 1), ")".repeat(n - 1)),
                format!("${}{}", "[?@".repeat(n), "]".repeat(n)),
                format!("$[?{}@.a{}>1]", "length(".repeat(n - 1), ")".repeat(n - 1)),
                format!("$[?{}@.a{}]", "!(".repeat(n - 1), ")".repeat(n - 1)),
            ]
        };
        // A quarter of what the threads of the runtime have.
        let small = std::thread::Builder::new().stack_size(512 << 10);
        let work = move || {
            let json = format!("{}1{}", "[".repeat(100), "]".repeat(100));
            for path in deep(MOST_NESTED) {
                if let Ok(ready) = paths(&[&path]) {
                    ready.follow(Some(&json));
                }
            }
            for n in [MOST_NESTED + 1, 100] {
                for path in deep(n) {
                    let refused = paths(&[&path]).unwrap_err().message;
                    assert!(refused.contains("10 are the most"), "{refused}");
                }
            }
        };
        small.spawn(work).unwrap().join().unwrap();
    }

    proptest::proptest! {
        #[test]
        fn no_path_full_of_syntax_ends_the_gateway(
            pieces in proptest::collection::vec(
                (proptest::sample::select(vec!["[?", "(", "@", ".a", "..*", "]", ")", "!", "&&", "||", "length(", "1", "==", "[*", ",*", "[?$"]), 1_usize..200),
                1..12,
            ),
        ) {
            let text: String = pieces.iter().map(|(piece, n)| piece.repeat(*n)).collect();
            if let Ok(ready) = paths(&[&format!("${text}")]) {
                ready.follow(Some(r#"{"a":[{"a":[1,2]},{"a":{"a":{"a":[3,[4]]}}}]}"#));
            }
        }
    }
}
