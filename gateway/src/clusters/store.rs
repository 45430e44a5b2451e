//! Where clusters added from the console are kept: one `NAME.properties` each, readable by the owner only.

use std::{
    io::{self, Write},
    path::{Path, PathBuf},
};

use drawbridge_shared::{names::ClusterName, view::ClusterOrigin, wire::ErrorCode};

use super::{ClusterSpec, SpecFault};
use crate::refusal::Refusal;

const EXTENSION: &str = "properties";

/// A directory of properties files.
#[derive(Debug, Clone)]
pub struct Store {
    dir: PathBuf,
}

impl Store {
    /// The store in `dir`, which is made when the first cluster is kept.
    #[must_use]
    pub fn new(dir: PathBuf) -> Self {
        Self { dir }
    }

    /// The clusters kept. One that cannot be used does not hide the others.
    ///
    /// # Errors
    /// When the directory exists and cannot be read.
    pub fn load(&self) -> io::Result<Vec<Result<ClusterSpec, SpecFault>>> {
        let entries = match std::fs::read_dir(&self.dir) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            entries => entries?,
        };
        let mut specs = Vec::new();
        for entry in entries {
            let path = entry?.path();
            if path.extension().is_none_or(|extension| extension != EXTENSION) {
                continue;
            }
            let name = path.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default();
            match name.parse::<ClusterName>() {
                Ok(name) => specs.push(ClusterSpec::from_file(name, ClusterOrigin::Added, &path)),
                Err(error) => {
                    tracing::warn!(path = %path.display(), %error, "file is not named after a cluster");
                }
            }
        }
        Ok(specs)
    }

    /// Keeps a cluster's properties: all of them or none.
    ///
    /// # Errors
    /// `Internal`, with the operating system's words.
    pub async fn save(&self, name: &ClusterName, properties: &str) -> Result<(), Refusal> {
        let (dir, path, text) = (self.dir.clone(), self.path(name), properties.to_owned());
        self.run(name, "written", move || write_private(&dir, &path, &text)).await
    }

    /// Forgets a cluster's properties.
    ///
    /// # Errors
    /// `Internal`, with the operating system's words.
    pub async fn delete(&self, name: &ClusterName) -> Result<(), Refusal> {
        let path = self.path(name);
        self.run(name, "deleted", move || match std::fs::remove_file(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            result => result,
        })
        .await
    }

    fn path(&self, name: &ClusterName) -> PathBuf {
        self.dir.join(format!("{name}.{EXTENSION}"))
    }

    async fn run<F>(&self, name: &ClusterName, done: &str, work: F) -> Result<(), Refusal>
    where
        F: FnOnce() -> io::Result<()> + Send + 'static,
    {
        let result = tokio::task::spawn_blocking(work)
            .await
            .unwrap_or_else(|error| Err(io::Error::other(error)));
        result.map_err(|error| {
            let path = self.path(name);
            Refusal::new(ErrorCode::Internal, format!("{} could not be {done}", path.display()))
                .cause(error.to_string())
                .remedy(
                    "Check that the gateway may write to its clusters directory (clusters_dir).",
                )
        })
    }
}

/// Writes beside the file and renames, so that a crash leaves the old file or the new one.
fn write_private(dir: &Path, path: &Path, text: &str) -> io::Result<()> {
    use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
    std::fs::DirBuilder::new().recursive(true).mode(0o700).create(dir)?;
    let beside = path.with_extension("properties.new");
    match std::fs::remove_file(&beside) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut file =
        std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(&beside)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    std::fs::rename(&beside, path)?;
    std::fs::File::open(dir)?.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "bootstrap.servers=localhost:9092\n";

    #[tokio::test]
    async fn a_kept_cluster_comes_back_and_only_its_owner_may_read_it() {
        use std::os::unix::fs::PermissionsExt;
        let home = tempfile::tempdir().unwrap();
        let store = Store::new(home.path().join("drawbridge/clusters"));
        assert!(store.load().unwrap().is_empty());
        store.save(&"cloud".parse().unwrap(), TEXT).await.unwrap();
        store.save(&"cloud".parse().unwrap(), TEXT).await.unwrap();

        let kept = store.load().unwrap();
        assert_eq!(kept.len(), 1);
        let spec = kept[0].as_ref().unwrap();
        assert_eq!((spec.name.as_str(), spec.origin), ("cloud", ClusterOrigin::Added));
        let mode = std::fs::metadata(store.path(&spec.name)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);

        store.delete(&"cloud".parse().unwrap()).await.unwrap();
        assert!(store.load().unwrap().is_empty());
    }

    #[tokio::test]
    async fn a_broken_file_does_not_hide_the_others() {
        let home = tempfile::tempdir().unwrap();
        let store = Store::new(home.path().to_owned());
        store.save(&"good".parse().unwrap(), TEXT).await.unwrap();
        store.save(&"bad".parse().unwrap(), "bootstrap.server=h:1").await.unwrap();
        let kept = store.load().unwrap();
        assert_eq!(kept.iter().filter(|spec| spec.is_ok()).count(), 1);
        assert_eq!(kept.iter().filter(|spec| spec.is_err()).count(), 1);
    }

    #[tokio::test]
    async fn a_directory_that_cannot_be_written_is_named() {
        let home = tempfile::tempdir().unwrap();
        let file = home.path().join("file");
        std::fs::write(&file, "").unwrap();
        let refusal =
            Store::new(file.join("sub")).save(&"a".parse().unwrap(), TEXT).await.unwrap_err();
        assert!(refusal.message.contains("a.properties"), "{refusal:?}");
        assert!(refusal.remedy.unwrap().contains("clusters_dir"));
    }
}
