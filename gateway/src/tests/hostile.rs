//! Clients that mean harm, or are broken: the gateway says why, and serves the others.

use drawbridge_embedded::ClusterSpec as EmbeddedSpec;
use drawbridge_shared::wire::close;
use futures_util::StreamExt;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use super::support::{Console, ask, ask_raw, embedded, gateway, in_time};

#[tokio::test]
async fn a_frame_of_100_mb_closes_with_the_code_and_is_not_kept() {
    let cluster = embedded(EmbeddedSpec::new("id")).await;
    let app = gateway(&[&cluster]).await;
    let mut console = Console::open(&app).await;
    let before = resident_bytes();
    // The frame by hand: a masked text frame whose header announces 100 MB, and then all of them.
    let stream = console.socket.get_mut();
    let length: u64 = 100_000_000;
    let mut head = vec![0x81, 0x80 | 127];
    head.extend(length.to_be_bytes());
    head.extend([0; 4]);
    stream.write_all(&head).await.unwrap();
    let chunk = vec![b' '; 1 << 20];
    let mut left = usize::try_from(length).unwrap();
    while left > 0 {
        let n = left.min(chunk.len());
        in_time(stream.write_all(&chunk[..n])).await.expect("the gateway reads and throws away");
        left -= n;
    }
    assert_eq!(console.close_code().await, close::FRAME_TOO_LARGE);
    let grown = resident_bytes().saturating_sub(before);
    // Other tests run in this process too, so there is room, but not for the frame.
    assert!(grown < 80_000_000, "{grown} bytes were kept");
    assert_eq!(ask(&app, "GET", "/health/live", "").await.status, 200);
    Console::open(&app).await;
}

fn resident_bytes() -> u64 {
    let status = std::fs::read_to_string("/proc/self/statm").unwrap();
    status.split(' ').nth(1).unwrap().parse::<u64>().unwrap() * 4096
}

#[tokio::test]
async fn a_client_that_dribbles_its_request_is_disconnected_while_others_are_served() {
    let cluster = embedded(EmbeddedSpec::new("id")).await;
    let app = gateway(&[&cluster]).await;
    let mut slow = TcpStream::connect(app.address()).await.unwrap();
    slow.write_all(b"GET / HTTP/1.1\r\nHost: localhost\r\nX-Slow: ").await.unwrap();
    assert_eq!(ask(&app, "GET", "/health/live", "").await.status, 200);
    let mut rest = Vec::new();
    in_time(slow.read_to_end(&mut rest)).await.unwrap();
}

#[tokio::test]
async fn a_websocket_that_never_finishes_its_first_frame_is_disconnected() {
    let cluster = embedded(EmbeddedSpec::new("id")).await;
    let app = gateway(&[&cluster]).await;
    let mut slow = Console::silent(&app).await;
    // Half of a frame's header.
    slow.socket.get_mut().write_all(&[0x81]).await.unwrap();
    assert_eq!(slow.close_code().await, close::TIMED_OUT);
    assert!(in_time(slow.socket.next()).await.is_none_or(|end| end.is_err()));
}

#[tokio::test]
async fn foreign_names_and_pages_are_refused_in_words() {
    let cluster = embedded(EmbeddedSpec::new("id")).await;
    let app = gateway(&[&cluster]).await;
    let get = |host: &str, more: &str| {
        format!(
            "GET /kafka/v3/clusters HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n{more}\r\n"
        )
    };
    let answer = ask_raw(&app, &get("evil.example", "")).await;
    assert_eq!(answer.status, 403);
    assert!(answer.json()["message"].as_str().unwrap().contains("evil.example"));
    for path in ["/export/one/t?cel=true&filter=true", "/kafka/v3/clusters"] {
        let linked = format!(
            "GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nSec-Fetch-Site: cross-site\r\n\r\n"
        );
        let answer = ask_raw(&app, &linked).await;
        assert_eq!(answer.status, 403, "{path}");
        assert!(answer.body.contains("type its address"), "{}", answer.body);
    }
    let upgrade = format!(
        "GET /ws HTTP/1.1\r\nHost: {}\r\nConnection: close, upgrade\r\nUpgrade: websocket\r\n\
         Origin: http://evil.example\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: x\r\n\
         Sec-WebSocket-Protocol: drawbridge.v1\r\n\r\n",
        app.address()
    );
    let answer = ask_raw(&app, &upgrade).await;
    assert_eq!(answer.status, 403);
    assert!(answer.body.contains("http://evil.example"), "{}", answer.body);
    assert_eq!(ask_raw(&app, &get("localhost", "")).await.status, 200);
}

#[tokio::test]
async fn no_path_leads_out_of_what_is_served() {
    let cluster = embedded(EmbeddedSpec::new("id")).await;
    let app = gateway(&[&cluster]).await;
    let ups = ["..", "%2e%2e", ".%2e", "..%2f", "..%5c", "%252e%252e"];
    let mut paths: Vec<String> = ups
        .iter()
        .flat_map(|up| {
            let climb = [*up; 8].join("/");
            ["", "/assets", "/kafka/v3/clusters"].map(|from| format!("{from}/{climb}/etc/passwd"))
        })
        .collect();
    paths.extend(
        ["//etc/passwd", "/%00", "/file:///etc/passwd", "http://x/etc/passwd"].map(Into::into),
    );
    for path in paths {
        let request =
            format!("GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
        let answer = ask_raw(&app, &request).await;
        assert!(answer.status < 500, "{path}: {}", answer.status);
        assert!(!answer.body.contains("root:"), "{path} shows a file of the machine");
    }
    // What stands in one segment is a name, whatever it looks like.
    let twice = ask(&app, "GET", "/kafka/v3/clusters/other%2f..%2fid/topics", "").await;
    assert_eq!(twice.status, 404, "{}", twice.body);
    assert_eq!(ask(&app, "GET", "/kafka/v3/clusters/id/topics", "").await.status, 200);
}

#[tokio::test]
async fn an_upgrade_without_our_subprotocol_is_refused() {
    let cluster = embedded(EmbeddedSpec::new("id")).await;
    let app = gateway(&[&cluster]).await;
    let answer = ask(&app, "GET", "/ws", "").await;
    assert_eq!(answer.status, 426);
    let request = format!(
        "GET /ws HTTP/1.1\r\nHost: {}\r\nConnection: close, upgrade\r\nUpgrade: websocket\r\n\
         Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: x\r\n\r\n",
        app.address()
    );
    let answer = ask_raw(&app, &request).await;
    assert_eq!(answer.status, 400);
    assert!(answer.body.contains("drawbridge.v1"), "{}", answer.body);
}

#[tokio::test]
async fn every_answer_carries_the_security_headers_and_a_trace_id() {
    let cluster = embedded(EmbeddedSpec::new("id")).await;
    let app = gateway(&[&cluster]).await;
    for path in ["/", "/health/live", "/metrics", "/kafka/v3/clusters", "/kafka/nope"] {
        let answer = ask(&app, "GET", path, "").await;
        for header in
            ["x-content-type-options: nosniff", "content-security-policy: ", "x-request-id: "]
        {
            assert!(answer.headers.contains(header), "{path}: {}", answer.headers);
        }
    }
}
