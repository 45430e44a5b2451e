//! PEM blocks, also in the one-line form that Kafka allows inside properties.

use base64::{Engine, engine::general_purpose::STANDARD};

/// A block: `-----BEGIN <label>-----`, base64, `-----END <label>-----`.
pub(super) struct Block {
    pub(super) label: String,
    pub(super) der: Vec<u8>,
}

/// A block as text.
pub(super) fn write(label: &str, der: &[u8]) -> String {
    use base64::{Engine as _, engine::general_purpose::STANDARD};
    let text = STANDARD.encode(der);
    let mut pem = format!("-----BEGIN {label}-----\n");
    for (at, letter) in text.chars().enumerate() {
        if at > 0 && at % 64 == 0 {
            pem.push('\n');
        }
        pem.push(letter);
    }
    pem.push_str(&format!("\n-----END {label}-----\n"));
    pem
}

/// All blocks of `text`; text between them is skipped.
///
/// # Errors
/// What is malformed, as a clause.
pub(super) fn blocks(text: &str) -> Result<Vec<Block>, String> {
    let mut blocks = Vec::new();
    let mut rest = text;
    while let Some((_, after)) = rest.split_once("-----BEGIN ") {
        let (label, after) =
            after.split_once("-----").ok_or("a BEGIN line is not closed by dashes")?;
        let end = format!("-----END {label}-----");
        let (body, after) =
            after.split_once(&end).ok_or_else(|| format!("a {label} block has no END line"))?;
        let base64: String = body.chars().filter(|c| !c.is_whitespace()).collect();
        let der = STANDARD.decode(base64).map_err(|_| {
            format!("a {label} block is not base64 between its BEGIN and END lines")
        })?;
        blocks.push(Block { label: label.to_owned(), der });
        rest = after;
    }
    Ok(blocks)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn blocks_are_read_with_and_without_line_breaks() {
        let text = "# CA\n-----BEGIN A-----\nAQI=\n-----END A-----\nx-----BEGIN B C----- AwQ= -----END B C-----";
        let blocks = blocks(text).unwrap();
        let seen: Vec<_> = blocks.iter().map(|b| (b.label.as_str(), b.der.as_slice())).collect();
        assert_eq!(seen, [("A", [1, 2].as_slice()), ("B C", [3, 4].as_slice())]);
    }

    #[test]
    fn broken_blocks_are_named() {
        assert!(blocks("-----BEGIN A-----\nAQI=").is_err_and(|text| text.contains("END")));
        assert!(blocks("-----BEGIN A-----?-----END A-----").is_err_and(|t| t.contains("base64")));
    }

    proptest! {
        #[test]
        fn arbitrary_text_never_panics(text in "(-----|BEGIN |END |A|\n|[A-Za-z=]){0,20}") {
            blocks(&text).ok();
        }
    }
}
