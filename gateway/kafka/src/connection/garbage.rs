//! What a stream's end or its nonsense tells about the peer.

use std::io;

use super::{Death, frame::FrameFault};
use crate::error::ConnectCause;

/// What the first bytes of something that is not a Kafka answer tell.
fn classify(sample: &[u8]) -> Death {
    // A TLS record: type, then version 3.x.
    if let [kind @ 20..=23, 3, 0..=4, ..] = sample {
        let detail = match (kind, sample.get(5..7)) {
            (21, Some([_, alert])) => format!("it answered with TLS alert {alert}"),
            _ => "it answered with a TLS record".to_owned(),
        };
        return Death {
            cause: ConnectCause::PlaintextToTls,
            what: "the port speaks TLS, and plaintext was sent".to_owned(),
            detail,
            remedy: Some(
                "Set security.protocol to SSL or SASL_SSL, or use the port of a plaintext listener"
                    .to_owned(),
            ),
        };
    }
    let kind = [
        (b"HTTP/".as_slice(), "an HTTP server"),
        (b"<".as_slice(), "a web server"),
        (b"SSH-".as_slice(), "an SSH server"),
        (b"220".as_slice(), "a mail or FTP server"),
        (b"-ERR".as_slice(), "a Redis server"),
        (b"+OK".as_slice(), "a Redis or POP3 server"),
    ]
    .into_iter()
    .find(|(start, _)| sample.starts_with(start))
    .map_or("no Kafka broker", |(_, kind)| kind);
    Death {
        cause: ConnectCause::NotKafka,
        what: format!("the peer is {kind}"),
        detail: format!("it answered {}", excerpt(sample)),
        remedy: Some(
            "Check host and port of bootstrap.servers: a Kafka listener is needed".to_owned(),
        ),
    }
}

/// Printable text in quotes, other bytes in hex.
fn excerpt(sample: &[u8]) -> String {
    let line = sample.split(|b| matches!(b, b'\r' | b'\n')).next().unwrap_or_default();
    let printable = line.iter().all(|b| (0x20..0x7f).contains(b));
    if printable && line.len() >= 3 {
        format!("\"{}\"", String::from_utf8_lossy(line))
    } else {
        let hex: Vec<String> = sample.iter().take(16).map(|b| format!("{b:02x}")).collect();
        format!("bytes {}", hex.join(" "))
    }
}

/// The death that a reader's fault means. `established`: the peer has given a proper answer before.
pub(crate) fn death_of_frame(fault: &FrameFault, established: bool) -> Death {
    match fault {
        FrameFault::Ended { partial: 0 } => {
            Death::new(ConnectCause::ClosedByPeer, "the broker closed the connection")
        }
        FrameFault::Ended { partial } => Death::new(
            ConnectCause::ClosedByPeer,
            format!("the broker closed the connection {partial} bytes into an answer"),
        ),
        FrameFault::BadLength { len, limit, sample } if established => Death {
            cause: ConnectCause::NotKafka,
            what: format!("an answer announces {len} bytes where 4 to {limit} are allowed"),
            detail: format!("it begins with {}", excerpt(sample)),
            remedy: Some(
                "Something between here and the broker damages the stream, or the answer is larger than \
                 the limit: lower the fetch size"
                    .to_owned(),
            ),
        },
        FrameFault::BadLength { sample, .. } => classify(sample),
        FrameFault::Io(error) => death_of_io(error, "reading"),
    }
}

/// The death that an IO error means.
pub(crate) fn death_of_io(error: &io::Error, doing: &str) -> Death {
    if let Some((cause, what)) = crate::tls::alert(error) {
        return Death::new(cause, what);
    }
    let cause = match error.kind() {
        io::ErrorKind::ConnectionReset
        | io::ErrorKind::ConnectionAborted
        | io::ErrorKind::BrokenPipe
        | io::ErrorKind::UnexpectedEof => ConnectCause::ClosedByPeer,
        io::ErrorKind::TimedOut => ConnectCause::TimedOut,
        _ => ConnectCause::Io,
    };
    Death::new(cause, format!("{doing} failed: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tls_alert_means_plaintext_went_to_a_tls_port() {
        let death = classify(&[0x15, 3, 3, 0, 2, 2, 80]);
        assert_eq!(death.cause, ConnectCause::PlaintextToTls);
        assert!(death.detail.contains("TLS alert 80"));
        assert!(death.remedy.unwrap().contains("SASL_SSL"));
    }

    #[test]
    fn well_known_servers_are_named() {
        for (sample, name) in [
            (b"HTTP/1.1 400 Bad Request\r\n".as_slice(), "HTTP"),
            (b"SSH-2.0-OpenSSH_9.2\r\n".as_slice(), "SSH"),
            (b"-ERR unknown command".as_slice(), "Redis"),
            (b"\x00\x01\x02".as_slice(), "bytes 00 01 02"),
        ] {
            let death = classify(sample);
            assert_eq!(death.cause, ConnectCause::NotKafka);
            assert!(format!("{} {}", death.what, death.detail).contains(name), "{death:?}");
        }
    }
}
