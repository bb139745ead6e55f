//! Gate 2 for scenario files: each is played or refused with a place, and none makes the world panic or hang.

use std::{path::Path, sync::Arc};

use jiff::Timestamp;

use super::{Scenario, World};
use crate::platform::harness::fuzz;

/// Small ones, so that a mutation meets something that matters. Together they have every kind of field.
const SCENARIOS: [&[u8]; 5] = [
    br#"name="a"
about="b"
environment="c"
kind="staging"
project="p"
host={name="h",version="1",disk="160G",used="71G"}
[[service]]
name="web"
image="i"
version="v1"
ports=["80:8080","53"]
command="x"
restart="always"
starts_in="1s"
stops_in="200ms"
stop_grace_period="5s"
cpus=0.5
memory_limit="64M"
environment=["A"]
replicas=2
check={command="c",interval="100ms",timeout="1s",retries=1,start_period="2s",through=true}
load={rate=90,capacity=40.0,p95_ms=14,cpu_ms=3,memory="96M",logs=20.0}
revision=[{version="v1",began="33d",served="20d",errors=50},{version="v2",exits=3,after="1s",unhealthy=true,leaks_memory="8M"}]
log=[{on="start",line="$iso $millis $seconds $replica"},{on="request",weight=2,stderr=true,line="$[1-100] $[a|b] $ip $id $ms $$ $e"},{on="error",line="$pg $nginx"},{every="1s",line="$python $redis $version"}]
"#,
    br#"name="a"
about="b"
environment="c"
project="p"
host={name="h",version="1"}
[[service]]
name="api"
image="i"
version="v1"
depends_on=["db","cache"]
load={rate=18,logs=5}
call=[{to="db",per=6,hurts=0.35,connections=60},{to="cache",exits=1,after="200ms"}]
revision=[{version="v1",leaks_connections=30,up_to=90,keeps_keys="80M",adds=["env X"],extra_ms=9}]
log=[{on="exit",line="gone"},{on="stop",line="x"},{on="error",because="db",version="v1",line="y"}]
[[service]]
name="db"
image="postgres"
version="15"
max_connections=50
volume={name="v",path="/d",size="2G"}
load={memory="200M"}
revision=[{version="15"}]
log=[{on="refused",line="full"}]
[[service]]
name="cache"
image="redis"
version="7"
max_memory="100M"
load={memory="20M"}
revision=[{version="7"}]
"#,
    br#"name="a"
about="b"
environment="c"
project="p"
host={name="h",version="1",disk="9G",used="1G"}
service=[{name="s",image="i",version="1",load={rate=9},revision=[{version="1"},{version="2"}]},{name="t",image="i",version="1",replicas=3,load={rate=9},revision=[{version="1"}]}]
[[story]]
at="100ms"
do="release"
service="s"
version="2"
by="me"
[[story]]
when="s.errors < 80"
do="errors"
service="t"
percent=30
lasts="1s"
[[story]]
at="0s"
do="slow"
service="s"
by="1s"
[[story]]
at="1ms"
do="leak-memory"
service="t"
per_second="90M"
[[story]]
at="1ms"
do="crash"
service="t"
code=137
lasts="300ms"
[[story]]
at="1ms"
do="fill-disk"
per_second="1G"
[[story]]
when="t.ready > 0"
do="remove"
service="t"
[[story]]
at="1ms"
do="disconnect"
how="refused"
lasts="1s"
[[story]]
at="1ms"
do="latency"
by="20ms"
[[story]]
at="1ms"
do="take-connections"
service="s"
count=9
[[story]]
at="1ms"
do="fill-cache"
service="s"
per_second="1M"
[[story]]
at="300ms"
do="restart"
service="s"
"#,
    // Figures at their ends.
    br#"name="a"
about="b"
environment="c"
project="p"
host={name="h",version="1",disk="99999999999G",used="9999999999G"}
[[service]]
name="s"
image="i"
version="v"
replicas=9
starts_in="36500d"
stops_in="36500d"
stop_grace_period="36500d"
cpus=0
memory_limit="0"
check={command="c",interval="36500d",timeout="0s",retries=100,start_period="36500d"}
load={rate=1000000000,capacity=0.000001,p95_ms=1000000000,cpu_ms=1000000000,memory="99999999999G",logs=10000}
revision=[{version="v",began="36500d",served="36500d",errors=1000000000,extra_ms=1000000000,leaks_memory="99999999999G",exits=255,after="36500d"}]
log=[{on="request",weight=1000000000,line="$[0-18446744073709551615]"},{every="36500d",weight=0,line="$[||]$[]"}]
[[service]]
name="t"
image="i"
version="v"
max_connections=1
load={rate=0}
call=[{to="s",per=1000000000,connections=1000000000,hurts=0}]
revision=[{version="v",began="0s"}]
[[story]]
at="0s"
do="latency"
by="36500d"
lasts="36500d"
[[story]]
when="s.p95 > 0"
do="take-connections"
service="t"
count=1000000000
lasts="36500d"
"#,
    br#"name="a"
about="b"
environment="c"
project="p"
host={name="h",version="1"}
node=[{name="n1",zone="a",memory="4G"},{name="n2",zone="b"}]
route=[{name="r",among=["blue","green"],selects="blue"}]
[[service]]
name="in"
image="i"
version="1"
depends_on=["r"]
workload={kind="daemon-set",namespace="w",cpu_request=0.1,memory_request="9M",min_available=1,deployed_by="me"}
load={rate=90,cpu_ms=9,memory="9M",logs=9}
call=[{to="r"}]
revision=[{version="1"}]
log=[{on="request",line="$replica"}]
[[service]]
name="blue"
image="i"
version="1"
replicas=2
workload={cpu_request=0.1,memory_request="9M",autoscaler={min=1,max=9,cpu=50,memory=70}}
load={cpu_ms=9,memory="9M"}
call=[{to="pool",connections=4}]
revision=[{version="1"},{version="2",extra_cpu_ms=30,leaks_connections=9}]
[[service]]
name="green"
image="i"
version="1"
check={command="c",interval="200ms",retries=1}
load={memory="9M"}
revision=[{version="1"},{version="2",unhealthy=true,check_says="no"}]
[[service]]
name="pool"
image="i"
version="1"
pool=9
workload={kind="stateful-set"}
load={memory="9M"}
revision=[{version="1"}]
[[service]]
name="job"
image="i"
version="1"
replicas=0
workload={kind="cron-job",schedule="0 2 * * *"}
load={}
revision=[{version="1"}]
[[story]]
at="0s"
do="release"
service="blue"
version="2"
[[story]]
at="1s"
do="scale"
service="green"
replicas=5
by="me"
[[story]]
at="2s"
do="switch"
route="r"
to="green"
"#,
];

/// What no world could stand is refused with a reason, not begun.
#[test]
fn figures_beyond_reason_are_refused() {
    let source = String::from_utf8_lossy(SCENARIOS[3]).into_owned();
    for (within, beyond) in [
        ("logs=10000", "logs=10001"),
        ("rate=1000000000", "rate=1000000001"),
        ("rate=1000000000", "rate=1e300"),
        ("starts_in=\"36500d\"", "starts_in=\"36501d\""),
        ("lasts=\"36500d\"", "lasts=\"18446744073709551615ms\""),
    ] {
        let source = source.replacen(within, beyond, 1);
        let mistakes = Scenario::parse(Path::new("beyond.toml"), &source).expect_err(beyond);
        let text = mistakes.to_string();
        assert!(text.contains("at most") || text.contains("0 to"), "{text}");
    }
}

/// The first tick of the story comes after the world has warmed up, so a second of it is a good deal of a world.
const STEPS: u32 = 315;

/// How much of a world is played for most inputs: what is wrong with a file mostly shows at once.
const FEW_STEPS: u32 = 12;

/// Plays a world, and reads what it wrote.
fn play(scenario: Scenario, steps: u32) {
    let mut world = World::new(Arc::new(scenario), 1, Timestamp::UNIX_EPOCH);
    for _ in 0..steps {
        world.step();
    }
    let _ = (world.snapshot(), world.cut(), world.latency());
    for service in 0..world.services.len() {
        for entry in world.services[service].ring.all().rev().take(20) {
            let _ = world.render(service, entry);
        }
    }
}

fn read(input: &[u8]) -> Option<Scenario> {
    let source = String::from_utf8_lossy(input);
    match Scenario::parse(Path::new("fuzz.toml"), &source) {
        Ok(scenario) => Some(scenario),
        Err(mistakes) => {
            assert!(!mistakes.all.is_empty(), "refused, and nothing said");
            let lines = source.split('\n').count();
            for mistake in &mistakes.all {
                assert!((1..=lines).contains(&mistake.line), "{mistake:?}");
            }
            None
        }
    }
}

#[test]
fn any_file_is_played_or_refused() {
    fuzz("scenarios", &SCENARIOS, |input| {
        if let Some(scenario) = read(input) {
            let whole = input.len().is_multiple_of(16);
            play(scenario, if whole { STEPS } else { FEW_STEPS });
        }
    });
}

#[test]
fn what_the_mutations_begin_with_is_played() {
    for source in SCENARIOS {
        let source = String::from_utf8_lossy(source);
        let scenario = Scenario::parse(Path::new("corpus.toml"), &source);
        play(scenario.unwrap_or_else(|e| panic!("{e}")), STEPS);
    }
}
