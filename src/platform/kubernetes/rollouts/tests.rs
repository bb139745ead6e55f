//! Rollouts from what is seen of them, one look after another.

use super::*;

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_second(1_800_000_000 + seconds).unwrap()
}

fn text(text: &str) -> SafeText {
    SafeText::name(text)
}

/// A look at `db`, which goes from v1 to v2.
fn seen(state: RolloutState, new: Vec<Mark>) -> Seen {
    Seen {
        top: text("uid"),
        service: ServiceId {
            group: text("shop"),
            name: text("sts/db"),
        },
        from: text("v1"),
        to: text("v2"),
        from_template: text("db-1"),
        to_template: text("db-2"),
        begins: state.open(),
        started: Some(at(0)),
        ended: None,
        state,
        new,
        old: vec![Mark::Ready],
        wanted: 2,
        by: SafeText::EMPTY,
        stalls: true,
    }
}

fn states(rollouts: &Rollouts) -> Vec<RolloutState> {
    rollouts.rows().iter().map(|r| r.state.clone()).collect()
}

#[test]
fn one_that_ends_stays_for_an_hour_and_is_not_begun_again() {
    let mut rollouts = Rollouts::default();
    rollouts.look(seen(RolloutState::Progressing, vec![Mark::Starting]), at(1));
    let done = || seen(RolloutState::Done, vec![Mark::Ready; 2]);
    rollouts.look(done(), at(9));
    let row = &rollouts.rows()[0];
    assert_eq!((&row.state, row.ended), (&RolloutState::Done, Some(at(9))));
    assert_eq!(row.from, "v1");
    rollouts.look(done(), at(20));
    assert_eq!(rollouts.rows().len(), 1);
    assert_eq!(rollouts.ripens(), Some(at(9 + 3600)));
    rollouts.ripen(at(9 + 3600));
    assert_eq!(rollouts.rows(), []);
}

#[test]
fn pods_that_come_and_go_without_a_change_are_no_rollout() {
    let mut rollouts = Rollouts::default();
    let replaced = Seen {
        begins: false,
        ..seen(RolloutState::Progressing, vec![Mark::Starting])
    };
    rollouts.look(replaced, at(1));
    assert_eq!(rollouts.rows(), []);
}

#[test]
fn a_set_that_stands_still_is_stuck_after_ten_minutes_and_goes_on_when_a_pod_moves() {
    let mut rollouts = Rollouts::default();
    let waits = || seen(RolloutState::Progressing, vec![Mark::Starting]);
    rollouts.look(waits(), at(0));
    rollouts.look(waits(), at(300));
    assert_eq!(rollouts.ripens(), Some(at(600)));
    rollouts.ripen(at(600));
    let stuck = RolloutState::Stuck(text("nothing has moved for 10 min"));
    assert_eq!(states(&rollouts), std::slice::from_ref(&stuck));
    // The same look again is no movement.
    rollouts.look(waits(), at(610));
    assert_eq!(states(&rollouts), [stuck]);
    rollouts.look(seen(RolloutState::Progressing, vec![Mark::Ready]), at(620));
    assert_eq!(states(&rollouts), [RolloutState::Progressing]);
}

#[test]
fn another_change_supersedes_it_and_the_old_template_puts_it_back() {
    let mut rollouts = Rollouts::default();
    rollouts.look(seen(RolloutState::Progressing, vec![Mark::Starting]), at(1));
    let other = Seen {
        to: text("v3"),
        to_template: text("db-3"),
        ..seen(RolloutState::Progressing, vec![Mark::Starting])
    };
    rollouts.look(other, at(2));
    let expected = [RolloutState::Progressing, RolloutState::Superseded];
    assert_eq!(states(&rollouts), expected);
    let back = Seen {
        to: text("v1"),
        to_template: text("db-1"),
        from: text("v3"),
        from_template: text("db-3"),
        ..seen(RolloutState::Done, vec![Mark::Ready; 2])
    };
    rollouts.look(back, at(3));
    let put_back = RolloutState::Failed(text("put back to v1"));
    assert_eq!(states(&rollouts)[..2], [RolloutState::Done, put_back]);
}

#[test]
fn what_began_before_its_first_pod_was_there_is_the_same_one_after_it() {
    let mut rollouts = Rollouts::default();
    let paused = Seen {
        to_template: SafeText::EMPTY,
        started: None,
        ..seen(RolloutState::Held(text("paused")), vec![Mark::Waiting; 2])
    };
    rollouts.look(paused, at(5));
    rollouts.look(
        seen(RolloutState::Progressing, vec![Mark::Starting]),
        at(60),
    );
    assert_eq!(states(&rollouts), [RolloutState::Progressing]);
    assert_eq!(rollouts.rows()[0].started, at(5));
}

#[test]
fn of_one_that_was_under_way_before_nobody_claims_to_know_since_when() {
    let stands = || Seen {
        started: None,
        ..seen(
            RolloutState::Stuck(text("no quota")),
            vec![Mark::Waiting; 2],
        )
    };
    let mut rollouts = Rollouts::default();
    rollouts.look(stands(), at(5));
    assert_eq!(rollouts.rows()[0].began(), None);
    // Of one that begins before our eyes it is known.
    let mut rollouts = Rollouts::default();
    let calm = Seen {
        to_template: text("db-1"),
        ..seen(RolloutState::Done, vec![Mark::Ready; 2])
    };
    rollouts.look(calm, at(1));
    rollouts.look(stands(), at(5));
    assert_eq!(rollouts.rows()[0].began(), Some(at(5)));
    // And of one that follows another.
    let next = Seen {
        to_template: text("db-3"),
        ..stands()
    };
    rollouts.look(next, at(9));
    assert_eq!(rollouts.rows()[0].began(), Some(at(9)));
}

/// A watch of pods may be ahead of the one that tells how many of them are new.
#[test]
fn one_whose_pods_were_seen_before_they_were_counted_has_not_failed() {
    let mut rollouts = Rollouts::default();
    let uncounted = Seen {
        from: text("v2 #1"),
        to: text("v2 #1"),
        from_template: text("db-2"),
        to_template: SafeText::EMPTY,
        ..seen(RolloutState::Progressing, vec![Mark::Waiting; 2])
    };
    rollouts.look(uncounted, at(1));
    rollouts.look(seen(RolloutState::Progressing, vec![Mark::Starting]), at(2));
    assert_eq!(states(&rollouts), [RolloutState::Progressing]);
    assert_eq!(rollouts.rows()[0].from, "v1");
}

#[test]
fn a_workload_that_is_gone_ends_what_went_on_there() {
    let mut rollouts = Rollouts::default();
    rollouts.look(seen(RolloutState::Progressing, vec![Mark::Starting]), at(1));
    rollouts.gone(&text("uid"), at(7));
    let row = &rollouts.rows()[0];
    let gone = RolloutState::Failed(text("it was deleted"));
    assert_eq!((&row.state, row.ended), (&gone, Some(at(7))));
}

#[test]
fn what_is_put_back_began_when_it_was_and_not_with_the_pods_that_ran_before() {
    let mut rollouts = Rollouts::default();
    rollouts.look(
        seen(RolloutState::Stuck(text("crash loop")), vec![Mark::Failed]),
        at(1),
    );
    // The pods of v1 that had stayed are all that it takes: it is done at once.
    let back = Seen {
        to: text("v1"),
        to_template: text("db-1"),
        from: text("v2"),
        from_template: text("db-2"),
        started: Some(at(-86_400)),
        ended: Some(at(-86_400)),
        old: Vec::new(),
        ..seen(RolloutState::Done, vec![Mark::Ready; 2])
    };
    rollouts.look(back, at(90));
    let row = &rollouts.rows()[0];
    assert_eq!(
        (&*row.to, row.began(), row.ended),
        ("v1", Some(at(90)), Some(at(90)))
    );
}
