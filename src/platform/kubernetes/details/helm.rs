//! What Helm remembers of a release, out of the secrets that it keeps it in. They hold every value and every manifest of it, so
//! that they are read only when somebody looks who may read them, and nothing is kept but what is named here.

use base64::{Engine as _, prelude::BASE64_STANDARD};
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::Value;

use super::Fact;
use crate::{
    platform::kubernetes::{
        api::Api,
        rights::{self, need},
    },
    safe,
    text::SafeText,
};

/// A release unpacked is at most so large: its secret holds 1 MiB at most.
const LARGEST: usize = 64 << 20;

/// The annotations by which Helm marks what it made.
const NAME: &str = "/metadata/annotations/meta.helm.sh~1release-name";
const NAMESPACE: &str = "/metadata/annotations/meta.helm.sh~1release-namespace";

/// The part of a release that is told.
#[derive(Debug, Deserialize)]
struct Release {
    version: i64,
    info: Info,
    chart: Chart,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Info {
    last_deployed: String,
    description: String,
    status: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Chart {
    metadata: Metadata,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Metadata {
    name: String,
    version: String,
    app_version: String,
}

/// What was deployed of the release that an object is of, the newest first; nothing for what Helm did not make.
pub(super) async fn history(api: &Api, object: Option<&Value>) -> Vec<Fact> {
    let text = |pointer| object?.pointer(pointer).and_then(Value::as_str);
    let (Some(name), Some(namespace)) = (
        text(NAME),
        text(NAMESPACE).or_else(|| text("/metadata/namespace")),
    ) else {
        return Vec::new();
    };
    let said = |words: SafeText| vec![super::fact("not shown", words)];
    match rights::refused(api, need("list", "", "secrets"), namespace, "").await {
        Ok(None) => {}
        Ok(Some(why)) | Err(why) => return said(why),
    }
    match read(api, namespace, name).await {
        Ok(mut releases) => {
            releases.sort_by_key(|release| std::cmp::Reverse(release.version));
            releases.iter().map(fact).collect()
        }
        Err(why) => said(why),
    }
}

async fn read(api: &Api, namespace: &str, name: &str) -> Result<Vec<Release>, SafeText> {
    #[derive(Deserialize)]
    struct List {
        items: Vec<Secret>,
    }
    #[derive(Deserialize)]
    struct Secret {
        data: Data,
    }
    #[derive(Deserialize)]
    struct Data {
        release: String,
    }
    let path = format!("/api/v1/namespaces/{namespace}/secrets?");
    let query = form_urlencoded::Serializer::new(path)
        .append_pair("labelSelector", &format!("owner=helm,name={name}"))
        .append_pair("fieldSelector", "type=helm.sh/release.v1")
        .finish();
    let list: List = api.json(&query).await.map_err(|error| safe!("{error}"))?;
    let unread = || safe!("Helm wrote it in a way that does not read");
    let releases = list.items.iter();
    releases
        .map(|secret| unpack(&secret.data.release).ok_or_else(unread))
        .collect()
}

/// A release is JSON, in gzip, in base64; and so is every value of a secret once more.
fn unpack(text: &str) -> Option<Release> {
    let inner = BASE64_STANDARD.decode(text).ok()?;
    let packed = BASE64_STANDARD.decode(inner).ok()?;
    let json = gunzip(&packed)?;
    serde_json::from_slice(&json).ok()
}

/// Unpacks gzip as Go writes it: ten bytes that say so, no name, and eight bytes of sums at the end.
fn gunzip(packed: &[u8]) -> Option<Vec<u8>> {
    let [0x1f, 0x8b, 8, 0, rest @ ..] = packed else {
        return None;
    };
    let deflated = rest.get(6..rest.len().checked_sub(8)?)?;
    miniz_oxide::inflate::decompress_to_vec_with_limit(deflated, LARGEST).ok()
}

fn fact(release: &Release) -> Fact {
    let Metadata {
        name,
        version,
        app_version,
    } = &release.chart.metadata;
    let app = match app_version.as_str() {
        "" => SafeText::EMPTY,
        app => safe!(" (app {})", SafeText::name(app)),
    };
    let at = match release.info.last_deployed.parse::<Timestamp>() {
        Ok(at) => safe!(", {}", at.strftime("%Y-%m-%d %H:%M UTC")),
        Err(_) => SafeText::EMPTY,
    };
    let what = match release.info.description.as_str() {
        "" => SafeText::EMPTY,
        words => safe!(": {}", SafeText::line(words)),
    };
    Fact {
        name: safe!(
            "{} {}",
            release.version,
            SafeText::name(&release.info.status)
        ),
        value: safe!(
            "{} {}{app}{at}{what}",
            SafeText::name(name),
            SafeText::name(version)
        ),
    }
}
