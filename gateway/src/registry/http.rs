//! Asking a registry over HTTP: each address in turn, bounded in time and size, never led elsewhere.

use std::{
    error::Error as _,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use axum::http::{
    HeaderValue, Request, Response, StatusCode, Uri,
    header::{ACCEPT, AUTHORIZATION, LOCATION, USER_AGENT},
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use bytes::Bytes;
use drawbridge_kafka::settings::{RegistryLogin, RegistrySettings, RegistryUrl};
use http_body_util::{BodyExt, Empty, LengthLimitError, Limited};
use hyper::body::Incoming;
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::TokioExecutor,
};
use tokio::sync::OnceCell;

use super::{tls, trouble::Trouble};

/// Bytes of an answer at most.
const LARGEST: usize = 4 << 20;
/// Redirects that are followed, all of them on the same host.
const REDIRECTS: usize = 3;
const KINDS: &str = "application/vnd.schemaregistry.v1+json, application/json";

/// What came of asking.
pub(super) enum Answer {
    Found(Bytes),
    /// There is no such thing.
    Missing,
}

/// The addresses of a registry with connections to them.
pub(super) struct Http {
    settings: RegistrySettings,
    client: OnceCell<Client<HttpsConnector<HttpConnector>, Empty<Bytes>>>,
    /// The address that answered last.
    good: AtomicUsize,
}

impl Http {
    pub(super) fn new(settings: RegistrySettings) -> Self {
        Self { settings, client: OnceCell::new(), good: AtomicUsize::new(0) }
    }

    /// The first address, for people.
    pub(super) fn address(&self) -> String {
        self.settings.urls.first().map(ToString::to_string).unwrap_or_default()
    }

    /// Asks for a path, which begins with a slash.
    pub(super) async fn get(&self, path: &str) -> Result<Answer, Trouble> {
        let urls = &self.settings.urls;
        let first = self.good.load(Ordering::Relaxed);
        let mut trouble =
            Trouble::registry("no registry is configured", "Set schema.registry.url.");
        for at in (0..urls.len()).map(|n| (first + n) % urls.len().max(1)) {
            let Some(url) = urls.get(at) else { continue };
            match self.ask(url, path).await {
                Ok(answer) => {
                    self.good.store(at, Ordering::Relaxed);
                    return Ok(answer);
                }
                Err(why) => trouble = why,
            }
        }
        Err(trouble)
    }

    async fn ask(&self, url: &RegistryUrl, path: &str) -> Result<Answer, Trouble> {
        let patience = self.settings.connect + self.settings.read;
        match tokio::time::timeout(patience, self.exchange(url, path)).await {
            Ok(answer) => answer,
            Err(_) => {
                Err(unreachable(url, &format!("no answer within {} ms", patience.as_millis())))
            }
        }
    }

    async fn exchange(&self, url: &RegistryUrl, path: &str) -> Result<Answer, Trouble> {
        let mut target = format!("{url}{path}");
        for _ in 0..=REDIRECTS {
            let response = self.send(url, &target).await?;
            let status = response.status();
            if !status.is_redirection() {
                return answer(url, status, response).await;
            }
            let there = response.headers().get(LOCATION).and_then(|value| value.to_str().ok());
            target = there.and_then(|there| beside(url, there)).ok_or_else(|| {
                Trouble::registry(
                    format!(
                        "the schema registry {url} sends to another address, which is not followed"
                    ),
                    "Set schema.registry.url to the address that answers itself.",
                )
            })?;
        }
        Err(Trouble::registry(
            format!("the schema registry {url} redirects in a circle"),
            "Set schema.registry.url to the address that answers itself.",
        ))
    }

    async fn send(&self, url: &RegistryUrl, target: &str) -> Result<Response<Incoming>, Trouble> {
        let client = self.client.get_or_try_init(|| self.connect()).await?;
        let mut request = Request::get(target)
            .header(ACCEPT, KINDS)
            .header(USER_AGENT, concat!("drawbridge/", env!("CARGO_PKG_VERSION")));
        if let Some(login) = self.login()? {
            request = request.header(AUTHORIZATION, login);
        }
        let request = request.body(Empty::new()).map_err(|_| {
            Trouble::registry(
                format!("{url} is no address that can be asked"),
                "Set schema.registry.url to http://host:port.",
            )
        })?;
        client.request(request).await.map_err(|error| {
            if let Some(trouble) = tls::trouble(url, &error, &self.settings.tls) {
                return trouble;
            }
            let mut words = error.to_string();
            let mut cause = error.source();
            while let Some(inner) = cause {
                words = inner.to_string();
                cause = inner.source();
            }
            unreachable(url, &words)
        })
    }

    async fn connect(
        &self,
    ) -> Result<Client<HttpsConnector<HttpConnector>, Empty<Bytes>>, Trouble> {
        let is_tls = self.settings.urls.iter().any(|url| url.is_tls);
        let tls = self.settings.tls.clone();
        // Reading stores and deriving keys from passwords would hold up a runtime thread.
        let reading = tokio::task::spawn_blocking(move || {
            if is_tls {
                return tls.client_config().map_err(|fault| fault.to_string());
            }
            let provider = Arc::new(rustls::crypto::ring::default_provider());
            let versions = rustls::ClientConfig::builder_with_provider(provider)
                .with_safe_default_protocol_versions()
                .map_err(|error| error.to_string())?;
            // Nothing is asked over it: no certificate needs to be trusted.
            Ok(versions
                .with_root_certificates(rustls::RootCertStore::empty())
                .with_no_client_auth())
        });
        let config = reading.await.unwrap_or_else(|error| Err(error.to_string()));
        let config = config.map_err(|why| {
            let cause = format!("the schema registry cannot be asked over TLS: {why}");
            Trouble::registry(cause, "Correct the schema.registry.ssl keys of the cluster.")
        })?;
        let mut tcp = HttpConnector::new();
        tcp.enforce_http(false);
        tcp.set_connect_timeout(Some(self.settings.connect));
        let builder = HttpsConnectorBuilder::new().with_tls_config(config);
        let connector = builder.https_or_http().enable_http1().wrap_connector(tcp);
        let mut client = Client::builder(TokioExecutor::new());
        client.pool_max_idle_per_host(2);
        Ok(client.build(connector))
    }

    fn login(&self) -> Result<Option<HeaderValue>, Trouble> {
        let text = match &self.settings.login {
            RegistryLogin::Nobody => return Ok(None),
            RegistryLogin::Basic { username, password } => {
                format!("Basic {}", STANDARD.encode(format!("{username}:{}", password.expose())))
            }
            RegistryLogin::Bearer(token) => format!("Bearer {}", token.expose()),
        };
        let mut value = HeaderValue::from_str(&text).map_err(|_| {
            Trouble::registry(
                "the token for the schema registry has signs that HTTP does not carry",
                "Correct bearer.auth.token of the cluster.",
            )
        })?;
        value.set_sensitive(true);
        Ok(Some(value))
    }
}

fn unreachable(url: &RegistryUrl, words: &str) -> Trouble {
    Trouble::registry(
        format!("the schema registry {url} cannot be reached: {words}"),
        "Check that it runs and that schema.registry.url of the cluster is right, then search again.",
    )
}

async fn answer(
    url: &RegistryUrl,
    status: StatusCode,
    response: Response<Incoming>,
) -> Result<Answer, Trouble> {
    match status {
        StatusCode::OK => {}
        StatusCode::NOT_FOUND => return Ok(Answer::Missing),
        StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => {
            return Err(Trouble::registry(
                format!("the schema registry {url} refuses this gateway ({status})"),
                "Check basic.auth.user.info or bearer.auth.token of the cluster, and what that user may read.",
            ));
        }
        _ => return Err(unreachable(url, &format!("it answers {status}"))),
    }
    let whole = Limited::new(response.into_body(), LARGEST).collect().await;
    whole.map(|whole| Answer::Found(whole.to_bytes())).map_err(|error| {
        if error.downcast_ref::<LengthLimitError>().is_some() {
            Trouble::registry(
                format!("the schema registry {url} answers with more than {} MiB", LARGEST >> 20),
                "Check that schema.registry.url of the cluster leads to a schema registry.",
            )
        } else {
            unreachable(url, &error.to_string())
        }
    })
}

/// Where a redirect leads, if that is on the same scheme, host and port: a login goes nowhere else.
fn beside(url: &RegistryUrl, there: &str) -> Option<String> {
    if there.starts_with('/') && !there.starts_with("//") {
        return Some(format!("{}{there}", RegistryUrl { path: String::new(), ..url.clone() }));
    }
    let target: Uri = there.parse().ok()?;
    let is_tls = match target.scheme_str()? {
        "https" => true,
        "http" => false,
        _ => return None,
    };
    let port = target.port_u16().unwrap_or(if is_tls { 443 } else { 80 });
    let authority = target.authority()?;
    let is_same = is_tls == url.is_tls
        && !authority.as_str().contains('@')
        && target.host()?.trim_matches(['[', ']']).eq_ignore_ascii_case(&url.host.host)
        && port == url.host.port;
    is_same.then(|| there.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_redirect_is_followed_on_the_same_host_only() {
        let url = RegistryUrl::parse("http://sr:8081/api").unwrap();
        let to = |there: &str| beside(&url, there);
        assert_eq!(to("/other?x=1").as_deref(), Some("http://sr:8081/other?x=1"));
        assert_eq!(to("http://SR:8081/a").as_deref(), Some("http://SR:8081/a"));
        for elsewhere in [
            "http://sr:8082/a",
            "https://sr:8081/a",
            "http://evil/a",
            "//evil/a",
            "http://sr:8081@evil/a",
            "http://u:p@sr:8081/a",
            "ftp://sr:8081/a",
            "",
        ] {
            assert_eq!(to(elsewhere), None, "{elsewhere}");
        }
    }
}
