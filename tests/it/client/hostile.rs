//! Peers that are no Kafka broker, or a broken one.

use std::time::Duration;

use drawbridge_kafka::{Client, ConnectCause, Error};
use drawbridge_tests::bed::{Kafka, Version};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpListener,
};

use super::settings;

/// A server that answers every connection's first bytes with `answer` and then stays open.
async fn server(answer: Vec<u8>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    tokio::spawn(async move {
        let mut open = Vec::new();
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut bytes = [0; 1024];
            if stream.read(&mut bytes).await.is_ok() {
                stream.write_all(&answer).await.ok();
            }
            open.push(stream);
        }
    });
    address
}

async fn describe(address: &str) -> Error {
    let text = format!(
        "bootstrap.servers={address}\ndefault.api.timeout.ms=4000\nrequest.timeout.ms=2000\n\
         socket.connection.setup.timeout.ms=2000\n"
    );
    let client = Client::new(settings(&text).unwrap()).unwrap();
    client.describe_cluster().await.expect_err("no Kafka is there")
}

#[tokio::test]
async fn a_web_server_is_told_from_a_broker() {
    let page = b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n".to_vec();
    let error = describe(&server(page).await).await;
    let Error::Connect(connect) = &error else { panic!("{error:?}") };
    assert_eq!(connect.cause, ConnectCause::NotKafka, "{error}");
}

#[tokio::test]
async fn random_bytes_are_told_from_an_answer() {
    // A frame of 64 bytes whose correlation id is not ours, and one that fits but holds nonsense.
    for id in [0xdead_beef_u32, 0, 1] {
        let mut frame = vec![0, 0, 0, 64];
        frame.extend_from_slice(&id.to_be_bytes());
        frame.extend((0..60_u8).map(|n| n.wrapping_mul(167).wrapping_add(13)));
        let error = describe(&server(frame).await).await;
        let told = matches!(&error, Error::Connect(c) if c.cause == ConnectCause::NotKafka)
            || matches!(&error, Error::Protocol { .. });
        assert!(told, "{error:?}");
    }
}

#[tokio::test]
async fn a_frame_that_claims_two_gigabytes_is_refused_without_waiting_for_it() {
    let error = describe(&server(vec![0x7f, 0xff, 0xff, 0xff, 0, 0]).await).await;
    let told = matches!(&error, Error::Connect(c) if c.cause == ConnectCause::NotKafka)
        || matches!(&error, Error::Protocol { .. });
    assert!(told, "{error:?}");
}

#[tokio::test]
async fn a_frame_of_100_megabytes_of_nothing_ends_in_an_error() {
    let size = 100_u32 << 20;
    let mut frame = size.to_be_bytes().to_vec();
    frame.resize(4 + (100 << 20), 0);
    let error = describe(&server(frame).await).await;
    assert!(!error.to_string().is_empty());
}

#[tokio::test]
async fn a_silent_peer_is_given_up_in_time() {
    let error = describe(&server(Vec::new()).await).await;
    let told = matches!(&error, Error::Connect(c) if c.cause == ConnectCause::TimedOut)
        || matches!(&error, Error::Timeout { .. });
    assert!(told, "{error:?}");
}

#[tokio::test]
async fn a_peer_that_hangs_up_is_told() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            drop(stream)
        }
    });
    let error = describe(&address).await;
    let Error::Connect(connect) = &error else { panic!("{error:?}") };
    assert!(!connect.remedy.is_empty(), "{error}");
}

#[tokio::test]
async fn a_frozen_broker_times_out_and_serves_again_once_it_thaws() {
    let cluster = Kafka::plain(Version::V4).start().await.unwrap();
    let text =
        cluster.properties("admin") + "request.timeout.ms=1000\ndefault.api.timeout.ms=3000\n";
    let client = Client::new(settings(&text).unwrap()).unwrap();
    client.describe_cluster().await.unwrap();
    cluster.broker(1).freeze().unwrap();
    let error = client.describe_cluster().await.expect_err("nobody answers");
    assert!(error.is_retriable(), "{error:?}");
    cluster.broker(1).thaw().unwrap();
    let patient = client.with_deadline(Duration::from_secs(60));
    assert_eq!(patient.describe_cluster().await.unwrap().cluster_id, cluster.id());
}
