//! Gate 6 on a real daemon: a container that logs as fast as it can. Every line is there, or was counted.

use quarterdeck::{
    app::lines,
    domain::log::{LogItem, Since},
    platform::{
        LogRequest, Request,
        docker::{self, DockerOptions},
    },
    state::{Model, Msg, logs, update},
};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use crate::support::{compose::Compose, docker_or_skip, gate};

#[tokio::test]
async fn every_line_is_kept_or_counted() {
    let daemon = docker_or_skip!();
    let count = gate::size(200_000, 20_000_000) as u64;
    let file = format!(
        "services: {{loud: {{image: 'qd-busybox:v1', command: [seq, '1', '{count}'], restart: 'no'}}}}"
    );
    let shop = Compose::up(&daemon, "flood", &file);
    let platform = docker::start(DockerOptions {
        host: Some(daemon.host.clone()),
        projects: vec![shop.project.clone()],
        ..DockerOptions::default()
    });
    let mut state = platform.state.clone();
    state
        .wait_for(|state| !state.snapshot.services.is_empty())
        .await
        .expect("the platform lives");
    let mut model = Model {
        // Small, so that much falls out of memory.
        logs: logs::Logs::new(1 << 20, Since::All),
        ..Model::default()
    };
    let _ = logs::follow(&mut model, Vec::new());
    let (sink, events) = mpsc::channel(64);
    platform
        .requests
        .send(Request::Logs(LogRequest {
            services: Vec::new(),
            since: Since::All,
            previous: false,
            follow: true,
            sink,
            stop: CancellationToken::new(),
        }))
        .await
        .expect("the platform takes requests");
    let (out, mut msgs) = mpsc::channel(4);
    let looking = tokio::spawn(lines::look_at(model.logs.subscription, events, out));
    let (mut taken, mut lost, mut next) = (0, 0, 1);
    while next <= count {
        let msg = msgs.recv().await.expect("the subscription lives");
        if let Msg::Logs(_, items) = &msg {
            for item in items {
                match item {
                    LogItem::Line(_, line) => {
                        let number: u64 = line.text.text().parse().expect("a number");
                        taken += 1;
                        assert_eq!(number, next, "a gap that nobody counted");
                        next += 1;
                    }
                    LogItem::Dropped(_, lines) => {
                        lost += lines;
                        next += lines;
                    }
                    _ => {}
                }
            }
        }
        let _ = update(&mut model, msg);
    }
    looking.abort();
    let store = model.logs.store();
    assert_eq!(taken + lost, count);
    assert_eq!(model.logs.received(), count);
    assert_eq!(model.logs.dropped(), lost);
    assert_eq!(store.lines() + store.evicted() + lost, count);
    assert!(
        store.evicted() > 0,
        "nothing fell out, so that was not tested"
    );
}
