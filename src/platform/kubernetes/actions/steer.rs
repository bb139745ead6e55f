//! The update of an Argo Rollout: let go on, given up, begun again. Its controller takes that from the status, where its own
//! CLI writes it (`pkg/kubectl-argo-rollouts/cmd` of argo-rollouts), and says there what came of it.

use http::Method;
use serde_json::{Value, json};

use super::{
    LOOK_AGAIN,
    effect::{Effect, Shown, read},
    errand::{Errand, Task, must_read},
    object::{Object, Place, entry, list, number, text},
    order::Order,
    planner, refusal, template, world,
};
use crate::{
    domain::{action::ClusterAction, image::version, service::ServiceKind},
    plan::{
        Ask, Change, ChangeKind, Note, Refusal, Side, Step, Verb,
        preview::{passed, warning},
    },
    platform::kubernetes::{
        api::{Api, ApiError, JSON_PATCH},
        argo,
        cluster::Cluster,
        status::Verdict,
    },
    safe,
    text::{SafeText, counted},
};

/// Where its status says which template is on its way, and which one served before.
const UPDATE: &str = "/status/currentPodHash";
const STABLE: &str = "/status/stableRS";
const PAUSES: &str = "/status/pauseConditions";
const STEP: &str = "/status/currentStepIndex";
const FULL: &str = "/status/promoteFull";
const ABORT: &str = "/status/abort";

/// What somebody wants of an update.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Wish {
    /// It goes on from where it waits.
    On,
    /// It goes to its end, whatever is left of it.
    Full,
    /// It is given up.
    Abort,
    /// It begins again.
    Retry,
}

/// An update that is steered.
#[derive(Clone, Debug)]
pub(super) struct Steer {
    place: Place,
    uid: String,
    wish: Wish,
    /// The hash of the template that is on its way, and of the one that served before.
    update: String,
    stable: String,
    /// The step where it was.
    step: Value,
    /// What serves at the end, in words.
    serves: SafeText,
}

/// One of its ReplicaSets.
struct Revision {
    /// `revision 2 (v2)`.
    words: SafeText,
    /// `v2`.
    version: SafeText,
    available: i64,
}

impl Revision {
    fn of(sets: &[Value], hash: &str) -> Option<Self> {
        let bears = |set: &&Value| entry(set, "/metadata/labels", argo::HASH) == hash;
        let set = sets.iter().find(bears).filter(|_| !hash.is_empty())?;
        let version = version(text(set, "/spec/template/spec/containers/0/image"));
        Some(Self {
            words: safe!("revision {} ({version})", template::number(set)),
            version,
            available: number(set, "/status/availableReplicas"),
        })
    }
}

/// Makes the plan.
///
/// # Errors
/// It is no Rollout, or there is nothing of it to steer that way.
pub(super) async fn plan(
    cluster: &Cluster,
    ask: &Ask,
    action: &ClusterAction,
) -> Result<Errand, Refusal> {
    let api = &cluster.api;
    let target = &ask.target.service;
    let place = Place::of(target)
        .filter(|place| place.kind == ServiceKind::Rollout)
        .ok_or_else(|| refusal(safe!("{target} is no Argo Rollout"), SafeText::EMPTY))?;
    let object = Object(must_read(api, &place.path(), &place.name).await?);
    if let Some(change) = planner::another(&ask.target, &object) {
        return Err(refusal(change, LOOK_AGAIN));
    }
    let sets = world::revisions(api, &place, &object).await;
    let sets = sets.map_err(|error| {
        refusal(
            safe!("its revisions could not be read: {error}"),
            SafeText::from_static("nothing was changed"),
        )
    })?;
    let wish = match action {
        ClusterAction::Abort => Wish::Abort,
        ClusterAction::Retry => Wish::Retry,
        ClusterAction::Promote { full: true } => Wish::Full,
        _ => Wish::On,
    };
    let name = &place.name;
    let Some(update) = Revision::of(&sets, text(&object.0, UPDATE)).filter(|_| seen(&object))
    else {
        return Err(refusal(
            safe!("its controller has not seen the last change of {name} yet"),
            LOOK_AGAIN,
        ));
    };
    let stable = Revision::of(&sets, text(&object.0, STABLE));
    let ops = ops(&object, wish, name)?;
    let Some(stable) = stable else {
        return Err(refusal(
            safe!("nothing served before {}", update.words),
            safe!("its first rollout has no steps, and nothing to go back to"),
        ));
    };
    let at = Standing {
        object: &object,
        update: &update,
        stable: &stable,
    };
    let steer = Steer {
        uid: object.uid().to_owned(),
        wish,
        update: text(&object.0, UPDATE).to_owned(),
        stable: text(&object.0, STABLE).to_owned(),
        step: object.0.pointer(STEP).cloned().unwrap_or_default(),
        serves: match wish {
            Wish::Abort => stable.words.clone(),
            _ => update.words.clone(),
        },
        place,
    };
    let changes = ops.iter().flat_map(|op| lines(&object, op)).collect();
    // What is agreed to is that pause, and no later one.
    let here = match (wish, at.step(0)) {
        (Wish::On, step) if !step.is_empty() => safe!(", {step}"),
        _ => SafeText::EMPTY,
    };
    let step = |verb| Step {
        verb,
        object: safe!("{}, {}{here}", steer.place.words(), update.words),
    };
    let tasks = vec![
        Task {
            step: step(Verb::Patch),
            uid: steer.uid.clone(),
            order: Some(steer.order(ops)),
            effect: Effect::Steered(steer.clone()),
        },
        Task {
            step: step(Verb::Await),
            uid: steer.uid.clone(),
            order: None,
            effect: Effect::Followed(steer),
        },
    ];
    let mut ask = ask.clone();
    ask.target.uid = SafeText::name(object.uid());
    let mut errand = Errand::new(ask, at.sides(wish), at.impact(wish), at.notes(wish), tasks);
    errand.preview.changes = changes;
    errand.preview.remains = at.remains(wish);
    Ok(errand)
}

/// Whether its controller has seen the last change of the spec: before that, its status is about another update.
fn seen(object: &Object) -> bool {
    let progress = object.progress(ServiceKind::Rollout);
    progress.observed >= progress.generation
}

fn is_set(rollout: &Value, flag: &str) -> bool {
    rollout.pointer(flag) == Some(&Value::Bool(true))
}

/// What is written to the status.
///
/// # Errors
/// There is nothing of it to steer that way.
fn ops(object: &Object, wish: Wish, name: &str) -> Result<Vec<Value>, Refusal> {
    let status = &object.0;
    let aborted = is_set(status, ABORT);
    let set = |path: &str, to: Value| {
        [
            json!({ "op": "test", "path": path, "value": status.pointer(path) }),
            json!({ "op": "add", "path": path, "value": to }),
        ]
    };
    if wish != Wish::Retry && text(status, UPDATE) == text(status, STABLE) {
        return Err(refusal(
            safe!("no update of {name} is under way"),
            safe!("roll out an image first"),
        ));
    }
    match wish {
        Wish::Abort if aborted => Err(Refusal::already(safe!(
            "there is nothing to do: the update of {name} is given up already"
        ))),
        Wish::Abort => Ok(set(ABORT, json!(true)).into()),
        Wish::Retry if aborted => Ok(set(ABORT, json!(false)).into()),
        Wish::Retry => Err(refusal(
            safe!("the update of {name} was not given up"),
            SafeText::EMPTY,
        )),
        _ if aborted => Err(refusal(
            safe!("the update of {name} was given up"),
            safe!("retry it first"),
        )),
        _ if object.is_paused() => Err(refusal(
            safe!("{name} is paused by hand"),
            safe!("unpause it first"),
        )),
        Wish::Full => Ok(set(FULL, json!(true)).into()),
        Wish::On => {
            let paused = !list(status, PAUSES).is_empty();
            // An analysis that says neither yes nor no pauses it, and its step would begin again.
            let analysis = "/status/canary/currentStepAnalysisRunStatus/status";
            let undecided = text(status, analysis) == "Inconclusive";
            let steps = list(status, "/spec/strategy/canary/steps").len();
            let at = usize::try_from(number(status, STEP)).unwrap_or_default();
            let mut ops = Vec::new();
            if paused {
                ops.push(json!({ "op": "test", "path": PAUSES, "value": status.pointer(PAUSES) }));
                ops.push(json!({ "op": "remove", "path": PAUSES }));
            }
            // Without a pause the step that runs is left behind: a weight, an analysis, an experiment.
            if (!paused || undecided) && at < steps {
                ops.extend(set(STEP, json!(at + 1)));
            }
            if ops.is_empty() {
                let now = text(status, "/status/message");
                return Err(refusal(
                    safe!("the update of {name} waits for nobody: {now}"),
                    SafeText::EMPTY,
                ));
            }
            Ok(ops)
        }
    }
}

/// What changes by it, as the status has it.
fn lines(object: &Object, op: &Value) -> Vec<Change> {
    let path = text(op, "/path");
    let plain = |value: &Value| match value {
        Value::Array(pauses) => {
            let reasons: Vec<&str> = pauses.iter().map(|one| text(one, "/reason")).collect();
            reasons.join(", ")
        }
        value => value.to_string(),
    };
    let line = |kind, value: &Value| Change {
        kind,
        field: SafeText::name(path.trim_start_matches("/status/")),
        value: SafeText::line(plain(value)),
        secret: None,
    };
    if text(op, "/op") == "test" {
        return Vec::new();
    }
    let was = object.0.pointer(path).filter(|was| !was.is_null());
    let removed = was.map(|was| line(ChangeKind::Removed, was));
    let added = op.get("value").map(|to| line(ChangeKind::Added, to));
    removed.into_iter().chain(added).collect()
}

/// Where an update stands when it is asked about.
struct Standing<'a> {
    object: &'a Object,
    update: &'a Revision,
    stable: &'a Revision,
}

impl Standing<'_> {
    /// `step 2 of 5`; empty where it has no steps.
    fn step(&self, ahead: usize) -> SafeText {
        let steps = list(&self.object.0, "/spec/strategy/canary/steps").len();
        let at = usize::try_from(number(&self.object.0, STEP)).unwrap_or_default() + ahead;
        match steps {
            0 => SafeText::EMPTY,
            steps if at >= steps => safe!("behind its last step"),
            steps => safe!("step {} of {steps}", at + 1),
        }
    }

    fn sides(&self, wish: Wish) -> [Side; 2] {
        let (update, stable) = (&self.update.version, &self.stable.version);
        let under_way = safe!("{stable} > {update}");
        let how = match (self.object.stage().verdict(), self.step(0)) {
            (Verdict::Done, at) => at,
            (Verdict::Failed(how) | Verdict::Progressing(how), at) if at.is_empty() => how,
            (Verdict::Failed(how) | Verdict::Progressing(how), at) => safe!("{at}: {how}"),
        };
        let now = match wish {
            Wish::Retry => stable.clone(),
            _ => under_way.clone(),
        };
        let (what, facts) = match wish {
            Wish::On => (under_way, self.step(1)),
            Wish::Full => (update.clone(), safe!("every copy")),
            Wish::Abort => (stable.clone(), safe!("{} serves", self.stable.words)),
            Wish::Retry => (under_way, safe!("from its first step")),
        };
        [
            Side {
                what: now,
                facts: how,
            },
            Side { what, facts },
        ]
    }

    fn impact(&self, wish: Wish) -> SafeText {
        match wish {
            Wish::On => safe!("it goes on to where it next waits, or to its end"),
            Wish::Full => safe!(
                "{} takes all the traffic at once: no pause, no weight, no analysis before it",
                self.update.words
            ),
            Wish::Abort => safe!(
                "{} serves alone again; copies of {} go",
                self.stable.words,
                self.update.version
            ),
            Wish::Retry => safe!("{} gets traffic again, step by step", self.update.words),
        }
    }

    fn notes(&self, wish: Wish) -> Vec<Note> {
        let wanted = i64::from(self.object.replicas());
        let there = |one: &Revision| {
            safe!(
                "{} of {} of {} there",
                one.available,
                counted(usize::try_from(wanted).unwrap_or_default(), "copy"),
                one.words
            )
        };
        match wish {
            Wish::Abort if self.stable.available < wanted => {
                vec![warning(safe!(
                    "{}: the others start first",
                    there(self.stable)
                ))]
            }
            Wish::Abort => vec![passed(there(self.stable))],
            Wish::Full if self.update.available < wanted => {
                vec![warning(safe!(
                    "{}: the others start first",
                    there(self.update)
                ))]
            }
            Wish::Full => vec![passed(there(self.update))],
            Wish::On | Wish::Retry => Vec::new(),
        }
    }

    fn remains(&self, wish: Wish) -> Vec<SafeText> {
        match wish {
            Wish::Abort => vec![safe!(
                "its spec still wants {}: retry begins it again; rolling back makes it want what serves",
                self.update.words
            )],
            _ => Vec::new(),
        }
    }
}

impl Steer {
    /// What is tested is what it is about: that object, and that update. Who scales it meanwhile is nobody's hindrance.
    fn order(&self, ops: Vec<Value>) -> Order {
        let tested = [
            ("/metadata/uid", &self.uid),
            (UPDATE, &self.update),
            (STABLE, &self.stable),
        ];
        let tests =
            tested.map(|(path, value)| json!({ "op": "test", "path": path, "value": value }));
        Order {
            method: Method::PATCH,
            path: format!("{}/status", self.place.path()),
            content_type: JSON_PATCH,
            body: Value::Array(tests.into_iter().chain(ops).collect()),
        }
    }

    /// The Rollout as it is, or how it is no longer the one with that update.
    async fn look(&self, api: &Api) -> Result<Result<Object, Shown>, ApiError> {
        let name = &self.place.name;
        let Some(found) = read(api, &self.place.path()).await?.map(Object) else {
            return Ok(Err(Shown::Else(safe!(
                "{name} is gone: somebody deleted it"
            ))));
        };
        Ok(if found.uid() != self.uid {
            Err(Shown::Else(safe!(
                "{name} was deleted and made again: it is another object"
            )))
        } else if text(&found.0, UPDATE) != self.update {
            let by = found.written_by(&["f:spec", "f:template"]);
            Err(Shown::Else(safe!(
                "{by} rolled out something else meanwhile"
            )))
        } else {
            Ok(found)
        })
    }

    /// Whether its status has what was written.
    pub(super) async fn written(&self, api: &Api) -> Result<Shown, ApiError> {
        let object = match self.look(api).await? {
            Ok(object) => object,
            Err(shown) => return Ok(shown),
        };
        let status = &object.0;
        let aborted = is_set(status, ABORT);
        let through = text(status, STABLE) == self.update;
        let written = match self.wish {
            Wish::Abort => aborted,
            Wish::Retry => !aborted,
            Wish::Full => through || is_set(status, FULL),
            Wish::On => {
                let step = status.pointer(STEP).unwrap_or(&Value::Null);
                through || *step != self.step || object.stage().unpausing
            }
        };
        Ok(if written {
            Shown::Yes(SafeText::EMPTY)
        } else {
            Shown::NotYet(SafeText::EMPTY)
        })
    }

    /// What its controller made of it.
    pub(super) async fn followed(&self, api: &Api) -> Result<Shown, ApiError> {
        let object = match self.look(api).await? {
            Ok(object) => object,
            Err(shown) => return Ok(shown),
        };
        let stage = object.stage();
        let aborted = is_set(&object.0, ABORT);
        let verdict = match stage.verdict() {
            _ if !seen(&object) => Verdict::Progressing(SafeText::from_static(
                "its controller has not seen the last change yet",
            )),
            verdict => verdict,
        };
        if self.wish == Wish::Abort {
            return match verdict {
                _ if !aborted => Ok(Shown::Else(safe!(
                    "somebody began the update of {} again",
                    self.place.name
                ))),
                Verdict::Failed(_) => self.restored(api, &object).await,
                _ => Ok(Shown::NotYet(SafeText::from_static(
                    "its controller has not given it up yet",
                ))),
            };
        }
        let through = text(&object.0, STABLE) == self.update;
        let serves = &self.serves;
        Ok(match (verdict, stage.held()) {
            (Verdict::Done, _) if through => Shown::Yes(safe!("{serves} serves")),
            (_, Some(held)) if self.wish != Wish::Full => Shown::Yes(safe!("{serves}: {held}")),
            (Verdict::Failed(why), _) => Shown::Never(why),
            (Verdict::Progressing(how), _) => Shown::NotYet(how),
            (Verdict::Done, _) => Shown::NotYet(SafeText::EMPTY),
        })
    }

    /// Whether what served before the update serves alone again, with as many copies as there should be.
    async fn restored(&self, api: &Api, object: &Object) -> Result<Shown, ApiError> {
        let sets = world::revisions(api, &self.place, object).await?;
        let stable = Revision::of(&sets, &self.stable);
        let there = stable.map_or(0, |stable| stable.available);
        let wanted = object.replicas();
        let words = safe!("{}: {there} of {wanted} there", self.serves);
        Ok(if there >= i64::from(wanted) {
            Shown::Yes(safe!("given up; {words}"))
        } else {
            Shown::NotYet(words)
        })
    }
}
