//! A certificate authority of one cluster's own, with the certificates tests need: good ones, an
//! expired one, one of another host, and an authority nobody should trust.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, Result, ensure};
use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose, SubjectPublicKeyInfo,
};
use time::{Duration, OffsetDateTime};
use x509_parser::pem::parse_x509_pem;

/// PEM files in one directory. Identities hold the private key and the certificate in one file, as
/// Kafka's `ssl.keystore.type=PEM` wants them.
#[derive(Debug)]
pub struct Certificates {
    dir: PathBuf,
    issuer: Issuer<'static, KeyPair>,
}

/// Java key and trust stores of one client, made by `keytool`.
#[derive(Debug)]
pub struct Stores {
    /// Trust store, JKS.
    pub truststore_jks: PathBuf,
    /// Trust store, PKCS#12.
    pub truststore_p12: PathBuf,
    /// Key store, JKS.
    pub keystore_jks: PathBuf,
    /// Key store, PKCS#12.
    pub keystore_p12: PathBuf,
    /// The password of all of them, and of the keys inside.
    pub password: &'static str,
}

impl Certificates {
    /// Makes the authority, the certificates of servers on this machine that are also known as `host`, and
    /// one client certificate per name (`CN=<name>`) in `dir`.
    ///
    /// # Errors
    /// `dir` cannot be written.
    pub fn create<'a>(
        dir: &Path,
        host: &str,
        clients: impl IntoIterator<Item = &'a str>,
    ) -> Result<Self> {
        fs::create_dir_all(dir)?;
        let (issuer, ca) = authority("Drawbridge test authority")?;
        fs::write(dir.join("ca.pem"), ca)?;
        let (_, wrong) = authority("Somebody else's authority")?;
        fs::write(dir.join("wrong-ca.pem"), wrong)?;
        let made = Self { dir: dir.to_owned(), issuer };
        let local = ["localhost", "127.0.0.1", host];
        made.identity("server", "broker", &local, 30)?;
        made.identity("expired-server", "broker", &local, -1)?;
        made.identity("other-server", "broker", &["kafka.elsewhere.example"], 30)?;
        for name in clients {
            made.identity(&format!("client-{name}"), name, &[], 30)?;
            made.identity(&format!("expired-client-{name}"), name, &[], -1)?;
        }
        Ok(made)
    }

    /// The authority's certificate.
    pub fn ca(&self) -> PathBuf {
        self.dir.join("ca.pem")
    }

    /// The certificate of an authority that signed nothing here.
    pub fn wrong_ca(&self) -> PathBuf {
        self.dir.join("wrong-ca.pem")
    }

    pub(super) fn server(&self) -> PathBuf {
        self.dir.join("server.pem")
    }

    pub(super) fn expired_server(&self) -> PathBuf {
        self.dir.join("expired-server.pem")
    }

    pub(super) fn other_server(&self) -> PathBuf {
        self.dir.join("other-server.pem")
    }

    /// Key and certificate of the client `CN=<name>`.
    pub fn client(&self, name: &str) -> PathBuf {
        self.dir.join(format!("client-{name}.pem"))
    }

    /// Key and certificate of the client `CN=<name>`, expired yesterday.
    pub fn expired_client(&self, name: &str) -> PathBuf {
        self.dir.join(format!("expired-client-{name}.pem"))
    }

    /// Java stores for the client `CN=<name>`: the key is `keytool`'s own, signed here.
    ///
    /// # Errors
    /// `keytool` is missing or refuses.
    pub fn stores(&self, name: &str) -> Result<Stores> {
        let at = |file: &str| self.dir.join(format!("{name}-{file}"));
        let stores = Stores {
            truststore_jks: at("truststore.jks"),
            truststore_p12: at("truststore.p12"),
            keystore_jks: at("keystore.jks"),
            keystore_p12: at("keystore.p12"),
            password: "changeit",
        };
        let (made, signed) = (at("made.pem"), at("signed.pem"));
        let p12 = &["-storetype", "PKCS12", "-storepass", stores.password][..];
        let jks = &["-storetype", "JKS", "-storepass", stores.password][..];
        let ca = path(&self.ca());
        let (keystore, made_path, signed_path) =
            (path(&stores.keystore_p12), path(&made), path(&signed));
        let subject = format!("CN={name}");
        keytool(
            p12,
            &[
                "-genkeypair",
                "-alias",
                "key",
                "-keyalg",
                "EC",
                "-groupname",
                "secp256r1",
                "-dname",
                &subject,
                "-keystore",
                &keystore,
            ],
        )?;
        keytool(
            p12,
            &["-exportcert", "-rfc", "-alias", "key", "-keystore", &keystore, "-file", &made_path],
        )?;
        let (_, made_pem) = parse_x509_pem(&fs::read(&made)?)?;
        let key = SubjectPublicKeyInfo::from_der(made_pem.parse_x509()?.public_key().raw)?;
        fs::write(&signed, identity(name, &[], 30)?.signed_by(&key, &self.issuer)?.pem())?;
        let import = |store: &[&str], alias: &str, file: &str, keystore: &str| {
            keytool(
                store,
                &[
                    "-importcert",
                    "-noprompt",
                    "-alias",
                    alias,
                    "-file",
                    file,
                    "-keystore",
                    keystore,
                ],
            )
        };
        import(p12, "ca", &ca, &keystore)?;
        import(p12, "key", &signed_path, &keystore)?;
        import(p12, "ca", &ca, &path(&stores.truststore_p12))?;
        import(jks, "ca", &ca, &path(&stores.truststore_jks))?;
        keytool(
            &["-srcstoretype", "PKCS12", "-srcstorepass", stores.password],
            &[
                "-importkeystore",
                "-noprompt",
                "-srckeystore",
                &keystore,
                "-deststoretype",
                "JKS",
                "-deststorepass",
                stores.password,
                "-destkeystore",
                &path(&stores.keystore_jks),
            ],
        )?;
        Ok(stores)
    }

    fn identity(&self, file: &str, name: &str, hosts: &[&str], days: i64) -> Result<()> {
        let key = KeyPair::generate()?;
        let certificate = identity(name, hosts, days)?.signed_by(&key, &self.issuer)?;
        let text = format!("{}{}", key.serialize_pem(), certificate.pem());
        fs::write(self.dir.join(format!("{file}.pem")), text)?;
        Ok(())
    }
}

/// `CN=<name>`, good for servers and clients.
fn identity(name: &str, hosts: &[&str], days: i64) -> Result<CertificateParams> {
    let hosts: Vec<String> = hosts.iter().map(ToString::to_string).collect();
    let mut params = CertificateParams::new(hosts)?;
    params.distinguished_name = rcgen::DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, name);
    params.extended_key_usages =
        vec![ExtendedKeyUsagePurpose::ServerAuth, ExtendedKeyUsagePurpose::ClientAuth];
    validity(&mut params, days);
    Ok(params)
}

fn authority(name: &str) -> Result<(Issuer<'static, KeyPair>, String)> {
    let mut params = CertificateParams::default();
    params.distinguished_name = rcgen::DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, name);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    validity(&mut params, 60);
    let key = KeyPair::generate()?;
    let certificate = params.self_signed(&key)?.pem();
    Ok((Issuer::new(params, key), certificate))
}

/// Valid from two days ago until `days` from now.
fn validity(params: &mut CertificateParams, days: i64) {
    let now = OffsetDateTime::now_utc();
    params.not_before = now - Duration::days(2);
    params.not_after = now + Duration::days(days);
}

fn path(path: &Path) -> String {
    path.to_string_lossy().into_owned()
}

fn keytool(store: &[&str], arguments: &[&str]) -> Result<()> {
    let output = Command::new("keytool")
        .args(arguments)
        .args(store)
        .output()
        .context("running keytool (part of every Java runtime)")?;
    ensure!(
        output.status.success(),
        "keytool {arguments:?}: {}",
        String::from_utf8_lossy(&output.stdout)
    );
    Ok(())
}
