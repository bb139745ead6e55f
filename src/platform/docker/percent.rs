//! Percent-encoding: a name or a filter as one part of a path or a query, whatever is in it.

/// Encodes all but letters, digits and `-_.~`.
pub(super) fn encode(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len() * 2);
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            encoded.push('%');
            for digit in [byte >> 4, byte & 15] {
                encoded.push(char::from(b"0123456789ABCDEF"[usize::from(digit)]));
            }
        }
    }
    encoded
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_cannot_leave_its_place_in_a_path_or_query() {
        assert_eq!(encode("/var/a b&c=ü~"), "%2Fvar%2Fa%20b%26c%3D%C3%BC~");
    }
}
