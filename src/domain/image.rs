//! Names of images: the one place that takes them apart.

use crate::text::SafeText;

/// Characters of an id that are shown.
const SHORT: usize = 12;

/// The tag that Docker means where none is named.
pub const DEFAULT_TAG: &str = "latest";

/// An image's name in its parts. An id, `sha256:…`, has a digest alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Name<'a> {
    /// Registry and repository: `registry:5000/shop/api`.
    pub repository: &'a str,
    /// The tag, where one is named.
    pub tag: Option<&'a str>,
    /// The digest without its algorithm, where it is pinned to one.
    pub digest: Option<&'a str>,
}

impl<'a> Name<'a> {
    /// Takes a name apart. Whatever the text is, it comes apart somehow.
    pub fn parse(image: &'a str) -> Self {
        if let Some(digest) = image.strip_prefix("sha256:") {
            return Self {
                repository: "",
                tag: None,
                digest: Some(digest),
            };
        }
        let (name, digest) = match image.split_once('@') {
            Some((name, digest)) => (name, Some(digest)),
            None => (image, None),
        };
        // A colon before the last slash is a port's.
        let last = name.rfind('/').map_or(0, |slash| slash + 1);
        let (repository, tag) = match name[last..].rfind(':') {
            Some(colon) => (&name[..last + colon], Some(&name[last + colon + 1..])),
            None => (name, None),
        };
        Self {
            repository,
            tag: tag.filter(|tag| !tag.is_empty()),
            digest: digest.map(|d| d.split_once(':').map_or(d, |(_, digits)| digits)),
        }
    }

    /// The name of the program: no registry, path, tag or digest.
    pub fn program(&self) -> &'a str {
        self.repository.rsplit('/').next().unwrap_or_default()
    }
}

/// Whether what an operator typed is a tag alone, of whatever repository runs.
pub fn is_bare_tag(asked: &str) -> bool {
    !asked.contains(['/', ':', '@'])
}

/// The image that an operator means who typed `asked` while `current` runs: a bare tag means the same repository.
/// `None` when there is no repository to put it on.
pub fn asked(asked: &str, current: &str) -> Option<String> {
    if !is_bare_tag(asked) {
        return Some(asked.to_owned());
    }
    let current = Name::parse(current);
    (!current.repository.is_empty()).then(|| format!("{}:{asked}", current.repository))
}

/// The part of an image's name that tells releases apart: its tag, or the start of the digest that it is pinned to; with
/// neither it is `latest`, which is what the platform takes it for. Nothing for no name.
pub fn version(image: &str) -> SafeText {
    let name = Name::parse(image);
    match (name.tag, name.digest) {
        (Some(tag), _) => SafeText::name(tag),
        (None, Some(digest)) => SafeText::name(digest.get(..SHORT).unwrap_or(digest)),
        (None, None) if name.repository.is_empty() => SafeText::EMPTY,
        (None, None) => SafeText::from_static(DEFAULT_TAG),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bare_tag_means_the_same_repository() {
        assert_eq!(
            asked("v2", "r:5000/shop/api:v1").unwrap(),
            "r:5000/shop/api:v2"
        );
        assert_eq!(asked("other:v2", "shop/api:v1").unwrap(), "other:v2");
        assert_eq!(asked("v2", "sha256:abcd"), None);
    }

    #[test]
    fn names_come_apart() {
        for (image, repository, tag, digest) in [
            ("api", "api", None, None),
            ("api:", "api", None, None),
            ("shop/api:v1", "shop/api", Some("v1"), None),
            (
                "registry:5000/shop/api",
                "registry:5000/shop/api",
                None,
                None,
            ),
            (
                "registry:5000/api:v1",
                "registry:5000/api",
                Some("v1"),
                None,
            ),
            ("api@sha256:abcd", "api", None, Some("abcd")),
            (
                "r:5000/api:v2@sha256:ff",
                "r:5000/api",
                Some("v2"),
                Some("ff"),
            ),
            ("sha256:abcd", "", None, Some("abcd")),
            ("", "", None, None),
        ] {
            let parts = Name {
                repository,
                tag,
                digest,
            };
            assert_eq!(Name::parse(image), parts, "{image}");
        }
    }

    #[test]
    fn versions_are_short_and_the_same_everywhere() {
        for (image, told) in [
            ("shop/api:v1.8.2", "v1.8.2"),
            ("api", "latest"),
            ("registry:5000/shop/api", "latest"),
            ("registry:5000/shop/api:v2", "v2"),
            ("registry:5000/shop/api:v2@sha256:0123456789abcdef", "v2"),
            ("api@sha256:0123456789abcdef", "0123456789ab"),
            ("sha256:fedcba9876543210", "fedcba987654"),
            ("sha256:é", "é"),
            ("", ""),
        ] {
            assert_eq!(&*version(image), told, "{image}");
        }
    }

    #[test]
    fn a_program_is_the_last_part_of_the_repository() {
        for (image, told) in [
            ("postgres:16", "postgres"),
            ("registry:5000/bitnami/postgresql@sha256:ff", "postgresql"),
            ("sha256:ff", ""),
        ] {
            assert_eq!(Name::parse(image).program(), told);
        }
    }
}
