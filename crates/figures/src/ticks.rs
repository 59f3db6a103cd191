//! Where the ticks of an axis stand and what is written at them.

/// The ticks of an axis.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Ticks {
    /// Values with labels.
    pub(crate) major: Vec<(f64, String)>,
    /// Values without.
    pub(crate) minor: Vec<f64>,
    /// What all labels are to be multiplied by, as `×10^{−5}`, or nothing.
    pub(crate) factor: String,
}

/// At most about `count` round numbers in `low..=high`: multiples of 1, 2, 2.5 or 5 times a power of ten.
pub(crate) fn linear(low: f64, high: f64, count: usize) -> Ticks {
    let raw = (high - low) / count.max(1) as f64;
    if !raw.is_normal() {
        return Ticks::default();
    }
    let mut exponent = raw.log10().floor() as i32;
    let mantissa = raw / power(exponent);
    let nice = [1.0, 2.0, 2.5, 5.0].into_iter().find(|&nice| mantissa <= nice * (1.0 + 1e-9));
    let nice = nice.unwrap_or_else(|| {
        exponent += 1;
        1.0
    });
    let step = nice * power(exponent);
    let (first, last) = ((low / step - 1e-6).ceil() as i64, (high / step + 1e-6).floor() as i64);
    let largest = first.unsigned_abs().max(last.unsigned_abs()) as f64 * step;
    // A common factor is taken out of labels that would be long: 20000000 or 0.00005.
    let common =
        if largest > 0.0 && !(1e-3..1e5).contains(&largest) { (largest.log10() + 1e-9).floor() as i32 } else { 0 };
    let decimals = (common - exponent + i32::from(nice == 2.5)).max(0) as usize;
    let major = (first..=last)
        .map(|i| (i as f64 * step, minus(&format!("{:.decimals$}", i as f64 * nice * power(exponent - common)))))
        .collect();
    let factor = if common == 0 { String::new() } else { format!("×{}", power_label(common)) };
    Ticks { major, minor: Vec::new(), factor }
}

/// Powers of ten in `low..=high`, at most about `count`, thinned evenly when there are more; over less than two powers
/// of ten also 2 and 5 times a power, or as many round numbers as it takes to have two.
pub(crate) fn log(low: f64, high: f64, count: usize) -> Ticks {
    let (first, last) = ((low.log10() - 1e-9).ceil() as i32, (high.log10() + 1e-9).floor() as i32);
    let inside = |v: &f64| *v >= low * (1.0 - 1e-9) && *v <= high * (1.0 + 1e-9);
    let multiples = |of: &[u8]| -> Vec<(u8, i32)> {
        (first - 1..=last)
            .flat_map(|e| of.iter().map(move |&m| (m, e)))
            .filter(|&(m, e)| inside(&decimal(m, e)))
            .collect()
    };
    if last > first {
        let stride = ((last - first + 1) as usize).div_ceil(count.max(2)) as i32;
        let major = (first..=last).filter(|e| e % stride == 0).map(|e| (decimal(1, e), power_label(e))).collect();
        let minor = if stride == 1 {
            multiples(&[2, 3, 4, 5, 6, 7, 8, 9]).into_iter().map(|(m, e)| decimal(m, e)).collect()
        } else {
            (first..=last).filter(|e| e % stride != 0).map(|e| decimal(1, e)).collect()
        };
        return Ticks { major, minor, factor: String::new() };
    }
    let choices: [&[u8]; 3] = [&[1, 2, 5], &[1, 2, 3, 5, 7], &[1, 2, 3, 4, 5, 6, 7, 8, 9]];
    for of in choices {
        let major = multiples(of);
        if major.len() >= 3 {
            let minor = multiples(&[1, 2, 3, 4, 5, 6, 7, 8, 9])
                .into_iter()
                .filter(|m| !major.contains(m))
                .map(|(m, e)| decimal(m, e))
                .collect();
            let major = major.into_iter().map(|(m, e)| (decimal(m, e), written(m, e))).collect();
            return Ticks { major, minor, factor: String::new() };
        }
    }
    linear(low, high, count)
}

/// `m` times ten to the `e`, correctly rounded, so that 3e-1 is 0.3 and not 0.30000000000000004.
fn decimal(m: u8, e: i32) -> f64 {
    format!("{m}e{e}").parse().unwrap_or(f64::NAN)
}

fn power(e: i32) -> f64 {
    decimal(1, e)
}

fn written(m: u8, e: i32) -> String {
    if (-4..5).contains(&e) { format!("{}", decimal(m, e)) } else { format!("{m}·{}", power_label(e)) }
}

/// With a minus sign in place of the hyphen, and no negative zero.
fn minus(number: &str) -> String {
    match number.strip_prefix('-') {
        Some(digits) if digits.chars().any(|c| c.is_ascii_digit() && c != '0') => format!("−{digits}"),
        Some(digits) => digits.to_owned(),
        None => number.to_owned(),
    }
}

/// A power of ten, in the markup of [`text::runs`](crate::text::runs): its raised digits are larger than those of
/// Unicode, which are hard to read at half size.
fn power_label(exponent: i32) -> String {
    format!("10^{{{}}}", minus(&exponent.to_string()))
}

/// An exponent in raised digits.
fn superscript(exponent: i32) -> String {
    let raised = |c| match c {
        '-' => '⁻',
        '1' => '¹',
        '2' => '²',
        '3' => '³',
        '0' | '4'..='9' => char::from_u32(0x2070 + (c as u32 - '0' as u32)).unwrap_or(c),
        other => other,
    };
    exponent.to_string().chars().map(raised).collect()
}

/// A number in a note or an alternative text: four significant digits at most.
pub(crate) fn brief(value: f64) -> String {
    if value == 0.0 {
        return "0".to_owned();
    }
    let scientific = format!("{value:.3e}");
    let (digits, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    if (-3..6).contains(&exponent) {
        let rounded: f64 = scientific.parse().unwrap_or(value);
        return minus(&format!("{rounded}"));
    }
    let digits = digits.trim_end_matches('0').trim_end_matches('.');
    format!("{}·10{}", minus(digits), superscript(exponent))
}
