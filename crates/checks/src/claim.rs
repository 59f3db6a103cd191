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
        self.decide(holds, &format!("between {} and {}", number(low), number(high)))
    }

    /// Claims `value <= bound`.
    pub fn at_most(self, bound: f64) -> Claim {
        let holds = self.value <= bound;
        self.decide(holds, &format!("at most {}", number(bound)))
    }

    /// Claims `value >= bound`.
    pub fn at_least(self, bound: f64) -> Claim {
        let holds = self.value >= bound;
        self.decide(holds, &format!("at least {}", number(bound)))
    }

    /// Claims `|value - expected| <= tolerance`.
    pub fn near(self, expected: f64, tolerance: f64) -> Claim {
        let holds = (self.value - expected).abs() <= tolerance;
        self.decide(holds, &format!("{} to within {}", number(expected), number(tolerance)))
    }

    /// Says what the seeds of this notebook give, `expected` to within `tolerance`: a number that other seeds change, so with
    /// [`SEED_SHIFT`](course_protocol::variables::SEED_SHIFT) set nothing is claimed of it but that it is finite. The text tells its range.
    pub fn here(self, expected: f64, tolerance: f64) -> Claim {
        let holds = match seed_shift() {
            0 => (self.value - expected).abs() <= tolerance,
            _ => self.value.is_finite(),
        };
        self.decide(holds, &format!("here {} to within {}", number(expected), number(tolerance)))
    }

    fn decide(self, holds: bool, claimed: &str) -> Claim {
        let verdict = if holds { "" } else { ": this does not hold" };
        let prediction = self.prediction.map_or(String::new(), |value| format!("; you predicted {}", number(value)));
        Claim { holds, text: format!("{}: {} ({claimed}){verdict}{prediction}", self.what, number(self.value)) }
    }
}

/// The card with all the claims about a figure. It passes if there is at least one and all of them hold.
pub fn claims(about: &str, claims: Vec<Claim>) -> Card {
    let passed = !claims.is_empty() && claims.iter().all(|claim| claim.holds);
    Card {
        exercise: about.to_owned(),
        title: "what the text says".to_owned(),
        status: if passed { Status::Passed } else { Status::Failed },
        lines: claims.into_iter().map(|claim| Line { passed: claim.holds, text: claim.text }).collect(),
    }
}

/// Four significant digits, in whichever notation is shorter to read.
pub(super) fn number(value: f64) -> String {
    let magnitude = value.abs();
    if value == 0.0 || (1e-3..1e6).contains(&magnitude) {
        let decimals = if value == 0.0 { 0 } else { (3 - magnitude.log10().floor() as i32).max(0) as usize };
        let text = format!("{value:.decimals$}");
        if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').to_owned() } else { text }
    } else {
        format!("{value:.3e}")
    }
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
