//! What can be wrong between a client and a cluster: each cause is told apart, with a remedy, by calls
//! and by the probe alike, and the probe says at which step.

use std::time::Duration;

use anyhow::{Context, Result};
use drawbridge_kafka::{
    Client, ConnectCause, Error, Stage,
    probe::{Outcome, ProbeReport, Step, probe},
};
use drawbridge_tests::bed::{Cluster, Door, Version, gallery};

use super::settings;

/// Fails within seconds, so that a test does not wait for what will not come.
fn impatient(text: &str) -> String {
    format!(
        "{text}\nsocket.connection.setup.timeout.ms=2000\ndefault.api.timeout.ms=4000\nrequest.timeout.ms=3000\n"
    )
}

/// What a call and the probe make of these properties.
async fn try_both(text: &str) -> Result<(Error, ProbeReport)> {
    let settings = settings(&impatient(text))?;
    let error = Client::new(settings.clone())?
        .describe_cluster()
        .await
        .err()
        .context("the cluster can be described, which was not to be")?;
    Ok((error, probe(&settings).await))
}

/// Checks stage, cause and step, and that both carry words for people and no secret.
async fn expect(text: &str, stage: Stage, cause: ConnectCause, step: Step) -> Result<()> {
    let (error, report) = try_both(text).await?;
    let Error::Connect(connect) = &error else { anyhow::bail!("{error:?} is no connect error") };
    assert_eq!((connect.stage, connect.cause), (stage, cause), "{error}");
    assert!(connect.remedy.len() > 10 && !connect.target.is_empty(), "{error}");
    assert!(!report.is_ok());
    let failed = report.failure().context("a failed step")?;
    assert_eq!(failed.step, step, "{report:?}");
    let Outcome::Failed { summary, remedy, .. } = &failed.outcome else { unreachable!() };
    assert!(summary.len() > 10 && remedy.len() > 10, "{summary} / {remedy}");
    let everything = format!("{error} {error:?} {report:?}");
    for secret in ["admin-secret", "changeit", "not the password"] {
        assert!(!everything.contains(secret), "{everything}");
    }
    Ok(())
}

async fn cluster() -> Result<&'static Cluster> {
    gallery(Version::V4).await
}

macro_rules! refusals {
    ($($(#[$doc:meta])* $name:ident($cluster:ident) $text:expr => $stage:ident $cause:ident $step:ident;)*) => {
        $($(#[$doc])*
        #[tokio::test]
        async fn $name() {
            let $cluster = cluster().await.unwrap();
            let text: String = $text;
            expect(&text, Stage::$stage, ConnectCause::$cause, Step::$step).await.unwrap();
        })*
    };
}

refusals! {
    an_unresolvable_host_is_told(_cluster)
        "bootstrap.servers=no-such-host.invalid:9092".to_owned()
        => Dns UnknownHost Resolve;
    a_port_nobody_listens_on_is_told(_cluster)
        format!("bootstrap.servers={}", closed_port()) => Tcp Refused Connect;
    tls_to_a_plaintext_port_is_told(c)
        c.properties_of(Door::Tls, "admin").replace(&c.bootstrap_of(Door::Tls), &c.back_door())
        => Tls TlsToPlaintext Tls;
    sasl_over_tls_to_a_sasl_plaintext_port_is_told(c)
        c.properties_of(Door::SaslSsl, "admin")
            .replace(&c.bootstrap_of(Door::SaslSsl), &c.bootstrap_of(Door::Scram))
        => Tls TlsToPlaintext Tls;
    plaintext_to_a_tls_port_is_told(c)
        format!("bootstrap.servers={}", c.bootstrap_of(Door::Tls))
        => ApiVersions PlaintextToTls Tls;
    sasl_plaintext_to_a_tls_port_is_told(c)
        c.properties_of(Door::Scram, "admin")
            .replace(&c.bootstrap_of(Door::Scram), &c.bootstrap_of(Door::SaslSsl))
        => ApiVersions PlaintextToTls Tls;
    a_wrong_authority_is_told(c)
        c.properties_of(Door::Tls, "admin").replace("/ca.pem", "/wrong-ca.pem")
        => Tls UntrustedCertificate Tls;
    an_expired_server_certificate_is_told(c)
        c.properties_of(Door::ExpiredTls, "admin") => Tls ExpiredCertificate Tls;
    a_certificate_of_another_host_is_told(c)
        c.properties_of(Door::OtherNameTls, "admin") => Tls HostnameMismatch Tls;
    a_missing_client_certificate_is_told(c)
        c.properties_of(Door::Tls, "admin")
            .replace(&c.bootstrap_of(Door::Tls), &c.bootstrap_of(Door::Mtls))
        => Tls ClientCertificateRequired Tls;
    an_expired_client_certificate_is_told(c)
        c.properties_of(Door::Mtls, "admin").replace("/client-admin", "/expired-client-admin")
        => Tls ClientCertificateRejected Tls;
    a_wrong_scram_password_is_told(c)
        c.properties_of(Door::Scram, "admin").replace("admin-secret", "not the password")
        => Sasl BadCredentials Authenticate;
    a_wrong_plain_password_is_told(c)
        c.properties_of(Door::SaslSsl, "admin").replace("admin-secret", "not the password")
        => Sasl BadCredentials Authenticate;
    an_unknown_user_is_told(c)
        c.properties_of(Door::Scram, "admin").replace("\"admin\"", "\"nobody\"")
        => Sasl BadCredentials Authenticate;
    a_mechanism_the_listener_lacks_is_told(c)
        c.properties_of(Door::Scram, "admin")
            .replace(&c.bootstrap_of(Door::Scram), &c.bootstrap_of(Door::SaslPlain))
        => Sasl MechanismNotEnabled Authenticate;
    sasl_to_a_listener_without_it_is_told(c)
        c.properties_of(Door::Scram, "admin").replace(&c.bootstrap_of(Door::Scram), &c.back_door())
        => Sasl SaslNotEnabled Authenticate;
}

/// A loopback address where nobody listens: it was bound and given back.
fn closed_port() -> std::net::SocketAddr {
    std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap()
}

#[tokio::test]
async fn no_login_where_one_is_demanded_is_told() {
    let cluster = cluster().await.unwrap();
    let text = format!("bootstrap.servers={}", cluster.bootstrap_of(Door::Scram));
    let (error, report) = try_both(&text).await.unwrap();
    let Error::Connect(connect) = &error else { panic!("{error:?} is no connect error") };
    assert_eq!(connect.cause, ConnectCause::SaslRequired, "{error}");
    assert_eq!(report.failure().unwrap().step, Step::Authenticate);
}

#[tokio::test]
async fn a_host_that_swallows_packets_is_told_in_time() {
    // A full accept queue: connections beyond it get no answer, as from behind a silent firewall.
    let socket = tokio::net::TcpSocket::new_v4().unwrap();
    socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let listener = socket.listen(1).unwrap();
    let address = listener.local_addr().unwrap();
    let mut queued = Vec::new();
    while let Ok(Ok(stream)) =
        tokio::time::timeout(Duration::from_millis(300), tokio::net::TcpStream::connect(address))
            .await
    {
        queued.push(stream);
    }
    expect(
        &format!("bootstrap.servers={address}"),
        Stage::Tcp,
        ConnectCause::TimedOut,
        Step::Connect,
    )
    .await
    .unwrap();
}

#[tokio::test]
async fn a_second_bootstrap_server_is_used_when_the_first_is_dead() {
    let cluster = cluster().await.unwrap();
    let text = format!("bootstrap.servers={},{}", closed_port(), cluster.back_door());
    let client = Client::new(settings(&text).unwrap()).unwrap();
    assert_eq!(client.describe_cluster().await.unwrap().cluster_id, cluster.id());
    let report = probe(&settings(&text).unwrap()).await;
    assert!(report.cluster.is_some());
}

#[tokio::test]
async fn a_sound_connection_passes_every_step_of_the_probe() {
    for version in Version::ALL {
        let cluster = gallery(version).await.unwrap();
        for door in [Door::Plain, Door::Scram, Door::SaslSsl, Door::Tls, Door::Mtls] {
            let settings = settings(&cluster.properties_of(door, "admin")).unwrap();
            assert_eq!(settings.security_protocol(), door.protocol());
            let report = probe(&settings).await;
            assert!(report.is_ok(), "{door:?}: {report:?}");
            let found = report.cluster.unwrap();
            assert_eq!(found.description.cluster_id, cluster.id());
            let skipped = |step: Step| {
                report.steps.iter().any(|s| s.step == step && s.outcome == Outcome::Skipped)
            };
            assert_eq!(skipped(Step::Tls), !door.encrypted(), "{door:?}");
        }
    }
}

#[tokio::test]
async fn java_stores_are_read_as_they_are() {
    let cluster = cluster().await.unwrap();
    let stores = cluster.certificates().stores("alice").unwrap();
    let address = cluster.bootstrap_of(Door::Mtls);
    let pairs = [
        ("JKS", &stores.truststore_jks, &stores.keystore_jks),
        ("PKCS12", &stores.truststore_p12, &stores.keystore_p12),
    ];
    for (kind, trust, key) in pairs {
        let text = format!(
            "bootstrap.servers={address}\nsecurity.protocol=SSL\n\
             ssl.truststore.type={kind}\nssl.truststore.location={}\nssl.truststore.password={pw}\n\
             ssl.keystore.type={kind}\nssl.keystore.location={}\nssl.keystore.password={pw}\n\
             ssl.key.password={pw}\n",
            trust.display(),
            key.display(),
            pw = stores.password
        );
        let client = Client::new(settings(&text).unwrap()).unwrap();
        assert_eq!(client.describe_cluster().await.unwrap().cluster_id, cluster.id(), "{kind}");
        let wrong = settings(&text.replace(stores.password, "not the password")).unwrap();
        let report = probe(&wrong).await;
        assert_eq!(report.failure().unwrap().step, Step::Settings, "{kind}: {report:?}");
        let said = format!("{report:?}");
        assert!(!said.contains("not the password") && said.contains("store"), "{said}");
    }
}

#[tokio::test]
async fn a_truststore_that_is_not_there_is_named() {
    let cluster = cluster().await.unwrap();
    let text = cluster.properties_of(Door::Tls, "admin").replace("/ca.pem", "/nowhere.pem");
    let report = probe(&settings(&text).unwrap()).await;
    let failed = report.failure().unwrap();
    assert_eq!(failed.step, Step::Settings);
    assert!(format!("{:?}", failed.outcome).contains("nowhere.pem"), "{failed:?}");
}

#[tokio::test]
async fn hostname_verification_can_be_switched_off_as_in_java() {
    let cluster = cluster().await.unwrap();
    let text = cluster.properties_of(Door::OtherNameTls, "admin")
        + "\nssl.endpoint.identification.algorithm=\n";
    let client = Client::new(settings(&text).unwrap()).unwrap();
    assert_eq!(client.describe_cluster().await.unwrap().cluster_id, cluster.id());
}
