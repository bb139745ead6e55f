//! A Docker Engine in memory: containers of one service, a few images, and one fault at one send.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use bytes::Bytes;
use hyper::Method;
use quarterdeck::{
    domain::{action::Action, instance::InstanceId},
    plan::SeenInstance,
    platform::docker::{actions::Wire, error::CallError},
    text::SafeText,
};
use serde_json::{Value, json};
use tokio::sync::Notify;

use super::record::Ledger;

/// Who it says it is.
pub(super) const IDENTITY: &str = "scripted";

/// What gets in the way.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Fault {
    None,
    /// The send never arrives, and nobody says so.
    LoseRequest,
    /// It arrives; its answer does not.
    LoseAnswer,
    /// The console is killed before the send.
    KillBefore,
    /// It is killed before it reads the answer.
    KillAfter,
    /// The Engine says that it could not.
    Error,
    /// Somebody removes a container just before.
    SomebodyRemoves,
    /// Somebody restarts one.
    SomebodyRestarts,
}

#[derive(Clone)]
pub(super) struct Scripted(Arc<Inner>);

struct Inner {
    state: Mutex<State>,
    killed: Notify,
    ledger: Arc<Ledger>,
}

struct State {
    containers: Vec<Value>,
    images: BTreeMap<String, String>,
    clock: u32,
    sends: usize,
    at: usize,
    planned: Fault,
    healed: bool,
}

impl Scripted {
    /// So many replicas of `shop:v1`; with `volume` they write to a common one.
    pub(super) fn new(replicas: usize, volume: bool, ledger: Arc<Ledger>) -> Self {
        let images = ["v1", "v2", "v3", "bad", "sick"]
            .map(|tag| (format!("shop:{tag}"), format!("sha256:{tag}")));
        let engine = Self(Arc::new(Inner {
            state: Mutex::new(State {
                containers: Vec::new(),
                images: images.into(),
                clock: 0,
                sends: 0,
                at: usize::MAX,
                planned: Fault::None,
                healed: false,
            }),
            killed: Notify::new(),
            ledger,
        }));
        let mut state = engine.state();
        for number in 1..=replicas {
            let labels = json!({
                "com.docker.compose.project": "shop", "com.docker.compose.service": "api",
                "com.docker.compose.container-number": number.to_string(), "com.docker.compose.image": "sha256:v1",
            });
            let id = state
                .create(
                    &format!("shop-api-{number}"),
                    &json!({
                        "Image": "shop:v1", "Labels": labels, "StopTimeout": 1,
                        "HostConfig": { "NetworkMode": "shop_default", "Volume": volume },
                        "NetworkingConfig": { "EndpointsConfig": { "shop_default": {} } },
                    }),
                )
                .unwrap();
            state.start(&id);
        }
        drop(state);
        engine
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The fault comes at the nth send.
    pub(super) fn plan_fault(&self, at: usize, fault: Fault) {
        let mut state = self.state();
        (state.at, state.planned) = (at, fault);
    }

    pub(super) fn fault(&self) -> Fault {
        self.state().planned
    }

    pub(super) fn heal(&self) {
        self.state().healed = true;
    }

    pub(super) fn sends(&self) -> usize {
        self.state().sends
    }

    pub(super) fn replicas(&self) -> u32 {
        self.state().containers.len() as u32
    }

    /// Ends when the console is killed.
    pub(super) async fn killed(&self) {
        self.0.killed.notified().await;
    }

    pub(super) fn seen(&self) -> Vec<SeenInstance> {
        let text = |value: &Value| SafeText::name(value.as_str().unwrap_or_default());
        let state = self.state();
        let seen = state.containers.iter().map(|c| SeenInstance {
            id: InstanceId(text(&c["Id"])),
            name: SafeText::name(name(c)),
            number: 0,
            started: c["State"]["StartedAt"]
                .as_str()
                .and_then(|at| at.parse().ok()),
            image_id: text(&c["Image"]),
        });
        seen.collect()
    }

    /// `shop-api-1 v1 running, …`
    pub(super) fn picture(&self) -> String {
        let state = self.state();
        let mut all: Vec<String> = state
            .containers
            .iter()
            .map(|c| {
                format!(
                    "{} {} {}",
                    name(c),
                    c["Image"].as_str().unwrap_or_default(),
                    status(c)
                )
            })
            .collect();
        all.sort();
        all.join(", ")
    }

    /// One container a name, and no name that only an action in progress gives.
    pub(super) fn settled(&self) -> bool {
        self.state()
            .containers
            .iter()
            .all(|c| !name(c).contains(".new-") && !name(c).contains(".old-"))
    }

    /// Whether it is there what an action wants.
    pub(super) fn shows(&self, action: &Action) -> bool {
        let state = self.state();
        let all = |holds: &dyn Fn(&Value) -> bool| {
            !state.containers.is_empty() && state.containers.iter().all(holds)
        };
        let running = |c: &Value| status(c) == "running";
        let plain = all(&|c| !name(c).contains(".new-") && !name(c).contains(".old-"));
        plain
            && match action {
                Action::Scale { replicas } => {
                    state.containers.len() as u32 == *replicas && all(&running)
                }
                Action::Stop => all(&|c| status(c) == "exited"),
                Action::Rollout { image } => all(&|c| {
                    running(c)
                        && state.images[image.as_str()] == c["Image"].as_str().unwrap_or_default()
                        && c["State"]["Health"]["Status"] != "unhealthy"
                }),
                Action::RollBack { to: Some(id) } => {
                    all(&|c| running(c) && c["Image"] == id.as_str())
                }
                Action::RollBack { to: None }
                | Action::BackUp
                | Action::Pause
                | Action::Unpause
                | Action::Cluster(_) => false,
                Action::Restart | Action::Start => all(&running),
            }
    }

    pub(super) fn brings_bad(action: &Action) -> bool {
        matches!(action, Action::Rollout { image } if image.ends_with("bad") || image.ends_with("sick"))
    }

    /// The fault that this send meets.
    fn fate(&self) -> Fault {
        let mut state = self.state();
        state.sends += 1;
        let now = state.sends - 1 == state.at && !state.healed;
        if now { state.planned } else { Fault::None }
    }
}

fn name(container: &Value) -> &str {
    container["Name"]
        .as_str()
        .unwrap_or_default()
        .trim_start_matches('/')
}

fn status(container: &Value) -> &str {
    container["State"]["Status"].as_str().unwrap_or_default()
}

impl State {
    fn tick(&mut self) -> String {
        self.clock += 1;
        format!(
            "2026-11-21T{:02}:{:02}:{:02}Z",
            self.clock / 3600,
            self.clock / 60 % 60,
            self.clock % 60
        )
    }

    fn find(&mut self, id: &str) -> Result<&mut Value, (u16, String)> {
        let found = self
            .containers
            .iter_mut()
            .find(|c| c["Id"] == id || name(c) == id);
        found.ok_or((404, format!("No such container: {id}")))
    }

    fn create(&mut self, as_name: &str, body: &Value) -> Result<String, (u16, String)> {
        if self.containers.iter().any(|c| name(c) == as_name) {
            return Err((409, "the name is in use".into()));
        }
        let asked = body["Image"].as_str().unwrap_or_default();
        let image = if asked.starts_with("sha256:") {
            Some(asked.to_owned())
        } else {
            self.images.get(asked).cloned()
        };
        let image = image.ok_or((404, "No such image".to_owned()))?;
        let created = self.tick();
        let id = format!("{:064x}", self.clock);
        let mut config = body.clone();
        let host = config["HostConfig"].take();
        let networks = config["NetworkingConfig"]["EndpointsConfig"].take();
        let mounts = if host["Volume"] == true {
            json!([{ "Type": "volume", "Name": "data", "Source": "/data", "Destination": "/data", "RW": true }])
        } else {
            json!([])
        };
        self.containers.push(json!({
            "Id": id, "Name": format!("/{as_name}"), "Image": image, "Created": created, "Config": config,
            "HostConfig": host, "NetworkSettings": { "Networks": networks }, "Mounts": mounts, "RestartCount": 0,
            "State": { "Status": "created", "StartedAt": "0001-01-01T00:00:00Z", "ExitCode": 0 },
        }));
        Ok(id)
    }

    fn start(&mut self, id: &str) {
        let at = self.tick();
        if let Ok(container) = self.find(id) {
            let image = container["Image"].as_str().unwrap_or_default().to_owned();
            let bad = image.ends_with("bad");
            let state = &mut container["State"];
            state["Status"] = if bad { "exited" } else { "running" }.into();
            state["ExitCode"] = i32::from(bad).into();
            state["StartedAt"] = at.into();
            if image.ends_with("sick") {
                state["Health"] = json!({ "Status": "unhealthy", "Log": [] });
            }
        }
    }

    /// Carries a send out, as the Engine would.
    fn apply(
        &mut self,
        method: &Method,
        path: &str,
        body: Option<&Value>,
    ) -> Result<Value, (u16, String)> {
        let (path, query) = path.split_once('?').unwrap_or((path, ""));
        let parameter = |name: &str| {
            let pair = query
                .split('&')
                .filter_map(|pair| pair.split_once('='))
                .find(|(n, _)| *n == name);
            decode(pair.map_or("", |(_, value)| value))
        };
        let parts: Vec<&str> = path.trim_start_matches('/').split('/').collect();
        match (method.as_str(), &parts[..]) {
            ("POST", ["containers", "create"]) => self
                .create(&parameter("name"), body.expect("a body"))
                .map(|id| json!({ "Id": id })),
            ("POST", ["images", id, "tag"]) => {
                self.images.insert(
                    format!("{}:{}", parameter("repo"), parameter("tag")),
                    decode(id),
                );
                Ok(Value::Null)
            }
            ("POST", ["containers", id, "start" | "restart"]) => {
                self.find(id)?;
                self.start(id);
                Ok(Value::Null)
            }
            ("POST", ["containers", id, "stop"]) => {
                self.find(id)?["State"]["Status"] = "exited".into();
                Ok(Value::Null)
            }
            ("POST", ["containers", id, "rename"]) => {
                let to = parameter("name");
                if self.containers.iter().any(|c| name(c) == to) {
                    return Err((409, "the name is in use".into()));
                }
                self.find(id)?["Name"] = format!("/{to}").into();
                Ok(Value::Null)
            }
            ("DELETE", ["containers", id]) => {
                if status(self.find(id)?) == "running" {
                    return Err((409, "it runs".into()));
                }
                self.containers.retain(|c| c["Id"] != *id);
                Ok(Value::Null)
            }
            other => panic!("the scripted Engine knows no {other:?}"),
        }
    }

    fn read(&mut self, path: &str) -> Result<Value, (u16, String)> {
        let path = path.split('?').next().unwrap_or_default();
        let parts: Vec<&str> = path.trim_start_matches('/').split('/').collect();
        match &parts[..] {
            ["info"] => Ok(json!({ "ID": IDENTITY })),
            ["containers", "json"] => Ok(self
                .containers
                .iter()
                .map(|c| json!({ "Id": c["Id"] }))
                .collect()),
            ["containers", id, "json"] => self.find(&decode(id)).cloned(),
            ["images", "json"] => Ok(self
                .images
                .iter()
                .map(|(tag, id)| json!({ "Id": id, "RepoTags": [tag] }))
                .collect()),
            ["images", reference, "json"] => {
                let reference = decode(reference);
                let id = self.images.get(&reference).cloned();
                let id = id.or_else(|| self.images.values().find(|id| **id == reference).cloned());
                let id = id.ok_or((404, "No such image".to_owned()))?;
                let tags: Vec<_> = self
                    .images
                    .iter()
                    .filter(|(_, i)| **i == id)
                    .map(|(tag, _)| tag)
                    .collect();
                Ok(json!({ "Id": id, "RepoTags": tags, "Config": {} }))
            }
            other => panic!("the scripted Engine knows no {other:?}"),
        }
    }

    fn somebody(&mut self, fault: Fault) {
        let first = self
            .containers
            .first()
            .map(|c| c["Id"].as_str().unwrap_or_default().to_owned());
        match (fault, first) {
            (Fault::SomebodyRemoves, Some(id)) => {
                self.containers.retain(|c| c["Id"] != id.as_str());
            }
            (Fault::SomebodyRestarts, Some(id)) => self.start(&id),
            _ => {}
        }
    }
}

fn decode(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        if byte == b'%' {
            let digits = [rest.next().unwrap(), rest.next().unwrap()];
            bytes.push(u8::from_str_radix(std::str::from_utf8(&digits).unwrap(), 16).unwrap());
        } else {
            bytes.push(byte);
        }
    }
    String::from_utf8(bytes).unwrap()
}

impl Wire for Scripted {
    async fn call(
        &self,
        method: Method,
        path: &str,
        body: Option<&Value>,
        _: Duration,
    ) -> Result<Bytes, CallError> {
        // Every call gives the others a turn.
        tokio::task::yield_now().await;
        let answer = |answer: Result<Value, (u16, String)>| match answer {
            Ok(value) => Ok(Bytes::from(value.to_string())),
            Err((status, message)) => Err(CallError::Refused {
                status,
                message: SafeText::line(&message),
            }),
        };
        if method == Method::GET {
            return answer(self.state().read(path));
        }
        let announced = self
            .0
            .ledger
            .announced()
            .expect("a send without an intent, or a second one for the same");
        let fits = match announced.verb.as_str() {
            "remove" => method == Method::DELETE,
            verb => path.contains(verb),
        };
        assert!(fits, "{method} {path} was announced as {announced:?}");
        let fault = self.fate();
        self.state().somebody(fault);
        match fault {
            Fault::KillBefore => {
                self.0.killed.notify_waiters();
                return std::future::pending().await;
            }
            Fault::LoseRequest => return Err(CallError::Broken(SafeText::from_static("cut"))),
            Fault::Error => {
                return Err(CallError::Refused {
                    status: 500,
                    message: SafeText::from_static("it could not"),
                });
            }
            _ => {}
        }
        let done = self.state().apply(&method, path, body);
        match fault {
            Fault::KillAfter => {
                self.0.killed.notify_waiters();
                std::future::pending().await
            }
            Fault::LoseAnswer => Err(CallError::Broken(SafeText::from_static("cut"))),
            _ => answer(done),
        }
    }
}
