//! A cluster of brokers: what is asked for and what runs.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use anyhow::{Result, bail, ensure};
use tokio::sync::{Semaphore, SemaphorePermit};

use super::{
    Broker, Certificates, Door, Version,
    doors::properties,
    jars::{Jars, lock},
    ports::Port,
    template::{Template, random_id},
    watchdog,
};
use crate::wire::Wire;

/// Brokers alive at once in one test process: the two shared ones, the three and the pair that are leased,
/// and three for tests of their own. Who wants more waits until others have gone.
static BROKERS: Semaphore = Semaphore::const_new(10);

/// Somebody who can log in through the SASL doors, and has a client certificate.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct User {
    /// Login name, and the `CN` of the certificate.
    pub name: String,
    /// Password of PLAIN and SCRAM.
    pub password: String,
}

impl User {
    fn new(name: &str) -> Self {
        Self { name: name.to_owned(), password: format!("{name}-secret") }
    }
}

/// What is wanted of a cluster. [`Kafka::start`] makes it.
#[derive(Clone, Debug)]
pub struct Kafka {
    version: Version,
    brokers: usize,
    doors: Vec<Door>,
    users: Vec<User>,
    racks: Vec<String>,
    authorizer: bool,
    configs: BTreeMap<String, String>,
    limited: bool,
    recording: bool,
    host: String,
    network_of: Option<u32>,
    fast: bool,
    disk: Option<u32>,
}

impl Kafka {
    /// One broker, plaintext, no authorizer; users `admin` (super user) and `alice` (no rights where
    /// there is an authorizer), each with the password `<name>-secret`.
    pub fn new(version: Version) -> Self {
        Self {
            version,
            brokers: 1,
            doors: Vec::new(),
            users: vec![User::new("admin"), User::new("alice")],
            racks: Vec::new(),
            authorizer: false,
            configs: BTreeMap::new(),
            limited: true,
            recording: false,
            host: "127.0.0.1".to_owned(),
            network_of: None,
            fast: false,
            disk: None,
        }
    }

    /// Plaintext.
    pub fn plain(version: Version) -> Self {
        Self::new(version).door(Door::Plain)
    }

    /// `SASL_PLAINTEXT` with SCRAM, and an authorizer.
    pub fn scram(version: Version) -> Self {
        Self::new(version).door(Door::Scram).authorizer()
    }

    /// `SASL_SSL` with PLAIN.
    pub fn sasl_ssl(version: Version) -> Self {
        Self::new(version).door(Door::SaslSsl)
    }

    /// TLS with client certificates, and an authorizer.
    pub fn mtls(version: Version) -> Self {
        Self::new(version).door(Door::Mtls).authorizer()
    }

    /// Another door. The first one asked for is the main one.
    #[must_use]
    pub fn door(mut self, door: Door) -> Self {
        self.doors.push(door);
        self
    }

    /// How many brokers, each also a controller; ids from 1.
    #[must_use]
    pub const fn brokers(mut self, brokers: usize) -> Self {
        self.brokers = brokers;
        self
    }

    /// The brokers' racks, in the order of their ids.
    #[must_use]
    pub fn racks<'a>(mut self, racks: impl IntoIterator<Item = &'a str>) -> Self {
        self.racks = racks.into_iter().map(str::to_owned).collect();
        self
    }

    /// Another user, password `<name>-secret`.
    #[must_use]
    pub fn user(mut self, name: &str) -> Self {
        self.users.push(User::new(name));
        self
    }

    /// With the standard authorizer. Super users: `admin`, `CN=admin`, and who comes through a door
    /// that tells nobody's name.
    #[must_use]
    pub const fn authorizer(mut self) -> Self {
        self.authorizer = true;
        self
    }

    /// The address its doors are at, if not this machine's loopback.
    #[must_use]
    pub fn host(mut self, host: &str) -> Self {
        host.clone_into(&mut self.host);
        self
    }

    /// In the network namespace of this process, if not in that of its starter.
    #[must_use]
    pub const fn network_of(mut self, process: u32) -> Self {
        self.network_of = Some(process);
        self
    }

    /// A broker configuration; wins over the bed's own.
    #[must_use]
    pub fn config(mut self, key: &str, value: &str) -> Self {
        self.configs.insert(key.to_owned(), value.to_owned());
        self
    }

    /// Outside tests: does not count against the brokers one test process may have.
    #[must_use]
    pub const fn unlimited(mut self) -> Self {
        self.limited = false;
        self
    }

    /// For measurements: brokers with the compiler, collector and heap that they have in earnest.
    #[must_use]
    pub const fn fast(mut self) -> Self {
        self.fast = true;
        self
    }

    /// Clocks that can be stepped ([`Broker::step_clock`]) and disks of so many megabytes that can be filled
    /// ([`Broker::run_out_of_disk`]). Needs the rights to mount.
    #[must_use]
    pub const fn on_loose_ground(mut self, megabytes: u32) -> Self {
        self.disk = Some(megabytes);
        self
    }

    /// Starts the brokers and waits until all of them know each other.
    ///
    /// # Errors
    /// The jars cannot be fetched, or a broker does not come up: the message carries its log.
    pub async fn start(self) -> Result<Cluster> {
        let permit = if self.limited {
            Some(BROKERS.acquire_many(u32::try_from(self.brokers)?).await?)
        } else {
            None
        };
        let mut jars = Jars::fetch(self.version)?;
        let template = Template::prepare(&jars, &self.users)?;
        if self.recording {
            jars = jars.recording();
        } else if !jars.archive().is_file() {
            Box::pin(record_classes(&jars, self.version)).await?;
        }
        if let Some(process) = self.network_of {
            jars = jars.in_network_of(process);
        }
        if self.fast {
            jars = jars.fast();
        }
        let dir = tempfile::Builder::new().prefix("drawbridge-kafka-").tempdir()?.keep();
        watchdog::guard_directory(&dir)?;
        let certificates = Certificates::create(
            &dir.join("certificates"),
            &self.host,
            self.users.iter().map(|u| u.name.as_str()),
        )?;
        let mut cluster = Cluster {
            id: random_id(),
            version: self.version,
            doors: if self.doors.is_empty() { vec![Door::Plain] } else { self.doors.clone() },
            users: self.users.clone(),
            certificates,
            addresses: BTreeMap::new(),
            brokers: Vec::new(),
            jars: jars.clone(),
            dir,
            _permit: permit,
        };
        self.lay_out(&jars, &template, &mut cluster)?;
        for broker in &cluster.brokers {
            broker.launch()?;
        }
        cluster.settled().await?;
        Ok(cluster)
    }

    /// Claims ports and writes every broker's configuration and storage.
    fn lay_out(&self, jars: &Jars, template: &Template, cluster: &mut Cluster) -> Result<()> {
        let controllers = (0..self.brokers).map(|_| Port::claim()).collect::<Result<Vec<_>>>()?;
        let voters: Vec<String> = controllers
            .iter()
            .zip(1..)
            .map(|(p, id)| format!("{id}@127.0.0.1:{}", p.number()))
            .collect();
        let voters = voters.join(",");
        let mut doors = cluster.doors.clone();
        doors.push(Door::Plain);
        doors.sort_unstable();
        doors.dedup();
        for (index, (controller, id)) in controllers.into_iter().zip(1..).enumerate() {
            let mut listeners = vec![format!("CONTROLLER://127.0.0.1:{}", controller.number())];
            let mut ports = vec![controller];
            for door in &doors {
                let port = Port::claim()?;
                let address = format!("{}:{}", self.host, port.number());
                listeners.push(format!("{}://{address}", door.listener()));
                cluster.addresses.entry(*door).or_default().push(address);
                ports.push(port);
            }
            let home = cluster.dir.join(format!("broker-{id}"));
            let mut pairs = vec![
                ("node.id".to_owned(), id.to_string()),
                ("listeners".to_owned(), listeners.join(",")),
                ("log.dirs".to_owned(), home.join("data").to_string_lossy().into_owned()),
            ];
            if let Some(rack) = self.racks.get(index) {
                pairs.push(("broker.rack".to_owned(), rack.clone()));
            }
            let common = self.common_properties(&doors, &voters, &cluster.certificates);
            let text = properties(pairs) + &common;
            Broker::write_properties(&home, &text)?;
            let address = cluster.addresses[&Door::Plain][index].clone();
            let mut broker = Broker::new(id, jars.clone(), home, address, ports);
            if let Some(megabytes) = self.disk {
                broker = broker.on_loose_ground(megabytes)?;
            }
            template.instantiate(&broker.data(), &cluster.id, id)?;
            cluster.brokers.push(broker);
        }
        Ok(())
    }

    fn common_properties(
        &self,
        doors: &[Door],
        voters: &str,
        certificates: &Certificates,
    ) -> String {
        let copies = self.brokers.min(3).to_string();
        let protocols: Vec<String> =
            doors.iter().map(|door| format!("{}:{}", door.listener(), door.protocol())).collect();
        let protocols = format!("CONTROLLER:PLAINTEXT,{}", protocols.join(","));
        let mut configs: BTreeMap<&str, &str> = BTreeMap::from([
            ("process.roles", "broker,controller"),
            ("controller.quorum.voters", voters),
            ("controller.listener.names", "CONTROLLER"),
            ("inter.broker.listener.name", "PLAIN"),
            ("listener.security.protocol.map", &protocols),
            ("auto.create.topics.enable", "false"),
            ("offsets.topic.num.partitions", "3"),
            ("offsets.topic.replication.factor", &copies),
            ("transaction.state.log.num.partitions", "3"),
            ("transaction.state.log.replication.factor", &copies),
            ("transaction.state.log.min.isr", "1"),
            ("share.coordinator.state.topic.num.partitions", "1"),
            ("share.coordinator.state.topic.replication.factor", &copies),
            ("share.coordinator.state.topic.min.isr", "1"),
            ("group.initial.rebalance.delay.ms", "0"),
            ("num.network.threads", "2"),
            ("num.io.threads", "4"),
            // The cleaner's default buffer is half of the heap these brokers get.
            ("log.cleaner.dedupe.buffer.size", "8388608"),
            ("log.cleaner.backoff.ms", "250"),
            ("log.initial.task.delay.ms", "500"),
            ("broker.session.timeout.ms", "6000"),
            ("broker.heartbeat.interval.ms", "1000"),
        ]);
        if self.authorizer {
            configs.insert(
                "authorizer.class.name",
                "org.apache.kafka.metadata.authorizer.StandardAuthorizer",
            );
            configs.insert("super.users", "User:admin;User:CN=admin;User:ANONYMOUS");
        }
        configs.extend(self.configs.iter().map(|(key, value)| (key.as_str(), value.as_str())));
        let configs = configs.into_iter().map(|(key, value)| (key.to_owned(), value.to_owned()));
        let mut text = properties(configs);
        for door in doors {
            text.push_str(&door.broker_properties(&self.users, certificates));
        }
        text
    }
}

/// Runs a broker once for what the next ones can start from, unless somebody else has meanwhile.
async fn record_classes(jars: &Jars, version: Version) -> Result<()> {
    // Waited for beside the runtime: whoever holds it may need this very thread to go on.
    let path = jars.home().join("classes.lock");
    let _lock = tokio::task::spawn_blocking(move || lock(&path)).await??;
    if jars.archive().is_file() {
        return Ok(());
    }
    let mut wanted = Kafka::plain(version).unlimited();
    wanted.recording = true;
    let cluster = wanted.start().await?;
    cluster.broker(1).stop().await?;
    std::fs::rename(jars.draft_archive(), jars.archive())?;
    Ok(())
}

/// A running cluster. Dropping it kills its brokers and removes what they wrote.
#[derive(Debug)]
pub struct Cluster {
    id: String,
    version: Version,
    doors: Vec<Door>,
    users: Vec<User>,
    certificates: Certificates,
    addresses: BTreeMap<Door, Vec<String>>,
    brokers: Vec<Broker>,
    jars: Jars,
    dir: PathBuf,
    _permit: Option<SemaphorePermit<'static>>,
}

impl Cluster {
    /// Kafka's cluster id.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The release it runs.
    pub const fn version(&self) -> Version {
        self.version
    }

    /// The jars it runs from.
    pub const fn jars(&self) -> &Jars {
        &self.jars
    }

    /// Its directory, removed at the end.
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// Its certificate authority and what that signed.
    pub const fn certificates(&self) -> &Certificates {
        &self.certificates
    }

    /// The broker with node id `id`.
    ///
    /// # Panics
    /// There is none.
    pub fn broker(&self, id: i32) -> &Broker {
        self.brokers.iter().find(|broker| broker.id() == id).expect("a broker with that node id")
    }

    /// All brokers, by id.
    pub fn brokers(&self) -> &[Broker] {
        &self.brokers
    }

    /// `bootstrap.servers` of the main door.
    pub fn bootstrap(&self) -> String {
        self.bootstrap_of(self.doors[0])
    }

    /// `bootstrap.servers` of `door`.
    ///
    /// # Panics
    /// The cluster has no such door.
    pub fn bootstrap_of(&self, door: Door) -> String {
        self.addresses.get(&door).expect("a cluster with that door").join(",")
    }

    /// `bootstrap.servers` of the plaintext listener every cluster has.
    pub fn back_door(&self) -> String {
        self.bootstrap_of(Door::Plain)
    }

    /// Client `.properties` for `user` through the main door.
    pub fn properties(&self, user: &str) -> String {
        self.properties_of(self.doors[0], user)
    }

    /// Client `.properties` for `user` through `door`.
    ///
    /// # Panics
    /// The cluster has no such door or user.
    pub fn properties_of(&self, door: Door, user: &str) -> String {
        let user = self.users.iter().find(|u| u.name == user).expect("a user of that name");
        door.client_properties(&self.bootstrap_of(door), user, &self.certificates)
    }

    /// Runs a tool of this Kafka release with `arguments` and returns what it printed.
    ///
    /// # Errors
    /// It failed, or did not end within two minutes; the message carries what it said.
    pub async fn tool(&self, class: &str, arguments: &[&str]) -> Result<String> {
        let mut java = tokio::process::Command::from(self.jars.java());
        java.arg(class).args(arguments).stdin(std::process::Stdio::null()).kill_on_drop(true);
        let output = tokio::time::timeout(Duration::from_secs(120), java.output()).await??;
        let said = String::from_utf8_lossy(&output.stderr);
        ensure!(output.status.success(), "{class} {arguments:?}: {}\n{said}", output.status);
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    }

    /// Starts what does not run and waits until every broker is known to every other.
    ///
    /// # Errors
    /// A broker does not come up.
    pub async fn settled(&self) -> Result<()> {
        for broker in &self.brokers {
            broker.launch()?;
        }
        for broker in &self.brokers {
            broker.answering().await?;
        }
        let deadline = Instant::now() + Duration::from_secs(180);
        for broker in &self.brokers {
            loop {
                let seen = Wire::connect(broker.address()).await?.cluster().await?;
                if seen.brokers.len() == self.brokers.len() && seen.controller_id.0 >= 0 {
                    break;
                }
                if Instant::now() > deadline {
                    bail!("broker {} knows only of {:?}", broker.id(), seen.brokers);
                }
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        }
        Ok(())
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        self.brokers.clear();
        std::fs::remove_dir_all(&self.dir).ok();
    }
}
