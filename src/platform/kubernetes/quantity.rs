//! Amounts as Kubernetes writes them: `250m`, `1.5`, `64Mi`, `2G`, `1e3`
//! (<https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/quantity/>).

/// The amount in whole units; `None` where it does not read.
pub(super) fn parse(text: &[u8]) -> Option<f64> {
    let text = std::str::from_utf8(text).ok()?.trim();
    let split = text
        .find(|c: char| !(c.is_ascii_digit() || matches!(c, '.' | '+' | '-')))
        .unwrap_or(text.len());
    let (number, suffix) = text.split_at(split);
    let number: f64 = number.parse().ok()?;
    let factor = match suffix {
        "" => 1.0,
        "n" => 1e-9,
        "u" => 1e-6,
        "m" => 1e-3,
        "k" => 1e3,
        "M" => 1e6,
        "G" => 1e9,
        "T" => 1e12,
        "P" => 1e15,
        "E" => 1e18,
        "Ki" => 1024.0,
        "Mi" => 1024.0 * 1024.0,
        "Gi" => 1024.0 * 1024.0 * 1024.0,
        "Ti" => 1024.0 * 1024.0 * 1024.0 * 1024.0,
        "Pi" => 1024.0 * 1024.0 * 1024.0 * 1024.0 * 1024.0,
        // An exponent: `1e3`, `2E-2`. A bare `E` is exa, above.
        _ => return text.parse().ok(),
    };
    Some(number * factor)
}

/// A share of a processor, in percent of one core.
pub(super) fn cpu_percent(text: &[u8]) -> Option<f32> {
    parse(text).map(|cores| (cores * 100.0) as f32)
}

/// Bytes.
pub(super) fn bytes(text: &[u8]) -> Option<u64> {
    parse(text).filter(|b| *b >= 0.0).map(|b| b as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_read_as_kubernetes_reads_them() {
        for (text, amount) in [
            ("1", 1.0),
            ("250m", 0.25),
            ("1.5", 1.5),
            ("64Mi", 67_108_864.0),
            ("2G", 2e9),
            ("1e3", 1000.0),
            ("3E", 3e18),
            ("1500u", 0.0015),
            ("-1", -1.0),
        ] {
            let read = parse(text.as_bytes()).unwrap();
            assert!(
                (read - amount).abs() <= amount.abs() * 1e-9,
                "{text}: {read}"
            );
        }
        for text in ["", "Mi", "1Q", "one"] {
            assert_eq!(parse(text.as_bytes()), None, "{text}");
        }
    }
}
