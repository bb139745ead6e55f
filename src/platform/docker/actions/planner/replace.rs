//! Replacing one replica by another made from it.

use serde_json::Value;

use super::super::{
    container::Container,
    order::stop_first,
    settle::there,
    spec::{Image, Purpose, Spec, spec},
    work::{Act, Name, Who, Work},
};

/// The steps that bring another image to one replica. The new one is made before the old one stops, in both orders: what
/// can fail without harm comes first, and where nobody serves in between, it is for as short as can be.
pub(super) fn replace(base: &str, old: &Container, image: Image<'_>) -> Vec<Work> {
    let Spec { create, connect } = spec(old, Purpose::Replace, image);
    let fresh = format!("{base} (new)");
    let mut works = make(base, &fresh, create, connect);
    let to = |name| Act::Rename(Who::Made, name);
    // A crash loop runs and doesn't by turns: what was agreed to must not depend on the moment.
    if old.alive() && stop_first(old).is_none() {
        let gone = format!("{base} (old)");
        works.push(Act::Start(Who::Made).on(&fresh));
        works.push(Act::Await(Who::Made).on(&fresh));
        works.push(Act::Stop(there(old)).on(&gone));
        works.push(Act::Remove(there(old)).on(&gone));
        works.push(to(Name::Final(base.to_owned())).on(&fresh));
        return works;
    }
    let gone = format!("{base} (old)");
    works.push(Act::Rename(there(old), Name::Old(base.to_owned())).on(base));
    if old.alive() {
        works.push(Act::Stop(there(old)).on(&gone));
    }
    works.push(to(Name::Final(base.to_owned())).on(&fresh));
    works.push(Act::Start(Who::Made).on(base));
    works.push(Act::Await(Who::Made).on(base));
    works.push(Act::Remove(there(old)).on(&gone));
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
