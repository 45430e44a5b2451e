//! How long and how deep an expression may be. Its parser and its evaluation call themselves once for each operator
//! of a chain and each bracket, and a stack that is too small for it would take the whole gateway down.

use std::thread;

/// Bytes of an expression at most.
pub(super) const MOST_BYTES: usize = 4096;
/// Brackets and conditions inside each other at most.
pub(super) const MOST_NESTED: usize = 24;
/// Operators, fields and indexes at most.
pub(super) const MOST_STEPS: usize = 400;
/// Bytes of stack of every thread that compiles or evaluates expressions. The largest ones that are let through take
/// less than a quarter of it even without the compiler's optimizations, which a test shows; what is not touched of
/// it takes no memory.
pub(super) const STACK: usize = 64 << 20;

/// A thread whose stack is large enough for expressions.
pub(in crate::browse) fn thread(name: &str) -> thread::Builder {
    thread::Builder::new().name(name.to_owned()).stack_size(STACK)
}

/// Does what needs the stack of [`thread`], wherever it is called.
///
/// # Errors
/// There is no thread, or it failed.
pub(super) fn with_room<T: Send>(work: impl FnOnce() -> T + Send) -> Result<T, String> {
    thread::scope(|scope| {
        let started = thread("expression").spawn_scoped(scope, work);
        let thread = started.map_err(|error| format!("no thread to read it: {error}"))?;
        thread.join().map_err(|_| "it could not be read".to_owned())
    })
}

/// Says what an expression has too much of, and what to do about it.
///
/// # Errors
/// One of the limits is passed.
pub(super) fn check(text: &str) -> Result<(), String> {
    let over = |what: &str, found: usize, most: usize| {
        Err(format!("it has {found} {what}, and {most} are the most; search in several steps"))
    };
    if text.len() > MOST_BYTES {
        return over("bytes", text.len(), MOST_BYTES);
    }
    let Depth { nested, steps } = depth(text);
    if nested > MOST_NESTED {
        return over("brackets and conditions inside each other", nested, MOST_NESTED);
    }
    if steps > MOST_STEPS {
        return over("operators and fields", steps, MOST_STEPS);
    }
    Ok(())
}

#[derive(Debug, PartialEq, Eq)]
struct Depth {
    nested: usize,
    steps: usize,
}

/// How deep the tree of an expression is at most. It is never told less than it is: what cannot be told apart for
/// certain, as the inside of a text with escapes, counts in full.
fn depth(text: &str) -> Depth {
    let is_plain = !["\\", "\"\"\"", "'''"].iter().any(|odd| text.contains(odd));
    let (mut open, mut conditions, mut deepest) = (Vec::new(), 0, 0);
    let mut steps = 0;
    let mut before = ' ';
    for line in text.split(['\n', '\r']) {
        let mut rest = line.chars();
        while let Some(letter) = rest.next() {
            match letter {
                '"' | '\'' if is_plain => {
                    // A text ends in its line; a quote that does not is an error, or stands in a comment.
                    if let Some((_, behind)) = rest.as_str().split_once(letter) {
                        rest = behind.chars();
                    }
                }
                '(' | '[' | '{' => {
                    open.push(letter);
                    steps += usize::from(letter == '[');
                }
                ')' | ']' | '}' if is_plain => {
                    let pair = match letter {
                        ')' => '(',
                        ']' => '[',
                        _ => '{',
                    };
                    // One without its pair closes nothing.
                    if open.last() == Some(&pair) {
                        open.pop();
                    }
                }
                // The other branch of a condition goes on behind it, so that it closes only with its brackets.
                '?' => conditions += 1,
                // `==`, `<=` and `!=` are one.
                '=' if matches!(before, '=' | '<' | '>' | '!') => {}
                '.' | '+' | '-' | '*' | '/' | '%' | '<' | '>' | '=' | '!' => steps += 1,
                'n' if before == 'i' => steps += 1,
                _ => {}
            }
            deepest = deepest.max(open.len() + conditions);
            before = letter;
        }
    }
    Depth { nested: deepest, steps }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn depth_is_that_of_brackets_and_steps_are_those_outside_of_texts() {
        let of = |text: &str| {
            let Depth { nested, steps } = depth(text);
            (nested, steps)
        };
        assert_eq!(of("value.amount >= 100 && key.startsWith('a-b.c[')"), (1, 3));
        assert_eq!(of("((a) == [b, {c: d}])"), (3, 2));
        assert_eq!(of("a ? b : c ? d : (e)"), (3, 0));
        // A bracket that closes nothing does not hide those that follow.
        assert_eq!(of("(((]]]((("), (6, 0));
        // Where a text ends is not told for certain.
        assert_eq!(of(r#"'a\'' - (1) - ("b")"#), (2, 2));
        assert_eq!(of("\"\"\"x\"y\"\"\" - - \"\""), (0, 2));
        assert_eq!(of("// it's\n- - -"), (0, 5));
    }

    #[test]
    fn too_much_is_refused_with_its_limit_and_what_to_do() {
        let long = format!("key == '{}'", "a".repeat(MOST_BYTES));
        assert!(check(&long).unwrap_err().contains("4105 bytes, and 4096 are the most"));
        let deep = format!("{}1{}", "(".repeat(25), ")".repeat(25));
        assert!(check(&deep).unwrap_err().contains("25 brackets"));
        let many = vec!["1"; 402].join("-");
        let words = check(&many).unwrap_err();
        assert!(words.contains("401 operators") && words.contains("several steps"), "{words}");
        let ids = vec!["'0b0e7a53-5a5c-4c9f-8d9f-2f1f7f6e5d4c'"; 100].join(",");
        assert_eq!(check(&format!("value.id in [{ids}]")), Ok(()));
    }
}
