use crate::domain::{fixture, host::Host, instance::Probe};

use super::*;

const AFTER: Duration = Duration::from_mins(10);

fn instance(image_id: &str, probe: Probe) -> Instance {
    Instance {
        probe,
        image: SafeText::from_static("shop/api:v1"),
        image_id: SafeText::name(image_id),
        ..fixture::instance("shop-api", 1, "c0ffee")
    }
}

fn shown(health: SourceHealth, instances: Vec<Instance>) -> SourceState {
    let service = Service {
        desired: None,
        image: SafeText::from_static("shop/api:v1"),
        ..fixture::service("api", instances)
    };
    SourceState {
        health,
        ..fixture::state("daemon-1", vec![service])
    }
}

fn well() -> SourceState {
    shown(
        SourceHealth::Live,
        vec![instance("sha256:1", Probe::Healthy)],
    )
}

fn sick() -> SourceState {
    let probe = Probe::Unhealthy {
        streak: 3,
        output: SafeText::EMPTY,
    };
    shown(SourceHealth::Live, vec![instance("sha256:1", probe)])
}

/// Looks every ten seconds at `state`, from second `from` to second `to`.
fn watch(
    sight: &mut Sight,
    began: Instant,
    state: &SourceState,
    from: u64,
    to: u64,
) -> Vec<Sighting> {
    let looks = (from..=to).step_by(10);
    looks
        .flat_map(|second| sight.look(state, began + Duration::from_secs(second)))
        .map(|note| note.seen)
        .collect()
}

#[test]
fn ten_minutes_well_are_known_good_and_few_entries() {
    let (mut sight, began) = (Sight::new(AFTER), clock::instant());
    let seen = watch(&mut sight, began, &well(), 0, 590);
    assert_eq!(seen, [Sighting::Running]);
    let seen = watch(&mut sight, began, &well(), 600, 3_000);
    assert_eq!(
        seen,
        [Sighting::Healthy { seconds: 600 }, Sighting::KnownGood]
    );
    let seen: Vec<Sighting> = sight.leave().iter().map(|note| note.seen).collect();
    assert_eq!(seen, [Sighting::Healthy { seconds: 2_400 }]);
}

#[test]
fn what_was_not_watched_is_not_claimed() {
    let (mut sight, began) = (Sight::new(AFTER), clock::instant());
    watch(&mut sight, began, &well(), 0, 300);
    let stale = shown(
        SourceHealth::Stale,
        vec![instance("sha256:1", Probe::Healthy)],
    );
    assert!(watch(&mut sight, began, &stale, 310, 900).is_empty());
    // The console slept from 1,000 to 5,000.
    assert!(watch(&mut sight, began, &well(), 910, 1_000).is_empty());
    assert!(watch(&mut sight, began, &well(), 5_000, 5_200).is_empty());
    let seen = watch(&mut sight, began, &well(), 5_210, 5_220);
    assert_eq!(
        seen,
        [Sighting::Healthy { seconds: 600 }, Sighting::KnownGood]
    );
}

#[test]
fn a_stretch_ends_when_it_is_not_well() {
    let (mut sight, began) = (Sight::new(AFTER), clock::instant());
    watch(&mut sight, began, &well(), 0, 590);
    let seen = watch(&mut sight, began, &sick(), 600, 610);
    assert_eq!(seen, [Sighting::Healthy { seconds: 590 }]);
    assert!(watch(&mut sight, began, &well(), 620, 1_210).is_empty());
    let seen = watch(&mut sight, began, &well(), 1_220, 1_220);
    assert_eq!(
        seen,
        [Sighting::Healthy { seconds: 600 }, Sighting::KnownGood]
    );
}

#[test]
fn what_the_journal_knows_as_good_is_not_said_again() {
    let (mut sight, began) = (Sight::new(AFTER), clock::instant());
    let first = sight.look(&well(), began);
    sight.was_good(&first[0].revision);
    assert!(watch(&mut sight, began, &well(), 10, 900).is_empty());
}

#[test]
fn a_new_image_is_another_revision_and_another_daemon_another_story() {
    let (mut sight, began) = (Sight::new(AFTER), clock::instant());
    watch(&mut sight, began, &well(), 0, 120);
    let both = shown(
        SourceHealth::Live,
        vec![
            instance("sha256:1", Probe::Healthy),
            instance("sha256:2", Probe::Starting),
        ],
    );
    assert_eq!(
        watch(&mut sight, began, &both, 130, 130),
        [Sighting::Running]
    );
    let next = shown(
        SourceHealth::Live,
        vec![instance("sha256:2", Probe::Healthy)],
    );
    let seen = watch(&mut sight, began, &next, 140, 140);
    assert_eq!(seen, [Sighting::Healthy { seconds: 130 }]);
    let mut elsewhere = next;
    let mut snapshot = (*elsewhere.snapshot).clone();
    snapshot.host = Arc::new(Host {
        identity: SafeText::name("daemon-2"),
        ..Host::default()
    });
    elsewhere.snapshot = Arc::new(snapshot);
    assert_eq!(
        watch(&mut sight, began, &elsewhere, 150, 150),
        [Sighting::Running]
    );
}
