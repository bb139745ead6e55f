//! Somebody who walks a list by keys, and presses the one key that the hint bar shows for what is next.

use super::{
    console::Console,
    wait::{SOON, wait_until},
};

/// At a console in which a list is open.
pub(crate) struct Walker<'c>(pub(crate) &'c Console);

impl Walker<'_> {
    /// Begins what is under the cursor; again, where the platform has not said yet who it is.
    #[track_caller]
    pub(crate) fn begins(&self) {
        wait_until("the walk is open", SOON, || {
            let open = self.0.screen().contains("you have control");
            if !open && self.0.screen().contains(" Checklists ") {
                self.0.keys("\r");
            }
            open
        });
    }

    /// Ends the walk of so many steps, all of them settled.
    #[track_caller]
    pub(crate) fn ends(&self, steps: usize) {
        self.0.expect("All is settled");
        self.0.keys(" ");
        self.0
            .expect(&format!("Done: {steps} of {steps} steps settled"));
    }

    /// Waits until a step is next, and its key is `key`.
    #[track_caller]
    pub(crate) fn comes_to(&self, step: &str, key: &str) {
        let what = format!("“{step}” under the cursor, with the key “{key}”");
        self.0.expect_within(SOON, &what, |screen| {
            let width = screen.size().1.get();
            let is_it = |row: &str| row.contains('▌') && row.contains(step);
            screen.rows(0, width).any(|row| is_it(&row))
                && screen
                    .rows(0, width)
                    .last()
                    .is_some_and(|row| row.contains(key))
        });
    }

    /// Waits until a step has settled, in these words.
    #[track_caller]
    pub(crate) fn sees(&self, step: &str, words: &str) {
        let what = format!("“{step}” with “{words}”");
        self.0.expect_within(SOON * 2, &what, |screen| {
            let mut rows = screen.rows(0, screen.size().1.get());
            rows.any(|row| row.contains('✔') && row.contains(step) && row.contains(words))
        });
    }

    /// Says that it is so.
    #[track_caller]
    pub(crate) fn says(&self, step: &str) {
        self.comes_to(step, "space it is done");
        self.0.keys(" ");
        self.sees(step, "says sre-1");
    }

    /// Says go, and has a second person say so.
    #[track_caller]
    pub(crate) fn goes(&self, step: &str) {
        self.comes_to(step, "space go or no go");
        self.0.keys(" ");
        self.0.expect("Nobody has said go yet");
        self.0.keys("\t\r");
        self.0.expect("go: sre-1; one other");
        self.0.keys(" ");
        self.0.expect("sre-1 said go");
        self.0.keys("\t\r");
        self.0.expect("the name of the second person");
        self.0.keys("ana\r");
        self.sees(step, "go: sre-1, ana");
    }

    /// Agrees to the plan of a step.
    #[track_caller]
    pub(crate) fn does(&self, step: &str, verb: &str, says: &[&str]) {
        self.shows_the_plan(step, verb);
        self.0.agree(verb, says);
    }

    /// Has the plan of a step shown.
    #[track_caller]
    pub(crate) fn shows_the_plan(&self, step: &str, verb: &str) {
        self.comes_to(step, "space show the plan");
        self.0.keys(" ");
        self.0.expect(&format!("⏎ {verb} "));
    }
}
