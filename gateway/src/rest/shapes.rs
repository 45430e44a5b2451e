//! What all answers are made of: kind, metadata, hrefs to related things.

use axum::http::{HeaderMap, header};
use serde::Serialize;

/// A single thing: its kind and metadata around its own fields.
#[derive(Debug, Serialize)]
pub(super) struct Resource<T> {
    kind: &'static str,
    metadata: ResourceMetadata,
    #[serde(flatten)]
    fields: T,
}

#[derive(Debug, Serialize)]
struct ResourceMetadata {
    #[serde(rename = "self")]
    url: String,
    resource_name: Option<String>,
}

/// A page of things.
#[derive(Debug, Serialize)]
pub(super) struct Collection<T> {
    kind: &'static str,
    metadata: CollectionMetadata,
    data: Vec<Resource<T>>,
}

#[derive(Debug, Serialize)]
struct CollectionMetadata {
    #[serde(rename = "self")]
    url: String,
    next: Option<String>,
}

/// Where something related is found.
#[derive(Debug, Serialize)]
pub(super) struct Related {
    related: String,
}

/// Makes the addresses in answers: as the client came, so that it can follow them.
#[derive(Debug, Clone)]
pub(super) struct Hrefs {
    base: String,
}

impl Hrefs {
    pub(super) fn of(headers: &HeaderMap) -> Self {
        let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
        let host = text(header::HOST.as_str()).unwrap_or("localhost");
        let scheme = match text("x-forwarded-proto") {
            Some("https") => "https",
            _ => "http",
        };
        Self { base: format!("{scheme}://{host}/kafka/v3/clusters") }
    }

    /// The address of the thing that `path` names, from the cluster's id on.
    pub(super) fn url(&self, path: &[&str]) -> String {
        let mut url = self.base.clone();
        for part in path {
            url.push('/');
            url.push_str(part);
        }
        url
    }

    pub(super) fn related(&self, path: &[&str]) -> Related {
        Related { related: self.url(path) }
    }

    /// A thing at `path` with its name in the `crn:///` scheme.
    pub(super) fn resource<T>(
        &self,
        kind: &'static str,
        path: &[&str],
        name: &str,
        fields: T,
    ) -> Resource<T> {
        let metadata =
            ResourceMetadata { url: self.url(path), resource_name: Some(format!("crn:///{name}")) };
        Resource { kind, metadata, fields }
    }

    /// A thing at `path` of a kind that has no name in the `crn:///` scheme.
    pub(super) fn unnamed<T>(&self, kind: &'static str, path: &[&str], fields: T) -> Resource<T> {
        let metadata = ResourceMetadata { url: self.url(path), resource_name: None };
        Resource { kind, metadata, fields }
    }

    /// All things at `path`, in one page.
    pub(super) fn collection<T>(
        &self,
        kind: &'static str,
        path: &[&str],
        data: Vec<Resource<T>>,
    ) -> Collection<T> {
        Collection { kind, metadata: CollectionMetadata { url: self.url(path), next: None }, data }
    }
}
