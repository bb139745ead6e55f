//! From what is real to a simulated copy of it, and back.

use super::{Connected, Console};
use crate::{
    domain::{command::Command, scope::Scope},
    platform::sim::{self, Scenario, SimOptions},
    probe::Asker,
    safe,
    state::{Destination, Msg, Place},
    text::SafeText,
};

impl Console {
    /// To a simulated copy of what is shown. The connection to what is real ends here: nothing of a rehearsal can reach it.
    pub(super) fn rehearse(&mut self) {
        self.outdated = false;
        let (now, from) = (self.now(), &self.model.place);
        let shown = self.model.snapshot();
        let scenario = Scenario::copy_of(&from.environment, from.kind, shown, now);
        let place = Place {
            simulated: true,
            rehearsal: true,
            copy: true,
            mishaps: scenario.mishaps().collect(),
            others: Vec::new(),
            namespaces: None,
            contexts: Vec::new(),
            ..from.clone()
        };
        let options = SimOptions {
            read_only: self.model.capabilities.read_only,
            ..SimOptions::new(scenario, now)
        };
        let entered = self.work.enter();
        let (platform, world) = sim::start(options);
        drop(entered);
        self.runtime.rehearse();
        let (of, key) = (place.environment.clone(), self.key_back());
        self.arrive(Connected {
            place,
            platform,
            world: Some(world),
            asker: Asker::simulated(),
        });
        let text = safe!("a rehearsal on a simulated copy: nothing of it reaches {of}. {key}");
        self.apply(Msg::Notice(None, text));
    }

    /// Back to what is real, as it is by now.
    pub(super) fn end_rehearsal(&mut self) {
        self.runtime.end_rehearsal();
        self.connect(&Destination::Here);
        let of = self.model.place.environment.clone();
        let text = safe!("the rehearsal is over: this is {of} again");
        self.apply(Msg::Notice(None, text));
    }

    /// Which key goes back from a rehearsal.
    fn key_back(&self) -> SafeText {
        let keys = &self.manner.keymap;
        let chord = keys.chords(Scope::Global, Command::EndRehearsal);
        let name = Command::EndRehearsal.name();
        chord.first().map_or_else(
            || safe!(":{name} goes back"),
            |chord| safe!("{chord} goes back"),
        )
    }
}
