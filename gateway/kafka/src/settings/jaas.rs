//! `sasl.jaas.config`: one login module with its options.
//!
//! Grammar: `Class flag key=value key="value" … ;` as in
//! <https://kafka.apache.org/documentation/#security_sasl_jaas>.

use super::Secret;

/// A parsed JAAS line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JaasConfig {
    /// Class name of the login module.
    pub module: String,
    /// Options in order. All are kept secret: which of them is one depends on the module.
    pub options: Vec<(String, Secret)>,
}

/// A JAAS line that cannot be read. Never quotes a value.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{problem}")]
pub struct JaasError {
    /// What is wrong.
    pub problem: String,
    /// What to write.
    pub remedy: &'static str,
}

const SHAPE: &str =
    "Write: <login module class> required username=\"…\" password=\"…\"; with the semicolon";
const ONE_MODULE: &str = "Kafka clients take exactly one login module; remove the others";

impl JaasConfig {
    /// Reads `text`.
    ///
    /// # Errors
    /// If `text` is not one login module ended by a semicolon.
    pub fn parse(text: &str) -> Result<Self, JaasError> {
        let mut tokens = Tokens { rest: text.char_indices().peekable() };
        let mut next = || tokens.next();
        let fail = |problem: &str, remedy| Err(JaasError { problem: problem.to_owned(), remedy });
        let module = match next()? {
            Some(Token::Word(module)) => module,
            Some(_) => return fail("it does not start with a login module class", SHAPE),
            None => return fail("it is empty", SHAPE),
        };
        match next()? {
            Some(Token::Word(flag)) if is_flag(&flag) => {}
            _ => {
                return fail(
                    "the login module is not followed by required, requisite, sufficient or optional",
                    SHAPE,
                );
            }
        }
        let mut options = Vec::new();
        loop {
            let key = match next()? {
                Some(Token::Word(key) | Token::Quoted(key)) => key,
                Some(Token::Semicolon) => break,
                Some(Token::Equals) => return fail("an option has no name", SHAPE),
                None => return fail("it does not end with a semicolon", SHAPE),
            };
            if !matches!(next()?, Some(Token::Equals)) {
                return fail(
                    "a word among the options is not followed by '='",
                    "Write options as name=\"value\"; put values with blanks or signs in quotes",
                );
            }
            let value = match next()? {
                Some(Token::Word(value) | Token::Quoted(value)) => value,
                _ => return fail(&format!("option {key} has no value"), SHAPE),
            };
            options.push((key, Secret::new(value)));
        }
        match next()? {
            None => Ok(Self { module, options }),
            Some(_) => fail("there is text after the semicolon", ONE_MODULE),
        }
    }

    /// Value of an option.
    #[must_use]
    pub fn option(&self, key: &str) -> Option<&str> {
        self.options.iter().find(|(name, _)| name == key).map(|(_, value)| value.expose())
    }

    /// The module's class name without its package.
    #[must_use]
    pub fn module_name(&self) -> &str {
        self.module.rsplit('.').next().unwrap_or(&self.module)
    }
}

fn is_flag(word: &str) -> bool {
    ["required", "requisite", "sufficient", "optional"]
        .iter()
        .any(|flag| word.eq_ignore_ascii_case(flag))
}

enum Token {
    Word(String),
    Quoted(String),
    Equals,
    Semicolon,
}

struct Tokens<'a> {
    rest: std::iter::Peekable<std::str::CharIndices<'a>>,
}

impl Tokens<'_> {
    fn next(&mut self) -> Result<Option<Token>, JaasError> {
        while self.take_if(char::is_whitespace).is_some() {}
        Ok(match self.rest.next() {
            None => None,
            Some((_, ';')) => Some(Token::Semicolon),
            Some((_, '=')) => Some(Token::Equals),
            Some((_, quote @ ('"' | '\''))) => Some(Token::Quoted(self.quoted(quote)?)),
            Some((_, first)) => {
                let mut word = String::from(first);
                let is_word = |c: char| !c.is_whitespace() && !matches!(c, ';' | '=' | '"');
                while let Some(c) = self.take_if(is_word) {
                    word.push(c);
                }
                Some(Token::Word(word))
            }
        })
    }

    fn take_if(&mut self, wanted: impl Fn(char) -> bool) -> Option<char> {
        self.rest.next_if(|(_, c)| wanted(*c)).map(|(_, c)| c)
    }

    /// The text up to the closing quote, escapes as in Java's tokenizer.
    fn quoted(&mut self, quote: char) -> Result<String, JaasError> {
        let mut text = String::new();
        loop {
            match self.rest.next().map(|(_, c)| c) {
                None | Some('\n') => {
                    return Err(JaasError {
                        problem: "a quoted value is not closed".to_owned(),
                        remedy: "Close the quote; write a quote inside a value as \\\"",
                    });
                }
                Some(c) if c == quote => return Ok(text),
                Some('\\') => match self.rest.next().map(|(_, c)| c) {
                    Some('n') => text.push('\n'),
                    Some('t') => text.push('\t'),
                    Some('r') => text.push('\r'),
                    Some('f') => text.push('\u{c}'),
                    Some('b') => text.push('\u{8}'),
                    Some(c) => text.push(c),
                    None => {}
                },
                Some(c) => text.push(c),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const SCRAM: &str = "org.apache.kafka.common.security.scram.ScramLoginModule required";

    #[test]
    fn quoted_and_bare_options_are_read() {
        let jaas =
            JaasConfig::parse(&format!("{SCRAM} username=alice\n password=\"s e;c=\\\"r\\\\\";"))
                .unwrap();
        assert_eq!(jaas.module_name(), "ScramLoginModule");
        assert_eq!(jaas.option("username"), Some("alice"));
        assert_eq!(jaas.option("password"), Some("s e;c=\"r\\"));
        assert_eq!(jaas.option("other"), None);
    }

    #[test]
    fn single_quotes_and_bare_values_with_signs_are_read() {
        let jaas = JaasConfig::parse("M required a='x\"y' b=+/az== ;");
        // A bare value ends at '='; base64 belongs in quotes.
        assert!(jaas.is_err());
        let jaas = JaasConfig::parse("M required a='x\"y' b=+/az-_$ ;").unwrap();
        assert_eq!((jaas.option("a"), jaas.option("b")), (Some("x\"y"), Some("+/az-_$")));
    }

    #[test]
    fn each_slip_has_its_own_message() {
        let problem = |text: &str| JaasConfig::parse(text).unwrap_err().problem;
        assert!(problem("").contains("empty"));
        assert!(problem("M required a=\"1\"").contains("semicolon"));
        assert!(problem("M a=\"1\";").contains("required"));
        assert!(problem("M required a;").contains("followed by '='"));
        assert!(problem("M required a=;").contains("no value"));
        assert!(problem("M required a=\"1;").contains("not closed"));
        assert!(problem("M required a=\"1\"; N required;").contains("after the semicolon"));
    }

    #[test]
    fn neither_debug_output_nor_errors_show_values() {
        let jaas = JaasConfig::parse("M required password=\"hunter2\";").unwrap();
        assert!(!format!("{jaas:?}").contains("hunter2"));
        let error = JaasConfig::parse("M required password=\"hunter2\" hunter3").unwrap_err();
        assert!(!format!("{error:?}").contains("hunter"));
    }

    proptest! {
        #[test]
        fn arbitrary_text_never_panics(text in "(?s).{0,120}") {
            JaasConfig::parse(&text).ok();
        }

        #[test]
        fn any_password_survives_quoting(password in "[^\n]{0,40}") {
            let quoted = password.replace('\\', "\\\\").replace('"', "\\\"");
            let jaas = JaasConfig::parse(&format!("M required password=\"{quoted}\";")).unwrap();
            prop_assert_eq!(jaas.option("password"), Some(password.as_str()));
        }
    }
}
