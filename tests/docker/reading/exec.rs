//! Programs and terminals inside containers.

use bytes::Bytes;
use quarterdeck::{
    domain::instance::InstanceId,
    plan::exec::{ExecEnd, ExecSpec},
    platform::{Request, ShellRequest},
};
use tokio::sync::{mpsc, oneshot, watch};

use super::{Reading, id};
use crate::support::daemon::Daemon;
use crate::support::docker_or_skip;
use crate::support::wait::{SOON, wait_for, wait_until};

/// A container that ends with this value.
struct Lone<'a> {
    daemon: &'a Daemon,
    name: String,
    instance: InstanceId,
    reading: Reading,
}

impl<'a> Lone<'a> {
    fn run(daemon: &'a Daemon, name: &str) -> Self {
        let name = format!("{name}-{}", std::process::id());
        daemon.docker(&["run", "--detach", "--name", &name, "qd-busybox:v1"]);
        let reading = Reading::of(&daemon.host, &[]);
        let row = reading.service(&id("", &name), "it runs", |s| s.ready() == 1);
        Self {
            daemon,
            name,
            instance: row.instances[0].id.clone(),
            reading,
        }
    }

    fn exec(&self, script: &str, input: &[u8]) -> (Vec<u8>, ExecEnd) {
        let spec = ExecSpec {
            instance: self.instance.clone(),
            argv: ["sh", "-c", script].map(str::to_owned).to_vec(),
            user: None,
            input: Bytes::copy_from_slice(input).into(),
        };
        let mut stream = self
            .reading
            .answer(|to| Request::Exec(spec, to))
            .expect("it starts");
        let mut output = Vec::new();
        while let Some(piece) = stream.output.blocking_recv() {
            output.extend_from_slice(&piece);
        }
        let end = wait_for("its end", SOON, || stream.ended.try_recv().ok());
        (output, end)
    }
}

impl Drop for Lone<'_> {
    fn drop(&mut self) {
        self.daemon.docker(&["rm", "--force", &self.name]);
    }
}

#[test]
fn a_program_is_fed_and_read_and_its_end_is_known() {
    let daemon = docker_or_skip!();
    let lone = Lone::run(&daemon, "exec");
    let input: Vec<u8> = (0..3_000_000u32).map(|i| (i % 251) as u8).collect();
    let (output, end) = lone.exec("cat; echo told >&2; exit 7", &input);
    assert!(
        output == input,
        "{} of {} bytes came back",
        output.len(),
        input.len()
    );
    assert_eq!(
        end,
        ExecEnd {
            code: Some(7),
            stderr: b"told\n".to_vec()
        }
    );
}

#[test]
fn a_program_that_does_not_exist_says_so() {
    let daemon = docker_or_skip!();
    let lone = Lone::run(&daemon, "nothing");
    let (_, end) = lone.exec("no-such-program", b"");
    assert_eq!(end.code, Some(127));
    assert!(String::from_utf8_lossy(&end.stderr).contains("not found"));
}

#[test]
fn a_terminal_has_the_operators_size_and_follows_it() {
    let daemon = docker_or_skip!();
    let lone = Lone::run(&daemon, "shell");
    let (input, typed) = mpsc::channel(8);
    let (output, mut printed) = mpsc::channel(64);
    let (size, sizes) = watch::channel((100, 30));
    let (opened, mut answer) = oneshot::channel();
    lone.reading.ask(Request::Shell(ShellRequest {
        instance: lone.instance.clone(),
        input: typed,
        output,
        size: sizes,
        opened,
    }));
    wait_for("it is open", SOON, || answer.try_recv().ok()).expect("it opens");
    let mut screen = String::new();
    let mut see = |what: &str, printed: &mut mpsc::Receiver<Bytes>| {
        wait_until(what, SOON, || {
            while let Ok(bytes) = printed.try_recv() {
                screen.push_str(&String::from_utf8_lossy(&bytes));
            }
            screen.contains(what)
        });
    };
    input
        .blocking_send("stty size; tty\n".into())
        .expect("it takes keys");
    see("30 100", &mut printed);
    see("/dev/pts/", &mut printed);
    size.send_replace((77, 22));
    wait_until("the new size", SOON, || {
        input
            .blocking_send("stty size\n".into())
            .expect("it takes keys");
        let end = crate::support::wait::deadline(std::time::Duration::from_millis(200));
        let mut text = String::new();
        while !crate::support::wait::left(end).is_zero() {
            while let Ok(bytes) = printed.try_recv() {
                text.push_str(&String::from_utf8_lossy(&bytes));
            }
        }
        text.contains("22 77")
    });
    input.blocking_send("exit\n".into()).expect("it takes keys");
    wait_until("the shell has ended", SOON, || {
        matches!(
            printed.try_recv(),
            Err(mpsc::error::TryRecvError::Disconnected)
        )
    });
}
