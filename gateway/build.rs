//! Embeds the console's files, made by `./dev console`, into the binary.
//!
//! Reads `dist/` (or `DRAWBRIDGE_DIST`): every file, with `NAME.br` and `NAME.gz` beside it where there are
//! any. Without it a page that says how to build the console is embedded, so the gateway always compiles.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a build script that cannot go on has to stop the build"
)]

use std::{
    env,
    fmt::Write as _,
    fs,
    path::{Path, PathBuf},
};

use base64::{
    Engine,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use sha2::{Digest, Sha256};

const PLACEHOLDER: &str = "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>Drawbridge</title>\
<h1>The console is not in this binary</h1>\
<p>The gateway runs. To see the console, build its files and then the gateway again: <code>./dev console</code>, \
then <code>cargo build -p drawbridge</code>; or let <code>./dev demo</code> do both.</p>\
<p>REST is at <a href=\"/kafka/v3/clusters\">/kafka/v3/clusters</a>, metrics at <a href=\"/metrics\">/metrics</a>.</p>\
</html>\n";

fn main() {
    let manifest = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").expect("cargo sets it"));
    let out = PathBuf::from(env::var_os("OUT_DIR").expect("cargo sets it"));
    let root = manifest.parent().map_or_else(|| manifest.clone(), Path::to_owned);
    let dist = root.join(env::var_os("DRAWBRIDGE_DIST").unwrap_or_else(|| "dist".into()));
    println!("cargo::rerun-if-env-changed=DRAWBRIDGE_DIST");
    println!("cargo::rerun-if-changed=build.rs");
    // A missing directory would count as changed on every build.
    if fs::create_dir_all(&dist).is_ok() {
        println!("cargo::rerun-if-changed={}", dist.display());
    }
    let mut build = Sha256::new();
    for sources in ["gateway/src", "gateway/kafka/src", "gateway/embedded/src", "shared/src"] {
        let sources = root.join(sources);
        println!("cargo::rerun-if-changed={}", sources.display());
        for file in files(&sources) {
            build.update(fs::read(&file).unwrap_or_default());
        }
    }

    let placeholder = out.join("placeholder.html");
    fs::write(&placeholder, PLACEHOLDER).expect("OUT_DIR can be written");
    let mut found: Vec<(String, PathBuf)> = files(&dist)
        .into_iter()
        .filter(|path| !is_compressed(path))
        .filter_map(|path| {
            let name = path.strip_prefix(&dist).ok()?.to_str()?.replace('\\', "/");
            Some((name, path))
        })
        .filter(|(name, _)| !name.split('/').any(|part| part.starts_with('.')))
        .collect();
    if !found.iter().any(|(name, _)| name == "index.html") {
        found = vec![("index.html".to_owned(), placeholder)];
    }

    let mut code =
        String::from("/// The console's files, by path.\npub(super) static FILES: &[File] = &[\n");
    let mut scripts = Vec::new();
    for (name, path) in &found {
        let content = fs::read(path).expect("a file of the console can be read");
        build.update(name.as_bytes());
        build.update(&content);
        if name == "index.html" {
            scripts = inline_scripts(&String::from_utf8_lossy(&content));
        }
        let etag = URL_SAFE_NO_PAD.encode(&Sha256::digest(&content)[..12]);
        let beside = |extension: &str| {
            let beside = PathBuf::from(format!("{}.{extension}", path.display()));
            if beside.is_file() {
                format!("Some(include_bytes!({beside:?}))")
            } else {
                "None".to_owned()
            }
        };
        writeln!(
            code,
            "    File {{ name: {name:?}, etag: {etag:?}, plain: include_bytes!({path:?}), brotli: {}, gzip: {} }},",
            beside("br"),
            beside("gz"),
        )
        .expect("a String can be written to");
    }
    code.push_str("];\n");
    let build = URL_SAFE_NO_PAD.encode(&build.finalize()[..9]);
    writeln!(code, "/// Changes with the sources of the gateway and the console's files.\npub(super) const BUILD: &str = {build:?};")
        .expect("a String can be written to");
    writeln!(code, "/// Hashes of the scripts that stand in the page itself, for its security policy.\npub(super) const SCRIPT_HASHES: &str = {:?};", scripts.join(" "))
        .expect("a String can be written to");
    fs::write(out.join("console.rs"), code).expect("OUT_DIR can be written");
}

/// All files below a directory, in a stable order; none if there is no such directory.
fn files(dir: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let Ok(entries) = fs::read_dir(dir) else { return found };
    for entry in entries.flatten() {
        let path = entry.path();
        if path.is_dir() {
            found.extend(files(&path));
        } else {
            found.push(path);
        }
    }
    found.sort();
    found
}

fn is_compressed(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension == "br" || extension == "gz")
}

/// `'sha256-…'` of every script element of the page that has content of its own.
fn inline_scripts(page: &str) -> Vec<String> {
    let mut hashes = Vec::new();
    let mut rest = page;
    while let Some(start) = rest.find("<script") {
        rest = &rest[start..];
        let (Some(open), Some(close)) = (rest.find('>'), rest.find("</script>")) else { break };
        if open < close {
            let content = &rest[open + 1..close];
            if !content.is_empty() {
                hashes.push(format!("'sha256-{}'", STANDARD.encode(Sha256::digest(content))));
            }
        }
        rest = &rest[close + "</script>".len()..];
    }
    hashes
}
