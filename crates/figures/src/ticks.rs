//! Where the ticks of an axis stand and what is written at them.

/// The ticks of an axis.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Ticks {
    /// Values with labels.
    pub(crate) major: Vec<(f64, String)>,
    /// Values without.
    pub(crate) minor: Vec<f64>,
}

/// At most about `count` ticks in `low..=high`.
pub(crate) fn ticks(log: bool, low: f64, high: f64, count: usize) -> Ticks {
    if log { logarithmic(low, high, count) } else { Ticks { major: linear(low, high, count), minor: Vec::new() } }
}

/// Multiples of 1, 2, 2.5 or 5 times a power of ten.
fn linear(low: f64, high: f64, count: usize) -> Vec<(f64, String)> {
    let raw = (high - low) / count as f64;
    if !raw.is_normal() {
        return Vec::new();
    }
    let exponent = raw.log10().floor() as i32;
    let steps = [(1.0, exponent), (2.0, exponent), (2.5, exponent), (5.0, exponent), (1.0, exponent + 1)];
    let wide = |(nice, exponent): &(f64, i32)| raw <= nice * power(*exponent) * (1.0 + 1e-9);
    let (nice, exponent) = steps.into_iter().find(wide).unwrap_or(steps[4]);
    let step = nice * power(exponent);
    let (first, last) = ((low / step - 1e-6).ceil() as i64, (high / step + 1e-6).floor() as i64);
    let largest = first.unsigned_abs().max(last.unsigned_abs()) as f64 * step;
    // Long labels, as 20000000 or 0.00005, are written with a power of ten.
    let long = largest > 0.0 && !(1e-3..1e5).contains(&largest);
    let common = if long { (largest.log10() + 1e-9).floor() as i32 } else { 0 };
    let decimals = (common - exponent + i32::from(nice == 2.5)).max(0) as usize;
    let label = |i: i64| match minus(&format!("{:.decimals$}", i as f64 * nice * power(exponent - common))) {
        digits if common == 0 || i == 0 => digits,
        digits => format!("{digits}·{}", power_label(common)),
    };
    (first..=last).map(|i| (i as f64 * step, label(i))).collect()
}

/// Powers of ten, thinned evenly when there are more than `count`; over less than two powers of ten also 2 and 5 times a
/// power, or as many round numbers as it takes.
fn logarithmic(low: f64, high: f64, count: usize) -> Ticks {
    let (first, last) = ((low.log10() - 1e-9).ceil() as i32, (high.log10() + 1e-9).floor() as i32);
    let inside = |v: f64| v >= low * (1.0 - 1e-9) && v <= high * (1.0 + 1e-9);
    let multiples = |of: &[u8]| -> Vec<(u8, i32)> {
        let all = (first - 1..=last).flat_map(|e| of.iter().map(move |&m| (m, e)));
        all.filter(|&(m, e)| inside(decimal(m, e))).collect()
    };
    let values = |multiples: Vec<(u8, i32)>| multiples.into_iter().map(|(m, e)| decimal(m, e)).collect();
    if last > first {
        let stride = ((last - first + 1) as usize).div_ceil(count.max(2)) as i32;
        let major = (first..=last).filter(|e| e % stride == 0).map(|e| (power(e), power_label(e))).collect();
        let minor = if stride == 1 { multiples(&[2, 3, 4, 5, 6, 7, 8, 9]) } else { multiples(&[1]) };
        return Ticks { major, minor: values(minor) };
    }
    let choices: [&[u8]; 3] = [&[1, 2, 5], &[1, 2, 3, 5, 7], &[1, 2, 3, 4, 5, 6, 7, 8, 9]];
    match choices.into_iter().map(multiples).find(|major| major.len() >= 3) {
        Some(major) => Ticks {
            major: major.into_iter().map(|(m, e)| (decimal(m, e), written(m, e))).collect(),
            minor: values(multiples(&[1, 2, 3, 4, 5, 6, 7, 8, 9])),
        },
        None => Ticks { major: linear(low, high, count), minor: Vec::new() },
    }
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

/// With a minus sign in place of the hyphen.
fn minus(number: &str) -> String {
    number.replace('-', "−")
}

/// A power of ten in markup: raised digits of Unicode are hard to read at half size.
fn power_label(exponent: i32) -> String {
    format!("10^{{{}}}", minus(&exponent.to_string()))
}
