//! Programs inside pods: run, read out as tar, and worked with by hand.

use std::fs;

use bytes::Bytes;
use quarterdeck::{
    domain::instance::InstanceId,
    plan::exec::{ArchiveStream, ExecEnd, ExecSpec, ExecStream, Input},
    platform::{PlatformHandle, Request, ShellRequest, kubernetes},
    text::SafeText,
};
use tokio::{
    sync::{mpsc, oneshot, watch},
    time::timeout,
};

use crate::support::{
    cluster::{Cluster, Namespace},
    cluster_or_skip,
    wait::SOON,
};

/// The platform, and the one pod that it shows once that runs.
async fn one_pod(cluster: &Cluster, namespace: &Namespace<'_>) -> (PlatformHandle, InstanceId) {
    namespace.kubectl(&["run", "api", "--image=shop/api:1"]);
    let mut platform = kubernetes::start(cluster.options(namespace));
    let mut id = None;
    let runs = platform.state.wait_for(|state| {
        let services = state.snapshot.services.iter();
        let mut instances = services.flat_map(|service| &service.instances);
        id = instances.find(|i| i.ready()).map(|i| i.id.clone());
        id.is_some()
    });
    timeout(SOON, runs).await.expect("soon").expect("it runs");
    (platform, id.expect("it is shown"))
}

async fn exec(
    platform: &PlatformHandle,
    pod: &InstanceId,
    script: &str,
    input: Input,
) -> Result<ExecStream, SafeText> {
    let (to, answer) = oneshot::channel();
    let spec = ExecSpec {
        instance: pod.clone(),
        argv: ["sh", "-c", script].map(str::to_owned).to_vec(),
        user: None,
        input,
    };
    let asked = platform.requests.send(Request::Exec(spec, to)).await;
    asked.expect("the platform is there");
    timeout(SOON, answer)
        .await
        .expect("soon")
        .expect("answered")
}

/// What a program printed, and how it ended.
async fn run(
    platform: &PlatformHandle,
    pod: &InstanceId,
    script: &str,
    input: Input,
) -> (String, ExecEnd) {
    let started = exec(platform, pod, script, input).await.expect("it starts");
    timeout(SOON, whole(started)).await.expect("it ends soon")
}

async fn whole(mut stream: ExecStream) -> (String, ExecEnd) {
    let mut printed = Vec::new();
    while let Some(piece) = stream.output.recv().await {
        printed.extend_from_slice(&piece);
    }
    let end = stream.ended.await.expect("it says how it ended");
    (String::from_utf8_lossy(&printed).into_owned(), end)
}

#[tokio::test]
async fn a_program_prints_reads_its_input_and_says_how_it_ended() {
    let cluster = cluster_or_skip!();
    let namespace = cluster.namespace("exec");
    let (platform, pod) = one_pod(&cluster, &namespace).await;
    let (printed, end) = run(&platform, &pod, "echo out; echo err >&2", Input::Nothing).await;
    assert_eq!((&*printed, end.code), ("out\n", Some(0)));
    assert_eq!(end.stderr, b"err\n");

    // The simulated kubelet never closes a program's input, whoever asks it: this one knows how much is to come.
    let input = Bytes::from(vec![b'x'; 1_000_000]);
    let (printed, end) = run(
        &platform,
        &pod,
        "head -c 1000000 | wc -c",
        Input::Whole(input),
    )
    .await;
    assert_eq!((printed.trim(), end.code), ("1000000", Some(0)));

    let (_, end) = run(&platform, &pod, "exit 3", Input::Nothing).await;
    assert!(end.code.is_some_and(|code| code != 0), "{end:?}");

    let (printed, end) = run(&platform, &pod, "seq 200000", Input::Nothing).await;
    assert_eq!((printed.lines().count(), end.code), (200_000, Some(0)));
}

#[tokio::test]
async fn a_pod_of_the_same_name_is_another_pod() {
    let cluster = cluster_or_skip!();
    let namespace = cluster.namespace("exec");
    let (platform, _) = one_pod(&cluster, &namespace).await;
    let gone = InstanceId(SafeText::from_static(
        "11111111-2222-3333-4444-555555555555",
    ));
    let refused = exec(&platform, &gone, "true", Input::Nothing).await;
    assert_eq!(&*refused.expect_err("it is refused"), "the pod is gone");
}

#[tokio::test]
async fn nothing_runs_where_nothing_may_be_changed() {
    let cluster = cluster_or_skip!();
    let namespace = cluster.namespace("exec");
    let (_, pod) = one_pod(&cluster, &namespace).await;
    let mut options = cluster.options(&namespace);
    options.read_only = true;
    let mut platform = kubernetes::start(options);
    let shown = platform.state.wait_for(|s| !s.snapshot.services.is_empty());
    timeout(SOON, shown).await.expect("soon").expect("shown");
    let refused = exec(&platform, &pod, "true", Input::Nothing).await;
    assert!(refused.expect_err("refused").starts_with("read-only"));
}

async fn archive(
    platform: &PlatformHandle,
    pod: &InstanceId,
    path: &str,
) -> Result<ArchiveStream, SafeText> {
    let (to, answer) = oneshot::channel();
    let request = Request::Archive(pod.clone(), path.to_owned(), to);
    let asked = platform.requests.send(request).await;
    asked.expect("the platform is there");
    timeout(SOON, answer)
        .await
        .expect("soon")
        .expect("answered")
}

#[tokio::test]
async fn a_folder_comes_as_tar() {
    let cluster = cluster_or_skip!();
    let namespace = cluster.namespace("exec");
    let (platform, pod) = one_pod(&cluster, &namespace).await;
    // The simulated kubelet runs programs here.
    let folder = tempfile::tempdir().expect("a folder");
    let data = folder.path().join("data");
    fs::create_dir(&data).expect("made");
    fs::write(data.join("orders"), vec![7; 300_000]).expect("written");
    let path = data.to_string_lossy();
    let mut stream = archive(&platform, &pod, &path).await.expect("it begins");
    let mut tar = Vec::new();
    while let Some(piece) = stream.output.recv().await {
        tar.extend_from_slice(&piece);
    }
    assert_eq!(stream.whole.await, Ok(()), "all of it came");
    let mut archive_of = tar::Archive::new(&*tar);
    let names: Vec<String> = archive_of
        .entries()
        .expect("a tar")
        .map(|entry| {
            entry
                .expect("whole")
                .path()
                .expect("a path")
                .display()
                .to_string()
        })
        .collect();
    assert_eq!(names, ["data/", "data/orders"]);

    let missing = folder.path().join("missing").to_string_lossy().into_owned();
    // GNU's tar begins all the same, and says with its end that nothing came.
    if let Ok(mut stream) = archive(&platform, &pod, &missing).await {
        while stream.output.recv().await.is_some() {}
        assert!(stream.whole.await.is_err(), "it is not whole");
    }
}

#[tokio::test]
async fn a_shell_opens_prints_takes_what_is_typed_and_ends() {
    let cluster = cluster_or_skip!();
    let namespace = cluster.namespace("exec");
    let (platform, pod) = one_pod(&cluster, &namespace).await;
    let (typed, input) = mpsc::channel(8);
    let (output, mut printed) = mpsc::channel(8);
    let (_resized, size) = watch::channel((80, 24));
    let (opened, opening) = oneshot::channel();
    let request = ShellRequest {
        instance: pod,
        input,
        output,
        size,
        opened,
    };
    let asked = platform.requests.send(Request::Shell(request)).await;
    asked.expect("the platform is there");
    let open = timeout(SOON, opening).await.expect("soon");
    assert_eq!(open, Ok(Ok(())));
    typed
        .send("echo $((40 + 2))answer\n".into())
        .await
        .expect("taken");
    let mut text = String::new();
    let seen = timeout(SOON, async {
        while !text.contains("42answer") {
            let bytes = printed.recv().await.expect("it goes on");
            text.push_str(&String::from_utf8_lossy(&bytes));
        }
    });
    assert!(seen.await.is_ok(), "it printed {text:?}");
    typed.send("exit\n".into()).await.expect("taken");
    let ended = timeout(SOON, async { while printed.recv().await.is_some() {} });
    assert!(ended.await.is_ok(), "it ends");
}
