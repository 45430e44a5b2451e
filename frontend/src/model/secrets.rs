//! Keeping secrets off the screen: a properties text with placeholders where its secrets are.
//!
//! `reveal(hide(text))` is the text again. Every placeholder has a number, so lines may be moved
//! and deleted around it.

use super::properties::{key_of, logical_lines};

/// Secrets that were taken out of a text; placeholders name them by number.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Secrets(Vec<String>);

impl std::fmt::Debug for Secrets {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Secrets({})", self.0.len())
    }
}

// Without a space, which would end an option of a JAAS line.
const OPEN: &str = "‹hidden-";
const CLOSE: &str = "›";

impl Secrets {
    /// The text with placeholders for its secrets, which are remembered.
    #[must_use]
    pub fn hide(&mut self, text: &str) -> String {
        let mut lines: Vec<String> = logical_lines(text).map(|line| self.hide_in(line)).collect();
        if text.ends_with('\n') {
            lines.push(String::new());
        }
        lines.join("\n")
    }

    /// The text with the secrets in place of their placeholders.
    #[must_use]
    pub fn reveal(&self, text: &str) -> String {
        let mut out = String::with_capacity(text.len());
        let mut rest = text;
        while let Some((before, after)) = rest.split_once(OPEN) {
            out.push_str(before);
            let named = after.split_once(CLOSE).and_then(|(number, behind)| {
                let secret = number.parse::<usize>().ok().and_then(|at| self.0.get(at));
                Some((secret?, behind))
            });
            rest = match named {
                Some((secret, behind)) => {
                    out.push_str(secret);
                    behind
                }
                None => {
                    out.push_str(OPEN);
                    after
                }
            };
        }
        out.push_str(rest);
        out
    }

    fn hide_in(&mut self, line: &str) -> String {
        let Some((key, at)) = key_of(line) else { return line.to_owned() };
        let (head, value) = line.split_at(at);
        let hidden = if key.ends_with("jaas.config") {
            self.hide_options(value)
        } else if is_secret(key) {
            self.placeholder(value)
        } else {
            return line.to_owned();
        };
        format!("{head}{hidden}")
    }

    /// Hides the secret options of a JAAS line: `password="…"`, bare or quoted.
    fn hide_options(&mut self, value: &str) -> String {
        let mut out = String::with_capacity(value.len());
        let mut rest = value;
        while let Some((before, after)) = rest.split_once('=') {
            let name = before.rsplit([' ', '\t', '\n']).next().unwrap_or(before);
            let length = value_length(after);
            let (option, behind) = after.split_at(length);
            out.push_str(before);
            out.push('=');
            if is_secret(name) {
                out.push_str(&self.placeholder(option));
            } else {
                out.push_str(option);
            }
            rest = behind;
        }
        out.push_str(rest);
        out
    }

    /// A placeholder for a secret; nothing and what is hidden already stay as they are.
    fn placeholder(&mut self, secret: &str) -> String {
        let bare = secret.trim().trim_matches('"');
        let is_hidden = bare.starts_with(OPEN) && bare.ends_with(CLOSE);
        if bare.is_empty() || is_hidden {
            return secret.to_owned();
        }
        self.0.push(secret.to_owned());
        format!("{OPEN}{}{CLOSE}", self.0.len() - 1)
    }
}

/// How far an option's value reaches: to its closing quote, or to a space or semicolon. In a
/// properties file a quote inside the value is written `\\"`.
fn value_length(text: &str) -> usize {
    let Some(quoted) = text.strip_prefix('"') else {
        return text.find([' ', '\t', '\n', ';']).unwrap_or(text.len());
    };
    let mut is_escaped = false;
    for (at, letter) in quoted.char_indices() {
        match letter {
            '"' if !is_escaped => return at + 2,
            '\\' => is_escaped = true,
            _ => is_escaped = false,
        }
    }
    text.len()
}

/// Whether what is called so is nobody's business.
fn is_secret(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    ["password", "secret", "token", "keystore.key", "credential"]
        .iter()
        .any(|part| name.contains(part))
        && !name.ends_with(".location")
        && !name.ends_with("token.endpoint.url")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const JAAS: &str =
        "sasl.jaas.config=org.Plain required username=\"admin\" password=\"s3cret\";";

    #[test]
    fn passwords_are_hidden_and_the_rest_stays_readable() {
        let mut secrets = Secrets::default();
        let text = format!("bootstrap.servers=h:1\n{JAAS}\nssl.keystore.password = t0p\n");
        let shown = secrets.hide(&text);
        assert_eq!(
            shown,
            "bootstrap.servers=h:1\n\
             sasl.jaas.config=org.Plain required username=\"admin\" password=‹hidden-0›;\n\
             ssl.keystore.password = ‹hidden-1›\n"
        );
        assert_eq!(secrets.reveal(&shown), text);
    }

    #[test]
    fn lines_may_be_deleted_and_moved_around_the_placeholders() {
        let mut secrets = Secrets::default();
        let shown = secrets.hide("a.password=one\nb.password=two");
        let moved: Vec<&str> = shown.lines().rev().collect();
        assert_eq!(secrets.reveal(&moved.join("\n")), "b.password=two\na.password=one");
        assert_eq!(secrets.reveal(moved[0]), "b.password=two");
    }

    #[test]
    fn hiding_again_keeps_what_is_hidden_and_takes_what_was_typed_since() {
        let mut secrets = Secrets::default();
        let shown = secrets.hide(JAAS);
        let more = secrets.hide(&format!("{shown}\nssl.key.password=new"));
        assert_eq!(secrets.reveal(&more), format!("{JAAS}\nssl.key.password=new"));
        assert!(!more.contains("new") && !more.contains("s3cret"));
    }

    #[test]
    fn a_secret_that_goes_on_in_the_next_line_is_hidden_whole() {
        let mut secrets = Secrets::default();
        let text = "ssl.keystore.key=-----BEGIN \\\n  MIIE\\\n  END-----\nclient.id=x";
        let shown = secrets.hide(text);
        assert_eq!(shown, "ssl.keystore.key=‹hidden-0›\nclient.id=x");
        assert_eq!(secrets.reveal(&shown), text);
    }

    #[test]
    fn secrets_do_not_show_in_debug_output() {
        let mut secrets = Secrets::default();
        let _shown = secrets.hide(JAAS);
        assert!(!format!("{secrets:?}").contains("s3cret"));
    }

    proptest! {
        #[test]
        fn revealing_gives_the_text_again(text in "([a-z.]{0,4}(password|jaas.config)?[ =:]?[a-z\"=; \\\\]{0,16}\n?){0,6}") {
            let mut secrets = Secrets::default();
            let shown = secrets.hide(&text);
            prop_assert_eq!(secrets.reveal(&shown), text);
        }

        #[test]
        fn a_password_never_stays_on_screen(password in "[A-Z0-9]{6,20}", quoted: bool) {
            let value = if quoted { format!("\"{password}\"") } else { password.clone() };
            let mut secrets = Secrets::default();
            let shown = secrets.hide(&format!(
                "ssl.truststore.password={password}\n\
                 sasl.jaas.config=m required username=\"u\" password={value};"
            ));
            prop_assert!(!shown.contains(&password), "{}", shown);
        }
    }
}
