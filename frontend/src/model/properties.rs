//! Writing the text of a Kafka client's properties from a small form.
//!
//! The text is what counts and what is sent; the form only writes its own keys into it and leaves
//! every other line as it is.

/// The keys the form writes.
const OWN_KEYS: [&str; 6] = [
    "bootstrap.servers",
    "security.protocol",
    "sasl.mechanism",
    "sasl.jaas.config",
    "ssl.truststore.type",
    "ssl.truststore.certificates",
];

/// The values of `security.protocol`, with words.
pub const PROTOCOLS: [(&str, &str); 4] = [
    ("PLAINTEXT", "PLAINTEXT: no encryption, no password"),
    ("SSL", "SSL: encrypted, no password"),
    ("SASL_PLAINTEXT", "SASL_PLAINTEXT: password, no encryption"),
    ("SASL_SSL", "SASL_SSL: password and encryption"),
];

/// The values of `sasl.mechanism` that take a user and a password.
pub const MECHANISMS: [&str; 3] = ["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"];

/// What the form asks for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ConnectionForm {
    /// `host:port`, several separated by commas.
    pub bootstrap: String,
    /// One of `PROTOCOLS`.
    pub protocol: String,
    /// One of `MECHANISMS`.
    pub mechanism: String,
    /// User name.
    pub user: String,
    /// Password.
    pub password: String,
    /// Certificate authorities in PEM; empty for those of the gateway's system.
    pub ca: String,
}

/// Whether a protocol asks for user and password.
#[must_use]
pub fn uses_sasl(protocol: &str) -> bool {
    protocol.starts_with("SASL")
}

/// Whether a protocol is encrypted.
#[must_use]
pub fn uses_tls(protocol: &str) -> bool {
    protocol.ends_with("SSL")
}

/// Writes what the form says into the text, in place of what its keys said before.
#[must_use]
pub fn write(form: &ConnectionForm, text: &str) -> String {
    let mut lines = lines_of(form);
    let others = logical_lines(text.trim_end_matches('\n')).filter(|line| !is_own(line));
    lines.extend(others.map(str::to_owned));
    lines.join("\n")
}

fn lines_of(form: &ConnectionForm) -> Vec<String> {
    let mut lines = vec![
        format!("bootstrap.servers={}", escape(form.bootstrap.trim())),
        format!("security.protocol={}", form.protocol),
    ];
    if uses_sasl(&form.protocol) {
        let jaas = jaas(&form.mechanism, &form.user, &form.password);
        lines.push(format!("sasl.mechanism={}", form.mechanism));
        lines.push(format!("sasl.jaas.config={}", escape(&jaas)));
    }
    if uses_tls(&form.protocol) && !form.ca.trim().is_empty() {
        lines.push("ssl.truststore.type=PEM".to_owned());
        lines.push(format!("ssl.truststore.certificates={}", escape(form.ca.trim())));
    }
    lines
}

/// The login module of a mechanism with a user and a password.
pub(super) fn jaas(mechanism: &str, user: &str, password: &str) -> String {
    let module = match mechanism {
        "PLAIN" => "plain.PlainLoginModule",
        _ => "scram.ScramLoginModule",
    };
    let (user, password) = (quote(user), quote(password));
    format!(
        "org.apache.kafka.common.security.{module} required username={user} password={password};"
    )
}

/// A JAAS option's value in quotes.
fn quote(value: &str) -> String {
    format!("\"{}\"", value.replace('\\', "\\\\").replace('"', "\\\""))
}

/// A value as `java.util.Properties` reads it back: backslashes and line ends are escaped, and a
/// leading space, which would be skipped.
pub(super) fn escape(value: &str) -> String {
    let mut out = String::with_capacity(value.len());
    for (at, letter) in value.char_indices() {
        match letter {
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => {}
            ' ' if at == 0 => out.push_str("\\ "),
            letter => out.push(letter),
        }
    }
    out
}

/// Lines with the lines that continue them (those behind a backslash at the end).
pub(super) fn logical_lines(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = Some(text).filter(|text| !text.is_empty());
    std::iter::from_fn(move || {
        let text = rest?;
        let mut from = 0;
        loop {
            let line = text.get(from..)?;
            let Some(length) = line.find('\n') else {
                // Nothing follows the backslash of a last line.
                rest = None;
                return Some(text.strip_suffix('\n').unwrap_or(text));
            };
            let end = from + length;
            if is_continued(line.get(..length)?) {
                from = end + 1;
                continue;
            }
            rest = text.get(end + 1..).filter(|rest| !rest.is_empty());
            return text.get(..end);
        }
    })
}

/// Whether a line goes on in the next one; comments never do.
fn is_continued(line: &str) -> bool {
    let line = line.strip_suffix('\r').unwrap_or(line);
    let backslashes = line.bytes().rev().take_while(|byte| *byte == b'\\').count();
    !is_comment(line) && backslashes % 2 == 1
}

pub(super) fn is_comment(line: &str) -> bool {
    line.trim_start().starts_with(['#', '!'])
}

/// The key of a line and where its value starts; none for comments and empty lines.
pub(super) fn key_of(line: &str) -> Option<(&str, usize)> {
    let start = line.len() - line.trim_start().len();
    let body = line.get(start..)?;
    if body.is_empty() || is_comment(line) {
        return None;
    }
    let is_end = |letter: char| matches!(letter, '=' | ':') || letter.is_whitespace();
    let end = body.find(is_end).unwrap_or(body.len());
    let key = body.get(..end)?;
    let after = body.get(end..)?;
    let spaces = after.len() - after.trim_start().len();
    let after = after.get(spaces..)?;
    let sign = usize::from(after.starts_with(['=', ':']));
    let value = after.get(sign..)?;
    let gap = value.len() - value.trim_start_matches([' ', '\t']).len();
    Some((key, start + end + spaces + sign + gap))
}

fn is_own(line: &str) -> bool {
    key_of(line).is_some_and(|(key, _)| OWN_KEYS.contains(&key))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn form(protocol: &str) -> ConnectionForm {
        ConnectionForm {
            bootstrap: "h:1,h:2".into(),
            protocol: protocol.into(),
            mechanism: "SCRAM-SHA-512".into(),
            user: "admin".into(),
            password: "a\"b\\c".into(),
            ca: "-----BEGIN-----\nAA==\n-----END-----\n".into(),
        }
    }

    #[test]
    fn the_form_writes_what_a_kafka_client_reads() {
        assert_eq!(
            write(&form("SASL_SSL"), ""),
            "bootstrap.servers=h:1,h:2\n\
             security.protocol=SASL_SSL\n\
             sasl.mechanism=SCRAM-SHA-512\n\
             sasl.jaas.config=org.apache.kafka.common.security.scram.ScramLoginModule required \
             username=\"admin\" password=\"a\\\\\"b\\\\\\\\c\";\n\
             ssl.truststore.type=PEM\n\
             ssl.truststore.certificates=-----BEGIN-----\\nAA==\\n-----END-----"
        );
    }

    #[test]
    fn what_a_protocol_does_not_need_is_not_written() {
        assert_eq!(
            write(&form("PLAINTEXT"), "sasl.mechanism=PLAIN"),
            "bootstrap.servers=h:1,h:2\nsecurity.protocol=PLAINTEXT"
        );
    }

    #[test]
    fn lines_the_form_knows_nothing_of_stay_as_they_are() {
        let text = "# mine\nclient.id = x\nsasl.jaas.config=a \\\n  b \\\n  c\n\nretries=3";
        let written = write(&form("PLAINTEXT"), text);
        assert!(written.ends_with("\n# mine\nclient.id = x\n\nretries=3"), "{written}");
    }

    #[test]
    fn keys_end_at_the_first_sign_or_space() {
        for (line, key, value) in
            [("a=b", "a", "b"), ("a : b", "a", "b"), ("  a  b c", "a", "b c"), ("a", "a", "")]
        {
            let (found, at) = key_of(line).unwrap();
            assert_eq!((found, &line[at..]), (key, value));
        }
        assert_eq!(key_of("# a=b"), None);
        assert_eq!(key_of("   "), None);
    }

    proptest! {
        #[test]
        fn writing_twice_is_writing_once(text in "([a-z.=# \\\\\n]{0,80})") {
            let once = write(&form("SASL_SSL"), &text);
            prop_assert_eq!(write(&form("SASL_SSL"), &once), once);
        }

        #[test]
        fn logical_lines_lose_nothing(text in "[a-z=#\\\\\n\r ]{0,60}") {
            let joined: Vec<&str> = logical_lines(&text).collect();
            let joined = joined.join("\n");
            prop_assert_eq!(joined.as_str(), text.strip_suffix('\n').unwrap_or(&text));
        }
    }
}
