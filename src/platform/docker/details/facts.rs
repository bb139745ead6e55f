//! Labelled facts out of an inspect.

use serde_json::Value;

use crate::{
    domain::{
        details::Fact,
        instance::Instance,
        service::{Service, ServiceKind},
    },
    safe,
    text::SafeText,
};

/// How the service is set up, as its first copy is.
pub(super) fn of(service: &Service, value: &Value) -> Vec<Fact> {
    let host = &value["HostConfig"];
    let config = &value["Config"];
    let mut facts = Vec::new();
    let mut add = |name: &'static str, text: SafeText| {
        if !text.is_empty() {
            facts.push(Fact {
                name: SafeText::from_static(name),
                value: text,
            });
        }
    };
    add("image", service.image.clone());
    add("command", command(value));
    add("user", SafeText::name(text(&config["User"])));
    add("restart policy", restart_policy(host));
    add(
        "stop grace period",
        safe!("{} s", config["StopTimeout"].as_u64().unwrap_or(10)),
    );
    if let Some(bytes) = host["Memory"].as_u64().filter(|&bytes| bytes > 0) {
        add("memory limit", safe!("{} MiB", bytes / (1 << 20)));
    }
    if let Some(nano) = host["NanoCpus"].as_u64().filter(|&nano| nano > 0) {
        add("cpu limit", safe!("{} cores", nano as f64 / 1e9));
    }
    add("ports", ports(service));
    add("networks", names(&value["NetworkSettings"]["Networks"]));
    for mount in value["Mounts"].as_array().into_iter().flatten() {
        add("mount", mount_text(mount));
    }
    add(
        "log driver",
        SafeText::name(text(&host["LogConfig"]["Type"])),
    );
    let labels = &config["Labels"];
    if service.kind == ServiceKind::Compose {
        add(
            "made by",
            safe!("compose {}", text(&labels["com.docker.compose.version"])),
        );
        add(
            "compose files",
            SafeText::line(text(&labels["com.docker.compose.project.config_files"])),
        );
    }
    facts
}

/// The health check, and how its last runs went.
pub(super) fn checks(read: &[(&Instance, Value)]) -> Vec<Fact> {
    let Some((_, first)) = read.first() else {
        return Vec::new();
    };
    let check = &first["Config"]["Healthcheck"];
    let test: Vec<&str> = check["Test"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect();
    let command = match test.as_slice() {
        [] | ["NONE"] => return Vec::new(),
        ["CMD" | "CMD-SHELL", rest @ ..] => rest.join(" "),
        other => other.join(" "),
    };
    let seconds = |name: &str, usual: f64| match check[name].as_f64().unwrap_or_default() {
        zero if zero <= 0.0 => usual,
        nanoseconds => nanoseconds / 1e9,
    };
    let fact = |name: SafeText, value| Fact { name, value };
    let mut checks = vec![
        fact(SafeText::from_static("command"), SafeText::line(command)),
        fact(
            SafeText::from_static("how often"),
            safe!(
                "every {} s, {} s at most, {} failures count",
                seconds("Interval", 30.0),
                seconds("Timeout", 30.0),
                check["Retries"].as_u64().filter(|&n| n > 0).unwrap_or(3)
            ),
        ),
    ];
    for (instance, value) in read {
        let runs = value["State"]["Health"]["Log"]
            .as_array()
            .into_iter()
            .flatten();
        for run in runs.rev().take(5) {
            let at = text(&run["End"]).parse::<jiff::Timestamp>();
            let at = at
                .map(|at| at.strftime("%H:%M:%S UTC").to_string())
                .unwrap_or_default();
            let passed = run["ExitCode"].as_i64() == Some(0);
            let word = if passed { "passed" } else { "failed" };
            let printed = SafeText::line(text(&run["Output"]).trim()).truncated(200);
            checks.push(fact(
                safe!("{} {at}", instance.name),
                safe!("{word} {printed}"),
            ));
        }
    }
    checks
}

/// Names of environment variables, never their values.
pub(super) fn environment(value: &Value) -> Vec<SafeText> {
    let all = value["Config"]["Env"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(Value::as_str);
    let mut names: Vec<SafeText> = all
        .map(|pair| SafeText::name(pair.split('=').next().unwrap_or_default()))
        .collect();
    names.sort();
    names
}

/// A command's arguments can hold secrets ("--password=…"): only the program is shown.
fn command(value: &Value) -> SafeText {
    let program = SafeText::name(text(&value["Path"]));
    match value["Args"].as_array().map_or(0, Vec::len) {
        0 => program,
        1 => safe!("{program} and 1 argument"),
        count => safe!("{program} and {count} arguments"),
    }
}

fn restart_policy(host: &Value) -> SafeText {
    let policy = &host["RestartPolicy"];
    match (text(&policy["Name"]), policy["MaximumRetryCount"].as_u64()) {
        ("" | "no", _) => SafeText::from_static("never"),
        ("on-failure", Some(times @ 1..)) => safe!("on-failure, {times} times at most"),
        (name, _) => SafeText::name(name),
    }
}

fn ports(service: &Service) -> SafeText {
    let ports: Vec<String> = service
        .ports
        .iter()
        .map(|port| match port.host {
            Some(host) => format!("{host} → {}/{}", port.container, port.protocol),
            None => format!("{}/{}", port.container, port.protocol),
        })
        .collect();
    SafeText::line(ports.join(", "))
}

fn mount_text(mount: &Value) -> SafeText {
    let kind = text(&mount["Type"]);
    let from = if kind == "volume" {
        text(&mount["Name"])
    } else {
        text(&mount["Source"])
    };
    let how = if mount["RW"].as_bool() == Some(false) {
        ", read-only"
    } else {
        ""
    };
    safe!("{} ← {kind} {from}{how}", text(&mount["Destination"]))
}

fn names(object: &Value) -> SafeText {
    let names: Vec<&str> = object
        .as_object()
        .into_iter()
        .flat_map(|map| map.keys())
        .map(String::as_str)
        .collect();
    SafeText::line(names.join(", "))
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}
