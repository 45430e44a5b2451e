//! `docs/protocol.md` says what `shared/src/wire` says.

const PAGE: &str = include_str!("../../../docs/protocol.md");
const TYPES: [&str; 4] = [
    include_str!("../../../shared/src/wire.rs"),
    include_str!("../../../shared/src/wire/request.rs"),
    include_str!("../../../shared/src/wire/feed.rs"),
    include_str!("../../../shared/src/wire/error.rs"),
];

/// Names of the variants of all enums that go over the wire, as they go over it.
fn variants(source: &str) -> Vec<String> {
    let mut names = Vec::new();
    let (mut in_enum, mut on_wire) = (false, false);
    for line in source.lines() {
        if line.starts_with("pub enum") {
            in_enum = on_wire;
        } else if line.starts_with('}') || line.is_empty() {
            in_enum = in_enum && !line.starts_with('}');
            on_wire = false;
        } else if line.starts_with("#[derive") {
            on_wire = line.contains("Serialize");
        } else if in_enum
            && let Some(rest) = line.strip_prefix("    ")
            && rest.starts_with(|c: char| c.is_ascii_uppercase())
        {
            let name: String = rest.chars().take_while(char::is_ascii_alphanumeric).collect();
            names.push(snake(&name));
        }
    }
    names
}

fn snake(name: &str) -> String {
    let mut snake = String::new();
    for c in name.chars() {
        if c.is_ascii_uppercase() && !snake.is_empty() {
            snake.push('_');
        }
        snake.push(c.to_ascii_lowercase());
    }
    snake
}

#[test]
fn every_message_request_feed_and_code_is_described() {
    let names: Vec<String> = TYPES.iter().flat_map(|source| variants(source)).collect();
    assert!(names.len() > 45, "the sources are read: {names:?}");
    for name in names {
        let told = PAGE.contains(&format!("`{name}`")) || PAGE.contains(&format!("{{\"{name}\":"));
        assert!(told, "docs/protocol.md does not tell of {name}");
    }
}

#[test]
fn every_message_of_the_golden_frames_is_described() {
    let golden = [
        include_str!("../../../shared/src/wire/golden/client.jsonl"),
        include_str!("../../../shared/src/wire/golden/server.jsonl"),
    ];
    for line in golden.iter().flat_map(|frames| frames.lines()) {
        let frame: serde_json::Value = serde_json::from_str(line).unwrap();
        let name = frame.as_object().unwrap().keys().next().unwrap();
        assert!(PAGE.contains(&format!("{{\"{name}\":")), "there is no example of {name}");
    }
}

#[test]
fn the_examples_are_frames_of_the_protocol() {
    use drawbridge_shared::wire::{decode_client, decode_server};
    let mut n_examples = 0;
    for block in PAGE.split("```json\n").skip(1) {
        let block = block.split("```").next().unwrap().replace("\n  ", "");
        for line in block.lines() {
            let read = decode_client(line).map(|_| ()).or_else(|_| decode_server(line).map(|_| ()));
            assert!(read.is_ok(), "{line}: {read:?}");
            n_examples += 1;
        }
    }
    assert!(n_examples > 10);
}

#[test]
fn every_close_code_and_limit_is_described() {
    let codes = TYPES[0]
        .lines()
        .filter_map(|line| line.trim().strip_prefix("pub const ")?.split_once(": u16 = "));
    for (name, code) in codes.filter(|(name, _)| *name != "PROTOCOL") {
        let code = code.trim_end_matches(';');
        assert!(PAGE.contains(&format!("| {code} |")), "{name} ({code}) is missing");
    }
    let limits = crate::api::session::LIMITS;
    for number in
        [limits.max_frame_bytes, limits.max_subscriptions, limits.max_requests, limits.heartbeat_ms]
    {
        assert!(PAGE.contains(&format!(":{number}")), "{number} is missing");
    }
    let heartbeat = crate::api::session::HEARTBEAT.as_millis();
    assert_eq!(u128::from(limits.heartbeat_ms), heartbeat);
}
