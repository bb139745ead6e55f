//! The way to a daemon or to a cluster: by the settings, by what was named by hand, or by what is found here.

use std::{
    cell::RefCell,
    collections::BTreeMap,
    path::PathBuf,
    sync::{Arc, OnceLock},
};

use super::{
    by_hand::{ByHand, Platform},
    found::{self, Found},
    memory::{Kind, Memory},
};
use crate::{
    app::Choice,
    cli::{arguments::Global, exit::Fault},
    config::{
        Settings,
        settings::environment::{Environment, Kubernetes},
    },
    domain::action::EnvironmentKind,
    journal,
    platform::{
        docker::{DockerOptions, host::TlsFiles},
        kubernetes::{self, Contexts, KubernetesOptions},
    },
    safe,
    state::{Destination, Place},
    text::SafeText,
};

/// What a daemon is called that was found.
const LOCAL: &str = "local";

/// What is to be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::cli) enum Spot {
    /// A daemon.
    Docker(DockerOptions),
    /// A cluster.
    Kubernetes(KubernetesOptions),
}

/// Where the way leads.
#[derive(Clone, Debug, PartialEq, Eq)]
enum At {
    /// To an environment of the settings.
    Environment(String),
    /// To a daemon that is none of them.
    Daemon,
    /// To a context that is none of them, of that kubeconfig; `None` where the kubeconfig has no current one.
    Cluster(Option<String>, Option<PathBuf>),
}

impl At {
    /// To what was found, with the current context.
    fn found(kind: Kind, current: Option<String>) -> Self {
        match kind {
            Kind::Docker => Self::Daemon,
            Kind::Kubernetes => Self::Cluster(current, None),
        }
    }
}

/// The way.
#[derive(Clone)]
pub(super) struct Real {
    settings: Arc<Settings>,
    by_hand: ByHand,
    /// Nothing until it is found out which of two is meant; whoever needs it before waits for that.
    at: Arc<OnceLock<At>>,
    /// The environment that it leads to, as the settings had it last: it is still reached when they know it no more.
    last: Option<Environment>,
    /// Which namespaces the operator chose here, by context.
    chosen: BTreeMap<String, Vec<String>>,
    memory: Memory,
    /// Whether what earlier consoles were shown counts.
    remembers: bool,
    kubeconfigs: Kubeconfigs,
}

/// The contexts of each kubeconfig, read once: a `kubectl config use-context` elsewhere changes nothing here.
#[derive(Clone, Default)]
struct Kubeconfigs(RefCell<BTreeMap<Option<PathBuf>, ContextsRead>>);

/// The contexts of a kubeconfig, or why it does not read.
type ContextsRead = Result<Arc<Contexts>, SafeText>;

impl Kubeconfigs {
    /// Those of a file, or why it does not read.
    fn read(&self, file: Option<&PathBuf>) -> ContextsRead {
        let read = || kubernetes::contexts(file.map(PathBuf::as_path)).map(Arc::new);
        let mut all = self.0.borrow_mut();
        all.entry(file.cloned()).or_insert_with(read).clone()
    }

    /// Those of a file. One that does not read has none: whoever reaches for it is told why.
    fn contexts(&self, file: Option<&PathBuf>) -> Arc<Contexts> {
        self.read(file).unwrap_or_default()
    }
}

impl Real {
    /// The way from here.
    ///
    /// # Errors
    /// What was named by hand is not there, or could be two things.
    pub(super) fn new(global: &Global, settings: &Settings) -> Result<Self, Fault> {
        let mut real = Self {
            settings: Arc::new(settings.clone()),
            by_hand: ByHand::new(global)?,
            at: Arc::default(),
            last: None,
            chosen: BTreeMap::new(),
            memory: Memory::read(journal::state_dir()),
            remembers: false,
            kubeconfigs: Kubeconfigs::default(),
        };
        if let Some(at) = real.begin()? {
            real.lead(at);
        }
        Ok(real)
    }

    /// What may be wrong where nobody said where to go, and Docker was found: a kubeconfig that leads nowhere.
    pub(super) fn doubt(&self) -> Option<SafeText> {
        let found = matches!(self.at.get(), Some(At::Daemon)) && self.by_hand.platform().is_none();
        if !found || !self.kubeconfigs.contexts(None).all.is_empty() {
            return None;
        }
        let named = std::env::var_os("KUBECONFIG").is_some_and(|names| !names.is_empty());
        match self.kubeconfigs.read(None) {
            Err(why) => Some(safe!("{why}. Docker was looked for instead")),
            Ok(_) if named => Some(SafeText::from_static(
                "what KUBECONFIG names has no context, or is not there. Docker was looked for instead",
            )),
            Ok(_) => None,
        }
    }

    /// What earlier consoles were shown counts from now on, and what is chosen is kept for later ones.
    pub(super) const fn remember(&mut self) {
        self.remembers = true;
    }

    /// Where it begins: at the environment asked for by name, else at what was named by hand, else at the first environment,
    /// else at what is found; `None` where that is not clear at once.
    fn begin(&self) -> Result<Option<At>, Fault> {
        let all = &self.settings.environments;
        if let Some(name) = &self.settings.preferences.environment {
            return Ok(Some(At::Environment(name.clone())));
        }
        let first = all.values().next();
        let clusters = first.is_some_and(|environment| environment.kubernetes.is_some());
        match self.by_hand.platform() {
            // Nobody knows of which kind it is.
            Some(Platform::Docker) => Ok(Some(At::Daemon)),
            Some(Platform::Kubernetes) if !self.by_hand.only_namespaces() || !clusters => {
                let file = self.by_hand.kubeconfig.as_ref();
                let contexts = self.kubeconfigs.read(file).map_err(Fault::usage)?;
                let current = || contexts.current.clone();
                let context = self.by_hand.kube_context.clone().or_else(current);
                Ok(Some(self.cluster(context, file.cloned())))
            }
            _ => Ok(match all.keys().next() {
                Some(first) => Some(At::Environment(first.clone())),
                None => match self.look() {
                    Found::Clear(kind) => Some(At::found(kind, self.current())),
                    Found::Both(..) => None,
                },
            }),
        }
    }

    /// What there is where nobody said where to go.
    fn look(&self) -> Found {
        found::look(&self.kubeconfigs.contexts(None), self.memory.last())
    }

    /// The current context of the kubeconfig that is found.
    fn current(&self) -> Option<String> {
        self.kubeconfigs.contexts(None).current.clone()
    }

    fn at(&self) -> &At {
        let find = || At::found(self.look().decide(), self.current());
        self.at.get_or_init(find)
    }

    fn lead(&mut self, at: At) {
        self.last = None;
        self.at = Arc::new(OnceLock::from(at));
    }

    /// What there is to see, and how it is found out where it leads, beside whoever draws; `None` where that is known.
    pub(super) fn undecided(&self) -> Option<(Place, Choice)> {
        if self.at.get().is_some() {
            return None;
        }
        let others = self.others();
        let names: Vec<&str> = others.iter().map(SafeText::as_str).collect();
        let place = Place {
            context: SafeText::name(names.join(" or ")),
            others: others.clone(),
            ..Place::default()
        };
        let (at, found, current) = (Arc::clone(&self.at), self.look(), self.current());
        let choose = move || {
            at.get_or_init(|| At::found(found.decide(), current));
        };
        Some((place, Box::new(choose)))
    }

    /// A context of a kubeconfig: the environment that is it, since that one says how careful to be there, else one that is
    /// none.
    fn cluster(&self, context: Option<String>, file: Option<PathBuf>) -> At {
        let current = self.kubeconfigs.contexts(file.as_ref()).current.clone();
        let is_it = |of: &Kubernetes| {
            let leads_to = of.context.as_ref().or(current.as_ref());
            of.kubeconfig == file && leads_to == context.as_ref()
        };
        let all = self.settings.environments.iter();
        let mut of_it =
            all.filter(|(_, e)| context.is_some() && e.kubernetes.as_ref().is_some_and(is_it));
        let first = of_it.clone().next();
        // Of several in one cluster, the one that asks for the most care.
        let careful = of_it.find(|(_, e)| e.kind == EnvironmentKind::Production);
        match careful.or(first) {
            Some((name, _)) => At::Environment(name.clone()),
            None => At::Cluster(context, file),
        }
    }

    /// Leads there from now on, by these settings.
    pub(super) fn turn(&mut self, destination: &Destination, settings: &Arc<Settings>) {
        self.last = self.environment().cloned();
        self.settings = Arc::clone(settings);
        match destination {
            Destination::Here => {}
            Destination::Environment(name) => self.turn_to_environment(name),
            Destination::Context(name) => {
                let contexts = self.kubeconfigs.contexts(self.kubeconfig().as_ref());
                let named = contexts
                    .all
                    .iter()
                    .find(|c| SafeText::name(&c.name) == *name);
                if let Some(context) = named {
                    let at = self.cluster(Some(context.name.clone()), self.kubeconfig());
                    self.lead(at);
                }
            }
            Destination::Namespaces(names) => {
                if let Some(context) = self.context() {
                    let names: Vec<String> = names.iter().map(SafeText::to_string).collect();
                    self.chosen.insert(context.clone(), names.clone());
                    self.memory.chose(&context, &names);
                }
            }
        }
        if self.remembers
            && self.settings.environments.is_empty()
            && self.by_hand.platform().is_none()
        {
            self.memory.used(match self.spot() {
                Spot::Docker(_) => Kind::Docker,
                Spot::Kubernetes(_) => Kind::Kubernetes,
            });
        }
    }

    fn turn_to_environment(&mut self, name: &SafeText) {
        let all = self.settings.environments.keys();
        let configured = all.into_iter().find(|known| SafeText::name(known) == *name);
        let contexts = self.kubeconfigs.contexts(None);
        let current = contexts.current.clone();
        let at = match configured {
            Some(known) => At::Environment(known.clone()),
            None if current.as_ref().is_some_and(|c| SafeText::name(c) == *name) => {
                At::Cluster(current, None)
            }
            None => At::Daemon,
        };
        self.lead(at);
    }

    /// The settings, and the environment of theirs that it leads to; empty where it is none.
    pub(super) fn watched(&self) -> (&Arc<Settings>, &str) {
        let environment = match self.at() {
            At::Environment(name) => name,
            At::Daemon | At::Cluster(..) => "",
        };
        (&self.settings, environment)
    }

    fn environment(&self) -> Option<&Environment> {
        match self.at() {
            At::Environment(name) => self.settings.environments.get(name).or(self.last.as_ref()),
            At::Daemon | At::Cluster(..) => None,
        }
    }

    /// What the settings say of the cluster; `None` where they mean none, or another one was named by hand.
    fn configured(&self) -> Option<&Kubernetes> {
        let named = self.by_hand.platform().is_some();
        self.environment()?
            .kubernetes
            .as_ref()
            .filter(|_| !named || self.by_hand.only_namespaces())
    }

    fn platform(&self) -> Platform {
        match self.at() {
            At::Daemon => Platform::Docker,
            At::Cluster(..) => Platform::Kubernetes,
            At::Environment(_) if self.configured().is_some() => Platform::Kubernetes,
            At::Environment(_) => self.by_hand.platform().unwrap_or(Platform::Docker),
        }
    }

    fn kubeconfig(&self) -> Option<PathBuf> {
        if let At::Cluster(_, file) = self.at() {
            return file.clone();
        }
        let by_hand = || self.by_hand.kubeconfig.clone();
        self.configured()
            .and_then(|of| of.kubeconfig.clone())
            .or_else(by_hand)
    }

    /// The context that is meant, by name.
    fn context(&self) -> Option<String> {
        let current = || {
            self.kubeconfigs
                .contexts(self.kubeconfig().as_ref())
                .current
                .clone()
        };
        match (self.at(), self.configured()) {
            (At::Daemon, _) => None,
            (At::Cluster(context, _), _) => context.clone(),
            (At::Environment(_), Some(of)) => of.context.clone().or_else(current),
            (At::Environment(_), None) => self.by_hand.kube_context.clone().or_else(current),
        }
    }

    /// The namespaces to show: those chosen here, named by hand, set, chosen in an earlier console, or the context's own.
    fn namespaces(&self) -> Vec<String> {
        let context = self.context().unwrap_or_default();
        let set = self
            .configured()
            .map(|of| &of.namespaces)
            .filter(|names| !names.is_empty());
        if let Some(chosen) = self.chosen.get(&context) {
            return match set {
                Some(set) if chosen.is_empty() => set.clone(),
                _ => chosen.clone(),
            };
        }
        if !self.by_hand.namespaces.is_empty() {
            return self.by_hand.namespaces.clone();
        }
        if let Some(set) = set {
            return set.clone();
        }
        if let Some(kept) = self.memory.namespaces(&context).filter(|_| self.remembers) {
            return kept.to_vec();
        }
        let contexts = self.kubeconfigs.contexts(self.kubeconfig().as_ref());
        contexts
            .get(&context)
            .and_then(|of| of.namespace.clone())
            .into_iter()
            .collect()
    }

    /// What is to be read there.
    pub(super) fn spot(&self) -> Spot {
        let environment = self.environment();
        let read_only =
            self.settings.preferences.read_only || environment.is_some_and(|e| e.read_only);
        if self.platform() == Platform::Kubernetes {
            return Spot::Kubernetes(KubernetesOptions {
                kubeconfig: self.kubeconfig(),
                context: self.context(),
                namespaces: self.namespaces(),
                read_only,
                ..KubernetesOptions::default()
            });
        }
        let there = environment.filter(|_| self.by_hand.platform().is_none());
        let docker = there.map(|e| e.docker.clone()).unwrap_or_default();
        Spot::Docker(DockerOptions {
            host: self.by_hand.docker_host.clone().or(docker.host),
            by_hand: self.by_hand.docker_host.is_some(),
            context: self.by_hand.docker_context.clone().or(docker.context),
            tls: docker.tls.map(|tls| TlsFiles {
                ca: tls.ca,
                cert: tls.cert,
                key: tls.key,
            }),
            projects: environment
                .map(|e| e.docker.projects.clone())
                .unwrap_or_default(),
            read_only,
        })
    }

    /// Where it leads, as the header shows it.
    pub(super) fn place(&self) -> Place {
        let cluster = self.platform() == Platform::Kubernetes;
        let context = self.context();
        let name = match self.at() {
            At::Environment(name) => name.clone(),
            At::Daemon => self
                .by_hand
                .docker_context
                .clone()
                .unwrap_or_else(|| LOCAL.to_owned()),
            At::Cluster(name, _) => name.clone().unwrap_or_else(|| "kubernetes".to_owned()),
        };
        let contexts = cluster.then(|| self.kubeconfigs.contexts(self.kubeconfig().as_ref()));
        Place {
            environment: SafeText::name(name),
            kind: self
                .environment()
                .map_or(EnvironmentKind::Unknown, |e| e.kind),
            context: match context {
                Some(context) => SafeText::name(context),
                None if cluster => SafeText::from_static("kubernetes"),
                None => SafeText::from_static("docker"),
            },
            simulated: false,
            rehearsal: false,
            copy: false,
            mishaps: Vec::new(),
            others: self.others(),
            namespaces: cluster.then(|| self.namespaces().iter().map(SafeText::name).collect()),
            contexts: contexts
                .map(|found| found.all.iter().map(|c| SafeText::name(&c.name)).collect())
                .unwrap_or_default(),
        }
    }

    /// The environments, or what is found in their place.
    fn others(&self) -> Vec<SafeText> {
        let all = &self.settings.environments;
        if !all.is_empty() || self.by_hand.platform().is_some() {
            return all.keys().map(SafeText::name).collect();
        }
        let current = self.current();
        let daemon = found::daemon().map(|_| LOCAL.to_owned());
        current
            .into_iter()
            .chain(daemon)
            .map(SafeText::name)
            .collect()
    }
}

#[cfg(test)]
mod tests;
