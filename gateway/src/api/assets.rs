//! The console's files, embedded in the binary.
//!
//! Hashed names never change their content and are kept forever by browsers; `index.html` is asked for
//! again each time and is also the answer for the console's own URLs.

use axum::{
    extract::Request,
    http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header},
    response::{IntoResponse, Response},
};

/// A file of the console with its compressed forms.
pub(super) struct File {
    name: &'static str,
    etag: &'static str,
    plain: &'static [u8],
    brotli: Option<&'static [u8]>,
    gzip: Option<&'static [u8]>,
}

#[allow(clippy::all, reason = "written by build.rs")]
mod embedded {
    use super::File;
    include!(concat!(env!("OUT_DIR"), "/console.rs"));
}

/// Changes whenever the gateway's sources or the console's files change.
pub const BUILD: &str = embedded::BUILD;

/// What the console may load and do; `{}` stands for the hashes of the page's own scripts.
fn content_security_policy() -> String {
    format!(
        "default-src 'none'; script-src 'self' 'wasm-unsafe-eval' {}; style-src 'self'; \
         style-src-attr 'unsafe-inline'; img-src 'self' data:; font-src 'self'; connect-src 'self'; \
         manifest-src 'self'; base-uri 'self'; form-action 'none'; frame-ancestors 'none'",
        embedded::SCRIPT_HASHES
    )
}

/// Serves a file of the console, or its page for the console's own URLs.
pub async fn serve(request: Request) -> Response {
    if !matches!(*request.method(), Method::GET | Method::HEAD) {
        let allow = [(header::ALLOW, "GET, HEAD")];
        return (StatusCode::METHOD_NOT_ALLOWED, allow, "only GET and HEAD here\n").into_response();
    }
    let path = request.uri().path().trim_start_matches('/');
    match find(path) {
        Some(file) => answer(file, request.headers()),
        None => (StatusCode::NOT_FOUND, "no such file\n").into_response(),
    }
}

fn find(path: &str) -> Option<&'static File> {
    let named = |name: &str| embedded::FILES.iter().find(|file| file.name == name);
    named(path).or_else(|| {
        // Topic names hold dots, so the last part of a console's URL may look like a file's name; but
        // the console's URLs have several parts, and its files lie at the top.
        let is_file = !path.contains('/') && path.contains('.');
        if is_file { None } else { named("index.html") }
    })
}

fn answer(file: &'static File, asked: &HeaderMap) -> Response {
    let accepted = Accepted::of(asked);
    let (body, encoding) = match (file.brotli, file.gzip) {
        (Some(brotli), _) if accepted.brotli => (brotli, Some("br")),
        (_, Some(gzip)) if accepted.gzip => (gzip, Some("gzip")),
        _ => (file.plain, None),
    };
    let etag = format!("\"{}{}\"", file.etag, encoding.unwrap_or_default());
    let mut headers = HeaderMap::new();
    let mut set = |name: HeaderName, value: &str| {
        if let Ok(value) = HeaderValue::from_str(value) {
            headers.insert(name, value);
        }
    };
    set(header::CONTENT_TYPE, content_type(file.name));
    set(header::ETAG, &etag);
    set(header::VARY, "accept-encoding");
    let is_page = file.name == "index.html";
    set(
        header::CACHE_CONTROL,
        if is_hashed(file.name) { "public, max-age=31536000, immutable" } else { "no-cache" },
    );
    if is_page {
        set(header::CONTENT_SECURITY_POLICY, &content_security_policy());
    }
    let known = asked.get_all(header::IF_NONE_MATCH).iter().filter_map(|value| value.to_str().ok());
    if known.flat_map(|value| value.split(',')).any(|value| {
        let value = value.trim();
        value == "*" || value.trim_start_matches("W/") == etag
    }) {
        return (StatusCode::NOT_MODIFIED, headers).into_response();
    }
    if let Some(encoding) = encoding {
        headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static(encoding));
    }
    (headers, body).into_response()
}

/// Trunk writes the hash of a file's content into its name: `console-1a2b3c4d5e6f7081_bg.wasm`.
fn is_hashed(name: &str) -> bool {
    let stem = name.rsplit_once('/').map_or(name, |(_, last)| last);
    stem.split(['-', '_', '.'])
        .any(|part| part.len() >= 12 && part.chars().all(|c| c.is_ascii_hexdigit()))
}

fn content_type(name: &str) -> &'static str {
    match name.rsplit_once('.').map_or("", |(_, extension)| extension) {
        "html" => "text/html; charset=utf-8",
        "js" | "mjs" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "wasm" => "application/wasm",
        "json" | "map" => "application/json",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "ico" => "image/x-icon",
        "woff2" => "font/woff2",
        "txt" => "text/plain; charset=utf-8",
        "webmanifest" => "application/manifest+json",
        _ => "application/octet-stream",
    }
}

/// The encodings a client takes.
#[derive(Debug, PartialEq, Eq)]
struct Accepted {
    brotli: bool,
    gzip: bool,
}

impl Accepted {
    fn of(headers: &HeaderMap) -> Self {
        let values = headers.get_all(header::ACCEPT_ENCODING).iter();
        let mut accepted = Self { brotli: false, gzip: false };
        let text: Vec<&str> = values.filter_map(|value| value.to_str().ok()).collect();
        for part in text.iter().flat_map(|value| value.split(',')) {
            let mut pieces = part.split(';');
            let coding = pieces.next().unwrap_or_default().trim().to_ascii_lowercase();
            let refused = pieces.any(|piece| {
                let weight = piece.trim().strip_prefix("q=").and_then(|q| q.parse::<f32>().ok());
                weight == Some(0.0)
            });
            match coding.as_str() {
                "br" => accepted.brotli = !refused,
                "gzip" | "x-gzip" => accepted.gzip = !refused,
                _ => {}
            }
        }
        accepted
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn accepted(value: &str) -> (bool, bool) {
        let mut headers = HeaderMap::new();
        headers.insert(header::ACCEPT_ENCODING, value.parse().unwrap());
        let accepted = Accepted::of(&headers);
        (accepted.brotli, accepted.gzip)
    }

    #[test]
    fn encodings_are_negotiated_with_weights() {
        assert_eq!(accepted("gzip, deflate, br, zstd"), (true, true));
        assert_eq!(accepted("br;q=0, gzip;q=0.5"), (false, true));
        assert_eq!(accepted("identity"), (false, false));
    }

    #[test]
    fn only_hashed_names_are_kept_forever() {
        assert!(is_hashed("drawbridge-console-1a2b3c4d5e6f7081_bg.wasm"));
        assert!(is_hashed("tokens-30b1c2d3e4f5a6b7.css"));
        assert!(!is_hashed("index.html"));
        assert!(!is_hashed("boot.js"));
    }

    #[test]
    fn urls_of_the_console_get_its_page_and_missing_files_do_not() {
        for page in ["", "clusters", "clusters/cloud/topics/orders.v1", "clusters/a.b"] {
            assert_eq!(find(page).unwrap().name, "index.html", "{page}");
        }
        assert!(find("old-1a2b3c4d5e6f7081.js").is_none());
    }

    #[tokio::test]
    async fn the_page_is_revalidated_and_an_unchanged_one_is_not_sent_again() {
        let get = |etag: Option<HeaderValue>| {
            let mut request = Request::new(axum::body::Body::empty());
            if let Some(etag) = etag {
                request.headers_mut().insert(header::IF_NONE_MATCH, etag);
            }
            serve(request)
        };
        let first = get(None).await;
        assert_eq!(first.status(), StatusCode::OK);
        assert_eq!(first.headers()[header::CACHE_CONTROL], "no-cache");
        let policy = first.headers()[header::CONTENT_SECURITY_POLICY].to_str().unwrap();
        assert!(policy.contains("wasm-unsafe-eval") && !policy.contains("'unsafe-inline'; script"));
        let again = get(Some(first.headers()[header::ETAG].clone())).await;
        assert_eq!(again.status(), StatusCode::NOT_MODIFIED);
    }
}
