//! Networks that are cut or slow, for the gateway alone.

use std::{net::SocketAddr, process::Command, time::Duration};

use anyhow::{Context as _, Result, ensure};
use drawbridge_tests::bed::Cluster;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpSocket, TcpStream},
    sync::mpsc,
    task::JoinSet,
    time::Instant,
};

use super::bridge::DOOR;

/// Mended when it is dropped.
pub(super) struct Cut;

impl Cut {
    pub(super) fn make(clusters: &[&Cluster]) -> Result<Self> {
        let doors = clusters.iter().map(|cluster| cluster.bootstrap_of(DOOR)).collect::<Vec<_>>();
        let doors = doors.join(",");
        let ports: Vec<&str> =
            doors.split(',').filter_map(|at| Some(at.rsplit_once(':')?.1)).collect();
        let ports = ports.join(", ");
        nft(&format!(
            "table inet chaos {{\n chain input {{\n type filter hook input priority 0; policy accept;\n \
             tcp dport {{ {ports} }} drop\n tcp sport {{ {ports} }} drop\n }}\n}}"
        ))?;
        Ok(Self)
    }
}

impl Drop for Cut {
    fn drop(&mut self) {
        nft("delete table inet chaos").expect("the network is whole again");
    }
}

fn nft(rules: &str) -> Result<()> {
    let output = Command::new("nft").arg(rules).output().context("running nft")?;
    ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    Ok(())
}

/// Where the way through [`Slow`] goes on from: packets of this address are not sent round again.
const BEYOND: &str = "127.0.0.2:0";
/// Pieces under way in each direction of a connection.
const PIECES: usize = 64;

/// A way round through this process that every piece needs some time for. Connections that are there begin anew.
/// Ends when it is dropped, and so do the connections through it.
pub(super) struct Slow {
    _ways: JoinSet<Result<()>>,
}

impl Slow {
    pub(super) async fn make(cluster: &Cluster, delay: Duration) -> Result<Self> {
        let mut ways = JoinSet::new();
        let (mut round, mut anew) = (String::new(), String::new());
        for broker in cluster.bootstrap_of(DOOR).split(',') {
            let broker: SocketAddr = broker.parse()?;
            let listener = TcpListener::bind("127.0.0.1:0").await?;
            let (from, to) = (broker.port(), listener.local_addr()?.port());
            round += &format!("  ip saddr 127.0.0.1 tcp dport {from} redirect to :{to}\n");
            anew += &format!("  ip saddr 127.0.0.1 tcp dport {from} reject with tcp reset\n");
            ways.spawn(serve(listener, broker, delay));
        }
        nft(&format!(
            "table ip chaos {{\n chain output {{\n  type nat hook output priority -100; policy accept;\n{round} }}\n \
             chain input {{\n  type filter hook input priority 0; policy accept;\n{anew} }}\n}}"
        ))?;
        Ok(Self { _ways: ways })
    }
}

impl Drop for Slow {
    fn drop(&mut self) {
        nft("delete table ip chaos").expect("the network is quick again");
    }
}

async fn serve(listener: TcpListener, broker: SocketAddr, delay: Duration) -> Result<()> {
    let mut connections = JoinSet::new();
    loop {
        let (near, _) = listener.accept().await?;
        connections.spawn(async move {
            let socket = TcpSocket::new_v4()?;
            socket.bind(BEYOND.parse()?)?;
            let far = socket.connect(broker).await?;
            carry(near, far, delay).await
        });
    }
}

async fn carry(near: TcpStream, far: TcpStream, delay: Duration) -> Result<()> {
    let (near_read, near_write) = near.into_split();
    let (far_read, far_write) = far.into_split();
    // Whichever end goes takes the other with it.
    tokio::select! {
        done = late(near_read, far_write, delay) => done,
        done = late(far_read, near_write, delay) => done,
    }
}

/// Passes pieces on in their order, each so much later than it came.
async fn late(
    mut from: impl AsyncReadExt + Unpin,
    mut to: impl AsyncWriteExt + Unpin,
    delay: Duration,
) -> Result<()> {
    let (sender, mut pieces) = mpsc::channel::<(Instant, Vec<u8>)>(PIECES);
    let read = async {
        loop {
            let mut piece = Vec::with_capacity(64 << 10);
            if from.read_buf(&mut piece).await? == 0
                || sender.send((Instant::now() + delay, piece)).await.is_err()
            {
                return Ok(());
            }
        }
    };
    let write = async {
        while let Some((due, piece)) = pieces.recv().await {
            tokio::time::sleep_until(due).await;
            to.write_all(&piece).await?;
        }
        Ok(())
    };
    tokio::select! { done = read => done, done = write => done }
}
