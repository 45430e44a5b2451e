//! Which requests are let in: those to a name of this gateway, and from its own pages.
//!
//! A page of another site may make a browser send requests to `127.0.0.1`. Two checks keep it from driving
//! the gateway: the `Host` must be a loopback name or one that is allowed (else a name that resolves to a
//! loopback address would do: DNS rebinding), and a WebSocket or a request that changes something must
//! come from a page of the same host (`Origin`). Programs other than browsers send no `Origin`. What reads data or
//! makes the gateway work (`/export`, `/kafka`, `/metrics`) is not for other sites either, not even as a link or an
//! image (`Sec-Fetch-Site`); the console's own pages may be linked to from everywhere.

use std::{net::IpAddr, sync::Arc};

use axum::{
    body::Body,
    extract::{Request, State},
    http::{HeaderMap, Method, StatusCode, header},
    middleware::Next,
    response::{IntoResponse, Response},
};

use crate::metrics::Metrics;

/// Host names the gateway answers to, beside the loopback ones.
#[derive(Debug, Clone, Default)]
pub struct AllowedHosts(Vec<String>);

impl AllowedHosts {
    /// Names, each with or without a port; without one, any port is meant.
    pub fn new(names: impl IntoIterator<Item = String>) -> Self {
        let names = names.into_iter().map(|name| name.trim().to_ascii_lowercase());
        // An empty name would stand for every authority that cannot be read.
        Self(names.filter(|name| !name.is_empty()).collect())
    }

    fn lists(&self, authority: &str) -> bool {
        let authority = authority.to_ascii_lowercase();
        let host = host_of(&authority);
        self.0.iter().any(|allowed| *allowed == authority || *allowed == host)
    }

    /// Whether a `Host` names this gateway.
    fn names_us(&self, authority: &str) -> bool {
        is_loopback(host_of(authority)) || self.lists(authority)
    }

    /// Says why a request is not let in, if it is not.
    fn refusal(&self, method: &Method, path: &str, headers: &HeaderMap) -> Option<String> {
        let text =
            |name: header::HeaderName| headers.get(name).map(|value| value.to_str().unwrap_or(""));
        let Some(host) = text(header::HOST) else {
            return Some("the request has no Host header".to_owned());
        };
        if !self.names_us(host) {
            return Some(format!(
                "this gateway is not called '{host}'; use 127.0.0.1 or localhost, or add the name to \
                 allowed_hosts"
            ));
        }
        let is_reading = matches!(*method, Method::GET | Method::HEAD | Method::OPTIONS);
        if is_reading && !headers.contains_key(header::UPGRADE) && !is_work(path) {
            return None;
        }
        let Some(origin) = text(header::ORIGIN) else {
            // Browsers say where a request comes from even when they name no origin.
            let site =
                text(SEC_FETCH_SITE).filter(|site| matches!(*site, "cross-site" | "same-site"))?;
            return Some(format!(
                "pages of other sites may not use '{path}' of the gateway (Sec-Fetch-Site: {site}); open it from the \
                 console, or type its address"
            ));
        };
        let from = origin.split_once("://").map_or("", |(_, authority)| authority);
        if !from.is_empty() && (from.eq_ignore_ascii_case(host) || self.lists(from)) {
            return None;
        }
        Some(format!(
            "pages of '{origin}' may not use the gateway at '{host}'; open the console there, or add the \
             page's host to allowed_hosts"
        ))
    }
}

/// Set by browsers alone: pages cannot.
const SEC_FETCH_SITE: header::HeaderName = header::HeaderName::from_static("sec-fetch-site");

/// Whether reading there is more than opening the console.
fn is_work(path: &str) -> bool {
    path == "/metrics"
        || ["/export/", "/import/", "/kafka/"].iter().any(|work| path.starts_with(work))
}

/// The host of `host:port`, without brackets around an IPv6 address; empty if it is of another shape.
fn host_of(authority: &str) -> &str {
    let (host, rest) = match authority.strip_prefix('[') {
        Some(rest) => rest.split_once(']').unwrap_or_default(),
        None => authority.split_at(authority.find(':').unwrap_or(authority.len())),
    };
    let port = if rest.is_empty() { Some("") } else { rest.strip_prefix(':') };
    if port.is_some_and(|port| port.bytes().all(|b| b.is_ascii_digit())) { host } else { "" }
}

fn is_loopback(host: &str) -> bool {
    host.eq_ignore_ascii_case("localhost")
        || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

/// Refuses what may not come in.
pub(super) async fn check(
    State((hosts, metrics)): State<(AllowedHosts, Arc<Metrics>)>,
    request: Request,
    next: Next,
) -> Response {
    match hosts.refusal(request.method(), request.uri().path(), request.headers()) {
        None => next.run(request).await,
        Some(words) => {
            metrics.count_refused();
            tracing::warn!(reason = words, "request refused");
            refuse(request.uri().path(), &words)
        }
    }
}

fn refuse(path: &str, words: &str) -> Response {
    if path.starts_with("/kafka/") {
        return crate::rest::RestError::new(StatusCode::FORBIDDEN, 40301, words).into_response();
    }
    (StatusCode::FORBIDDEN, Body::from(format!("{words}\n"))).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(method: &Method, headers: &[(&str, &str)], allowed: &[&str]) -> Option<String> {
        check_at("/", method, headers, allowed)
    }

    fn check_at(
        path: &str,
        method: &Method,
        headers: &[(&str, &str)],
        allowed: &[&str],
    ) -> Option<String> {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.insert(
                header::HeaderName::from_bytes(name.as_bytes()).unwrap(),
                value.parse().unwrap(),
            );
        }
        AllowedHosts::new(allowed.iter().map(|name| (*name).to_owned())).refusal(method, path, &map)
    }

    #[test]
    fn loopback_names_and_addresses_are_ours() {
        for host in ["localhost:8080", "LOCALHOST", "127.0.0.1:8080", "127.1.2.3", "[::1]:8080"] {
            assert_eq!(check(&Method::GET, &[("host", host)], &[]), None, "{host}");
        }
    }

    #[test]
    fn a_name_that_merely_resolves_to_us_is_refused() {
        for host in
            ["evil.example:8080", "localhost.evil.example", "10.0.0.1", "127.0.0.1.nip.io", ""]
        {
            assert!(check(&Method::GET, &[("host", host)], &[]).is_some(), "{host}");
        }
        assert!(check(&Method::GET, &[], &[]).is_some());
        for host in [
            "[::1]evil.example",
            "[::1].evil.example:80",
            "localhost:80:80",
            "localhost:@evil",
            "::1",
        ] {
            assert!(check(&Method::GET, &[("host", host)], &[]).is_some(), "{host}");
            assert!(check(&Method::GET, &[("host", host)], &["", " "]).is_some(), "{host}");
        }
    }

    #[test]
    fn an_allowed_name_is_ours_with_any_port_unless_it_names_one() {
        let allowed = &["Bridge.example", "other.example:444"];
        assert_eq!(check(&Method::GET, &[("host", "bridge.example:8443")], allowed), None);
        assert_eq!(check(&Method::GET, &[("host", "other.example:444")], allowed), None);
        assert!(check(&Method::GET, &[("host", "other.example:8080")], allowed).is_some());
    }

    #[test]
    fn a_foreign_page_cannot_open_a_websocket() {
        let ours = [
            ("host", "localhost:8080"),
            ("upgrade", "websocket"),
            ("origin", "http://localhost:8080"),
        ];
        assert_eq!(check(&Method::GET, &ours, &[]), None);
        for origin in ["http://evil.example", "http://localhost:3000", "null", "https://localhost"]
        {
            let foreign =
                [("host", "localhost:8080"), ("upgrade", "websocket"), ("origin", origin)];
            let words = check(&Method::GET, &foreign, &[]).unwrap();
            assert!(words.contains(origin), "{words}");
        }
    }

    #[test]
    fn a_foreign_page_cannot_change_anything_and_a_program_can() {
        let foreign = [("host", "localhost:8080"), ("origin", "http://evil.example")];
        for method in [Method::POST, Method::PUT, Method::DELETE, Method::PATCH] {
            assert!(check(&method, &foreign, &[]).is_some());
            assert_eq!(check(&method, &foreign[..1], &[]), None);
        }
    }

    #[test]
    fn another_site_may_link_to_the_console_and_not_read_or_make_the_gateway_work() {
        let from = |site| [("host", "localhost:8080"), ("sec-fetch-site", site)];
        for path in ["/export/c/t", "/kafka/v3/clusters", "/metrics"] {
            for site in ["cross-site", "same-site"] {
                let words = check_at(path, &Method::GET, &from(site), &[]).unwrap();
                assert!(words.contains(path) && words.contains(site), "{words}");
            }
            for site in ["same-origin", "none"] {
                assert_eq!(check_at(path, &Method::GET, &from(site), &[]), None, "{path} {site}");
            }
            let program = [("host", "localhost:8080")];
            assert_eq!(check_at(path, &Method::GET, &program, &[]), None);
            let foreign = [("host", "localhost:8080"), ("origin", "http://evil.example")];
            assert!(check_at(path, &Method::GET, &foreign, &[]).is_some());
            assert_eq!(check_at(path, &Method::GET, &foreign, &["evil.example"]), None);
        }
        for path in ["/", "/clusters/c/topics/t", "/assets/app.js"] {
            assert_eq!(check_at(path, &Method::GET, &from("cross-site"), &[]), None, "{path}");
        }
        assert!(check(&Method::POST, &from("cross-site"), &[]).is_some());
    }

    #[test]
    fn a_reverse_proxys_page_is_let_in_when_its_host_is_allowed() {
        let proxied = [("host", "127.0.0.1:8080"), ("origin", "https://bridge.example")];
        assert!(check(&Method::POST, &proxied, &[]).is_some());
        assert_eq!(check(&Method::POST, &proxied, &["bridge.example"]), None);
    }
}
