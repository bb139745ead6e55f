//! What Helm remembers of a release, out of the secrets that it keeps it in. They hold every value and every manifest of it, so
//! that they are read only when somebody looks who may read them, and nothing is kept but what is named here.

use std::collections::BTreeMap;

use base64::{Engine as _, prelude::BASE64_STANDARD};
use jiff::Timestamp;
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::Value;

use super::Fact;
use crate::{
    platform::kubernetes::{
        api::Api,
        json::{containers, text},
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

/// A revision of a release that was deployed, with what it runs of one workload.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::platform::kubernetes) struct Deployed {
    /// Its number.
    pub(in crate::platform::kubernetes) version: i64,
    images: Images,
}

/// What the containers of a workload run, by their names.
type Images = BTreeMap<String, String>;

impl Deployed {
    /// Whether its images are those of a template, to which others may have added containers of theirs.
    pub(in crate::platform::kubernetes) fn runs(&self, template: &Value) -> bool {
        let there = images(template);
        let mut own = self.images.iter();
        own.all(|(container, image)| there.get(container) == Some(image))
    }
}

/// What is read of a release to find what it runs.
#[derive(Debug, Deserialize)]
struct Rendered {
    version: i64,
    info: Info,
    #[serde(default)]
    manifest: String,
}

impl Rendered {
    /// `None` of what was never all there, or does not have the workload.
    fn deployed(&self, workload: &Value) -> Option<Deployed> {
        let same = |one: &Value| {
            let same = |at| text(one, at) == text(workload, at);
            same("/kind") && same("/metadata/name")
        };
        let was = matches!(&*self.info.status, "deployed" | "superseded");
        let mut objects = self.manifest.split("\n---").filter(|_| was);
        let found = objects.find_map(|object| {
            let object = serde_saphyr::from_str(object.trim_start_matches("---"));
            object.ok().filter(same)
        })?;
        Some(Deployed {
            version: self.version,
            images: images(found.pointer("/spec/template")?),
        })
    }
}

fn images(template: &Value) -> Images {
    let each = containers(template);
    each.map(|one| {
        (
            text(one, "/name").to_owned(),
            text(one, "/image").to_owned(),
        )
    })
    .collect()
}

/// The release that an object is of, and its namespace; `None` of what Helm did not make.
pub(in crate::platform::kubernetes) fn release(object: &Value) -> Option<(&str, &str)> {
    let text = |pointer| object.pointer(pointer).and_then(Value::as_str);
    let namespace = text(NAMESPACE).or_else(|| text("/metadata/namespace"));
    text(NAME).zip(namespace)
}

/// What was deployed of the release that an object is of, the newest first; nothing for what Helm did not make.
pub(super) async fn history(api: &Api, object: Option<&Value>) -> Vec<Fact> {
    let Some((name, namespace)) = object.and_then(release) else {
        return Vec::new();
    };
    match read::<Release>(api, namespace, name).await {
        Ok(mut releases) => {
            releases.sort_by_key(|release| std::cmp::Reverse(release.version));
            releases.iter().map(fact).collect()
        }
        Err(why) => vec![super::fact("not shown", why)],
    }
}

/// The revisions that have a workload, the newest first; none where its release may not be read.
pub(in crate::platform::kubernetes) async fn deployed(
    api: &Api,
    workload: &Value,
) -> Vec<Deployed> {
    let Some((name, namespace)) = release(workload) else {
        return Vec::new();
    };
    let all = read::<Rendered>(api, namespace, name).await;
    let all = all.unwrap_or_default();
    let each = all.iter().filter_map(|one| one.deployed(workload));
    let mut each: Vec<_> = each.collect();
    each.sort_by_key(|one| std::cmp::Reverse(one.version));
    each
}

/// Reads all revisions of a release, or says why that can't be.
async fn read<T: DeserializeOwned>(
    api: &Api,
    namespace: &str,
    name: &str,
) -> Result<Vec<T>, SafeText> {
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
    let refused = rights::refused(api, need("list", "", "secrets"), namespace, "").await;
    if let Some(why) = refused? {
        return Err(why);
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
fn unpack<T: DeserializeOwned>(text: &str) -> Option<T> {
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
