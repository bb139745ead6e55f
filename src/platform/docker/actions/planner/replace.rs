//! Replacing one replica by another made from it.

use serde_json::Value;

use super::super::{
    container::Container,
    order::{own_name, stop_first},
    settle::there,
    spec::{Image, Purpose, Spec, spec},
    work::{Act, Name, Who, Work},
};

/// The steps that bring another image to one replica, under a number that Compose has given to no other.
///
/// The new one is made before the old one stops, in both orders: where nobody serves in between, it is for as short as
/// can be. Whoever runs Compose in the middle of it finds containers that differ in name and number, and the one that has
/// the service's name, or none, is the newest: Compose then keeps or makes anew one, and removes the rest.
pub(super) fn replace(base: &str, old: &Container, image: Image<'_>, number: u32) -> Vec<Work> {
    let Spec { create, connect } = spec(old, Purpose::Replace { number }, image);
    let (fresh, gone) = (format!("{base} (new)"), format!("{base} (old)"));
    let take_name = || Act::Rename(Who::Made, Name::Final(base.to_owned())).on(&fresh);
    let serve = |called: &str| [Act::Start(Who::Made), Act::Await(Who::Made)].map(|a| a.on(called));
    // A crash loop runs and doesn't by turns: what was agreed to must not depend on the moment.
    let stop = old.alive().then(|| Act::Stop(there(old)).on(&gone));
    let remove = Act::Remove(there(old)).on(&gone);
    let made = make(base, &fresh, create, connect);
    let mut works = Vec::new();
    if own_name(old).is_some() {
        // Others find it by that name, so the new one has it from its start.
        works.push(Act::Rename(there(old), Name::Old(base.to_owned())).on(base));
        works.extend(made);
        works.extend(stop);
        works.push(take_name());
        works.extend(serve(base));
        works.push(remove);
        return works;
    }
    works.extend(made);
    if old.alive() && stop_first(old).is_none() {
        works.extend(serve(&fresh));
        works.extend(stop);
    } else {
        works.extend(stop);
        works.extend(serve(&fresh));
    }
    works.extend([remove, take_name()]);
    works
}

/// The steps that make a container and connect it.
pub(super) fn make(
    base: &str,
    called: &str,
    body: Value,
    connect: Vec<(String, Value)>,
) -> Vec<Work> {
    let create = Act::Create {
        base: base.to_owned(),
        body,
    };
    let connect = connect
        .into_iter()
        .map(|(network, endpoint)| Act::Connect(Who::Made, network, endpoint));
    std::iter::once(create)
        .chain(connect)
        .map(|act| act.on(called))
        .collect()
}
