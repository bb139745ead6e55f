//! Names that images are given: the ones that operators mean, and those under which we keep what ran.

use jiff::Timestamp;

use crate::domain::{
    image::{DEFAULT_TAG, Name},
    service::ServiceId,
};

/// A name that can be given to an image: `shop/api:v1` is `shop/api` and `v1`; without a tag Docker means `latest`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Reference {
    /// Registry and repository.
    pub(crate) repository: String,
    /// The tag; nothing for what is pinned to a digest, or an id: such a name cannot be given.
    pub(crate) tag: Option<String>,
}

impl Reference {
    /// Takes a reference apart.
    pub(crate) fn parse(text: &str) -> Self {
        let name = Name::parse(text);
        let tag = match name.digest {
            Some(_) => None,
            None => Some(name.tag.unwrap_or(DEFAULT_TAG).to_owned()),
        };
        Self {
            repository: name.repository.to_owned(),
            tag,
        }
    }
}

/// The repository in which we keep what a service ran: `quarterdeck/shop/api`.
pub(crate) fn keep_repository(service: &ServiceId) -> String {
    [&*service.group, &*service.name]
        .into_iter()
        .filter(|part| !part.is_empty())
        .fold("quarterdeck".to_owned(), |path, part| {
            format!("{path}/{}", path_component(part))
        })
}

/// The tag of something kept at a moment: `20261121T120320.123Z`.
pub(crate) fn keep_tag(at: Timestamp) -> String {
    at.strftime("%Y%m%dT%H%M%S%.3fZ").to_string()
}

/// A part of a repository's name: small letters, digits, and single separators between them.
fn path_component(text: &str) -> String {
    let mut component = String::new();
    for c in text.chars().map(|c| c.to_ascii_lowercase()) {
        if c.is_ascii_alphanumeric() {
            component.push(c);
        } else if !component.is_empty() && !component.ends_with('-') {
            component.push('-');
        }
    }
    let component = component.trim_end_matches('-');
    if component.is_empty() {
        "service".to_owned()
    } else {
        component.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::SafeText;

    #[test]
    fn references_come_apart() {
        for (text, repository, tag) in [
            ("api", "api", Some("latest")),
            ("shop/api:v1", "shop/api", Some("v1")),
            (
                "registry:5000/shop/api",
                "registry:5000/shop/api",
                Some("latest"),
            ),
            ("registry:5000/api:v1", "registry:5000/api", Some("v1")),
            ("api@sha256:abcd", "api", None),
            ("sha256:abcd", "", None),
        ] {
            let parsed = Reference::parse(text);
            assert_eq!(
                (&*parsed.repository, parsed.tag.as_deref()),
                (repository, tag),
                "{text}"
            );
        }
    }

    #[test]
    fn kept_names_are_ones_that_docker_takes() {
        let kept = |group, name| {
            keep_repository(&ServiceId {
                group: SafeText::name(group),
                name: SafeText::name(name),
            })
        };
        assert_eq!(kept("shop", "Api_Gateway"), "quarterdeck/shop/api-gateway");
        assert_eq!(kept("", "web.1"), "quarterdeck/web-1");
        assert_eq!(kept("", "__"), "quarterdeck/service");
        assert_eq!(
            keep_tag("2026-11-21T12:03:20.123456Z".parse().unwrap()),
            "20261121T120320.123Z"
        );
    }
}
