//! Figures as they are written: short, lined up, and no finer than they are looked at.

/// An age in one unit: `<1m`, `12m`, `5h`, `6d`.
pub fn age(seconds: u64) -> String {
    match seconds {
        0..60 => "<1m".to_owned(),
        60..3_600 => format!("{}m", seconds / 60),
        3_600..172_800 => format!("{}h", seconds / 3_600),
        _ => format!("{}d", seconds / 86_400),
    }
}

/// A time that runs, to the second: `2:04`, `1:02:04`.
pub fn elapsed(seconds: u64) -> String {
    let (h, m, s) = (seconds / 3_600, seconds / 60 % 60, seconds % 60);
    if h > 0 {
        format!("{h}:{m:02}:{s:02}")
    } else {
        format!("{m}:{s:02}")
    }
}

/// A time that runs while it is young, and an age from ten minutes on.
pub fn lasting(seconds: u64) -> String {
    if seconds < 600 {
        elapsed(seconds)
    } else {
        age(seconds)
    }
}

/// A figure that is no number: there is too little to tell it from.
const UNKNOWN: &str = "?";

/// A percentage in at most five columns: `0.7%`, `12%`; `?` where it is no number.
pub fn percent(value: f32) -> String {
    if value.is_nan() {
        UNKNOWN.to_owned()
    } else if value < 9.95 {
        format!("{value:.1}%")
    } else {
        format!("{value:.0}%")
    }
}

/// A number of bytes in at most five columns: `812K`, `1.4G`.
pub fn bytes(value: u64) -> String {
    const UNITS: [&str; 6] = ["B", "K", "M", "G", "T", "P"];
    let mut value = value as f64;
    let mut unit = 0;
    while value >= 999.5 && unit + 1 < UNITS.len() {
        value /= 1024.0;
        unit += 1;
    }
    if value < 9.95 && unit > 0 {
        format!("{value:.1}{}", UNITS[unit])
    } else {
        format!("{value:.0}{}", UNITS[unit])
    }
}

/// A number of bytes in a sentence: `812 B`, `64 KiB`, `12 MiB`, `1.2 GiB`, `80 GiB`.
pub fn size(bytes: u64) -> String {
    let kibi = bytes as f64 / 1_024.0;
    match kibi {
        ..1.0 => format!("{bytes} B"),
        1.0..1_000.0 => format!("{kibi:.0} KiB"),
        1_000.0..1_024_000.0 => format!("{:.0} MiB", kibi / 1_024.0),
        1_024_000.0..10_433_331.2 => format!("{:.1} GiB", kibi / 1_048_576.0),
        _ => format!("{:.0} GiB", kibi / 1_048_576.0),
    }
}

/// So many a second: `12/s`, `2.1k/s`.
pub fn rate(value: f32) -> String {
    match value {
        ..0.05 => "0/s".to_owned(),
        ..0.95 => format!("{value:.1}/s"),
        ..999.5 => format!("{value:.0}/s"),
        ..9_950.0 => format!("{:.1}k/s", value / 1_000.0),
        _ => format!("{:.0}k/s", value / 1_000.0),
    }
}

/// A time to answer, given in milliseconds: `8ms`, `1.2s`; `?` where it is no number.
pub fn millis(value: f32) -> String {
    match value {
        _ if value.is_nan() => UNKNOWN.to_owned(),
        ..999.5 => format!("{value:.0}ms"),
        ..9_950.0 => format!("{:.1}s", value / 1_000.0),
        _ => format!("{:.0}s", value / 1_000.0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_keep_to_their_columns() {
        for (seconds, expected) in [
            (59, "<1m"),
            (60, "1m"),
            (3_599, "59m"),
            (90_000, "25h"),
            (172_800, "2d"),
        ] {
            assert_eq!(age(seconds), expected);
        }
        for (value, expected) in [
            (0, "0B"),
            (999, "999B"),
            (1_000, "1.0K"),
            (1 << 30, "1.0G"),
            (640 << 20, "640M"),
        ] {
            assert_eq!(bytes(value), expected);
        }
        for (value, expected) in [
            (0, "0 B"),
            (1_023, "1023 B"),
            (65_536, "64 KiB"),
            (12 << 20, "12 MiB"),
            (1_229 << 20, "1.2 GiB"),
            (80 << 30, "80 GiB"),
        ] {
            assert_eq!(size(value), expected);
        }
        for (value, expected) in [
            (0.0, "0/s"),
            (0.4, "0.4/s"),
            (2.0, "2/s"),
            (412.0, "412/s"),
            (2_100.0, "2.1k/s"),
        ] {
            assert_eq!(rate(value), expected);
        }
        assert_eq!(
            (percent(9.96), percent(0.72)),
            ("10%".to_owned(), "0.7%".to_owned())
        );
        assert_eq!(
            (millis(310.0), millis(1_234.0)),
            ("310ms".to_owned(), "1.2s".to_owned())
        );
        assert_eq!(
            (lasting(124), lasting(601)),
            ("2:04".to_owned(), "10m".to_owned())
        );
    }
}
