//! Schema registries: schemas by their id, kept once read, and what is decoded with them.
//!
//! A schema never changes under its id, so it is read once. What cannot be read is remembered for a while as well:
//! records come by the million, and a registry that is down is not asked for each.

mod avro;
mod cache;
mod fetch;
mod http;
mod logical;
mod lookups;
mod out;
mod protobuf;
mod schema;
mod tls;
mod trouble;

use std::sync::{Arc, Mutex, PoisonError};

use drawbridge_kafka::settings::RegistrySettings;
use tokio::{sync::Semaphore, time::Instant};

pub(crate) use lookups::Lookups;
pub(crate) use schema::{Content, Measure, Schema};
pub(crate) use trouble::{Trouble, TroubleKind};

use self::{cache::Cache, http::Http};
use crate::shutdown::Tasks;

/// Schemas that are asked for at once.
const AT_ONCE: usize = 4;

/// What a record names its schema by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum SchemaKey {
    /// A number, before the data.
    Id(u32),
    /// A globally unique id, in a header.
    Guid(uuid::Uuid),
}

impl std::fmt::Display for SchemaKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Id(id) => write!(f, "schema {id}"),
            Self::Guid(guid) => write!(f, "schema {guid}"),
        }
    }
}

type Found = Result<Arc<Schema>, Trouble>;

/// A cluster's schema registry; cheap to clone.
#[derive(Clone)]
pub(crate) struct Registry {
    inner: Arc<Inner>,
}

struct Inner {
    http: Http,
    cache: Mutex<Cache>,
    places: Semaphore,
    tasks: Tasks,
}

impl std::fmt::Debug for Registry {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Registry").field("address", &self.inner.http.address()).finish()
    }
}

impl Registry {
    /// The registry that settings describe; nothing is asked yet.
    pub(crate) fn new(settings: RegistrySettings, tasks: Tasks) -> Self {
        let inner = Inner {
            http: Http::new(settings),
            cache: Mutex::default(),
            places: Semaphore::new(AT_ONCE),
            tasks,
        };
        Self { inner: Arc::new(inner) }
    }

    /// What is known of a schema now, if anything.
    pub(crate) fn peek(&self, key: SchemaKey) -> Option<Found> {
        self.cache(|cache| cache.get(key, Instant::now()))
    }

    /// A schema, read if it is not known. It is read to the end even when nobody waits any longer.
    pub(crate) async fn schema(&self, key: SchemaKey) -> Found {
        if let Some(found) = self.peek(key) {
            return found;
        }
        let registry = self.clone();
        let reading = self.inner.tasks.spawn("schema", async move { registry.read(key).await });
        reading.await.unwrap_or_else(|_| {
            Err(Trouble::registry("the gateway stops", "Search again when it runs."))
        })
    }

    async fn read(&self, key: SchemaKey) -> Found {
        let _place = self.inner.places.acquire().await;
        // Whoever had the place before may have asked for the same.
        if let Some(found) = self.peek(key) {
            return found;
        }
        let stopping = self.inner.tasks.stopping();
        let reading = stopping.run_until_cancelled(fetch::schema(&self.inner.http, key));
        let Some(found) = reading.await else {
            return Err(Trouble::registry("the gateway stops", "Search again when it runs."));
        };
        let found = found.map(Arc::new);
        if let Err(trouble) = &found {
            tracing::info!(%key, cause = trouble.cause, "schema not read");
        }
        self.cache(|cache| cache.put(key, found.clone(), Instant::now()));
        found
    }

    fn cache<T>(&self, work: impl FnOnce(&mut Cache) -> T) -> T {
        work(&mut self.inner.cache.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

#[cfg(test)]
pub(crate) mod tests;
