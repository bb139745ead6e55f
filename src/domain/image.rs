//! Names of images.

use crate::text::SafeText;

/// The part of an image's name that tells releases apart: its tag, or, without one, the start of its id.
pub fn version(image: &str, image_id: &str) -> SafeText {
    let name = image.split_once('@').map_or(image, |(name, _)| name);
    let last = name.rsplit('/').next().unwrap_or(name);
    match last.split_once(':') {
        Some((_, tag)) if !tag.is_empty() && !image.starts_with("sha256:") => SafeText::name(tag),
        _ => {
            let digest = image_id.strip_prefix("sha256:").unwrap_or(image_id);
            SafeText::name(digest.get(..12).unwrap_or(digest))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_port_is_not_a_tag() {
        let id = "sha256:0123456789abcdef";
        assert_eq!(&*version("shop/api:v1.8.2", id), "v1.8.2");
        assert_eq!(&*version("registry:5000/shop/api", id), "0123456789ab");
        assert_eq!(&*version("registry:5000/shop/api:v2@sha256:ff", id), "v2");
        assert_eq!(&*version("sha256:fedcba9876543210", id), "0123456789ab");
    }
}
