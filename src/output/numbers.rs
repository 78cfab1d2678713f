//! Sizes, counts and times as people read them.

/// A size: `0`, `8 KiB`, `1.2 GiB`. Up to three digits, in units of 1024.
pub fn bytes(bytes: u64) -> String {
    scaled(bytes, 1024, &["B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"])
}

/// A count: `999`, `3.4 M`. Up to three digits, in units of 1000.
pub fn count(count: u64) -> String {
    scaled(count, 1000, &["", "k", "M", "G", "T", "P", "E"])
}

/// A share from 0 to 1 in percent: `12 %`, `<1 %`.
pub fn percent(share: f64) -> String {
    match share * 100.0 {
        percent if percent <= 0.0 => "0 %".to_owned(),
        percent if percent < 1.0 => "<1 %".to_owned(),
        // Not all of it is not 100 %.
        percent if percent < 100.0 => format!("{:.0} %", percent.floor()),
        _ => "100 %".to_owned(),
    }
}

/// How long something took or is ago, in its largest unit: `340 ms`, `12 s`, `3 h`, `6 days`.
pub fn span(micros: i64) -> String {
    let micros = micros.max(0);
    let seconds = micros / 1_000_000;
    match seconds {
        0 => format!("{} ms", micros / 1000),
        1..=119 => format!("{seconds} s"),
        120..=7_199 => format!("{} min", seconds / 60),
        7_200..=172_799 => format!("{} h", seconds / 3_600),
        _ => format!("{} days", seconds / 86_400),
    }
}

/// How long something took, as exactly as anybody cares: `340 ms`, `1.2 s`, `2 min 5 s`.
pub fn duration(time: std::time::Duration) -> String {
    let milliseconds = time.as_millis();
    match milliseconds {
        0..1000 => format!("{milliseconds} ms"),
        1000..60_000 => format!("{}.{} s", milliseconds / 1000, milliseconds % 1000 / 100),
        _ => format!("{} min {} s", milliseconds / 60_000, milliseconds % 60_000 / 1000),
    }
}

fn scaled(number: u64, base: u64, units: &[&str]) -> String {
    let number = u128::from(number);
    let (mut size, mut at) = (1, 0);
    // 999.5 would be shown as 1000.
    while number * 2 >= 1999 * size && at + 1 < units.len() {
        size *= u128::from(base);
        at += 1;
    }
    // In tenths, so that rounding never needs fractions.
    let tenths = (number * 10 + size / 2) / size;
    let unit = units.get(at).copied().unwrap_or_default();
    let digits = match (tenths, at) {
        (tenths, 1..) if tenths < 100 && tenths % 10 != 0 => format!("{}.{}", tenths / 10, tenths % 10),
        _ => ((number + size / 2) / size).to_string(),
    };
    if unit.is_empty() || number == 0 { digits } else { format!("{digits} {unit}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes() {
        for (number, expected) in [
            (0, "0"),
            (512, "512 B"),
            (8192, "8 KiB"),
            (1_000_000, "977 KiB"),
            (1_048_576, "1 MiB"),
            (1_288_490_189, "1.2 GiB"),
            (734_003_200, "700 MiB"),
            (1_073_000_000, "1 GiB"),
            (u64::MAX, "16 EiB"),
        ] {
            assert_eq!(bytes(number), expected, "{number}");
        }
    }

    #[test]
    fn counts() {
        for (number, expected) in [
            (0, "0"),
            (999, "999"),
            (1000, "1 k"),
            (1049, "1 k"),
            (1050, "1.1 k"),
            (9_999, "10 k"),
            (999_499, "999 k"),
            (999_499_999, "999 M"),
            (999_950, "1 M"),
            (3_400_000, "3.4 M"),
        ] {
            assert_eq!(count(number), expected, "{number}");
        }
    }

    #[test]
    fn shares_and_times() {
        for (share, expected) in [(0.0, "0 %"), (0.001, "<1 %"), (0.129, "12 %"), (0.9999, "99 %"), (1.0, "100 %")] {
            assert_eq!(percent(share), expected, "{share}");
        }
        for (micros, expected) in [
            (-5, "0 ms"),
            (340_000, "340 ms"),
            (12_400_000, "12 s"),
            (600_000_000, "10 min"),
            (10_800_000_000, "3 h"),
            (518_400_000_000, "6 days"),
        ] {
            assert_eq!(span(micros), expected, "{micros}");
        }
        for (milliseconds, expected) in [(0, "0 ms"), (999, "999 ms"), (1_250, "1.2 s"), (125_900, "2 min 5 s")] {
            assert_eq!(duration(std::time::Duration::from_millis(milliseconds)), expected);
        }
    }
}
