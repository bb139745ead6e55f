//! Two consoles at one run: one has control, the other follows it live and changes nothing, until control is given to it, or
//! the other one's console is killed.

use std::fs;

use rustix::process::Signal;
use serde_json::Value;

use crate::support::{
    bare::{bare, ran},
    compose::Compose,
    console::{Console, quarterdeck},
    daemon::Daemon,
    docker_or_skip,
    wait::{SOON, wait_until},
    walker::Walker,
};

const SHOP: &str = r#"
services:
  api:
    image: qd-busybox:v1
    stop_grace_period: 1s
    deploy: {replicas: 2}
    healthcheck: {test: [CMD, wget, -qO-, "http://127.0.0.1:8080/"], interval: 1s}
"#;

const LIST: &str = "---
name: Deploy day
---
## Day
- [ ] Support is there
- [ ] One more copy `do: scale api 3` `check: ready(api) == 3`
- [ ] Users are told
- [ ] Roll out api `do: rollout api v2` `check: version(api) == \"v2\"`
- [ ] The page is up
";

/// Two who work at one shop, and what their consoles keep.
struct Bridge<'d> {
    daemon: &'d Daemon,
    shop: Compose,
    state: tempfile::TempDir,
}

impl<'d> Bridge<'d> {
    fn new(daemon: &'d Daemon) -> Self {
        let shop = Compose::up(daemon, "bridge", SHOP);
        wait_until("two healthy copies", SOON, || {
            shop.replicas("api")
                .iter()
                .filter(|r| r.health == "healthy")
                .count()
                == 2
        });
        let state = tempfile::tempdir().expect("a folder");
        Self {
            daemon,
            shop,
            state,
        }
    }

    /// A console of that person's, at the lists.
    fn console(&self, operator: &str) -> Console {
        let start = quarterdeck(&["--operator", operator])
            .size(120, 30)
            .env("DOCKER_HOST", &self.daemon.host)
            .env("QUARTERDECK_STATE_DIR", self.state.path());
        let settings = format!(
            "[environment.here]\nkind = 'development'\ndocker.projects = ['{}']\n",
            self.shop.project
        );
        let write = |name: &str, text: &str| fs::write(start.home().join(name), text);
        write("quarterdeck.toml", &settings).expect("it is written");
        write("day.md", LIST).expect("it is written");
        let console = start.start();
        console.expect(" api ");
        console.keys("c");
        console.expect("Deploy day");
        console
    }

    /// One that opens the run that somebody else has control of.
    fn follower(&self, operator: &str, pilot: &str) -> Console {
        let console = self.console(operator);
        console.expect(&format!("{pilot} has control, watch"));
        // What is not ended may be known after the lists, and a cursor stays where it is.
        console.keys("g\r");
        console.expect(&format!("{pilot} has control, you watch"));
        console
    }

    /// What the journal has of the beginnings of such an action.
    fn begun(&self, action: &str) -> Vec<Value> {
        let mut audit = bare(self.state.path(), &["audit", "--json"]);
        let audit = ran(audit.env("QUARTERDECK_STATE_DIR", self.state.path())).ends(0);
        let mut begun = audit.json();
        begun.retain(|entry| {
            let record = &entry["record"];
            record["kind"] == "operation-begin" && record["start"]["action"] == action
        });
        begun
    }

    /// How many copies run of an image, as the daemon has it.
    fn running(&self, image: &str) -> usize {
        let project = format!("label=com.docker.compose.project={}", self.shop.project);
        let ps = ["ps", "--filter", &project, "--format", "{{.Image}}"];
        self.daemon
            .docker(&ps)
            .lines()
            .filter(|is| *is == image)
            .count()
    }
}

fn kill(mut console: Console) {
    console.signal(Signal::KILL);
    console.wait_exit(SOON);
}

#[test]
fn one_has_control_and_the_other_takes_it_when_it_is_given_or_the_first_is_gone() {
    let daemon = docker_or_skip!();
    let bridge = Bridge::new(&daemon);
    let first = bridge.console("sre-1");
    Walker(&first).begins();
    Walker(&first).says("Support is there");

    // It opens where the run is, and shows what happens; it changes nothing, and has no control to take.
    let second = bridge.follower("ana", "sre-1");
    Walker(&second).sees("Support is there", "says sre-1");
    Walker(&second).comes_to("One more copy", "esc back");
    second.expect("sre-1 has control, you watch. w waives it as the second person.");
    for (key, why) in [
        (" ", "sre-1 has control; you watch"),
        ("h", "sre-1 has control, and has not offered it to you"),
        ("e", "sre-1 has control; you watch"),
    ] {
        second.keys(key);
        second.expect(why);
        second.keys("\x0c");
    }
    Walker(&first).does("One more copy", "scale", &["3"]);
    Walker(&second).sees("One more copy", "3/3");

    first.keys("h");
    first.expect("the name of who is to have control");
    first.keys("ana\r");
    first.expect("control offered to ana");
    second.expect("sre-1 offers you control");
    second.expect("h takes it");
    second.keys("h");
    second.expect("you have control");
    first.expect("ana has control, you watch");
    first.keys(" ");
    first.expect("ana has control; you watch");
    Walker(&second).comes_to("Users are told", "space it is done");
    second.keys(" ");
    Walker(&first).sees("Users are told", "says ana");

    // Her console is killed while it acts: his takes control, reads what became of it, and does the rest.
    Walker(&second).does("Roll out api", "roll out", &["v2"]);
    wait_until("a copy of v2", SOON, || bridge.running("qd-busybox:v2") > 0);
    kill(second);
    first.expect("nobody has control, ana's console is gone");
    first.expect("The console of ana is gone: h takes control; until then nothing is looked at.");
    assert!(
        bridge.running("qd-busybox:v1") > 0,
        "nothing was interrupted"
    );
    first.keys("h");
    first.expect("you have control");
    first.expect("steps of it are known to be done");
    Walker(&first).does("Roll out api", "roll out", &["v2"]);

    // Who comes back follows.
    let second = bridge.follower("ana", "sre-1");
    Walker(&second).sees("Roll out api", "v2");
    let copies = bridge.shop.replicas("api");
    let served: Vec<_> = copies.iter().map(|r| (&*r.image, &*r.health)).collect();
    assert_eq!(served, vec![("qd-busybox:v2", "healthy"); 3]);
    Walker(&first).says("The page is up");
    Walker(&first).ends(5);
    second.expect("ended ");
    let rollouts = bridge.begun("rollout");
    assert_eq!(rollouts.len(), 2, "{rollouts:?}");
    let (hers, his) = (&rollouts[0], &rollouts[1]);
    assert_eq!(
        (&hers["operator"], &his["operator"]),
        (&"ana".into(), &"sre-1".into())
    );
    let (hers, his) = (&hers["record"], &his["record"]);
    assert_eq!(his["start"]["resumes"], hers["operation"], "begun anew");
}
