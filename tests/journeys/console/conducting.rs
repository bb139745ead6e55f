//! Lists, conducted as the console does it, but at once: so that every picture of a walk is the same each time.

use std::{
    collections::HashMap,
    path::{Path, PathBuf},
    sync::Arc,
};

use quarterdeck::{
    app::{
        conduct::{Beginning, Conductor},
        ledger::Ledger,
        lists,
    },
    checklist::{Event, ItemId, RunId, What},
    domain::action::Action,
    plan::{
        Outcome, PlanId, Progress,
        record::{Failure, OperationId, OperationResult},
    },
    state::{
        Model, Msg,
        walking::{ChecklistMsg, ChecklistWork},
    },
    text::SafeText,
};

pub(super) struct Conducting {
    /// The file of the lists.
    pub(super) file: PathBuf,
    conductor: Conductor,
    run: Option<RunId>,
    /// The actions of steps.
    doing: HashMap<PlanId, (ItemId, OperationId)>,
}

impl Conducting {
    pub(super) fn new(ledger: Arc<Ledger>, file: PathBuf) -> Self {
        Self {
            file,
            conductor: Conductor::new(ledger),
            run: None,
            doing: HashMap::new(),
        }
    }

    /// Does what the screen wants of lists; what is heard of it.
    pub(super) fn conduct(&mut self, model: &Model, work: ChecklistWork) -> Vec<Msg> {
        let heard = match work {
            ChecklistWork::Offer => {
                let mut offers = lists::offers(std::slice::from_ref(&self.file), None);
                for offer in &mut offers {
                    // In pictures the folder has the same name each time.
                    offer.file = Path::new("lists").join(offer.file.file_name().expect("a file"));
                }
                vec![ChecklistMsg::Offered(offers)]
            }
            ChecklistWork::Start { list, by, .. } => {
                let beginning = Beginning {
                    identity: &model.snapshot().host.identity,
                    place: &model.place,
                    file: &self.file,
                    list,
                    known: None,
                    by,
                    at: model.now,
                };
                let prepared = beginning.prepared().expect("it is a list");
                let opened = self.conductor.start(prepared).expect("it begins");
                self.run = Some(opened.run.clone());
                let identity = model.snapshot().host.identity.clone();
                vec![ChecklistMsg::Opened(identity, Box::new(opened))]
            }
            ChecklistWork::Record(run, events) => self.record(&run, &events),
            ChecklistWork::Doing { item, plan, .. } => {
                self.doing.insert(plan, (item, OperationId::parse("")));
                Vec::new()
            }
            ChecklistWork::Ask(..) | ChecklistWork::Close(_) => Vec::new(),
            other => panic!("nobody answers {other:?} here"),
        };
        heard.into_iter().map(Msg::Checklist).collect()
    }

    /// An action has come so far; what is heard of it where it is a step's.
    pub(super) fn acted(&mut self, model: &Model, plan: PlanId, progress: &Progress) -> Vec<Msg> {
        let Some(((item, operation), run)) = self.doing.get_mut(&plan).zip(self.run.clone()) else {
            return Vec::new();
        };
        let item = *item;
        let what = match progress {
            Progress::Begun(begun) => {
                *operation = OperationId::parse(begun);
                What::DoBegun {
                    item,
                    operation: operation.clone(),
                }
            }
            Progress::Ended(outcome) => What::DoEnded {
                item,
                operation: operation.clone(),
                result: OperationResult::of(outcome, Failure::Platform),
                words: SafeText::line(outcome.sentence()),
            },
            _ => return Vec::new(),
        };
        let event = Event::new(
            model.now,
            model.operator.clone().expect("somebody agreed"),
            what,
        );
        let mut heard = self.record(&run, &[event]);
        let mut operations = model.operations.newest_first();
        let operation = operations.find(|operation| operation.plan.id() == plan);
        if let (Some(operation), Progress::Ended(Outcome::Verified(_))) = (operation, progress)
            && *operation.plan.action() == Action::BackUp
        {
            // What it holds is of when it began.
            let agreed = operation.plan.agreed().at;
            let service = operation.plan.target().service.clone();
            let identity = operation.plan.target().identity.clone();
            heard.push(ChecklistMsg::BackedUp(identity, vec![(service, agreed)]));
        }
        heard.into_iter().map(Msg::Checklist).collect()
    }

    /// A text in which the run has the name that it has in every picture.
    pub(super) fn anonymous(&self, text: &str) -> String {
        let Some(run) = &self.run else {
            return text.to_owned();
        };
        let same = format!("{:·<width$}", "run", width = run.0.len());
        text.replace(run.0.as_str(), &same)
    }

    fn record(&self, run: &RunId, events: &[Event]) -> Vec<ChecklistMsg> {
        let refused = self.conductor.record(run, events).expect("it is written");
        let news = self.conductor.news(run).expect("it is read");
        let mut heard = vec![ChecklistMsg::Happened(run.clone(), news.events)];
        let words = refused.map(|why| SafeText::line(why.to_string()));
        heard.extend(words.map(ChecklistMsg::Refused));
        heard
    }
}
