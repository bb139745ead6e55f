//! Credential plugins: programs that a kubeconfig names to get a login from
//! (<https://kubernetes.io/docs/reference/access-authn-authz/authentication/#client-go-credential-plugins>).
//!
//! One that hangs is ended with all that it began, none is let near the terminal, and what it says of a failure is shown without
//! what may be secret in it.

use std::time::Duration;

use base64::{Engine as _, prelude::BASE64_STANDARD};
use jiff::Timestamp;
use kube::config::{AuthInfo, ExecConfig};
use serde::Deserialize;
use tokio::process::Command;

use crate::{
    platform::program::{self, Failed},
    safe,
    text::SafeText,
};

/// How long a plugin may take.
const PATIENCE: Duration = Duration::from_secs(10);

/// What a plugin prints.
#[derive(Deserialize)]
struct Credential {
    status: Option<Status>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Status {
    token: Option<String>,
    client_certificate_data: Option<String>,
    client_key_data: Option<String>,
    expiration_timestamp: Option<Timestamp>,
}

/// Asks the plugin of a user, if there is one, and puts what it gives in its place; until when that is good, where it says so.
///
/// # Errors
/// It could not be run, failed, or took too long: in words without secrets.
pub(super) async fn settle(user: &mut AuthInfo) -> Result<Option<Timestamp>, SafeText> {
    let Some(plugin) = user.exec.take() else {
        return Ok(None);
    };
    let status = run(&plugin, PATIENCE).await?;
    if let (Some(certificate), Some(key)) = (status.client_certificate_data, status.client_key_data)
    {
        user.client_certificate_data = Some(BASE64_STANDARD.encode(certificate));
        user.client_key_data = Some(BASE64_STANDARD.encode(key).into());
    }
    if let Some(token) = status.token {
        user.token = Some(token.into());
    }
    Ok(status.expiration_timestamp)
}

async fn run(plugin: &ExecConfig, patience: Duration) -> Result<Status, SafeText> {
    let name = plugin.command.as_deref().unwrap_or_default();
    let ran = match program::run(command(plugin), patience).await {
        Ok(ran) => ran,
        Err(Failed::Late) => {
            return Err(safe!(
                "{name} did not answer within {} s",
                patience.as_secs()
            ));
        }
        Err(Failed::NotRun(error)) => {
            return Err(match &plugin.install_hint {
                Some(hint) => safe!("{name} can't be run: {error}. {hint}"),
                None => safe!("{name} can't be run: {error}"),
            });
        }
    };
    if !ran.status.success() {
        let given = variables(plugin).map(|(_, value)| value.clone());
        let words = program::last_words(&ran.errors, given);
        let words = words.unwrap_or(SafeText::from_static("it did not say why"));
        return Err(safe!("{name} failed: {words}"));
    }
    serde_json::from_slice::<Credential>(&ran.output)
        .ok()
        .and_then(|credential| credential.status)
        .ok_or_else(|| safe!("{name} did not print a login that can be read"))
}

fn command(plugin: &ExecConfig) -> Command {
    let mut command = Command::new(plugin.command.as_deref().unwrap_or_default());
    command
        .args(plugin.args.iter().flatten())
        .envs(variables(plugin))
        .env("KUBERNETES_EXEC_INFO", info(plugin).to_string());
    command
}

/// What a plugin is told: above all that nobody is there to be asked.
fn info(plugin: &ExecConfig) -> serde_json::Value {
    let mut spec = serde_json::json!({ "interactive": false });
    if let Some(cluster) = &plugin.cluster {
        spec["cluster"] = serde_json::to_value(cluster).unwrap_or_default();
    }
    serde_json::json!({
        "apiVersion": plugin.api_version,
        "kind": "ExecCredential",
        "spec": spec,
    })
}

fn variables(plugin: &ExecConfig) -> impl Iterator<Item = (&String, &String)> {
    let pairs = plugin.env.iter().flatten();
    pairs.filter_map(|pair| Some((pair.get("name")?, pair.get("value")?)))
}

/// What brings a login back, as one types it.
pub(super) fn remedy(plugin: Option<&ExecConfig>) -> SafeText {
    let Some(plugin) = plugin else {
        return SafeText::from_static("get a new token or certificate into the kubeconfig");
    };
    let command = plugin.command.as_deref().unwrap_or_default();
    let name = command.rsplit('/').next().unwrap_or(command);
    let argument = |flag: &str| {
        let mut all = plugin.args.iter().flatten();
        all.by_ref().find(|a| *a == flag)?;
        all.next()
    };
    let has = |word: &str| plugin.args.iter().flatten().any(|a| a == word);
    match name {
        "aws" | "aws-iam-authenticator" => {
            let profile = variables(plugin)
                .find(|(name, _)| *name == "AWS_PROFILE")
                .map(|(_, value)| value)
                .or_else(|| argument("--profile"));
            match profile {
                Some(profile) => safe!("run: aws sso login --profile {profile}"),
                None => SafeText::from_static("run: aws sso login"),
            }
        }
        "gke-gcloud-auth-plugin" | "gcloud" => SafeText::from_static("run: gcloud auth login"),
        "kubelogin" if has("--server-id") => SafeText::from_static("run: az login"),
        "tsh" => SafeText::from_static("run: tsh login"),
        "doctl" => SafeText::from_static("run: doctl auth init"),
        _ if has("oidc-login") || name.contains("oidc") || name == "kubelogin" => {
            SafeText::from_static("run: kubectl version, which opens the login")
        }
        _ => safe!("log in again with {name}"),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::*;

    fn shell(script: &str) -> AuthInfo {
        let pair = [("name", "API_SECRET"), ("value", "correct-horse")];
        let pair: HashMap<String, String> = pair
            .map(|(key, value)| (key.to_owned(), value.to_owned()))
            .into();
        AuthInfo {
            exec: Some(ExecConfig {
                api_version: Some("client.authentication.k8s.io/v1".to_owned()),
                command: Some("sh".to_owned()),
                args: Some(vec!["-c".to_owned(), script.to_owned()]),
                env: Some(vec![pair]),
                drop_env: None,
                install_hint: None,
                interactive_mode: None,
                provide_cluster_info: false,
                cluster: None,
                other: std::collections::BTreeMap::default(),
            }),
            ..AuthInfo::default()
        }
    }

    #[tokio::test]
    async fn a_plugin_gives_a_token_and_is_told_that_nobody_is_there() {
        let mut user = shell(
            r#"case $KUBERNETES_EXEC_INFO in *'"interactive":false'*) ;; *) exit 1 ;; esac
            read line && exit 1
            echo '{"status":{"token":"t","expirationTimestamp":"2030-01-01T00:00:00Z"}}'"#,
        );
        let until = settle(&mut user).await.expect("it gives one");
        assert_eq!(until, "2030-01-01T00:00:00Z".parse().ok());
        assert!(user.token.is_some() && user.exec.is_none());
    }

    #[tokio::test]
    async fn what_it_says_of_a_failure_holds_no_secret() {
        let mut user = shell(
            "echo 'first' >&2; echo \"denied $API_SECRET eyJhbGciOi.x.y at https://sso/start?code=abc\" >&2; exit 1",
        );
        let words = settle(&mut user).await.expect_err("it fails");
        assert_eq!(
            &*words,
            "sh failed: denied ••• ••• at https://sso/start?•••"
        );
    }

    #[tokio::test]
    async fn one_that_hangs_is_not_waited_for() {
        let plugin = shell("sleep 1000").exec.expect("it has one");
        let words = run(&plugin, Duration::from_secs(1)).await.err();
        assert_eq!(words.as_deref(), Some("sh did not answer within 1 s"));
    }

    #[test]
    fn what_brings_a_login_back_is_said_as_it_is_typed() {
        let mut user = shell("");
        let plugin = user.exec.as_mut().expect("it has one");
        plugin.command = Some("/usr/local/bin/aws".to_owned());
        plugin.args = Some(["--profile", "prod"].map(str::to_owned).into());
        assert_eq!(&*remedy(Some(plugin)), "run: aws sso login --profile prod");
        plugin.command = Some("gke-gcloud-auth-plugin".to_owned());
        assert_eq!(&*remedy(Some(plugin)), "run: gcloud auth login");
    }
}
