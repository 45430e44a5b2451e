//! Faults of every kind in an order that a seed draws, while plain and transactional writers go on: gateways and
//! brokers killed and frozen, networks cut and slow, disks full, clocks stepped, leaders moved, quotas, two gateways, promotions and failovers in the
//! middle. At the end the independent checker compares all that was mirrored.
//!
//! Needs a network namespace with the rights of root in it, and `nft`: `./dev chaos`.

mod bridge;
mod faults;
mod network;

use std::{
    collections::BTreeMap,
    env,
    io::{Write as _, stdout},
    time::Instant,
};

use anyhow::{Context as _, Result};
use rand::{SeedableRng as _, rngs::StdRng, seq::SliceRandom as _};

use self::{bridge::Bridge, faults::Fault};

/// Variable with how many faults there are; one of each kind if it is not there.
const ROUNDS: &str = "DRAWBRIDGE_CHAOS_ROUNDS";
/// Variable with the seed; drawn and told if it is not there.
const SEED: &str = "DRAWBRIDGE_CHAOS_SEED";

#[tokio::test]
#[ignore = "needs a network namespace: ./dev chaos"]
async fn no_fault_loses_repeats_or_shifts_a_record() {
    let seed = number(SEED).unwrap_or_else(rand::random);
    chaos(seed).await.with_context(|| format!("{SEED}={seed}")).unwrap();
}

async fn chaos(seed: u64) -> Result<()> {
    let mut rng = StdRng::seed_from_u64(seed);
    let rounds = number(ROUNDS).map_or(Ok(Fault::ALL.len()), usize::try_from)?;
    say(format!("seed {seed}, {rounds} rounds"))?;
    let began = Instant::now();
    let mut bridge = Bridge::build(&mut rng).await?;
    let mut seen: BTreeMap<&str, usize> = BTreeMap::new();
    let mut deck = Vec::new();
    for round in 1..=rounds {
        if deck.is_empty() {
            deck = Fault::ALL.to_vec();
            deck.shuffle(&mut rng);
        }
        let fault = deck.pop().context("a fault")?;
        say(format!("{:>6.1} s  round {round}: {}", began.elapsed().as_secs_f64(), fault.name()))?;
        fault.happen(&mut bridge, &mut rng).await.context(fault.name())?;
        bridge.flowing().await.with_context(|| format!("after {}", fault.name()))?;
        *seen.entry(fault.name()).or_default() += 1;
    }
    let compared = bridge.compare().await?;
    for (name, count) in seen {
        say(format!("{count:>9}  {name}"))?;
    }
    say(format!("{:>9}  records compared at {} offsets", compared.records, compared.offsets))?;
    say("        0  lost, repeated or shifted".to_owned())
}

/// What the checker found equal.
#[derive(Clone, Copy, Debug, Default)]
struct Compared {
    records: usize,
    offsets: i64,
}

fn number(variable: &str) -> Option<u64> {
    env::var(variable).ok()?.parse().ok()
}

fn say(line: String) -> Result<()> {
    Ok(writeln!(stdout(), "{line}")?)
}
