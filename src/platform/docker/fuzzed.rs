//! Gate 2 for what a daemon says: lists, inspects, events, figures, frames. Whatever comes, there are rows to show.

use std::{collections::HashSet, sync::Arc};

use jiff::Timestamp;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::{
    details::mask,
    engine,
    fleet::Fleet,
    frames::{LONGEST_LINE, LogDecoder},
    project,
    wire::{Event, Info, Inspected, Listed, Stats},
};
use crate::{domain::service::Service, platform::harness::fuzz};

const LISTS: [&[u8]; 3] = [
    br#"[{"Id":"a","Names":["/shop-api-1"],"Image":"shop:v1","ImageID":"sha256:1","Created":1763735530,"State":"running","Status":"Up 5 minutes (healthy)","Ports":[{"PrivatePort":80,"PublicPort":8080,"Type":"tcp"}],"Labels":{"com.docker.compose.project":"shop","com.docker.compose.service":"api","com.docker.compose.container-number":"1","com.docker.compose.oneoff":"False","com.docker.compose.depends_on":"db:service_healthy:false,cache:x"},"Mounts":[{"Type":"volume","Name":"v","RW":true}]},{"Id":"d","Names":["/shop-api-2"],"State":"running","Labels":{"com.docker.compose.project":"shop","com.docker.compose.service":"api"}}]"#,
    br#"[{"Id":"b","Names":null,"State":"exited","Status":"Exited (137) 3 minutes ago","Labels":null,"Created":-9223372036854775808},{"Id":"c","Names":["/c"],"State":"paused","Ports":null,"Mounts":null}]"#,
    br#"[{"Id":"a","State":"restarting","Created":9223372036854775807,"Labels":{"com.docker.compose.container-number":"4294967295","com.docker.compose.replace":"x"}},{"Id":"a"}]"#,
];

const INSPECTS: [&[u8]; 4] = [
    br#"{"Id":"a","Created":"2026-11-21T14:02:10.5Z","Name":"/shop-api-1","Image":"sha256:1","RestartCount":4294967295,"State":{"Status":"running","OOMKilled":true,"ExitCode":137,"Error":"no","StartedAt":"2026-11-21T14:02:11Z","FinishedAt":"0001-01-01T00:00:00Z","Health":{"Status":"unhealthy","FailingStreak":3,"Log":[{"Start":"2026-11-21T14:02:12Z","End":"9999-12-31T23:59:59Z","ExitCode":1,"Output":"refused"}]}},"HostConfig":{"Memory":18446744073709551615,"RestartPolicy":{"Name":"always","MaximumRetryCount":9},"LogConfig":{"Type":"json-file"}},"Config":{"Image":"shop:v1","Tty":false,"Labels":{"com.docker.compose.project":"shop","com.docker.compose.service":"api"}},"NetworkSettings":{"Ports":{"80/tcp":[{"HostPort":"8080"}],"65536/udp":null}}}"#,
    br#"{"Id":"b","State":{"Status":"exited","ExitCode":-9223372036854775808},"Mounts":null,"Config":{"Labels":null}}"#,
    include_bytes!("actions/spec/inspects/plain.json"),
    include_bytes!("actions/spec/inspects/compose.json"),
];

const EVENTS: [&[u8]; 4] = [
    br#"{"Type":"container","Action":"die","Actor":{"ID":"a","Attributes":{"name":"shop-api-1","exitCode":"137","com.docker.compose.project":"shop","com.docker.compose.service":"api"}},"time":1763735530,"timeNano":1763735530555163514}"#,
    br#"{"Action":"kill","Actor":{"ID":"b","Attributes":{"signal":"15"}},"time":-9223372036854775808}"#,
    br#"{"Action":"health_status: unhealthy","Actor":{"ID":"a"},"timeNano":9223372036854775807}"#,
    br#"{"Action":"rename","Actor":{"ID":"c","Attributes":{"name":"/d"}},"timeNano":-9223372036854775808}"#,
];

const STATS: [&[u8]; 3] = [
    br#"{"read":"2026-11-21T12:00:01Z","cpu_stats":{"cpu_usage":{"total_usage":4000000000}},"memory_stats":{"usage":1000,"stats":{"inactive_file":300,"total_inactive_file":2000,"cache":1}},"networks":{"eth0":{"rx_bytes":18446744073709551615,"tx_bytes":1},"eth1":{"rx_bytes":9,"tx_bytes":18446744073709551615}}}"#,
    br#"{"read":"9999-12-30T22:00:00Z","cpu_stats":{"cpu_usage":{"total_usage":18446744073709551615}},"memory_stats":{"usage":18446744073709551615,"stats":null},"networks":null}"#,
    br#"{"read":"0001-01-01T00:00:00Z","networks":{"eth0":{"rx_bytes":0,"tx_bytes":0}}}"#,
];

const FRAMES: [&[u8]; 4] = [
    b"\x01\0\0\0\0\0\0\x242026-11-21T14:02:10.112044123Z hello\n\x02\0\0\0\0\0\0\x1f2026-11-21T14:02:10Z no line end",
    b"\x01\0\0\0\0\0\0\x05one\ntwo\r\n\xff\xff\xff\xff\xff\xff\xff\xff",
    b"2026-11-21T14:02:10.1Z as a terminal writes\r\n\x01\0\0\0\xff\xff\xff\xff",
    b"\x01\0\0\0\0\0\0\0\x02\0\0\0\0\0\0\x01\n\x00\0\0\0\0\0\0\x02\n\n",
];

/// A moment that is neither before nor after all that is told.
fn now() -> Timestamp {
    "2026-11-21T14:30:00Z".parse().expect("a moment")
}

/// Something that stands already, of which the input tells more.
fn fleet() -> Fleet {
    let mut fleet = Fleet::new(Vec::new());
    fleet.list(engine::parse(LISTS[0]).expect("a list"), &HashSet::new());
    fleet.inspected(&engine::parse(INSPECTS[0]).expect("an inspect"));
    for (id, stats) in [("a", STATS[0]), ("d", STATS[1])] {
        fleet.sampled(id, &engine::parse(stats).expect("figures"));
    }
    fleet
}

fn rows(fleet: &Fleet) -> Vec<Arc<Service>> {
    let rows = project::services(fleet.iter(), &[], now());
    let again = project::services(fleet.iter(), &rows, now());
    assert!(
        rows.iter().zip(&again).all(|(a, b)| Arc::ptr_eq(a, b)),
        "a row that did not change was made anew"
    );
    fleet.ripening(now());
    rows
}

/// Fuzzes one kind of answer: those that can be read are taken over twice, and there are rows afterwards.
fn answers<T: DeserializeOwned>(
    name: &str,
    corpus: &[&[u8]],
    take: impl Fn(&mut Fleet, T) + Send + Sync + 'static,
) {
    fuzz(name, corpus, move |input| {
        let Ok(answer) = engine::parse::<T>(input) else {
            return;
        };
        let mut fleet = fleet();
        take(&mut fleet, answer);
        rows(&fleet);
        take(&mut fleet, engine::parse(input).expect("as before"));
        rows(&fleet);
    });
}

#[test]
fn lists() {
    answers("lists", &LISTS, |fleet, listed: Vec<Listed>| {
        fleet.list(listed, &HashSet::new());
    });
}

#[test]
fn inspects() {
    answers("inspects", &INSPECTS, |fleet, inspected: Inspected| {
        fleet.inspected(&inspected);
    });
}

#[test]
fn events() {
    answers("events", &EVENTS, |fleet, event: Event| {
        fleet.event(&event);
    });
}

#[test]
fn figures() {
    answers("figures", &STATS, |fleet, stats: Stats| {
        fleet.sampled("a", &stats);
    });
}

#[test]
fn what_a_daemon_says_of_itself() {
    const INFO: &[u8] = br#"{"ID":"AB:CD","Name":"box","ServerVersion":"27.5","DockerRootDir":"/var","BuildahVersion":""}"#;
    fuzz("info", &[INFO], |input| {
        if let Ok(info) = engine::parse::<Info>(input) {
            info.identity();
        }
    });
}

/// Whatever an inspect has where secrets are looked for, hiding them takes it.
#[test]
fn secrets_are_hidden_in_any_json() {
    const ODD: [&[u8]; 3] = [
        br#"{"Config":[],"Args":{"a":"b"},"HostConfig":{"LogConfig":{"Config":[1]}}}"#,
        br#"{"Config":{"Env":{"PASSWORD":"x"},"Labels":["token"],"Cmd":null,"Healthcheck":{"Test":[["a"],1]}}}"#,
        br#"["Config",{"Env":["a=b"]}]"#,
    ];
    fuzz("masks", &[&ODD[..], &INSPECTS[2..]].concat(), |input| {
        if let Ok(mut value) = engine::parse::<Value>(input) {
            mask::hide(&mut value);
        }
    });
}

#[test]
fn frames() {
    fuzz("frames", &FRAMES, |input| {
        for tty in [false, true] {
            let decode = |step: usize| {
                let mut decoder = LogDecoder::new(tty);
                let mut lines = Vec::new();
                for bytes in input.chunks(step) {
                    decoder.feed(bytes, |line| lines.push(line));
                }
                decoder.finish(|line| lines.push(line));
                lines
            };
            let step = usize::from(input.first().copied().unwrap_or(0) % 29) + 1;
            let whole = decode(usize::MAX);
            assert_eq!(decode(step), whole, "cut every {step} bytes");
            assert!(whole.iter().all(|line| line.bytes.len() <= LONGEST_LINE));
        }
    });
}
