//! The namespaces or the contexts of a cluster, to choose one by a few letters of its name.

use std::collections::BTreeMap;

use super::{
    super::{
        Destination, Effect, Loop, Model, OpId, Update, Work, list::Cursor, text_field::TextField,
    },
    Layer, close, stride,
};
use crate::{
    domain::{
        command::Command,
        key::KeyChord,
        namespace::{self, Namespace},
    },
    safe,
    text::{SafeText, counted},
};

/// What is chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Which {
    /// The namespaces that are shown.
    Namespaces,
    /// The cluster.
    Contexts,
}

/// Said of a name that no list holds.
const AS_TYPED: SafeText = SafeText::from_static("as typed");

/// What is typed and what fits it.
#[derive(Debug)]
pub struct Places {
    /// What is chosen.
    pub which: Which,
    /// What is typed.
    pub field: TextField,
    /// The one chosen so far, by its words.
    pub cursor: Cursor<SafeText>,
    /// What the cluster said; `None` while it is awaited.
    pub told: Option<Result<Vec<Namespace>, SafeText>>,
    /// What was asked for by name is gone to as soon as it is known to be there.
    at_once: bool,
    op: OpId,
}

/// One place to go to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Offer {
    /// Its name.
    pub words: SafeText,
    /// What is known of it.
    pub note: SafeText,
    /// What choosing it does.
    pub to: Destination,
    /// Whether it is what is shown now.
    pub present: bool,
}

impl Places {
    /// What fits what is typed, those first whose name begins with it.
    pub fn offers(&self, model: &Model) -> Vec<Offer> {
        let typed = self.field.text().trim().to_lowercase();
        let all = match self.which {
            Which::Namespaces => self.namespaces(model),
            Which::Contexts => contexts(model),
        };
        let known = all.iter().any(|offer| *offer.words == *typed);
        let fits = |offer: &Offer| offer.words.to_lowercase().contains(&typed);
        let mut offers: Vec<Offer> = all.into_iter().filter(fits).collect();
        offers.sort_by_key(|offer| !offer.words.to_lowercase().starts_with(&typed));
        // Where namespaces can't be listed, their names are known to whoever types them.
        let listed = matches!(self.told, Some(Ok(_)));
        if self.which == Which::Namespaces && !known && !listed && namespace::is_name(&typed) {
            let name = SafeText::name(&typed);
            offers.push(Offer {
                words: name.clone(),
                note: AS_TYPED,
                to: Destination::Namespaces(vec![name]),
                present: false,
            });
        }
        offers
    }

    fn namespaces(&self, model: &Model) -> Vec<Offer> {
        let shown = model.namespaces().unwrap_or_default();
        let mut notes: BTreeMap<SafeText, SafeText> = BTreeMap::new();
        let told = self.told.iter().flatten().flatten();
        notes.extend(told.map(|one| (one.name.clone(), one.note.clone())));
        for name in shown {
            notes.entry(name.clone()).or_default();
        }
        for service in &model.snapshot().services {
            if !service.id.group.is_empty() {
                notes.entry(service.id.group.clone()).or_default();
            }
        }
        let all = Offer {
            words: SafeText::from_static("all namespaces"),
            note: SafeText::EMPTY,
            to: Destination::Namespaces(Vec::new()),
            present: shown.is_empty(),
        };
        let each = notes.into_iter().map(|(name, note)| Offer {
            note: joined(services_of(model, &name), note),
            present: *shown == [name.clone()],
            to: Destination::Namespaces(vec![name.clone()]),
            words: name,
        });
        std::iter::once(all).chain(each).collect()
    }

    fn words(&self, model: &Model) -> Vec<SafeText> {
        let offers = self.offers(model).into_iter();
        offers.map(|offer| offer.words).collect()
    }
}

fn contexts(model: &Model) -> Vec<Offer> {
    let offer = |name: &SafeText| Offer {
        words: name.clone(),
        note: SafeText::EMPTY,
        to: Destination::Context(name.clone()),
        present: *name == model.place.context,
    };
    model.place.contexts.iter().map(offer).collect()
}

/// How many services of a namespace are known.
fn services_of(model: &Model, namespace: &SafeText) -> SafeText {
    let services = &model.snapshot().services;
    match services.iter().filter(|s| s.id.group == *namespace).count() {
        0 => SafeText::EMPTY,
        many => safe!("{}", counted(many, "service")),
    }
}

fn joined(one: SafeText, other: SafeText) -> SafeText {
    match (one.is_empty(), other.is_empty()) {
        (true, _) => other,
        (_, true) => one,
        _ => safe!("{one}, {other}"),
    }
}

/// Offers the namespaces of the cluster.
pub fn namespaces(model: &mut Model) -> Update {
    let op = open(model, Which::Namespaces);
    Update::effect(Work::Namespaces(op))
}

/// Offers the contexts of the kubeconfig.
pub fn contexts_of_kubeconfig(model: &mut Model) -> Update {
    open(model, Which::Contexts);
    Update::redraw()
}

/// Goes to the namespace or context of that name at once, where it is known; else the list is asked for it.
pub fn named(model: &mut Model, command: Command, name: &str) -> Update {
    if command == Command::Namespaces && name == "all" {
        return all_namespaces(model);
    }
    let mut update = match command {
        Command::Namespaces => namespaces(model),
        _ => contexts_of_kubeconfig(model),
    };
    if let Some(Layer::Places(places)) = model.layers.last_mut() {
        places.field = TextField::holding(name);
        places.at_once = true;
    }
    update = update.and(typed(model));
    match at_once(model, false) {
        Some(gone) => gone,
        None => update,
    }
}

/// Goes to what was asked for by name. What nobody has listed is taken as typed where no list is to be had.
fn at_once(model: &mut Model, as_typed: bool) -> Option<Update> {
    let Some(Layer::Places(places)) = model.layers.last() else {
        return None;
    };
    let name = places.field.text().trim();
    let is_it = |offer: &Offer| *offer.words == *name && (as_typed || *offer.note != *AS_TYPED);
    let offer = places.offers(model).into_iter().find(is_it);
    let offer = offer.filter(|_| places.at_once)?;
    if let Some(Layer::Places(places)) = model.layers.last_mut() {
        places.cursor.selected = Some(offer.words);
    }
    Some(choose(model))
}

/// Shows all namespaces.
pub fn all_namespaces(model: &mut Model) -> Update {
    go(model, Destination::Namespaces(Vec::new()))
}

fn open(model: &mut Model, which: Which) -> OpId {
    let op = model.next_op();
    let mut places = Places {
        which,
        field: TextField::default(),
        cursor: Cursor::default(),
        told: None,
        at_once: false,
        op,
    };
    let offers = places.offers(model);
    let words: Vec<SafeText> = offers.iter().map(|offer| offer.words.clone()).collect();
    let at = offers.iter().position(|offer| offer.present).unwrap_or(0);
    places.cursor.go(&words, at);
    model.layers.push(Layer::Places(places));
    op
}

/// The cluster has said which namespaces it has, or why it does not.
pub fn arrived(model: &mut Model, op: OpId, told: Result<Vec<Namespace>, SafeText>) -> Update {
    for layer in &mut model.layers {
        if let Layer::Places(places) = layer
            && places.op == op
        {
            let in_vain = told.is_err();
            places.told = Some(told);
            return at_once(model, in_vain).unwrap_or_else(Update::redraw);
        }
    }
    Update::none()
}

/// A key while it is on top.
pub fn key(model: &mut Model, chord: KeyChord, command: Option<Command>) -> Update {
    if let Some(by) = stride(command) {
        return step(model, by);
    }
    match command {
        Some(Command::Confirm) => choose(model),
        Some(Command::Cancel) => close(model),
        _ => {
            let Some(Layer::Places(places)) = model.layers.last_mut() else {
                return Update::none();
            };
            if places.field.key(chord) {
                places.at_once = false;
                typed(model)
            } else {
                Update::none()
            }
        }
    }
}

/// What is typed has changed: the cursor stands on what fits best.
pub fn typed(model: &mut Model) -> Update {
    with_words(model, |cursor, words| cursor.go(words, 0))
}

/// So many places down, or up where it is negative.
pub fn step(model: &mut Model, by: isize) -> Update {
    with_words(model, |cursor, words| cursor.step(words, by))
}

fn with_words(model: &mut Model, act: impl FnOnce(&mut Cursor<SafeText>, &[SafeText])) -> Update {
    let Some(Layer::Places(places)) = model.layers.last() else {
        return Update::none();
    };
    let words = places.words(model);
    if let Some(Layer::Places(places)) = model.layers.last_mut() {
        act(&mut places.cursor, &words);
    }
    Update::redraw()
}

fn choose(model: &mut Model) -> Update {
    let Some(Layer::Places(places)) = model.layers.last() else {
        return Update::none();
    };
    let mut offers = places.offers(model).into_iter();
    let Some(chosen) = offers.find(|offer| Some(&offer.words) == places.cursor.selected.as_ref())
    else {
        return Update::none();
    };
    model.layers.pop();
    if chosen.present {
        return Update::redraw();
    }
    go(model, chosen.to)
}

fn go(model: &mut Model, to: Destination) -> Update {
    let shown = model.namespaces();
    let shown = shown.map(|shown| Destination::Namespaces(shown.to_vec()));
    if shown.as_ref() == Some(&to) {
        let now = model.now;
        let text = SafeText::from_static("all namespaces are shown");
        model.notices.say(now, None, text);
        return Update::redraw();
    }
    Update::effect(Effect::Loop(Loop::Go(to)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        domain::{fixture, key::Key},
        state::{Msg, Place, update},
    };

    fn on_a_cluster() -> Model {
        let mut model = Model {
            place: Place {
                context: SafeText::name("eks-1"),
                namespaces: Some(Vec::new()),
                contexts: vec![SafeText::name("eks-1"), SafeText::name("eks-2")],
                ..Place::default()
            },
            ..Model::default()
        };
        let services = vec![fixture::service("api", Vec::new())];
        let state = fixture::state(&SafeText::name("uid"), services);
        let _ = update(&mut model, Msg::Source(Box::new(state)));
        model
    }

    fn offered(model: &Model) -> Vec<String> {
        let Some(Layer::Places(places)) = model.layers.last() else {
            panic!("nothing is offered");
        };
        let offers = places.offers(model).into_iter();
        offers
            .map(|o| format!("{} ({})", o.words, o.note))
            .collect()
    }

    fn types(model: &mut Model, text: &str) {
        for c in text.chars() {
            let _ = key(model, KeyChord::plain(Key::Char(c)), None);
        }
    }

    fn answers(model: &mut Model, told: Result<&[&str], &str>) {
        let one = |name: &&str| Namespace {
            name: SafeText::name(*name),
            note: SafeText::from_static("no logs"),
        };
        let told = told
            .map(|names| names.iter().map(one).collect())
            .map_err(SafeText::line);
        let op = OpId(model.next_op);
        let _ = update(model, Msg::Namespaces(op, told));
    }

    #[test]
    fn namespaces_are_those_that_the_cluster_lists_with_what_may_not_be_seen_there() {
        let mut model = on_a_cluster();
        let _ = namespaces(&mut model);
        answers(&mut model, Ok(&["ops", "shop"]));
        assert_eq!(
            offered(&model),
            [
                "all namespaces ()",
                "ops (no logs)",
                "shop (1 service, no logs)"
            ]
        );
        types(&mut model, "op");
        assert_eq!(
            offered(&model),
            ["ops (no logs)", "shop (1 service, no logs)"]
        );
        let update = choose(&mut model);
        let to = Destination::Namespaces(vec![SafeText::name("ops")]);
        assert_eq!(update.effects, [Effect::Loop(Loop::Go(to))]);
    }

    #[test]
    fn where_they_can_not_be_listed_a_name_is_typed() {
        let mut model = on_a_cluster();
        let _ = namespaces(&mut model);
        answers(&mut model, Err("namespaces may not be listed"));
        types(&mut model, "team-1");
        assert_eq!(offered(&model), ["team-1 (as typed)"]);
        let update = choose(&mut model);
        let to = Destination::Namespaces(vec![SafeText::name("team-1")]);
        assert_eq!(update.effects, [Effect::Loop(Loop::Go(to))]);
        // What can't be a name is not offered.
        let _ = namespaces(&mut model);
        types(&mut model, "a/b");
        assert!(offered(&model).is_empty());
    }

    fn goes_to(update: &Update) -> Option<&Destination> {
        update.effects.iter().find_map(|effect| match effect {
            Effect::Loop(Loop::Go(to)) => Some(to),
            _ => None,
        })
    }

    #[test]
    fn what_is_asked_for_by_name_is_gone_to_as_soon_as_it_is_known() {
        let only = |name: &str| Destination::Namespaces(vec![SafeText::name(name)]);
        // It has services: nobody need be asked.
        let mut model = on_a_cluster();
        let update = named(&mut model, Command::Namespaces, "shop");
        assert_eq!(goes_to(&update), Some(&only("shop")));
        assert!(model.layers.is_empty());
        let update = named(&mut model, Command::Contexts, "eks-2");
        let there = Destination::Context(SafeText::name("eks-2"));
        assert_eq!(goes_to(&update), Some(&there));

        let told = |model: &mut Model, told| {
            let op = OpId(model.next_op);
            arrived(model, op, told)
        };
        let one = |name| Namespace {
            name: SafeText::name(name),
            note: SafeText::EMPTY,
        };
        // The list says whether it is there.
        let update = named(&mut model, Command::Namespaces, "ops");
        assert_eq!(goes_to(&update), None);
        let update = told(&mut model, Ok(vec![one("ops-2"), one("ops")]));
        assert_eq!(goes_to(&update), Some(&only("ops")));
        // A slip of the finger is shown beside what is there.
        let _ = named(&mut model, Command::Namespaces, "op");
        let update = told(&mut model, Ok(vec![one("ops-2"), one("ops")]));
        assert_eq!(goes_to(&update), None);
        assert_eq!(offered(&model)[..2], ["ops ()", "ops-2 ()"]);
        let _ = close(&mut model);
        // Who may not list them knows the name.
        let _ = named(&mut model, Command::Namespaces, "team-1");
        let update = told(&mut model, Err(SafeText::EMPTY));
        assert_eq!(goes_to(&update), Some(&only("team-1")));
    }

    #[test]
    fn a_context_is_another_place() {
        let mut model = on_a_cluster();
        let _ = contexts_of_kubeconfig(&mut model);
        let _ = step(&mut model, 1);
        let update = choose(&mut model);
        let to = Destination::Context(SafeText::name("eks-2"));
        assert_eq!(update.effects, [Effect::Loop(Loop::Go(to))]);
    }
}
