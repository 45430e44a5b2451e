//! Formatted storage, made once by Kafka's own `kafka-storage format` and copied for every broker.

use std::{
    fs,
    hash::{DefaultHasher, Hash as _, Hasher as _},
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, ensure};

use super::{
    User,
    jars::{Jars, lock},
};

/// What a fresh broker of a version, with these SCRAM users, finds in its log directory.
#[derive(Debug)]
pub(super) struct Template {
    checkpoint: PathBuf,
}

impl Template {
    /// Formats once per set of users; later calls, of any process, find the result in the cache.
    pub(super) fn prepare(jars: &Jars, users: &[User]) -> Result<Self> {
        let mut hasher = DefaultHasher::new();
        users.hash(&mut hasher);
        let dir = jars.home().join(format!("formatted-{:016x}", hasher.finish()));
        let template = Self { checkpoint: dir.join("bootstrap.checkpoint") };
        if template.checkpoint.is_file() {
            return Ok(template);
        }
        let _lock = lock(&jars.home().join("lock"))?;
        if template.checkpoint.is_file() {
            return Ok(template);
        }
        let incoming = tempfile::tempdir_in(jars.home())?;
        let config = incoming.path().join("format.properties");
        let data = incoming.path().join("data");
        fs::write(
            &config,
            format!(
                "process.roles=broker,controller\nnode.id=1\n\
                 controller.quorum.voters=1@127.0.0.1:2\nlisteners=PLAINTEXT://127.0.0.1:1,CONTROLLER://127.0.0.1:2\n\
                 listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT\n\
                 controller.listener.names=CONTROLLER\nlog.dirs={}\n",
                data.display()
            ),
        )?;
        let mut java = jars.java();
        java.args(["kafka.tools.StorageTool", "format", "-t", &random_id(), "-c"]).arg(&config);
        for user in users {
            for mechanism in ["SCRAM-SHA-256", "SCRAM-SHA-512"] {
                java.arg("--add-scram").arg(format!(
                    "{mechanism}=[name={},password={},iterations=4096]",
                    user.name, user.password
                ));
            }
        }
        let output = java.output().context("running java (version 17 or newer)")?;
        ensure!(
            output.status.success(),
            "Kafka's storage tool refused:\n{}{}",
            String::from_utf8_lossy(&output.stdout),
            String::from_utf8_lossy(&output.stderr)
        );
        fs::rename(&data, &dir)?;
        Ok(template)
    }

    /// Puts the formatted storage of node `node` of `cluster` into `data`.
    pub(super) fn instantiate(&self, data: &Path, cluster: &str, node: i32) -> Result<()> {
        fs::create_dir_all(data)?;
        fs::copy(&self.checkpoint, data.join("bootstrap.checkpoint"))?;
        let properties = format!(
            "version=1\ncluster.id={cluster}\nnode.id={node}\ndirectory.id={}\n",
            random_id()
        );
        fs::write(data.join("meta.properties"), properties)?;
        Ok(())
    }
}

/// An id as Kafka writes them: 16 random bytes in URL-safe base 64, never with a leading dash.
pub(super) fn random_id() -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let number = uuid::Uuid::new_v4().as_u128();
    // 22 digits of 6 bits hold 132 bits; the lowest 4 are padding.
    let digit = |place: u32| {
        let bits = if place == 21 { number << 4 } else { number >> (122 - 6 * place) };
        char::from(DIGITS[usize::try_from(bits & 0x3f).unwrap()])
    };
    let id: String = (0..22).map(digit).collect();
    if id.starts_with('-') { random_id() } else { id }
}
