//! A registry behind TLS, its certificate from a CA of its own.

use std::{io::Write as _, net::SocketAddr};

use drawbridge_kafka::{ConnectionSettings, Properties};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair};
use rustls::{RootCertStore, ServerConfig, server::WebPkiClientVerifier};
use tempfile::NamedTempFile;
use tokio::net::TcpStream;
use tokio_rustls::TlsAcceptor;

use super::*;

type Authority = CertifiedIssuer<'static, KeyPair>;

fn authority(name: &str) -> Authority {
    let mut params = CertificateParams::default();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.distinguished_name.push(DnType::CommonName, name);
    CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap()
}

/// Takes TLS connections for a registry that speaks none, with a certificate for `name`; `clients` signs the
/// certificates that it wants to see.
async fn terminator(
    registry: &FakeRegistry,
    by: &Authority,
    name: &str,
    clients: Option<&Authority>,
) -> u16 {
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
    let key = KeyPair::generate().unwrap();
    let certificate =
        CertificateParams::new(vec![name.to_owned()]).unwrap().signed_by(&key, by).unwrap();
    let config = builder
        .with_single_cert(
            vec![certificate.der().clone()],
            rustls::pki_types::PrivateKeyDer::Pkcs8(key.serialize_der().into()),
        )
        .unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let behind: SocketAddr = registry.address.trim_start_matches("http://").parse().unwrap();
    tokio::spawn(async move {
        let acceptor = TlsAcceptor::from(Arc::new(config));
        while let Ok((stream, _)) = listener.accept().await {
            let acceptor = acceptor.clone();
            tokio::spawn(async move {
                let Ok(mut outside) = acceptor.accept(stream).await else { return };
                let mut inside = TcpStream::connect(behind).await.unwrap();
                tokio::io::copy_bidirectional(&mut outside, &mut inside).await.ok();
            });
        }
    });
    port
}

/// A registry as a cluster's properties file describes it.
fn configured(keys: &str) -> Registry {
    let text = format!("bootstrap.servers=localhost:9092\n{keys}");
    let properties = Properties::parse(&text, "cloud.properties").unwrap();
    let settings = ConnectionSettings::from_properties(&properties).unwrap();
    Registry::new(settings.schema_registry.unwrap(), Tasks::default())
}

fn file(pem: &str) -> NamedTempFile {
    let mut file = NamedTempFile::new().unwrap();
    file.write_all(pem.as_bytes()).unwrap();
    file
}

/// The keys for a registry at a port, trusting a CA.
fn trusting(port: u16, by: &NamedTempFile) -> String {
    format!(
        "schema.registry.url=https://localhost:{port}\n\
         schema.registry.ssl.truststore.type=PEM\n\
         schema.registry.ssl.truststore.location={}\n",
        by.path().display()
    )
}

async fn trouble(keys: &str) -> Trouble {
    configured(keys).schema(SchemaKey::Id(1)).await.unwrap_err()
}

#[tokio::test]
async fn a_registry_whose_ca_is_trusted_is_asked_over_tls_and_any_other_is_not() {
    let fake = FakeRegistry::start().await;
    fake.put(1, "n-value", "AVRO", LONG, &json!([]));
    let (own, other) = (authority("own"), authority("other"));
    let port = terminator(&fake, &own, "localhost", None).await;
    let (own, other) = (file(&own.pem()), file(&other.pem()));
    let schema = configured(&trusting(port, &own)).schema(SchemaKey::Id(1)).await.unwrap();
    assert_eq!(text(&schema, &[2]), r#"{"n":1}"#);
    let n_asked = fake.asked().len();
    let system = format!("schema.registry.url=https://localhost:{port}");
    for keys in [trusting(port, &other), system] {
        let trouble = trouble(&keys).await;
        assert_eq!(trouble.kind, TroubleKind::Registry);
        assert!(trouble.cause.contains(&format!("https://localhost:{port}")), "{trouble:?}");
        assert!(trouble.cause.contains("not signed by a trusted CA"), "{trouble:?}");
        let setting = "schema.registry.ssl.truststore.location";
        assert!(trouble.remedy.contains(setting), "{trouble:?}");
    }
    assert_eq!(fake.asked().len(), n_asked, "nothing is sent to a registry that is not trusted");
}

#[tokio::test]
async fn a_certificate_for_another_name_is_told_as_that() {
    let fake = FakeRegistry::start().await;
    let own = authority("own");
    let port = terminator(&fake, &own, "registry.example", None).await;
    let store = file(&own.pem());
    let trouble = trouble(&trusting(port, &store)).await;
    assert!(trouble.cause.contains("for another name"), "{trouble:?}");
    assert!(trouble.remedy.contains("schema.registry.url"), "{trouble:?}");
}

#[tokio::test]
async fn a_registry_that_wants_a_certificate_gets_the_configured_one() {
    let fake = FakeRegistry::start().await;
    fake.put(1, "n-value", "AVRO", LONG, &json!([]));
    let own = authority("own");
    let port = terminator(&fake, &own, "localhost", Some(&own)).await;
    let store = file(&own.pem());
    let trusting = trusting(port, &store);
    let refused = trouble(&trusting).await;
    assert!(refused.cause.contains("wants a certificate"), "{refused:?}");
    assert!(refused.remedy.contains("schema.registry.ssl.keystore.location"), "{refused:?}");

    let identity = |by: &Authority| {
        let key = KeyPair::generate().unwrap();
        let params = CertificateParams::new(vec!["gateway".to_owned()]).unwrap();
        let certificate = params.signed_by(&key, by).unwrap();
        let store = file(&format!("{}{}", certificate.pem(), key.serialize_pem()));
        let keys = format!(
            "{trusting}schema.registry.ssl.keystore.type=PEM\n\
             schema.registry.ssl.keystore.location={}\n",
            store.path().display()
        );
        (store, keys)
    };
    let (_store, keys) = identity(&own);
    assert!(configured(&keys).schema(SchemaKey::Id(1)).await.is_ok());
    let (_store, keys) = identity(&authority("other"));
    let refused = trouble(&keys).await;
    assert!(refused.cause.contains("refuses the gateway's certificate"), "{refused:?}");
    assert!(refused.remedy.contains("schema.registry.ssl.keystore.location"), "{refused:?}");
}

#[tokio::test]
async fn https_to_a_registry_that_speaks_http_says_so() {
    let fake = FakeRegistry::start().await;
    let address = fake.address.replace("http://", "https://");
    let trouble = trouble(&format!("schema.registry.url={address}")).await;
    assert!(trouble.cause.contains("not in TLS"), "{trouble:?}");
    assert!(trouble.remedy.contains("schema.registry.url"), "{trouble:?}");
}
