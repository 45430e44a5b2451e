//! A source, a destination, a gateway over the destination, and links between them.

use std::{
    process::Stdio,
    sync::{Arc, Weak},
    time::Duration,
};

use anyhow::{Context, Result, bail, ensure};
use drawbridge::{
    app::{App, Parts},
    clusters::ClusterSpec,
    links::store::PasswordEncoder,
};
use drawbridge_kafka::settings::Secret;
use drawbridge_shared::view::ClusterOrigin;
use drawbridge_tests::{
    bed::{Clock, Cluster, Kafka, gallery, unique},
    checker::{self, Log},
    wire::{Routed, Wire},
};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader},
    net::{TcpListener, TcpStream},
    process::{Child, Command},
    runtime::Runtime,
    sync::Mutex,
};

use crate::support::{Version, eventually};

/// How long a mirror may take to reach the end of its source.
const PATIENCE: Duration = Duration::from_secs(120);

/// Threads of a gateway.
const THREADS: usize = 2;

/// As long as it lives, a gateway does nothing.
pub(super) struct Hanging(
    #[expect(dead_code, reason = "dropping it is what counts")] Vec<std::sync::mpsc::Sender<()>>,
);

/// A gateway on a runtime of its own, so that it can be stopped where it stands, or in a process of its own, so
/// that it can be killed.
pub(super) struct Gateway {
    address: String,
    runtime: Option<Runtime>,
    process: Option<Child>,
}

impl Gateway {
    /// One that knows the cluster at `bootstrap`, as `cloud`.
    pub(super) async fn start(bootstrap: &str) -> Result<Self> {
        Self::of(&format!("bootstrap.servers={bootstrap}")).await
    }

    /// One that knows the cluster of this properties file, as `cloud`.
    pub(super) async fn of(properties: &str) -> Result<Self> {
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
        let name = "cloud".parse()?;
        let spec = ClusterSpec::from_text(name, ClusterOrigin::Configured, properties, "cloud")?;
        let app = runtime.spawn(async move {
            let listener = TcpListener::bind("127.0.0.1:0").await?;
            let encoder = Some(PasswordEncoder::new(&Secret::new("encoder-secret"), None));
            App::start(Parts { clusters: vec![spec], encoder, ..Parts::default() }, listener)
        });
        let address = app.await??.address().to_string();
        Ok(Self { address, runtime: Some(runtime), process: None })
    }

    /// The same in a process of its own: these tests once more, where one of them is the gateway.
    pub(super) async fn process(properties: &str) -> Result<Self> {
        Self::process_by(None, properties).await
    }

    /// The same with a clock that can be stepped.
    pub(super) async fn process_by(clock: Option<&Clock>, properties: &str) -> Result<Self> {
        let mut process = Command::new(std::env::current_exe()?)
            .args(["--exact", super::process::NAME, "--ignored", "--nocapture"])
            .env(super::process::PROPERTIES, properties)
            .envs(clock.into_iter().flat_map(Clock::environment))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()?;
        let mut lines = BufReader::new(process.stdout.take().context("its output")?).lines();
        while let Some(line) = lines.next_line().await? {
            if let Some((_, address)) = line.split_once(super::process::READY) {
                let address = address.to_owned();
                // The harness it runs in ends when it cannot say that a test takes long.
                tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
                return Ok(Self { address, runtime: None, process: Some(process) });
            }
        }
        bail!("the gateway's process ended")
    }

    /// Ends it where it stands, a process with SIGKILL: nothing is drained, closed or told to anybody.
    pub(super) async fn kill(mut self) -> Result<()> {
        if let Some(process) = &mut self.process {
            process.kill().await?;
        }
        self.end();
        Ok(())
    }

    pub(super) fn address(&self) -> &str {
        &self.address
    }

    /// Keeps all of its threads busy until the answer is dropped, as if the process was stopped.
    pub(super) fn hang(&self) -> Result<Hanging> {
        let runtime = self.runtime.as_ref().context("it was killed")?;
        let mut gates = Vec::new();
        for _ in 0..THREADS {
            let (gate, closed) = std::sync::mpsc::channel();
            gates.push(gate);
            runtime.spawn(async move { closed.recv().ok() });
        }
        Ok(Hanging(gates))
    }

    fn end(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }

    /// Status and body (null if it has none) of a request.
    pub(super) async fn ask(&self, method: &str, path: &str, body: &Value) -> Result<(u16, Value)> {
        let body = if body.is_null() { String::new() } else { body.to_string() };
        let mut stream = TcpStream::connect(&self.address).await?;
        let request = format!(
            "{method} {path} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n\
             Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
            self.address,
            body.len()
        );
        stream.write_all(request.as_bytes()).await?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await?;
        let (head, body) = answer.split_once("\r\n\r\n").context("a head")?;
        let status = head.split(' ').nth(1).context("a status")?.parse()?;
        let body = if body.is_empty() { Value::Null } else { serde_json::from_str(body)? };
        Ok((status, body))
    }

    /// Asks until the answer is a success.
    pub(super) async fn surely(&self, method: &str, path: &str, body: &Value) -> Result<Value> {
        let mut last = String::new();
        let done = eventually(path, async || {
            let (status, answer) = self.ask(method, path, body).await?;
            last = format!("{status}: {answer}");
            Ok((status < 300).then_some(answer))
        });
        done.await.with_context(|| last)
    }
}

impl Drop for Gateway {
    fn drop(&mut self) {
        self.end();
    }
}

/// A destination of one broker with a gateway, beside the shared broker as source.
pub(super) struct Bed {
    pub(super) source: &'static Cluster,
    pub(super) destination: Cluster,
    pub(super) gateway: Gateway,
}

impl Bed {
    /// Shared by the tests that run at the same time; it goes with the last of them.
    pub(super) async fn shared(version: Version) -> Result<Arc<Self>> {
        static OLD: Mutex<Weak<Bed>> = Mutex::const_new(Weak::new());
        static NEW: Mutex<Weak<Bed>> = Mutex::const_new(Weak::new());
        let cell = match version {
            Version::V3_9 => &OLD,
            Version::V4 => &NEW,
        };
        let mut slot = cell.lock().await;
        if let Some(bed) = slot.upgrade() {
            return Ok(bed);
        }
        let bed = Arc::new(Self::alone(version).await?);
        *slot = Arc::downgrade(&bed);
        Ok(bed)
    }

    /// For one test, which may stop the destination and the gateway.
    pub(super) async fn alone(version: Version) -> Result<Self> {
        let source = gallery(version).await?;
        let destination = Kafka::plain(version).start().await?;
        let gateway = Gateway::start(&destination.bootstrap()).await?;
        Ok(Self { source, destination, gateway })
    }

    /// A connection to the source.
    pub(super) async fn source(&self) -> Result<Wire> {
        Wire::connect(&self.source.back_door()).await
    }

    /// A new topic of the source.
    pub(super) async fn topic(&self, partitions: i32, configs: &[(&str, &str)]) -> Result<Routed> {
        let topic = unique("data");
        self.source().await?.create_topic(&topic, partitions, 1, configs).await?;
        Routed::open(&self.source.back_door(), &topic).await
    }

    /// A new link with these configs more.
    pub(super) async fn link(&self, configs: &[(&str, &str)]) -> Result<Link<'_>> {
        Link::create(&self.gateway, self.source, &self.destination, configs).await
    }
}

/// A link from one cluster to another, by REST.
pub(super) struct Link<'a> {
    gateway: &'a Gateway,
    source: String,
    destination: String,
    pub(super) path: String,
}

impl<'a> Link<'a> {
    pub(super) async fn create(
        gateway: &'a Gateway,
        source: &Cluster,
        destination: &Cluster,
        configs: &[(&str, &str)],
    ) -> Result<Self> {
        let name = unique("link");
        let links = format!("/kafka/v3/clusters/{}/links", destination.id());
        let bootstrap = source.back_door();
        let mut all = vec![
            json!({"name": "bootstrap.servers", "value": bootstrap}),
            json!({"name": "topic.config.sync.ms", "value": "500"}),
            // How long an unanswered request may still be carried out: fills wait for it.
            json!({"name": "request.timeout.ms", "value": "5000"}),
        ];
        all.extend(configs.iter().map(|(name, value)| json!({"name": name, "value": value})));
        let body = json!({"source_cluster_id": source.id(), "configs": all});
        gateway.surely("GET", &links, &Value::Null).await?;
        let (status, answer) =
            gateway.ask("POST", &format!("{links}?link_name={name}"), &body).await?;
        ensure!(status == 201, "{status}: {answer}");
        let path = format!("{links}/{name}");
        Ok(Self { gateway, source: bootstrap, destination: destination.back_door(), path })
    }

    /// A link that is there, at this gateway.
    pub(super) fn known(
        gateway: &'a Gateway,
        source: &Cluster,
        destination: &Cluster,
        path: &str,
    ) -> Self {
        Self {
            gateway,
            source: source.back_door(),
            destination: destination.back_door(),
            path: path.to_owned(),
        }
    }

    /// Mirrors a topic under a name that follows from the link's prefix.
    pub(super) async fn mirror(&self, source: &str) -> Result<()> {
        self.mirror_with(source, &[]).await
    }

    /// As [`Link::mirror`], with configs of the mirror's own.
    pub(super) async fn mirror_with(&self, source: &str, configs: &[(&str, &str)]) -> Result<()> {
        let own = configs.iter().map(|(name, value)| json!({"name": name, "value": value}));
        let body = json!({"source_topic_name": source, "configs": own.collect::<Vec<_>>()});
        let path = format!("{}/mirrors", self.path);
        let (status, answer) = self.gateway.ask("POST", &path, &body).await?;
        ensure!(status == 201, "{status}: {answer}");
        Ok(())
    }

    /// What REST tells about the link, tasks included.
    pub(super) async fn told(&self) -> Result<Value> {
        let path = format!("{}?include_tasks=true", self.path);
        Ok(self.gateway.ask("GET", &path, &Value::Null).await?.1)
    }

    /// Waits until the mirror has everything that is stable on the source and REST says so too.
    pub(super) async fn caught_up(&self, source: &str, mirror: &str) -> Result<()> {
        let path = format!("{}/mirrors/{mirror}", self.path);
        let mut there = Routed::open(&self.source, source).await?;
        let mut here = Routed::open(&self.destination, mirror).await?;
        let deadline = tokio::time::Instant::now() + PATIENCE;
        loop {
            let wanted: Vec<i64> =
                checker::ends(&mut there).await?.iter().map(|(_, stable)| *stable).collect();
            let have: Vec<i64> =
                checker::ends(&mut here).await?.iter().map(|(end, _)| *end).collect();
            let (status, told) = self.gateway.ask("GET", &path, &Value::Null).await?;
            let lags = told["mirror_lags"].as_array().map(Vec::as_slice).unwrap_or_default();
            let no_lag = lags.len() == wanted.len() && lags.iter().all(|lag| lag["lag"] == 0);
            if wanted == have && status == 200 && (no_lag || open_transaction(&mut there).await?) {
                return Ok(());
            }
            if told["mirror_status"] == "FAILED" || tokio::time::Instant::now() > deadline {
                let link = self.told().await?;
                bail!("source at {wanted:?}, mirror at {have:?}; {status}: {told}\n{link}");
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// Both sides as they are now.
    pub(super) async fn read(&self, source: &str, mirror: &str) -> Result<(Vec<Log>, Vec<Log>)> {
        let there = checker::read(&self.source, source).await?;
        Ok((there, checker::read(&self.destination, mirror).await?))
    }

    /// Waits and compares, from the source's log start on; returns the source.
    pub(super) async fn holds(&self, source: &str, mirror: &str) -> Result<Vec<Log>> {
        self.caught_up(source, mirror).await?;
        let (there, here) = self.read(source, mirror).await?;
        checker::compare(&there, &here, &[])?;
        Ok(there)
    }

    /// Ends the link and leaves its mirrors as they are.
    pub(super) async fn delete(self) -> Result<()> {
        let path = format!("{}?force=true", self.path);
        let (status, answer) = self.gateway.ask("DELETE", &path, &Value::Null).await?;
        ensure!(status < 300, "{status}: {answer}");
        Ok(())
    }
}

async fn open_transaction(topic: &mut Routed) -> Result<bool> {
    Ok(checker::ends(topic).await?.iter().any(|(end, stable)| stable < end))
}
