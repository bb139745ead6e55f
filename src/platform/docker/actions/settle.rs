//! From what is there of one replica, whatever was interrupted where, to exactly one container under its name.
//!
//! The same few rules serve a failure (back to the image that ran), an interrupted action that goes on (to the image it
//! was to bring) and one that is put back.

use super::{
    container::Container,
    names::{self, Part},
    work::{Act, Name, Who, Work},
};

/// What is there of one replica.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Members<'a> {
    /// Its name.
    pub(crate) base: &'a str,
    /// The container under that name.
    pub(crate) plain: Option<&'a Container>,
    /// Containers that were to take the name.
    pub(crate) new: Vec<&'a Container>,
    /// Containers that gave the name away.
    pub(crate) old: Vec<&'a Container>,
}

/// What comes of a replica.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Settled<'a> {
    /// What to do; nothing when one container has the name and no other is there.
    pub(crate) works: Vec<Work>,
    /// The one that stays.
    pub(crate) stays: Option<&'a Container>,
    /// The image to return to when that one turns out not to serve: what ran before, as far as it is still there.
    pub(crate) former: &'a str,
}

impl<'a> Members<'a> {
    /// Sorts a service's containers by replica.
    pub(crate) fn sort(containers: &'a [Container]) -> Vec<Self> {
        let mut replicas: Vec<Self> = Vec::new();
        for container in containers {
            let (base, part) = names::parse(container.name());
            let at = replicas.iter().position(|r| r.base == base);
            let at = at.unwrap_or_else(|| {
                replicas.push(Self {
                    base,
                    ..Self::default()
                });
                replicas.len() - 1
            });
            match part {
                Part::Plain => replicas[at].plain = Some(container),
                Part::New => replicas[at].new.push(container),
                Part::Old => replicas[at].old.push(container),
            }
        }
        replicas
    }

    /// Whether an action left something here.
    pub(crate) fn unsettled(&self) -> bool {
        self.plain.is_none() || !self.new.is_empty() || !self.old.is_empty()
    }

    /// What to do so that one container has the name: the one that runs `wanted`, where there is a choice; with no wish,
    /// the one that is known to serve.
    pub(crate) fn settle(&self, wanted: Option<&str>) -> Settled<'a> {
        let is_wanted = |c: &Container| wanted == Some(c.image_id());
        let mut works = Vec::new();
        let mut spare: Vec<&Container> = self.new.iter().chain(&self.old).copied().collect();
        let stays = match (self.plain, self.new.last(), self.old.last()) {
            (Some(plain), _, Some(&old)) => {
                let keep_plain = is_wanted(plain) || (!is_wanted(old) && plain.serves());
                Some(if keep_plain { plain } else { old })
            }
            (Some(plain), Some(&new), None) => {
                let brought = new.serves() && !plain.alive();
                let take_new = brought && !is_wanted(plain) && (wanted.is_none() || is_wanted(new));
                Some(if take_new { new } else { plain })
            }
            (None, Some(&new), Some(&old)) => Some(if is_wanted(new) { new } else { old }),
            (None, None, Some(&old)) => Some(old),
            // Never started, so nothing shows that it was complete.
            (None, Some(&new), None) => (new.status() != "created").then_some(new),
            (plain, None, None) => plain,
        };
        spare.extend(self.plain);
        spare.retain(|c| stays.is_none_or(|s| s.id() != c.id()));

        // What serves goes only when its successor does. One that is to be replaced in its turn need not serve.
        let waits = |c: &Container| wanted.is_none() || is_wanted(c);
        let successor = stays.filter(|s| s.serves());
        if let Some(stays) = successor.filter(|s| waits(s)) {
            works.push(Act::Await(there(stays)).on(self.base));
        }
        for container in &spare {
            if container.alive() {
                works.push(Act::Stop(there(container)).on(&self.called(container)));
            }
        }
        let keep_until_served = |c: &Container| names::parse(c.name()).1 == Part::Old;
        for container in spare.iter().filter(|c| !keep_until_served(c)) {
            works.push(Act::Remove(there(container)).on(&self.called(container)));
        }
        if let Some(stays) = stays {
            if stays.name() != self.base {
                let name = Name::Final(self.base.to_owned());
                works.push(Act::Rename(there(stays), name).on(&self.called(stays)));
            }
            if successor.is_none() && waits(stays) {
                if !stays.alive() {
                    works.push(Act::Start(there(stays)).on(self.base));
                }
                works.push(Act::Await(there(stays)).on(self.base));
            }
        }
        for container in spare.iter().filter(|c| keep_until_served(c)) {
            works.push(Act::Remove(there(container)).on(&self.called(container)));
        }
        if !self.unsettled() {
            works.clear();
        }
        let ran = self.old.last().copied().or(self.plain);
        let former = ran.filter(|c| !is_wanted(c)).or(stays);
        Settled {
            works,
            stays,
            former: former.map(Container::image_id).unwrap_or_default(),
        }
    }

    /// What a container is called in a plan.
    pub(crate) fn called(&self, container: &Container) -> String {
        let base = self.base;
        match names::parse(container.name()).1 {
            Part::Plain => base.to_owned(),
            Part::New => format!("{base} (new)"),
            Part::Old => format!("{base} (old)"),
        }
    }
}

/// A container that is there.
pub(crate) fn there(container: &Container) -> Who {
    Who::There(container.id().to_owned())
}

#[cfg(test)]
#[path = "settle/tests.rs"]
mod tests;
