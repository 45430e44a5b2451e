//! Handshakes against a rustls server on a loopback port of the system's choice, and stores as people make them.

use std::{path::PathBuf, sync::Arc};

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair};
use rustls::{
    RootCertStore, ServerConfig,
    pki_types::{CertificateDer, PrivateKeyDer},
    server::WebPkiClientVerifier,
};
use tokio::{io::AsyncReadExt, net::TcpListener};
use tokio_rustls::TlsAcceptor;

use super::*;
use crate::{
    connection::dial::{Dialer, Trace},
    settings::{ConnectionSettings, Secret, Store, StoreKind},
};

type Authority = CertifiedIssuer<'static, KeyPair>;

fn authority(name: &str) -> Authority {
    let mut params = CertificateParams::default();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.distinguished_name.push(DnType::CommonName, name);
    CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap()
}

struct Pair {
    chain: Vec<CertificateDer<'static>>,
    key: PrivateKeyDer<'static>,
    pem: String,
    key_pem: String,
}

fn pair(params: &CertificateParams, by: Option<&Authority>) -> Pair {
    let key = KeyPair::generate().unwrap();
    let cert = match by {
        Some(authority) => params.signed_by(&key, authority).unwrap(),
        None => params.self_signed(&key).unwrap(),
    };
    Pair {
        chain: vec![cert.der().clone()],
        key: PrivateKeyDer::Pkcs8(key.serialize_der().into()),
        pem: cert.pem(),
        key_pem: key.serialize_pem(),
    }
}

fn named(name: &str) -> CertificateParams {
    CertificateParams::new(vec![name.to_owned()]).unwrap()
}

/// A TLS server that never answers after the handshake; `clients` may sign client certificates.
async fn serve(pair: Pair, clients: Option<&Authority>) -> HostPort {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ServerConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()
        .unwrap();
    let builder = match clients {
        None => builder.with_no_client_auth(),
        Some(authority) => {
            let mut roots = RootCertStore::empty();
            roots.add(authority.der().clone()).unwrap();
            let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider);
            builder.with_client_cert_verifier(verifier.build().unwrap())
        }
    };
    let config = builder.with_single_cert(pair.chain, pair.key).unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        let acceptor = TlsAcceptor::from(Arc::new(config));
        while let Ok((stream, _)) = listener.accept().await {
            let acceptor = acceptor.clone();
            tokio::spawn(async move {
                if let Ok(mut stream) = acceptor.accept(stream).await {
                    let mut sink = Vec::new();
                    stream.read_to_end(&mut sink).await.ok();
                }
            });
        }
    });
    HostPort::new("localhost", port)
}

fn trusting(pem: &str) -> TlsSettings {
    TlsSettings {
        trust: Trust::Inline(Secret::new(pem)),
        identity: None,
        verify_hostname: true,
        allow_tls12: true,
        allow_tls13: true,
        source: "test".to_owned(),
    }
}

/// The outcome of a whole dial. A server that completes the handshake never answers, so the connection as such fails
/// with a timeout.
async fn dial(address: &HostPort, tls: TlsSettings) -> ConnectError {
    let mut settings = ConnectionSettings::plaintext(vec![address.clone()]);
    settings.security.tls = Some(tls);
    settings.timeouts.request = Duration::from_millis(300);
    let dialer = Dialer::new(settings);
    let outcome =
        dialer.dial(address, "test".to_owned(), Arc::default(), &mut Trace::default()).await;
    match outcome {
        Err(Error::Connect(error)) => *error,
        Err(other) => panic!("{other}"),
        Ok(_) => panic!("the server answered"),
    }
}

/// The handshake succeeded and the next step failed.
fn is_past_tls(error: &ConnectError) -> bool {
    error.stage == Stage::ApiVersions
}

#[tokio::test]
async fn a_certificate_of_a_trusted_ca_for_the_right_name_is_accepted() {
    let ca = authority("CA");
    let address = serve(pair(&named("localhost"), Some(&ca)), None).await;
    let error = dial(&address, trusting(&ca.pem())).await;
    assert!(is_past_tls(&error), "{error}");
}

#[tokio::test]
async fn a_certificate_of_another_ca_is_refused_and_its_issuer_named() {
    let ca = authority("Company CA");
    let address = serve(pair(&named("localhost"), Some(&ca)), None).await;
    let error = dial(&address, trusting(&authority("Other CA").pem())).await;
    assert_eq!((error.stage, error.cause), (Stage::Tls, ConnectCause::UntrustedCertificate));
    assert!(error.detail.contains("Company CA"), "{error}");
}

#[tokio::test]
async fn an_expired_certificate_is_refused_as_such() {
    let ca = authority("CA");
    let mut params = named("localhost");
    params.not_before = rcgen::date_time_ymd(2019, 1, 1);
    params.not_after = rcgen::date_time_ymd(2020, 1, 1);
    let address = serve(pair(&params, Some(&ca)), None).await;
    let error = dial(&address, trusting(&ca.pem())).await;
    assert_eq!(error.cause, ConnectCause::ExpiredCertificate, "{error}");
}

#[tokio::test]
async fn a_certificate_for_another_name_is_refused_unless_names_are_not_checked() {
    let ca = authority("CA");
    let address = serve(pair(&named("kafka.example"), Some(&ca)), None).await;
    let error = dial(&address, trusting(&ca.pem())).await;
    assert_eq!(error.cause, ConnectCause::HostnameMismatch);
    assert!(error.detail.contains("kafka.example"), "{error}");
    let lenient = TlsSettings { verify_hostname: false, ..trusting(&ca.pem()) };
    assert!(is_past_tls(&dial(&address, lenient).await));
}

#[tokio::test]
async fn names_not_being_checked_does_not_mean_that_anybody_is_trusted() {
    let ca = authority("CA");
    let address = serve(pair(&named("localhost"), Some(&ca)), None).await;
    let lenient = TlsSettings { verify_hostname: false, ..trusting(&authority("Other").pem()) };
    assert_eq!(dial(&address, lenient).await.cause, ConnectCause::UntrustedCertificate);
}

#[tokio::test]
async fn a_self_signed_certificate_is_accepted_if_it_stands_in_the_truststore() {
    let own = pair(&named("localhost"), None);
    let pem = own.pem.clone();
    let address = serve(own, None).await;
    assert!(is_past_tls(&dial(&address, trusting(&pem)).await));
}

#[tokio::test]
async fn an_expired_certificate_is_refused_even_if_it_stands_in_the_truststore() {
    let mut params = named("localhost");
    params.not_before = rcgen::date_time_ymd(2019, 1, 1);
    params.not_after = rcgen::date_time_ymd(2020, 1, 1);
    let own = pair(&params, None);
    let pem = own.pem.clone();
    let address = serve(own, None).await;
    assert_eq!(dial(&address, trusting(&pem)).await.cause, ConnectCause::ExpiredCertificate);
}

#[tokio::test]
async fn a_common_name_counts_where_there_are_no_alternative_names() {
    let ca = authority("CA");
    let mut params = CertificateParams::default();
    params.distinguished_name.push(DnType::CommonName, "localhost");
    let address = serve(pair(&params, Some(&ca)), None).await;
    let error = dial(&address, trusting(&ca.pem())).await;
    assert!(is_past_tls(&error), "{error}");
}

#[tokio::test]
async fn a_missing_client_certificate_is_told_in_either_version() {
    let ca = authority("CA");
    let address = serve(pair(&named("localhost"), Some(&ca)), Some(&ca)).await;
    for (allow_tls12, allow_tls13) in [(true, false), (false, true)] {
        let settings = TlsSettings { allow_tls12, allow_tls13, ..trusting(&ca.pem()) };
        let error = dial(&address, settings).await;
        assert_eq!(
            (error.stage, error.cause),
            (Stage::Tls, ConnectCause::ClientCertificateRequired),
            "{error}"
        );
        assert!(error.remedy.contains("ssl.keystore"));
    }
}

#[tokio::test]
async fn a_client_certificate_is_shown_to_a_server_that_demands_one() {
    let ca = authority("CA");
    let client = pair(&named("client"), Some(&ca));
    let address = serve(pair(&named("localhost"), Some(&ca)), Some(&ca)).await;
    let identity = Identity::Inline {
        chain: client.pem,
        key: Secret::new(client.key_pem),
        key_password: None,
    };
    let settings = TlsSettings { identity: Some(identity), ..trusting(&ca.pem()) };
    let error = dial(&address, settings).await;
    assert!(is_past_tls(&error), "{error}");
}

#[tokio::test]
async fn a_plaintext_server_that_talks_back_is_recognised() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            tokio::io::AsyncWriteExt::write_all(&mut stream, b"HTTP/1.1 400 Bad\r\n").await.ok();
        }
    });
    let ca = authority("CA");
    let error = dial(&HostPort::new("localhost", port), trusting(&ca.pem())).await;
    assert_eq!(error.cause, ConnectCause::TlsToPlaintext, "{error}");
}

fn fixture(name: &str) -> PathBuf {
    [env!("CARGO_MANIFEST_DIR"), "src", "tls", "testdata", name].iter().collect()
}

fn store(name: &str, kind: StoreKind, password: Option<&str>) -> Store {
    Store { location: fixture(name), kind, password: password.map(Secret::new) }
}

fn load(settings: &TlsSettings) -> Result<(), String> {
    material::client_config(settings).map(|_| ()).map_err(|fault| fault.to_string())
}

#[test]
fn truststores_of_every_kind_are_read_whatever_their_type_setting_says() {
    for (name, password) in [
        ("trust.jks", Some("changeit")),
        ("trust.jks", None),
        ("trust.p12", Some("changeit")),
        ("ca.pem", None),
    ] {
        for kind in [StoreKind::Jks, StoreKind::Pkcs12, StoreKind::Pem] {
            if name == "trust.p12" && kind == StoreKind::Pem {
                continue;
            }
            let trust = Trust::Store(store(name, kind, password));
            let settings = TlsSettings { trust, ..trusting("") };
            assert_eq!(load(&settings), Ok(()), "{name} as {kind:?}");
        }
    }
}

#[test]
fn keystores_of_every_kind_are_read() {
    let ca = std::fs::read_to_string(fixture("ca.pem")).unwrap();
    for (name, kind, password, key_password) in [
        ("client.jks", StoreKind::Jks, Some("changeit"), None),
        ("client.jks", StoreKind::Jks, Some("changeit"), Some("changeit")),
        ("client.p12", StoreKind::Pkcs12, Some("changeit"), None),
        ("client-encrypted.pem", StoreKind::Pem, None, Some("keypass")),
    ] {
        let identity = Identity::Store {
            store: store(name, kind, password),
            key_password: key_password.map(Secret::new),
        };
        let settings = TlsSettings { identity: Some(identity), ..trusting(&ca) };
        assert_eq!(load(&settings), Ok(()), "{name}");
    }
}

#[test]
fn a_store_that_cannot_be_opened_names_its_key_and_never_its_password() {
    let ca = std::fs::read_to_string(fixture("ca.pem")).unwrap();
    for (name, problem) in [
        ("trust.jks", "password is wrong"),
        ("trust.p12", "password is wrong"),
        ("absent.jks", "cannot be read"),
        ("README.md", "cannot be"),
    ] {
        let trust = Trust::Store(store(name, StoreKind::Jks, Some("hunter2")));
        let error = load(&TlsSettings { trust, ..trusting("") }).unwrap_err();
        assert!(error.contains("ssl.truststore.") && error.contains(problem), "{error}");
        assert!(!error.contains("hunter2"));
    }
    for (name, password, key_password, problem) in [
        ("client.jks", Some("hunter2"), None, "password is wrong"),
        ("client.jks", Some("changeit"), Some("hunter2"), "password of its key is wrong"),
        ("client.jks", None, None, "it is missing"),
        ("client.p12", Some("hunter2"), None, "password is wrong"),
        ("client-encrypted.pem", None, Some("hunter2"), "does not open"),
        ("client-encrypted.pem", None, None, "ssl.key.password is not set"),
        ("ca.pem", None, None, "no private key"),
    ] {
        let identity = Identity::Store {
            store: store(name, StoreKind::Jks, password),
            key_password: key_password.map(Secret::new),
        };
        let error = load(&TlsSettings { identity: Some(identity), ..trusting(&ca) }).unwrap_err();
        assert!(error.contains("ssl.keystore.") && error.contains(problem), "{name}: {error}");
        assert!(!error.contains("hunter2"));
    }
}
