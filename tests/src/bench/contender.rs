//! Who mirrors.

use std::{fmt, path::Path};

use anyhow::Result;

use super::{cells::Cell, child::Child, drawbridge::Gateway, mirror_maker};
use crate::bed::Cluster;

/// A replicator in a certain setting.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Contender {
    /// The release binary, a link with nothing set but where the source is.
    Drawbridge,
    /// MirrorMaker 2 with the settings of somebody who knows it.
    Tuned,
    /// MirrorMaker 2 as it comes.
    Defaults,
}

impl Contender {
    /// For the JSON file.
    pub const fn key(self) -> &'static str {
        match self {
            Self::Drawbridge => "drawbridge",
            Self::Tuned => "mirrormaker_tuned",
            Self::Defaults => "mirrormaker_defaults",
        }
    }
}

impl fmt::Display for Contender {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Drawbridge => "Drawbridge",
            Self::Tuned => "MirrorMaker 2, tuned",
            Self::Defaults => "MirrorMaker 2, defaults",
        })
    }
}

/// What a turn happens in.
#[derive(Debug, Clone, Copy)]
pub struct Setting<'a> {
    /// Where the topics are.
    pub source: &'a Cluster,
    /// Where they go.
    pub destination: &'a Cluster,
    /// For files of the turn.
    pub dir: &'a Path,
    /// The gateway's binary.
    pub program: &'a Path,
    /// What is measured.
    pub cell: &'a Cell,
    /// What is mirrored.
    pub topics: &'a [&'a str],
    /// Never the same twice.
    pub turn: u32,
}

/// A contender at work.
#[derive(Debug)]
pub(super) enum Running {
    Drawbridge(Gateway),
    MirrorMaker(Child),
}

impl Running {
    /// Starts it with everything that it is to mirror.
    pub(super) async fn start(contender: Contender, setting: &Setting<'_>) -> Result<Self> {
        match contender {
            Contender::Drawbridge => {
                let clusters = (setting.source, setting.destination);
                let gateway =
                    Gateway::start(setting.program, clusters, setting.dir, setting.turn).await?;
                for topic in setting.topics {
                    gateway.mirror(topic).await?;
                }
                Ok(Self::Drawbridge(gateway))
            }
            Contender::Tuned => Ok(Self::MirrorMaker(mirror_maker::start(setting, true)?)),
            Contender::Defaults => Ok(Self::MirrorMaker(mirror_maker::start(setting, false)?)),
        }
    }

    pub(super) fn process(&mut self) -> &mut Child {
        match self {
            Self::Drawbridge(gateway) => &mut gateway.process,
            Self::MirrorMaker(process) => process,
        }
    }

    pub(super) async fn stop(self) -> Result<()> {
        match self {
            Self::Drawbridge(gateway) => gateway.stop().await,
            Self::MirrorMaker(process) => process.stop().await,
        }
    }
}
