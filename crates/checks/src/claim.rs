use course_protocol::card::{Card, Line, Status};
use course_protocol::variables::seed_shift;

/// A statement in the notebook about a number, and whether it holds.
#[derive(Clone, Debug)]
pub struct Claim {
    holds: bool,
    text: String,
}

/// The number that a claim is about, before its range is given.
#[derive(Clone, Debug)]
pub struct Measured {
    what: String,
    value: f64,
    prediction: Option<f64>,
}

/// Starts a claim about `value`, in the words of the notebook: `claim("the ratio of the variances", ratio).between(0.7, 0.9)`.
///
/// No claim about NaN holds.
pub fn claim(what: &str, value: f64) -> Measured {
    Measured { what: what.to_owned(), value, prediction: None }
}

impl Measured {
    /// Puts what the student predicted beside what came: `claim(..).predicted(guess).at_most(..)`. It decides nothing.
    pub fn predicted(self, prediction: Option<f64>) -> Self {
        Self { prediction, ..self }
    }

    /// Claims `low <= value <= high`.
    pub fn between(self, low: f64, high: f64) -> Claim {
        let holds = (low..=high).contains(&self.value);
        self.decide(holds, &[low, high], |bounds| format!("between {} and {}", bounds[0], bounds[1]))
    }

    /// Claims `value <= bound`.
    pub fn at_most(self, bound: f64) -> Claim {
        let holds = self.value <= bound;
        self.decide(holds, &[bound], |bounds| format!("at most {}", bounds[0]))
    }

    /// Claims `value >= bound`.
    pub fn at_least(self, bound: f64) -> Claim {
        let holds = self.value >= bound;
        self.decide(holds, &[bound], |bounds| format!("at least {}", bounds[0]))
    }

    /// Claims `|value - expected| <= tolerance`.
    pub fn near(self, expected: f64, tolerance: f64) -> Claim {
        let holds = (self.value - expected).abs() <= tolerance;
        self.decide(holds, &[expected], |bounds| format!("{} to within {}", bounds[0], number(tolerance)))
    }

    /// Says what the seeds of this notebook give, `expected` to within `tolerance`: a number that other seeds change, so with
    /// [`SEED_SHIFT`](course_protocol::variables::SEED_SHIFT) set nothing is claimed of it but that it is finite. The text tells its range.
    pub fn here(self, expected: f64, tolerance: f64) -> Claim {
        let holds = match seed_shift() {
            0 => (self.value - expected).abs() <= tolerance,
            _ => self.value.is_finite(),
        };
        self.decide(holds, &[expected], |bounds| format!("here {} to within {}", bounds[0], number(tolerance)))
    }

    fn decide(self, holds: bool, bounds: &[f64], words: impl Fn(&[String]) -> String) -> Claim {
        let mut numbers = vec![self.value];
        numbers.extend(bounds);
        // A bound that is missed must not print like the number that misses it.
        let texts = if holds { numbers.iter().map(|&x| number(x)).collect() } else { told_apart(&numbers) };
        let verdict = if holds { "" } else { ": this does not hold" };
        let prediction = self.prediction.map_or(String::new(), |value| format!("; you predicted {}", number(value)));
        Claim { holds, text: format!("{}: {} ({}){verdict}{prediction}", self.what, texts[0], words(&texts[1..])) }
    }
}

/// The card with all the claims about a figure. It passes if there is at least one and all of them hold.
pub fn claims(about: &str, claims: Vec<Claim>) -> Card {
    let passed = !claims.is_empty() && claims.iter().all(|claim| claim.holds);
    Card {
        exercise: about.to_owned(),
        title: "(what the text says)".to_owned(),
        status: if passed { Status::Passed } else { Status::Failed },
        lines: claims.into_iter().map(|claim| Line { passed: claim.holds, text: claim.text }).collect(),
        next: String::new(),
    }
}

/// Four significant digits, in whichever notation is shorter to read.
pub(super) fn number(value: f64) -> String {
    with_digits(value, 4)
}

fn with_digits(value: f64, digits: usize) -> String {
    let magnitude = value.abs();
    if value == 0.0 || (1e-3..1e6).contains(&magnitude) {
        let before = if value == 0.0 { digits as i32 } else { magnitude.log10().floor() as i32 + 1 };
        let decimals = (digits as i32 - before).max(0) as usize;
        let text = format!("{value:.decimals$}");
        if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').to_owned() } else { text }
    } else {
        format!("{value:.0$e}", digits - 1)
    }
}

/// The numbers with as many digits, four at least, as it takes to tell the first from all others that differ from it.
fn told_apart(numbers: &[f64]) -> Vec<String> {
    let texts = |digits: usize| -> Vec<String> { numbers.iter().map(|&x| with_digits(x, digits)).collect() };
    let apart = |texts: &Vec<String>| (1..numbers.len()).all(|i| numbers[i] == numbers[0] || texts[i] != texts[0]);
    (4..=17).map(texts).find(apart).unwrap_or_else(|| numbers.iter().map(|x| format!("{x:e}")).collect())
}

/// "expected .., got ..", with as many digits as it takes to see the difference, and the difference where it is small.
pub(super) fn expected_and_got(expected: f64, got: f64) -> String {
    let texts = told_apart(&[expected, got]);
    let alike = number(expected) == number(got) && expected != got;
    let difference = if alike { format!(", off by {}", number((got - expected).abs())) } else { String::new() };
    format!("expected {}, got {}{difference}", texts[0], texts[1])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_short() {
        for (value, text) in
            [(0.0, "0"), (1.0, "1"), (0.83, "0.83"), (2986.0, "2986"), (12345.6, "12346"), (1.23456e-9, "1.235e-9")]
        {
            assert_eq!(number(value), text);
        }
    }

    #[test]
    fn numbers_that_differ_are_told_apart() {
        assert_eq!(expected_and_got(2.0, 3.0), "expected 2, got 3");
        assert_eq!(expected_and_got(2.345671, 2.345672), "expected 2.345671, got 2.345672, off by 1.000e-6");
        assert_eq!(expected_and_got(1.0, 1.0_f64.next_up()), "expected 1, got 1.0000000000000002, off by 2.220e-16");
        assert_eq!(expected_and_got(1.5e-20, f64::NAN), "expected 1.500e-20, got NaN");
        let missed = claim("a", 1.00001).at_most(1.0);
        assert_eq!(missed.text, "a: 1.00001 (at most 1): this does not hold");
        assert_eq!(claim("a", 0.99999).at_most(1.0).text, "a: 1 (at most 1)");
    }

    #[test]
    fn nan_bears_out_no_claim() {
        let nan = || claim("x", f64::NAN);
        let all = [
            nan().between(0.0, 1.0),
            nan().at_most(1.0),
            nan().at_least(0.0),
            nan().near(0.0, 1.0),
            nan().here(0.0, 1.0),
        ];
        for wrong in all {
            assert!(!wrong.holds, "{}", wrong.text);
        }
        assert_eq!(claims("nothing", vec![]).status, Status::Failed);
    }

    #[test]
    fn a_prediction_stands_beside_what_came() {
        let claim = claim("a", 1.0).predicted(Some(0.5)).at_most(2.0);
        assert_eq!(claim.text, "a: 1 (at most 2); you predicted 0.5");
        assert!(claim.holds);
    }

    #[test]
    fn a_claim_that_fails_fails_the_card() {
        let card = claims("figure", vec![claim("a", 1.0).at_most(2.0), claim("b", 3.0).at_most(2.0)]);
        assert_eq!(card.status, Status::Failed);
        assert_eq!(card.lines[1].text, "b: 3 (at most 2): this does not hold");
        assert_eq!(claims("figure", vec![claim("a", 1.0).near(1.1, 0.2)]).status, Status::Passed);
        assert!(claim("a", 1.0).here(1.1, 0.2).holds && !claim("a", 1.0).here(1.3, 0.2).holds);
    }
}
