//! Moments: seconds since an epoch, or RFC 3339.

/// Returns the nanoseconds of a plain decimal number of units of `nanos` nanoseconds each, without
/// rounding below that.
pub(super) fn exact(text: &str, nanos: i128) -> Option<i128> {
    let (sign, digits) = text.strip_prefix('-').map_or((1, text), |rest| (-1, rest));
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let plain = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty() || !plain(whole) || !plain(fraction) || fraction.len() > 18 {
        return None;
    }
    let value: i128 = format!("{whole}{fraction}").parse().ok()?;
    Some(sign * value.checked_mul(nanos)? / 10_i128.pow(fraction.len() as u32))
}

/// Returns the nanoseconds since 1970 of `2026-11-23T10:00:00.125Z`, also with a space for the T and
/// an offset such as `+09:00`.
pub(super) fn rfc3339(text: &str) -> Option<i128> {
    let number = |from: usize, to: usize| -> Option<i64> {
        let part = text.get(from..to)?;
        part.bytes().all(|byte| byte.is_ascii_digit()).then(|| part.parse().ok())?
    };
    let bytes = text.as_bytes();
    let marks = [(4, b"-"), (7, b"-"), (13, b":"), (16, b":")];
    if marks.iter().any(|(at, mark)| bytes.get(*at) != Some(&mark[0]))
        || !matches!(bytes.get(10), Some(b'T' | b't' | b' '))
    {
        return None;
    }
    let (year, month, day) = (number(0, 4)?, number(5, 7)?, number(8, 10)?);
    let (hour, minute, second) = (number(11, 13)?, number(14, 16)?, number(17, 19)?);
    if !(1..=12).contains(&month)
        || !(1..=31).contains(&day)
        || hour > 23
        || minute > 59
        || second > 60
    {
        return None;
    }
    let rest = text.get(19..)?;
    let zone = rest.find(['Z', 'z', '+', '-'])?;
    let nanos = match rest[..zone].strip_prefix('.') {
        Some(digits) => exact(&format!("0.{digits}"), 1_000_000_000)?,
        None if zone == 0 => 0,
        None => return None,
    };
    let offset = match &rest.as_bytes()[zone..] {
        [b'Z' | b'z'] => 0,
        [sign, a, b, b':', c, d] => {
            let digit = |byte: &u8| byte.is_ascii_digit().then(|| i64::from(byte - b'0'));
            let minutes = (digit(a)? * 10 + digit(b)?) * 60 + digit(c)? * 10 + digit(d)?;
            if *sign == b'-' { -minutes * 60 } else { minutes * 60 }
        }
        _ => return None,
    };
    let seconds = days(year, month, day) * 86_400 + hour * 3_600 + minute * 60 + second - offset;
    Some(i128::from(seconds) * 1_000_000_000 + nanos)
}

/// Days since 1970-01-01 in the Gregorian calendar, with years that begin in March so that the leap
/// day comes last.
fn days(year: i64, month: i64, day: i64) -> i64 {
    let (year, month) = if month <= 2 { (year - 1, month + 9) } else { (year, month - 3) };
    let leaps = year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400);
    365 * year + leaps + (153 * month + 2) / 5 + day - 1 - 719_468
}

/// Returns the spans in seconds between moments, which are put in order, and how many were not.
pub(super) fn gaps(mut moments: Vec<i128>) -> (Vec<f64>, usize) {
    let late = moments.windows(2).filter(|pair| pair[1] < pair[0]).count();
    moments.sort_unstable();
    (moments.windows(2).map(|pair| (pair[1] - pair[0]) as f64 / 1e9).collect(), late)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_exact() {
        assert_eq!(exact("1732351234.123456789", 1_000_000_000), Some(1_732_351_234_123_456_789));
        assert_eq!(exact("1732351234567", 1_000_000), Some(1_732_351_234_567_000_000));
        assert_eq!(exact("soon", 1), None);
        assert_eq!(rfc3339("1970-01-01T00:00:00Z"), Some(0));
        assert_eq!(rfc3339("2000-02-29 12:00:00.5+09:00"), Some(951_793_200_500_000_000));
        assert_eq!(rfc3339("2026-11-23T10:00:00Z"), Some(1_795_428_000_000_000_000));
        for wrong in ["2026-11-23", "2026-13-23T10:00:00Z", "2026-11-23T10:00:00", "yesterday"] {
            assert_eq!(rfc3339(wrong), None, "{wrong}");
        }
        assert_eq!(gaps(vec![5_000_000_000, 0, 2_000_000_000]), (vec![2.0, 3.0], 1));
    }
}
