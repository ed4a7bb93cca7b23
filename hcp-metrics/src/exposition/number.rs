//! Numbers as Go reads and writes them.

/// A sample's value or a time: Go's `ParseFloat` without what came with Go 1.13, as Prometheus calls it.
///
/// `None` also for what is too large for a double, which Go calls an error.
pub(crate) fn parse_value(text: &[u8]) -> Option<f64> {
    let text = std::str::from_utf8(text).ok()?;
    parse_decimal(text)
}

/// Go's `ParseFloat` in full, with digits apart by underscores and hexadecimal numbers.
pub(crate) fn parse_go(text: &str) -> Option<f64> {
    if !text.contains(['_', 'x', 'X']) {
        return parse_decimal(text);
    }
    if !underscores_separate_digits(text) {
        return None;
    }
    let plain = text.replace('_', "");
    let (negative, digits) = match plain.as_bytes().first()? {
        b'-' => (true, &plain[1..]),
        b'+' => (false, &plain[1..]),
        _ => (false, plain.as_str()),
    };
    match digits.strip_prefix("0x").or_else(|| digits.strip_prefix("0X")) {
        Some(hex) => parse_hex(hex).map(|number| if negative { -number } else { number }),
        // With underscores Go has no special values, and a text without digits has failed above.
        None => parse_decimal(&plain).filter(|number| number.is_finite()),
    }
}

fn parse_decimal(text: &str) -> Option<f64> {
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    let number: f64 = text.parse().ok()?;
    let special = unsigned.as_bytes().first()?.is_ascii_alphabetic();
    let valid = match (number.is_finite(), special) {
        (true, _) => true,
        // Go knows no sign before NaN; a number that has become infinite is out of range.
        (false, true) => !number.is_nan() || unsigned.len() == text.len(),
        (false, false) => false,
    };
    valid.then_some(number)
}

/// Go's `underscoreOK`: an underscore stands between digits, or behind the prefix of a base.
fn underscores_separate_digits(text: &str) -> bool {
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text).as_bytes();
    let (hex, digits, mut previous) = match unsigned {
        [b'0', b'x' | b'X', rest @ ..] => (true, rest, b'0'),
        [b'0', b'b' | b'B' | b'o' | b'O', rest @ ..] => (false, rest, b'0'),
        _ => (false, unsigned, b'^'),
    };
    for &byte in digits {
        let class = match byte {
            b'0'..=b'9' => b'0',
            b'a'..=b'f' | b'A'..=b'F' if hex => b'0',
            b'_' if previous == b'0' => b'_',
            b'_' => return false,
            _ if previous == b'_' => return false,
            _ => b'!',
        };
        previous = class;
    }
    previous != b'_'
}

/// `1.8p3`: the digits of a hexadecimal number, and its exponent of two, which Go demands.
fn parse_hex(text: &str) -> Option<f64> {
    let (mantissa, exponent) = text.split_once(['p', 'P'])?;
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let digits = exponent.strip_prefix(['+', '-']).unwrap_or(exponent);
    if whole.len() + fraction.len() == 0
        || digits.is_empty()
        || !digits.bytes().all(|byte| byte.is_ascii_digit())
    {
        return None;
    }
    let power = digits.parse::<i64>().map_or(10_000, |power| power.min(10_000));
    let power = if exponent.starts_with('-') { -power } else { power };
    let mut mantissa: u64 = 0;
    let mut dropped: i64 = 0;
    for byte in whole.bytes().chain(fraction.bytes()) {
        let digit = u64::from(char::from(byte).to_digit(16)?);
        if mantissa >> 59 == 0 {
            mantissa = mantissa << 4 | digit;
        } else {
            // Bits beyond the 60th only say whether the number lies above a tie.
            mantissa |= u64::from(digit != 0);
            dropped += 4;
        }
    }
    let places = i64::try_from(fraction.len()).ok()?.checked_mul(4)?;
    scale(mantissa, power + dropped - places)
}

/// `mantissa * 2^power`, rounded once, to even; `None` where it is out of range.
fn scale(mantissa: u64, power: i64) -> Option<f64> {
    if mantissa == 0 {
        return Some(0.0);
    }
    let bits = 64 - i64::from(mantissa.leading_zeros());
    // The place of the last bit a double of this size has.
    let last = (power + bits - 53).max(-1074);
    let shift = last - power;
    let rounded = match shift {
        ..=0 => mantissa << -shift,
        1..=63 => {
            let (kept, half) = (mantissa >> shift, 1_u64 << (shift - 1));
            let rest = mantissa & ((1_u64 << shift) - 1);
            kept + u64::from(rest > half || (rest == half && kept & 1 == 1))
        }
        _ => 0,
    };
    if rounded == 0 {
        return Some(0.0);
    }
    // At most 2^53: exact. Powers of two are multiplied in two exact steps.
    #[expect(clippy::cast_precision_loss, reason = "at most 53 bits by construction")]
    let number = rounded as f64;
    if 64 - i64::from(rounded.leading_zeros()) + last > 1024 {
        return None;
    }
    let half = i32::try_from(last / 2).ok()?;
    let rest = i32::try_from(last).ok()? - half;
    Some(number * 2_f64.powi(half) * 2_f64.powi(rest))
}

/// What Prometheus 3 makes of the text of a bound or quantile: `None` where that is no number, and stays as it is.
///
/// What most bounds look like is told without a look at their numbers.
pub(crate) fn normalise<'t>(text: &'t str, form: &'t mut String) -> Option<&'t str> {
    form.clear();
    match plain_form(text.as_bytes()) {
        Some(PlainForm::Whole) => {
            form.push_str(text);
            form.push_str(".0");
        }
        Some(PlainForm::Same) => return Some(text),
        None => form.push_str(&format_openmetrics(parse_go(text)?)),
    }
    Some(form)
}

/// A number whose form is known from its digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum PlainForm {
    /// Less than 10^6, without a fraction.
    Whole,
    /// As Prometheus writes it.
    Same,
}

/// Up to six digits before the point and ten in all are exact in a double and written without an exponent; and a fraction that does not
/// begin with three zeros is not written with one either.
fn plain_form(text: &[u8]) -> Option<PlainForm> {
    let (whole, fraction) = match memchr::memchr(b'.', text) {
        Some(point) => (&text[..point], Some(&text[point + 1..])),
        None => (text, None),
    };
    let digits = |part: &[u8]| part.iter().all(u8::is_ascii_digit);
    let leading_zero = whole.len() > 1 && whole[0] == b'0';
    if !(1..=6).contains(&whole.len()) || leading_zero || !digits(whole) {
        return (text == b"+Inf").then_some(PlainForm::Same);
    }
    match fraction {
        None => Some(PlainForm::Whole),
        Some(b"0") => Some(PlainForm::Same),
        Some(part) => {
            let ends = matches!(part.last(), Some(b'1'..=b'9'));
            let small = whole == b"0" && part.starts_with(b"000");
            let short = whole.len() + part.len() <= 10;
            (ends && !small && short && digits(part)).then_some(PlainForm::Same)
        }
    }
}

/// A bound or quantile as Prometheus 3 writes it into a label.
///
/// Source: Prometheus, `model/labels/float.go`, `FormatOpenMetricsFloat`.
pub(crate) fn format_openmetrics(number: f64) -> String {
    if number.is_nan() {
        return "NaN".to_owned();
    }
    if number.is_infinite() {
        return if number > 0.0 { "+Inf" } else { "-Inf" }.to_owned();
    }
    if number == 0.0 {
        return "0.0".to_owned();
    }
    let scientific = shortest(number);
    let (digits, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    // Go's `%g` without a precision: the threshold is 6 digits, however many there are.
    if (-4..6).contains(&exponent) {
        plain(digits, exponent)
    } else {
        let sign = if exponent < 0 { '-' } else { '+' };
        format!("{digits}e{sign}{:02}", exponent.unsigned_abs())
    }
}

/// `-1.25` and 1 as `-12.5`: without an exponent, and with a point in any case.
fn plain(digits: &str, exponent: i32) -> String {
    let (sign, digits) = digits.strip_prefix('-').map_or(("", digits), |digits| ("-", digits));
    let digits = digits.replace('.', "");
    match usize::try_from(exponent) {
        Ok(before) if digits.len() > before + 1 => {
            let (whole, fraction) = digits.split_at(before + 1);
            format!("{sign}{whole}.{fraction}")
        }
        Ok(before) => format!("{sign}{digits:0<width$}.0", width = before + 1),
        Err(_) => {
            let zeros = exponent.unsigned_abs() as usize - 1;
            format!("{sign}0.{:0<zeros$}{digits}", "")
        }
    }
}

/// The fewest digits that give the number back. Where two texts are equally near to it, Go takes the even one, Rust the upper.
fn shortest(number: f64) -> String {
    let ours = format!("{number:e}");
    let digits = ours.bytes().take_while(|byte| *byte != b'e').filter(u8::is_ascii_digit).count();
    let even = format!("{number:.*e}", digits - 1);
    if even.parse() == Ok(number) { even } else { ours }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn values_as_go_reads_them() {
        for (text, value) in [
            ("1", Some(1.0)),
            ("+1.", Some(1.0)),
            (".5", Some(0.5)),
            ("1e-400", Some(0.0)),
            ("inf", Some(f64::INFINITY)),
            ("-Infinity", Some(f64::NEG_INFINITY)),
            ("1e999", None),
            ("", None),
            ("+", None),
            (".", None),
            ("1e", None),
            ("+nan", None),
            ("-NaN", None),
            ("infin", None),
            ("0x1p3", None),
            ("1_0", None),
            ("1\r", None),
            ("é", None),
        ] {
            assert_eq!(parse_value(text.as_bytes()), value, "{text}");
        }
        assert!(parse_value(b"NaN").is_some_and(f64::is_nan));
        assert!(parse_value(b"nan").is_some_and(f64::is_nan));
    }

    /// What Go 1.26 and `labels.FormatOpenMetricsFloat` of Prometheus 3.16 made of the same texts.
    #[test]
    fn bounds_as_prometheus_writes_them() {
        for (text, form) in [
            ("1", "1.0"),
            ("0", "0.0"),
            ("-0", "0.0"),
            ("-1", "-1.0"),
            ("0.10", "0.1"),
            ("10", "10.0"),
            ("1e5", "100000.0"),
            ("1e6", "1e+06"),
            ("1234567", "1.234567e+06"),
            ("123456.5", "123456.5"),
            ("0.0001", "0.0001"),
            ("0.00001", "1e-05"),
            ("1e100", "1e+100"),
            ("nan", "NaN"),
            ("inf", "+Inf"),
            ("-inf", "-Inf"),
            ("1_0", "10.0"),
            ("1_23.50_0_0e+1_2", "1.235e+14"),
            ("0x1p4", "16.0"),
            ("-0x_1.8p1", "-3.0"),
            ("0x1p-1075", "0.0"),
            ("0x1.0000000000001p-1075", "5e-324"),
            ("0x1.fffffffffffff7p1023", "1.7976931348623157e+308"),
            ("656488552865573.2", "6.564885528655732e+14"),
            ("9.27835469803792250e+14", "9.278354698037922e+14"),
            ("0X3ddP-20", "0.0009431838989257812"),
        ] {
            assert_eq!(parse_go(text).map(format_openmetrics).as_deref(), Some(form), "{text}");
        }
        for text in
            ["x", "", "_1", "1_", "1__0", "0x1", "0x1.fffffffffffff8p1023", "1e400", "0b1", "in_f"]
        {
            assert_eq!(parse_go(text), None, "{text}");
        }
    }

    #[test]
    fn bounds_look_as_prometheus_3_writes_them() {
        for (text, form) in [
            ("1", Some("1.0")),
            ("0.10", Some("0.1")),
            ("1e6", Some("1e+06")),
            ("1000000", Some("1e+06")),
            ("100000", Some("100000.0")),
            ("0.00001", Some("1e-05")),
            ("0.0001", Some("0.0001")),
            ("+Inf", Some("+Inf")),
            ("inf", Some("+Inf")),
            ("-0", Some("0.0")),
            ("x", None),
            ("", None),
        ] {
            assert_eq!(normalise(text, &mut String::new()), form, "{text}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(4000))]

        #[test]
        fn what_is_told_from_the_digits_is_what_the_number_says(text in r"[+-]?0{0,2}[0-9]{0,8}(\.[0-9]{0,6}0{0,2})?") {
            let slow = parse_go(&text).map(format_openmetrics);
            let mut form = String::new();
            prop_assert_eq!(normalise(&text, &mut form), slow.as_deref());
        }
    }
}
