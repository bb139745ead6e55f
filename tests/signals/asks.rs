//! Single questions of lists: who is asked, who is not, and that none waits for another one's answer.

use std::{
    fs, net::TcpListener, os::unix::fs::PermissionsExt as _, path::Path, sync::Arc, time::Duration,
};

use quarterdeck::{
    app::asking::Asking,
    expr::{Answer, HttpField, Query, Value},
    probe::Asker,
    text::SafeText,
};
use tokio::{
    runtime::{Builder, Handle, Runtime},
    sync::mpsc,
    time::timeout,
};

use crate::support::{
    settings::settings_of,
    wait::{SOON, timestamp, wait_for},
    web::{Tls, answering, page},
};

fn runtime() -> Runtime {
    Builder::new_current_thread().enable_all().build().unwrap()
}

fn asker(folder: &Path, text: &str) -> Asker {
    Asker::new(
        Arc::new(settings_of(&folder.join("quarterdeck.toml"), text)),
        "",
    )
}

fn page_of(port: u16) -> Query {
    Query::Http {
        url: SafeText::name(format!("http://127.0.0.1:{port}/")),
        field: HttpField::Status,
    }
}

fn script(folder: &Path, name: &str, text: &str) {
    let path = folder.join(name);
    fs::write(&path, format!("#!/bin/sh\n{text}\n")).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
}

#[test]
fn a_certificate_tells_its_days_and_who_is_gone_tells_nothing() {
    let server = Tls::start(40);
    let folder = tempfile::tempdir().unwrap();
    let asker = asker(folder.path(), "");
    let query = Query::CertDays(SafeText::name(format!("127.0.0.1:{}", server.port)));
    let ask = || runtime().block_on(asker.ask(&query));
    let days = wait_for("its certificate", SOON, || ask().ok());
    // It was made for 40 days, a moment ago.
    let whole = [Value::Count(39), Value::Count(40)];
    assert!(whole.contains(&days.value), "{}", days.words);
    drop(server);
    assert!(ask().unwrap_err().contains("refused"));
}

#[test]
fn only_what_the_settings_allow_is_run_and_no_shell_reads_it() {
    let folder = tempfile::tempdir().unwrap();
    let here = folder.path();
    script(
        here,
        "smoke",
        "echo \"$# arguments, $1\"; printf 'b\\033[31mad\\n' >&2; exit $2",
    );
    let allowed = "[checklist]\ncommands = ['./smoke a* 0', './smoke a* 3', 'true', './nothing']";
    let asker = asker(here, allowed);
    let ask = |asker: &Asker, command: &str| -> Answer {
        runtime().block_on(asker.ask(&Query::Command(SafeText::name(command))))
    };
    let well = ask(&asker, "./smoke  a*  0").unwrap();
    assert_eq!(well.value, Value::Truth(true));
    assert_eq!(&*well.words, "ended with 0: 2 arguments, a*");
    let ill = ask(&asker, "./smoke a* 3").unwrap();
    assert_eq!(
        (ill.value, &*ill.words),
        (Value::Truth(false), "ended with 3: bad")
    );
    let none = ask(&asker, "./nothing").unwrap_err();
    assert!(none.starts_with("it cannot be run: "), "{none}");
    let touched = here.join("touched");
    let touch = format!("touch {}", touched.display());
    let beside = [
        touch.clone(),
        format!("true; {touch}"),
        format!("true {}", touched.display()),
        "./smoke a*".to_owned(),
        "smoke a* 0".to_owned(),
    ];
    for command in beside {
        let why = ask(&asker, &command).unwrap_err();
        assert!(
            why.starts_with("not run: the settings do not allow it"),
            "{command}: {why}"
        );
    }
    let why = ask(&Asker::simulated(), "true").unwrap_err();
    assert_eq!(&*why, "not asked: this deployment is simulated");
    assert!(!touched.exists());
}

#[test]
fn one_that_is_slow_holds_up_no_other_and_what_nobody_wants_is_broken_off() {
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let (quick, _) = answering(&page("200 OK", ""));
    let folder = tempfile::tempdir().unwrap();
    let here = folder.path();
    script(
        here,
        "hang",
        &format!("echo $$ >{}/pid; sleep 1000", here.display()),
    );
    let runtime = runtime();
    runtime.block_on(async {
        let (tell, mut told) = mpsc::channel(8);
        let asker = asker(here, "[checklist]\ncommands = ['./hang']");
        let mut asking = Asking::new(Handle::current(), asker, Arc::new(timestamp), tell);
        let hang = Query::Command(SafeText::name("./hang"));
        let slow = page_of(silent.local_addr().unwrap().port());
        asking.want([hang.clone(), slow, page_of(quick)]);
        let (query, answer) = told.recv().await.unwrap();
        assert_eq!(query, page_of(quick));
        assert_eq!(answer.unwrap().value, Value::Count(200));

        let pid = here.join("pid");
        let read = async || {
            while !fs::read_to_string(&pid).is_ok_and(|pid| pid.ends_with('\n')) {
                tokio::task::yield_now().await;
            }
        };
        timeout(SOON, read()).await.expect("it is run");
        asking.want([]);
        // It is well before either would have been given up.
        let pid = fs::read_to_string(&pid).unwrap();
        let stat = format!("/proc/{}/stat", pid.trim());
        let gone = async {
            while fs::read_to_string(&stat).is_ok_and(|stat| !stat.contains(") Z ")) {
                tokio::task::yield_now().await;
            }
        };
        timeout(Duration::from_secs(10), gone)
            .await
            .expect("it is ended");
    });
    drop(runtime);
    silent.set_nonblocking(true).unwrap();
    assert!(silent.accept().is_ok(), "it was asked");
}

#[test]
fn of_a_simulated_deployment_nobody_is_asked() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let asked = |query| runtime().block_on(Asker::simulated().ask(&query));
    let host = SafeText::name(format!("127.0.0.1:{port}"));
    for query in [page_of(port), Query::CertDays(host)] {
        assert_eq!(
            &*asked(query).unwrap_err(),
            "not asked: this deployment is simulated"
        );
    }
    let set = asked(Query::Env(SafeText::name("PATH"))).unwrap();
    assert_eq!(
        (set.value, &*set.words),
        (Value::Truth(true), "PATH is set")
    );
    listener.set_nonblocking(true).unwrap();
    assert!(listener.accept().is_err(), "somebody was asked");
}
