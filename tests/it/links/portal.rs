//! A gateway of its own runtime, so that it can die as a process does; it remembers all it said.

use std::{sync::Mutex, time::Duration};

use anyhow::{Context, Result, ensure};
use drawbridge::{
    app::{App, Parts},
    clusters::ClusterSpec,
    links::store::PasswordEncoder,
};
use drawbridge_kafka::settings::Secret;
use drawbridge_shared::view::ClusterOrigin;
use drawbridge_tests::bed::Cluster;
use serde_json::{Value, json};
use tokio::{
    net::TcpListener,
    runtime::{Builder, Runtime},
};

use super::bridge::{links, mirror};
use crate::{
    gateway::web::{Answer, exchange},
    support::eventually,
};

pub(super) struct Portal {
    app: Option<App>,
    runtime: Option<Runtime>,
    address: std::net::SocketAddr,
    said: Mutex<String>,
}

impl Portal {
    /// Starts one that knows clusters by name and the text of their properties files.
    pub(super) async fn open(clusters: &[(&str, String)], secret: &str) -> Result<Self> {
        let clusters = clusters
            .iter()
            .map(|(name, text)| {
                let name = name.parse()?;
                Ok(ClusterSpec::from_text(name, ClusterOrigin::Configured, text, "bed.properties")?)
            })
            .collect::<Result<Vec<_>>>()?;
        let encoder = Some(PasswordEncoder::new(&Secret::new(secret), None));
        let parts = Parts { clusters, encoder, ..Parts::default() };
        let runtime = Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
        let app = runtime.spawn(async move {
            let listener = TcpListener::bind("127.0.0.1:0").await?;
            App::start(parts, listener)
        });
        let app = app.await??;
        let address = app.address();
        let said = Mutex::default();
        Ok(Self { app: Some(app), runtime: Some(runtime), address, said })
    }

    /// Its links, asked without REST.
    pub(super) fn links(&self) -> Result<&drawbridge::links::Links> {
        Ok(self.app.as_ref().context("an app")?.links())
    }

    /// Asks, and remembers the answer.
    pub(super) async fn ask(&self, method: &str, path: &str, body: Value) -> Result<Answer> {
        let body = if body.is_null() { String::new() } else { body.to_string() };
        let (status, body) = exchange(self.address, method, path, &body).await?;
        self.said.lock().unwrap().push_str(&body);
        // Metrics are no JSON.
        let body = serde_json::from_str(&body).unwrap_or_default();
        Ok(Answer { status, body })
    }

    pub(super) async fn get(&self, path: &str) -> Result<Answer> {
        self.ask("GET", path, Value::Null).await
    }

    /// Asks again until the answer is as wanted.
    pub(super) async fn until(
        &self,
        path: &str,
        wanted: impl Fn(&Answer) -> bool,
    ) -> Result<Answer> {
        let mut last = None;
        let found = eventually(path, async || {
            let answer = self.get(path).await?;
            if wanted(&answer) {
                return Ok(Some(answer));
            }
            last = Some(answer);
            Ok(None)
        });
        found.await.with_context(|| format!("last answer: {last:?}"))
    }

    /// Creates a half of a link.
    pub(super) async fn create(&self, on: &Cluster, link: &str, body: Value) -> Result<()> {
        let path = format!("{}?link_name={link}", links(on));
        let created = self.ask("POST", &path, body).await?;
        ensure!(created.status == 201, "{created:?}");
        Ok(())
    }

    /// Waits for a link's state.
    pub(super) async fn link_is(&self, on: &Cluster, link: &str, state: &str) -> Result<Answer> {
        let path = format!("{}/{link}", links(on));
        self.until(&path, |answer| answer.body["link_state"] == state).await
    }

    /// Creates a mirror topic.
    pub(super) async fn mirror(&self, on: &Cluster, link: &str, topic: &str) -> Result<()> {
        let body = json!({"source_topic_name": topic});
        let created = self.ask("POST", &format!("{}/{link}/mirrors", links(on)), body).await?;
        ensure!(created.status == 201, "{created:?}");
        Ok(())
    }

    /// Waits for a mirror's state.
    pub(super) async fn mirror_is(
        &self,
        on: &Cluster,
        link: &str,
        topic: &str,
        state: &str,
    ) -> Result<Answer> {
        let path = mirror(on, link, topic);
        self.until(&path, |answer| answer.body["mirror_status"] == state).await
    }

    /// Promotes, fails over, pauses or resumes one mirror; the row about it.
    pub(super) async fn act(
        &self,
        on: &Cluster,
        link: &str,
        action: &str,
        topic: &str,
    ) -> Result<Value> {
        let path = format!("{}/{link}/mirrors:{action}", links(on));
        let acted = self.ask("POST", &path, json!({"mirror_topic_names": [topic]})).await?;
        ensure!(acted.status == 200, "{acted:?}");
        Ok(acted.body["data"][0].clone())
    }

    /// Sets one config of a link.
    pub(super) async fn set(
        &self,
        on: &Cluster,
        link: &str,
        name: &str,
        value: &str,
    ) -> Result<()> {
        let path = format!("{}/{link}/configs/{name}", links(on));
        let set = self.ask("PUT", &path, json!({"value": value})).await?;
        ensure!(set.status == 204, "{set:?}");
        Ok(())
    }

    pub(super) async fn delete(&self, on: &Cluster, link: &str, query: &str) -> Result<Answer> {
        self.ask("DELETE", &format!("{}/{link}{query}", links(on)), Value::Null).await
    }

    /// Everything it answered until now, and its notices.
    pub(super) fn said(&self) -> String {
        let notices = self
            .app
            .as_ref()
            .map(|app| format!("{:?}", *app.clusters().notices().follow().borrow()));
        self.said.lock().unwrap().clone() + &notices.unwrap_or_default()
    }

    /// Stops as on SIGTERM.
    pub(super) async fn stop(mut self) -> Result<()> {
        let (app, runtime) = (self.app.take().context("an app")?, self.runtime.take());
        let runtime = runtime.context("a runtime")?;
        let late = runtime.spawn(app.stop(Duration::from_secs(20))).await?;
        runtime.shutdown_background();
        ensure!(late.is_empty(), "still running after the grace period: {late:?}");
        Ok(())
    }

    /// Dies as on SIGKILL: nothing is said to anybody.
    pub(super) fn kill(self) {
        drop(self);
    }
}

impl Drop for Portal {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}
