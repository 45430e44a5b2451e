//! The hybrid tutorial through a firewall that lets nobody in: the gateway and on-prem are behind it.
//!
//! Needs a network namespace of its own with the rights of root in it, and `nft`: `./dev test network`.

use std::{
    io::{Read as _, Write as _, stdout},
    process::{Child, Command, Stdio},
};

use anyhow::{Context, Result, ensure};
use drawbridge_tests::bed::{Cluster, for_links, in_network_of};
use serde_json::Value;

use super::{bridge::Bridge, tutorial};
use crate::support::Version;

const ON_PREM: &str = "10.77.0.1";
const CLOUD: &str = "10.77.0.2";

/// Counts the first packets of TCP connections, drops those that come in, and all else that nobody inside asked for.
const RULES: &str = r#"
table inet firewall {
  counter inward {}
  counter outward {}
  chain input {
    type filter hook input priority 0; policy accept;
    iifname "onprem" tcp flags & (syn | ack) == syn counter name "inward" drop
    iifname "onprem" meta protocol ip ct state != established drop
  }
  chain output {
    type filter hook output priority 0; policy accept;
    oifname "onprem" tcp flags & (syn | ack) == syn counter name "outward"
  }
}
"#;

#[tokio::test]
#[ignore = "needs a network namespace: ./dev test network"]
async fn the_tutorial_works_through_a_firewall_that_lets_nobody_in_with_3_9_behind_it() {
    the_tutorial_works_with_nobody_let_in(Version::V3_9).await.unwrap();
}

#[tokio::test]
#[ignore = "needs a network namespace: ./dev test network"]
async fn the_tutorial_works_through_a_firewall_that_lets_nobody_in_with_4_behind_it() {
    the_tutorial_works_with_nobody_let_in(Version::V4).await.unwrap();
}

async fn the_tutorial_works_with_nobody_let_in(version: Version) -> Result<()> {
    let firewall = Firewall::raise()?;
    let outside = match version {
        Version::V3_9 => Version::V4,
        Version::V4 => Version::V3_9,
    };
    let on_prem = for_links(version).host(ON_PREM).start();
    let cloud = for_links(outside).host(CLOUD).network_of(firewall.outside()).start();
    let (on_prem, cloud) = tokio::try_join!(on_prem, cloud)?;
    let bridge = Bridge::over([on_prem, cloud], version);

    tutorial::walk(&bridge).await?;
    let (inward, outward) = (counted("inward")?, counted("outward")?);
    writeln!(
        stdout(),
        "connections begun through the firewall: {outward} outward, {inward} inward"
    )?;
    assert_eq!(inward, 0, "somebody tried to connect to on-prem");
    ensure!(outward > 0, "the firewall was not on the way");

    // Neither is nothing counted, nor anybody let in.
    ensure!(!firewall.lets_in(bridge.on_prem())?, "the firewall has a hole");
    ensure!(counted("inward")? > 0, "what is turned away is not counted");
    Ok(())
}

/// A second network namespace, the cable to it, and the rules at this end.
struct Firewall {
    outside: Child,
}

impl Firewall {
    fn raise() -> Result<Self> {
        // Ends with its standard input, however this process ends.
        let mut outside = Command::new("unshare")
            .args(["--net", "sh", "-c", "echo ready; cat"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let mut ready = [0; 5];
        outside.stdout.as_mut().context("its output")?.read_exact(&mut ready)?;
        let firewall = Self { outside };
        let there = firewall.outside();
        let here = std::process::id();
        ip(here, "link set lo up")?;
        ip(here, &format!("link add onprem type veth peer name cloud netns {there}"))?;
        ip(here, &format!("addr add {ON_PREM}/24 dev onprem"))?;
        ip(here, "link set onprem up")?;
        ip(there, &format!("addr add {CLOUD}/24 dev cloud"))?;
        ip(there, "link set cloud up")?;
        ip(there, "link set lo up")?;
        run(Command::new("nft").arg(RULES))?;
        Ok(firewall)
    }

    /// A process in the namespace outside.
    fn outside(&self) -> u32 {
        self.outside.id()
    }

    /// Whether somebody outside can connect to a broker inside.
    fn lets_in(&self, cluster: &Cluster) -> Result<bool> {
        let address = cluster.back_door().replace(':', "/");
        let mut knock = in_network_of(self.outside(), "timeout");
        knock.args(["3", "bash", "-c", &format!("exec 3<>/dev/tcp/{address}")]);
        Ok(knock.stderr(Stdio::null()).status()?.success())
    }
}

impl Drop for Firewall {
    fn drop(&mut self) {
        let here = std::process::id();
        run(Command::new("nft").arg("delete table inet firewall")).ok();
        ip(here, "link del onprem").ok();
        self.outside.kill().ok();
        self.outside.wait().ok();
    }
}

fn ip(network_of: u32, words: &str) -> Result<String> {
    run(in_network_of(network_of, "ip").args(words.split(' ')))
}

/// Packets of a counter.
fn counted(name: &str) -> Result<u64> {
    let told = run(Command::new("nft").args(["-j", "list", "counter", "inet", "firewall", name]))?;
    let told: Value = serde_json::from_str(&told)?;
    let rows = told["nftables"].as_array().context("no list of counters")?;
    rows.iter().find_map(|row| row["counter"]["packets"].as_u64()).context("no such counter")
}

fn run(command: &mut Command) -> Result<String> {
    let output = command.output().with_context(|| format!("{command:?}"))?;
    let said = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "{command:?}: {said}");
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}
