//! The `drawbridge` binary: command line, configuration, run until told to stop.

use std::process::ExitCode;

use anyhow::Context;
use clap::Parser;
use drawbridge::{
    app::{App, Parts, Unusable},
    clusters::{ClusterSpec, Store},
    config::{Arguments, Config, Mode},
    demo,
    http::AllowedHosts,
    shutdown, telemetry,
};
use drawbridge_shared::view::ClusterOrigin;

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let config = match Config::load(&arguments, std::env::vars()) {
        Ok(config) => config,
        Err(faults) => {
            faults.iter().for_each(|fault| complain(fault));
            return ExitCode::from(2);
        }
    };
    match tokio::runtime::Runtime::new()
        .map_err(anyhow::Error::from)
        .and_then(|runtime| runtime.block_on(run(config)))
    {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            complain(&format!("{error:#}"));
            ExitCode::FAILURE
        }
    }
}

#[allow(
    clippy::print_stderr,
    reason = "what keeps the program from starting is told to who started it"
)]
fn complain(words: &dyn std::fmt::Display) {
    eprintln!("drawbridge: {words}");
}

async fn run(config: Config) -> anyhow::Result<()> {
    telemetry::start(&config.log).map_err(anyhow::Error::msg).context("log")?;
    let listener = tokio::net::TcpListener::bind(config.listen).await.with_context(|| {
        format!("cannot listen on {}; choose another address with --listen", config.listen)
    })?;
    let mut parts = Parts {
        allowed_hosts: AllowedHosts::new(config.allowed_hosts.clone()),
        encoder: config.encoder(),
        link_memory: Some(config.link_memory),
        browse: config.browse,
        denied: config.guards.everywhere.clone(),
        is_demo: config.mode == Mode::Demo,
        ..Parts::default()
    };
    let running_demo = match config.mode {
        Mode::Demo => {
            let (demo, specs) = demo::start().await?;
            parts.clusters = specs;
            Some(demo)
        }
        Mode::Serve => {
            (parts.clusters, parts.unusable) = clusters(&config)?;
            give_registries(&mut parts, &config)?;
            parts.store = config.clusters_dir.clone().map(Store::new);
            None
        }
    };
    guard(&config, &mut parts)?;
    let app = App::start(parts, listener)?;
    if let Some(running) = &running_demo {
        let servers = |cluster: &drawbridge_embedded::EmbeddedCluster| cluster.bootstrap_servers();
        let (on_prem, cloud) = (servers(running.on_prem()), servers(running.cloud()));
        app.spawn(demo::links::build(app.links().clone(), on_prem, cloud));
    }
    announce(&app);
    app.run(shutdown::signal(), config.shutdown_grace).await;
    if let Some(demo) = running_demo {
        demo.shutdown().await;
    }
    Ok(())
}

/// Has each cluster get its guards whenever it is taken in; a guard without its cluster keeps the gateway from starting.
fn guard(config: &Config, parts: &mut Parts) -> anyhow::Result<()> {
    parts.standing.guards = config.guards.by_cluster().clone();
    let known = parts.clusters.iter().map(|spec| &spec.name);
    let known: Vec<_> = known.chain(parts.unusable.iter().map(|(name, _)| name)).collect();
    let astray = config.guards.astray(&known);
    anyhow::ensure!(
        astray.is_empty(),
        "{}",
        astray.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
    );
    Ok(())
}

#[allow(clippy::print_stdout, reason = "the one line that whoever started it waits for")]
fn announce(app: &App) {
    println!("drawbridge: console at http://{}", app.address());
}

/// Has clusters get the schema registries of the settings whenever they are taken in.
fn give_registries(parts: &mut Parts, config: &Config) -> anyhow::Result<()> {
    for (name, url) in &config.schema_registries {
        let is_known = parts.clusters.iter().any(|spec| spec.name == *name)
            || parts.unusable.iter().any(|(unusable, _)| unusable == name);
        anyhow::ensure!(
            is_known,
            "schema_registries names {name}, and there is no cluster of this name; correct the name"
        );
        parts.standing.registries.insert(name.clone(), url.clone());
    }
    Ok(())
}

/// Configured clusters must be usable; one that was added from the console and is not must not keep the
/// others from being served.
fn clusters(config: &Config) -> anyhow::Result<(Vec<ClusterSpec>, Vec<Unusable>)> {
    let (mut specs, mut unusable) = (Vec::new(), Vec::new());
    for (name, file) in &config.clusters {
        specs.push(ClusterSpec::from_file(name.clone(), ClusterOrigin::Configured, file)?);
    }
    let Some(dir) = &config.clusters_dir else { return Ok((specs, unusable)) };
    let kept = Store::new(dir.clone())
        .load()
        .with_context(|| format!("cannot read the clusters directory {}", dir.display()))?;
    for spec in kept {
        match spec {
            Ok(spec) if config.clusters.iter().any(|(name, _)| *name == spec.name) => {
                tracing::warn!(cluster = %spec.name, "configured cluster hides the added one of the same name");
            }
            Ok(spec) => specs.push(spec),
            Err(fault) => unusable.push((fault.cluster().clone(), fault.to_string())),
        }
    }
    Ok((specs, unusable))
}
