//! A deploy day on Compose with PostgreSQL, walked by keys: backup, rollout, soak and verification; and one on which the
//! release turns out to be bad. The real Compose is the judge.

use std::fs;

use crate::support::{
    compose::Compose,
    console::{Console, quarterdeck},
    daemon::Daemon,
    docker_or_skip, picture,
    wait::{SOON, wait_until},
    walker::Walker,
};

/// A release is bad once the file is there.
const SHOP: &str = r#"
services:
  api:
    image: qd-busybox:v1
    stop_grace_period: 1s
    healthcheck:
      test: [CMD-SHELL, "test ! -e /tmp/leaks && wget -qO- http://127.0.0.1:8080/"]
      interval: 1s
      timeout: 2s
      retries: 2
  db:
    image: qd-postgres:15
    environment: {POSTGRES_PASSWORD: pw, POSTGRES_USER: shop, POSTGRES_DB: orders}
"#;

const LIST: &str = "---
name: Deploy day
abort-when: ready(api) < 1
---
## Before
- [ ] Support is there
- [ ] Orders are backed up `do: backup db` `check: backup_age(db) < 1h` `killer`
- [ ] Go / no-go `gate`
## During
- [ ] Roll out api `do: rollout api v2` `check: rolled_out(api)`
- [ ] It stays well `soak: ready(api) >= 1 and restarts(api) == 0 since start for SOAK`
## After
- [ ] All is well `check: healthy(*)`
- [ ] Users are told
";

struct Day {
    shop: Compose,
    console: Console,
}

impl Day {
    /// Up to the soak, which holds for so long.
    #[track_caller]
    fn begins(daemon: &Daemon, name: &str, soak: &str) -> Self {
        let shop = Compose::up(daemon, name, SHOP);
        for service in ["api", "db"] {
            // A database that begins beside others takes its time.
            wait_until(&format!("{service} is healthy"), SOON * 3, || {
                shop.replicas(service)[0].health == "healthy"
            });
        }
        let start = quarterdeck(&[])
            .size(120, 40)
            .env("DOCKER_HOST", &daemon.host)
            .env("QUARTERDECK_OPERATOR", "sre-1");
        let (home, project) = (start.home().to_owned(), &shop.project);
        fs::create_dir(home.join("copies")).expect("a folder for copies");
        let settings = format!(
            "[environment.shop]\nkind = 'production'\ndocker.projects = ['{project}']\n\
             [backup.orders]\npostgres = {{ service = 'db', database = 'orders' }}\nto = 'copies'\n"
        );
        fs::write(home.join("quarterdeck.toml"), settings).expect("the settings are written");
        fs::write(home.join("day.md"), LIST.replace("SOAK", soak)).expect("the list is written");
        let day = Self {
            shop,
            console: start.start(),
        };
        let (console, walker) = (&day.console, day.walker());
        console.expect("Services 2");
        console.keys("c");
        console.expect("Deploy day");
        day.looks("lists_offer");
        walker.begins();
        day.looks("lists_first");
        // What nobody may skip comes first, and is proved by the copy that is there.
        walker.shows_the_plan("Orders are backed up", "back up");
        day.looks("lists_backup_plan");
        console.agree("back up", &["orders"]);
        walker.sees("Orders are backed up", "ago");
        walker.says("Support is there");
        day.looks("lists_gate");
        walker.goes("Go / no-go");
        walker.shows_the_plan("Roll out api", "roll out");
        day.looks("lists_rollout_plan");
        console.agree("roll out", &["v1", "v2"]);
        walker.sees("Roll out api", "");
        day
    }

    /// Compares what is shown now with the picture of that name.
    #[track_caller]
    fn looks(&self, name: &str) {
        picture::compare(&self.console, name, &[(&self.shop.project, "shop")]);
    }

    fn walker(&self) -> Walker<'_> {
        Walker(&self.console)
    }

    fn images(&self) -> Vec<String> {
        let api = self.shop.replicas("api").into_iter();
        let running = api.filter(|replica| replica.state == "running");
        running.map(|replica| replica.image).collect()
    }
}

#[test]
fn a_list_is_walked_from_the_backup_to_the_verification() {
    let daemon = docker_or_skip!();
    let day = Day::begins(&daemon, "day", "3s");
    let (console, walker) = (&day.console, day.walker());
    assert_eq!(day.images(), ["qd-busybox:v2"]);
    walker.sees("It stays well", "");
    walker.sees("All is well", "");
    walker.says("Users are told");
    day.looks("lists_through");
    walker.ends(7);
    day.looks("lists_summary");
    let copies = fs::read_dir(console.home().join("copies")).expect("it is there");
    assert!(copies.count() >= 1, "the copy is on the disk");
}

#[test]
fn a_release_that_turns_out_to_be_bad_is_rolled_back_by_the_banners_one_key() {
    let daemon = docker_or_skip!();
    let day = Day::begins(&daemon, "badday", "10m");
    let (console, walker) = (&day.console, day.walker());
    walker.comes_to("It stays well", "esc back");
    console.expect(" of 10:00");
    day.shop.run(&["exec", "-T", "api", "touch", "/tmp/leaks"]);
    console.expect("ABORT?");
    console.expect("waits to hold");
    day.looks("lists_abort");
    assert_eq!(day.images(), ["qd-busybox:v2"], "nothing happens by itself");
    console.keys("u");
    console.expect("⏎ roll back");
    day.looks("lists_abort_plan");
    console.agree("roll back", &["v2", "v1"]);
    wait_until("Compose sees the release of before", SOON * 2, || {
        day.images() == ["qd-busybox:v1"]
    });
    console.expect_gone("ABORT?");
    walker.sees("All is well", "");
    console.keys("e");
    console.expect("why it is left");
    console.keys("it leaks\r");
    console.expect("steps settled: it leaks");
    day.looks("lists_left");
}
