//! The command line.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

use super::{
    ConfigFault, Mode,
    keys::add_pair,
    layer::{Given, Layer},
};

/// Links Apache Kafka clusters and lets people run those links from a browser.
#[derive(Debug, Clone, Parser)]
#[command(name = "drawbridge", version)]
pub struct Arguments {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// What to do.
#[derive(Debug, Clone, Subcommand)]
pub enum Command {
    /// Show the console with two embedded clusters and live traffic; nothing is kept.
    Demo(Common),
    /// Serve the console for your clusters.
    Serve(Serve),
}

/// What both commands take.
#[derive(Debug, Clone, Default, Args)]
pub struct Common {
    /// Address and port; port 0 takes a free one [default: 127.0.0.1:8080].
    #[arg(long, value_name = "ADDRESS")]
    pub listen: Option<String>,
    /// Configuration file.
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// A host name the console is reached by beside localhost, e.g. a reverse proxy's.
    #[arg(long = "allowed-host", value_name = "HOST")]
    pub allowed_hosts: Vec<String>,
    /// A cluster of which nothing is to be changed.
    #[arg(long = "read-only", value_name = "NAME")]
    pub read_only: Vec<String>,
    /// An action to refuse, e.g. topic.delete or topic.*, on one cluster as in cloud:topic.delete.
    #[arg(long = "deny", value_name = "[NAME:]ACTION")]
    pub deny: Vec<String>,
    /// Log filter [default: info].
    #[arg(long, value_name = "FILTER")]
    pub log: Option<String>,
}

/// What `serve` takes.
#[derive(Debug, Clone, Default, Args)]
pub struct Serve {
    /// A cluster: its name here, and a Kafka client's properties file.
    #[arg(long = "cluster", value_name = "NAME=FILE")]
    pub clusters: Vec<String>,
    /// The schema registry of a cluster; a login for it stands in the cluster's properties file.
    #[arg(long = "schema-registry", value_name = "NAME=URL")]
    pub schema_registries: Vec<String>,
    /// Where clusters added from the console are kept [default: ~/.config/drawbridge/clusters].
    #[arg(long, value_name = "DIR")]
    pub clusters_dir: Option<PathBuf>,
    /// What all commands take.
    #[command(flatten)]
    pub common: Common,
}

impl Arguments {
    pub(super) fn mode(&self) -> Mode {
        match self.command {
            Command::Demo(_) => Mode::Demo,
            Command::Serve(_) => Mode::Serve,
        }
    }

    fn common(&self) -> &Common {
        match &self.command {
            Command::Demo(common) => common,
            Command::Serve(serve) => &serve.common,
        }
    }

    pub(super) fn config_file(&self) -> Option<PathBuf> {
        self.common().config.clone()
    }

    /// The settings given as flags.
    pub(super) fn layer(&self, faults: &mut Vec<ConfigFault>) -> Layer {
        let mut layer = Layer::default();
        let common = self.common();
        if let Some(listen) = &common.listen {
            layer.set("listen", Given::new(listen, "--listen"));
        }
        if let Some(log) = &common.log {
            layer.set("log", Given::new(log, "--log"));
        }
        if !common.allowed_hosts.is_empty() {
            layer.set_list("allowed_hosts", common.allowed_hosts.clone());
        }
        for name in &common.read_only {
            layer.add("read_only", Given::new(name, "--read-only"));
        }
        for rule in &common.deny {
            layer.add("deny", Given::new(rule, "--deny"));
        }
        if let Command::Serve(serve) = &self.command {
            if let Some(dir) = &serve.clusters_dir {
                layer.set("clusters_dir", Given::new(dir.display().to_string(), "--clusters-dir"));
            }
            for cluster in &serve.clusters {
                add_pair(&mut layer, "clusters", cluster, "--cluster", faults);
            }
            for registry in &serve.schema_registries {
                add_pair(&mut layer, "schema_registries", registry, "--schema-registry", faults);
            }
        }
        layer
    }
}
