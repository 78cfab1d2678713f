//! Whether two times are the same to a column.

use crate::dbschema::types::NativeType;
use crate::dbschema::{Column, ColumnType};

/// Whether two times are the same in a column of that type. What cannot be read is not compared.
pub(super) fn same_time(a: &str, b: &str, column: &Column) -> bool {
    let ColumnType::Native(ty) = column.ty else { return true };
    let (Some(a), Some(b)) = (Moment::read(a, ty), Moment::read(b, ty)) else { return true };
    match ty {
        NativeType::Date => a.day == b.day,
        NativeType::Time(precision) => a.rounded(precision) == b.rounded(precision),
        NativeType::Timetz(precision) => (a.rounded(precision), a.offset_s) == (b.rounded(precision), b.offset_s),
        // A `timestamp` ignores the offset of what it is given.
        NativeType::Timestamp(precision) => (a.day, a.rounded(precision)) == (b.day, b.rounded(precision)),
        NativeType::Timestamptz(precision) => a.instant(precision) == b.instant(precision),
        _ => true,
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Moment {
    /// Days since 1970-01-01.
    day: i64,
    /// Nanoseconds of the day.
    nanosecond: i64,
    /// Seconds east of Greenwich.
    offset_s: i64,
}

const NANOSECONDS: i64 = 1_000_000_000;

impl Moment {
    /// Reads `[date][ T][time][ ][offset]`; a missing part is zero.
    fn read(text: &str, ty: NativeType) -> Option<Self> {
        let text = text.trim();
        if !text.is_ascii() {
            return None;
        }
        let is_time = matches!(ty, NativeType::Time(_) | NativeType::Timetz(_));
        let has_date = text.get(4..5) == Some("-") && text.get(7..8) == Some("-");
        let (day, rest) = if has_date {
            let (date, rest) = text.split_at_checked(10)?;
            let date: jiff::civil::Date = date.parse().ok()?;
            let days = date.since(jiff::civil::date(1970, 1, 1)).ok()?.get_days();
            (i64::from(days), rest.trim_start_matches(['T', 't', ' ']))
        } else if is_time {
            (0, text)
        } else {
            return None;
        };
        let sign = rest.find(['+', '-', 'Z', 'z']).unwrap_or(rest.len());
        let (clock, offset) = rest.split_at(sign);
        Some(Self { day, nanosecond: nanosecond(clock.trim())?, offset_s: offset_seconds(offset.trim())? })
    }

    fn rounded(self, precision: Option<u32>) -> i64 {
        let unit = 10_i64.pow(9 - precision.unwrap_or(6).min(6));
        (self.nanosecond + unit / 2) / unit
    }

    fn instant(self, precision: Option<u32>) -> i64 {
        let per_second = 10_i64.pow(precision.unwrap_or(6).min(6));
        (self.day * 86_400 - self.offset_s) * per_second + self.rounded(precision)
    }
}

fn nanosecond(clock: &str) -> Option<i64> {
    if clock.is_empty() {
        return Some(0);
    }
    let (whole, fraction) = clock.split_once('.').unwrap_or((clock, ""));
    let mut seconds = 0;
    let mut parts = 0;
    for part in whole.split(':') {
        seconds = seconds * 60 + part.parse::<i64>().ok()?;
        parts += 1;
    }
    let seconds = match parts {
        2 => seconds * 60,
        3 => seconds,
        _ => return None,
    };
    let digits: String = fraction.chars().chain(std::iter::repeat('0')).take(9).collect();
    Some(seconds * NANOSECONDS + digits.parse::<i64>().ok()?)
}

fn offset_seconds(offset: &str) -> Option<i64> {
    let Some(sign) = offset.chars().next() else { return Some(0) };
    let sign = match sign {
        '+' => 1,
        '-' => -1,
        _ => return Some(0),
    };
    let mut seconds = 0;
    let mut unit = 3600;
    for part in offset[1..].split(':') {
        seconds += part.parse::<i64>().ok()? * unit;
        unit /= 60;
    }
    Some(sign * seconds)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dbschema::ColumnArity;

    #[test]
    fn times() {
        let timestamp = NativeType::Timestamp(Some(3));
        let timestamptz = NativeType::Timestamptz(Some(6));
        for (ty, a, b, expected) in [
            (timestamp, "2020-01-02T03:04:05.678+00:00", "2020-01-02 03:04:05.678", true),
            (timestamp, "2020-01-02T03:04:05+02:00", "2020-01-02 03:04:05", true),
            (timestamp, "2020-01-02T03:04:05+00:00", "2020-01-02 03:04:06", false),
            (timestamp, "2020-01-02T03:04:05.1234+00:00", "2020-01-02 03:04:05.123", true),
            (timestamptz, "2020-01-02T03:04:05+02:00", "2020-01-02 01:04:05+00", true),
            (timestamptz, "2020-01-02T00:04:05+05:30", "2020-01-01 18:34:05+00", true),
            (timestamptz, "2020-01-02T03:04:05+02:00", "2020-01-02 03:04:05+00", false),
            (NativeType::Date, "2020-01-02T03:04:05+00:00", "2020-01-02", true),
            (NativeType::Date, "2020-01-03T03:04:05+00:00", "2020-01-02", false),
            (NativeType::Time(None), "2020-01-02T03:04:05.5+00:00", "03:04:05.5", true),
            (NativeType::Timetz(None), "2020-01-02T03:04:05+01:00", "03:04:05+01", true),
            (timestamp, "infinity", "2020-01-02 00:00:00", true),
        ] {
            let column = Column {
                name: "c".to_owned(),
                ty: ColumnType::Native(ty),
                arity: ColumnArity::Required,
                default: None,
                autoincrement: false,
                identity: None,
                generated: false,
                required_by_domain: false,
                client_default: false,
                details: Vec::new(),
                comment: None,
            };
            assert_eq!(same_time(a, b, &column), expected, "{ty:?} {a} {b}");
        }
    }
}
