//! Lists whose every word is hostile: what can be begun, and one that is walked through every state.

use std::{ffi::OsStr, os::unix::ffi::OsStrExt as _, path::PathBuf};

use quarterdeck::{
    checklist::{
        self, End, Event, Finding, Hold, ItemId, ListKind, Opened, RunId, Start, What, record,
    },
    domain::report::Source,
    plan::record::OperationId,
    state::{
        Model, Msg,
        walking::{ChecklistMsg, Offer, OfferedList, Unfinished},
    },
    text::SafeText,
};

use super::{Outside, at};

/// How many steps [`Outside::walk`] has.
pub(crate) const STEPS: u32 = 7;

impl Outside<'_> {
    fn file(&mut self) -> PathBuf {
        PathBuf::from(OsStr::from_bytes(self.next()))
    }

    /// Words in a Markdown file, on one line and within no code.
    fn prose(&mut self) -> String {
        let words = String::from_utf8_lossy(self.next());
        format!("x {}", words.replace(['\n', '\r'], " ").replace('`', "'"))
    }

    /// What somebody is called.
    pub(crate) fn named(&mut self) -> SafeText {
        self.name()
    }

    /// What can be begun or gone on with, and files that cannot.
    pub(crate) fn offers(&mut self, of: &Model) -> [Msg; 2] {
        let list = |outside: &mut Self, kind| OfferedList {
            name: outside.line(),
            kind,
            steps: 3,
        };
        let offers = (0..4).map(|_| Offer {
            file: self.file(),
            name: self.line(),
            lists: vec![
                list(self, ListKind::Checklist),
                list(self, ListKind::Checklist),
                list(self, ListKind::Procedure),
            ],
            mistakes: vec![self.line(), self.line()],
        });
        let offers = ChecklistMsg::Offered(offers.collect());
        let unfinished = [Hold::Own, Hold::Other, Hold::Nobody].map(|hold| Unfinished {
            run: RunId(self.name()),
            name: self.line(),
            list: Some(self.line()),
            began: at(-90),
            last: at(-30),
            pilot: self.name(),
            hold,
        });
        let of = of.snapshot().host.identity.clone();
        let found = ChecklistMsg::Found(of, unfinished.into());
        [offers, found].map(Msg::Checklist)
    }

    /// A list that is walked so far that its steps are in every state; at its end where it is `ended`.
    pub(crate) fn walk(&mut self, of: &Model, hold: Hold, ended: bool) -> (Msg, String) {
        let mut text = format!(
            "---\nname: {}\nabort-when: alerts(critical) > 0\n---\n",
            self.prose()
        );
        for (number, keys) in [
            "",
            "`check: healthy(*)`",
            "`check: backup_age(nobody) < 1h` `killer`",
            "`gate`",
            "`do: restart nobody`",
            "`soak: ready(nobody) > 0 for 1m`",
            "",
        ]
        .into_iter()
        .enumerate()
        {
            if number.is_multiple_of(3) {
                text.push_str(&format!("## {}\n", self.prose()));
            }
            let owner = self.prose();
            let (item, note, code) = (self.prose(), self.prose(), self.prose());
            text.push_str(&format!(
                "- [ ] {item} `owner: {owner}` {keys}\n\n  {note}\n\n  ```\n  {code}\n  ```\n"
            ));
        }
        let read = checklist::read(&Source::new(&self.file(), text), None);
        let document = read.unwrap_or_else(|report| panic!("{report}")).document;
        assert_eq!(document.items().count(), STEPS as usize, "{document:?}");
        let start = Start::of(&document, at(-60));
        let pilot = SafeText::from_static("ana");
        let mut opened = Opened {
            run: RunId(self.name()),
            hold,
            ..Opened::begins(&document, start, pilot.clone(), at(-60))
        };
        let [attest, check, killer, gate, act, last] = [1, 2, 3, 4, 5, 7].map(ItemId);
        let operation = OperationId::parse("op-1");
        let mut happens = vec![
            What::Waived {
                item: killer,
                reason: self.reason(),
            },
            What::Attested { item: attest },
            What::TakenBack {
                item: attest,
                reason: self.reason(),
            },
            What::Skipped {
                item: attest,
                reason: self.reason(),
            },
            What::Checked {
                item: check,
                found: Finding::False,
                evidence: self.reason(),
            },
            What::Noted {
                item: Some(check),
                text: self.reason(),
            },
            What::Noted {
                item: None,
                text: self.reason(),
            },
            What::Checked {
                item: check,
                found: Finding::True,
                evidence: self.reason(),
            },
            What::NoGo {
                item: gate,
                reason: self.reason(),
            },
            What::Go { item: gate },
            What::Go { item: gate },
            What::BreachBegun {
                evidence: self.reason(),
            },
            What::ControlGiven { to: self.second() },
        ];
        if ended {
            let reason = self.reason();
            happens.push(What::Ended(End::Left { reason }));
        } else {
            happens.extend([
                What::DoBegun {
                    item: act,
                    operation,
                },
                What::Uncertain {
                    item: act,
                    why: self.reason(),
                },
                What::Skipped {
                    item: last,
                    reason: self.reason(),
                },
            ]);
        }
        let mut gone = false;
        for (nth, what) in happens.into_iter().enumerate() {
            let by = match what {
                What::Waived { .. } => self.second(),
                What::Go { .. } if std::mem::replace(&mut gone, true) => self.second(),
                _ => pilot.clone(),
            };
            opened
                .events
                .push(Event::new(at(nth as i64 - 50), by, what));
        }
        let walk = checklist::Walk::open(&opened);
        let walk = walk.unwrap_or_else(|why| panic!("{why}"));
        let record = record::markdown(walk.run());
        let of = of.snapshot().host.identity.clone();
        (
            Msg::Checklist(ChecklistMsg::Opened(of, Box::new(opened))),
            record,
        )
    }

    /// Why: whoever says nothing gives no reason.
    fn reason(&mut self) -> SafeText {
        let words = self.line();
        SafeText::line(format!("{words} it is said"))
    }

    /// The name of a second person: whoever is named by nothing at all is nobody.
    fn second(&mut self) -> SafeText {
        let name = self.name();
        SafeText::name(format!("{name} the second"))
    }
}
