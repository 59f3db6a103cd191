use ndarray::{Array1, array};

use super::report::report;
use super::suspects::{Case, FIXED_NUMBER, Suspect, judge};
use course_protocol::card::Card;

type CountOutliers = fn(&Array1<f64>, f64) -> usize;

/// Checks exercise 4/2.2: ratios against differences, the threshold, ties, values that are not positive, short lists, three scales.
pub fn count_outliers(student: CountOutliers) -> Card {
    report("4/2.2", |report| {
        judge(
            report,
            &cases(),
            |input| student(&input.values, input.least_ratio) as f64,
            |input| estimators::count_outliers(&input.values, input.least_ratio) as f64,
            &suspects(),
            "Write the ratios of neighbours down for this list, only those of two positive values, and mark the largest",
        )
    })
}

struct Input {
    values: Array1<f64>,
    least_ratio: f64,
}

fn cases() -> Vec<Case<Input>> {
    let case = |what: &str, values: Array1<f64>, least_ratio: f64| Case::new(what, Input { values, least_ratio });
    let hessian = || array![11.2, 9.4, 8.8, 7.1, 5.9, 5.2, 4.4, 3.6, 3.1, 0.9, 0.8, 0.75, 0.7];
    let zero = "A pair counts only if both values are positive; dividing by zero gives infinity, or no number";
    let negative = "A pair counts only if both values are positive";
    vec![
        case(
            "of 9, 8, 7, 2, 1.9, 1.7 three stand above the largest ratio, 7/2",
            array![9.0, 8.0, 7.0, 2.0, 1.9, 1.7],
            1.3,
        ),
        case("none if that is below least_ratio = 4", array![9.0, 8.0, 7.0, 2.0, 1.9, 1.7], 4.0),
        case(
            "of 100, 60, 8, 1, 0.9 three: 8/1 is the largest ratio, although 60 - 8 is the largest difference",
            array![100.0, 60.0, 8.0, 1.0, 0.9],
            1.5,
        )
        .note("Mark the pair with the largest ratio: it decides, whatever the differences are"),
        case(
            "a ratio that equals least_ratio reaches it: 6, 4, 3.5, 3 with 1.5 gives 1",
            array![6.0, 4.0, 3.5, 3.0],
            1.5,
        )
        .note("`least_ratio` is reached if it is met exactly: compare the ratio itself, to which nothing is added"),
        case("of equal ratios the first decides: 32, 16, 8, 7, 6 gives 1", array![32.0, 16.0, 8.0, 7.0, 6.0], 1.5)
            .note("Replace the largest ratio so far only by a larger one, so that the first of equal ones stays"),
        case(
            "of ratios that reach least_ratio the largest decides: 40, 8, 4, 3.5 with 1.5 gives 1",
            array![40.0, 8.0, 4.0, 3.5],
            1.5,
        ),
        case("the gap may be the first: 50, 4, 3, 2 gives 1", array![50.0, 4.0, 3.0, 2.0], 2.0)
            .note("Do the ratios begin with that of the first two values?"),
        case("or the last: 9, 8, 7, 1 gives 3", array![9.0, 8.0, 7.0, 1.0], 2.0)
            .note("Do the ratios end with that of the last two values?"),
        case(
            "at the edge of zero the ratio is not counted: 12, 4, 3, 0, -1 gives 1",
            array![12.0, 4.0, 3.0, 0.0, -1.0],
            2.0,
        )
        .note(zero),
        case(
            "nor is it between values of different sign: 12, 5, 4, -0.5, -8 gives 1",
            array![12.0, 5.0, 4.0, -0.5, -8.0],
            2.0,
        )
        .note(negative),
        case("nor between negative values: -1, -2, -9 gives 0", array![-1.0, -2.0, -9.0], 2.0).note(negative),
        case("nor between zeros: 2, 0, 0 gives 0", array![2.0, 0.0, 0.0], 1.5).note(zero),
        case("two values are enough: 5, 2 gives 1", array![5.0, 2.0], 2.0),
        case("equal values have no gap: 3, 3, 3 gives 0", array![3.0, 3.0, 3.0], 1.01),
        case("nine of thirteen eigenvalues like those of a Hessian", hessian(), 1.5),
        case("the same for 1e-8 times these", hessian() * 1e-8, 1.5).note(FIXED_NUMBER),
        case("for 1e8 times these", hessian() * 1e8, 1.5).note(FIXED_NUMBER),
        case("and for 1e-30 times these", hessian() * 1e-30, 1.5).note(FIXED_NUMBER),
    ]
}

/// The rule with the parts that a student gets wrong.
struct Rule {
    /// How far two neighbours are apart, if the pair counts.
    gap: fn(f64, f64) -> Option<f64>,
    /// Whether a gap takes the place of the largest so far.
    replaces: fn(f64, f64) -> bool,
    /// Whether the largest gap, between these neighbours, reaches the least ratio.
    reaches: fn(f64, f64, f64) -> bool,
    /// The result for the place of the gap, from 1, and the number of values.
    result: fn(usize, usize) -> usize,
    otherwise: fn(usize) -> usize,
}

const PROPER: Rule = Rule {
    gap: |above, below| (below > 0.0).then(|| above / below),
    replaces: |gap, largest| gap > largest,
    reaches: |above, below, least_ratio| above / below >= least_ratio,
    result: |m, _| m,
    otherwise: |_| 0,
};

impl Rule {
    fn count(&self, input: &Input) -> f64 {
        let (values, k) = (&input.values, input.values.len());
        let mut best: Option<(usize, f64)> = None;
        for m in 1..k {
            if let Some(gap) = (self.gap)(values[m - 1], values[m])
                && best.is_none_or(|(_, largest)| (self.replaces)(gap, largest))
            {
                best = Some((m, gap));
            }
        }
        let reached = best.filter(|&(m, _)| (self.reaches)(values[m - 1], values[m], input.least_ratio));
        reached.map_or_else(|| (self.otherwise)(k), |(m, _)| (self.result)(m, k)) as f64
    }
}

/// The places of the ratios, from 1, that reach the least one.
fn reached(input: &Input) -> Vec<usize> {
    let (values, least_ratio) = (&input.values, input.least_ratio);
    (1..values.len()).filter(|&m| values[m] > 0.0 && values[m - 1] / values[m] >= least_ratio).collect()
}

fn suspects() -> Vec<Suspect<Input>> {
    let rules: [(&str, Rule); 15] = [
        (
            "This counts up to the largest difference of two positive values; take the largest ratio",
            Rule { gap: |above, below| (below > 0.0).then_some(above - below), ..PROPER },
        ),
        (
            "This takes the difference instead of the ratio, and compares it with `least_ratio`",
            Rule {
                gap: |above, below| Some(above - below),
                reaches: |above, below, least_ratio| above - below >= least_ratio,
                ..PROPER
            },
        ),
        (
            "This counts up to the largest difference; take the largest ratio, and only of two positive values",
            Rule { gap: |above, below| Some(above - below), ..PROPER },
        ),
        (
            "Of equal ratios the last is taken; the first decides",
            Rule { replaces: |gap, largest| gap >= largest, ..PROPER },
        ),
        ("The smallest ratio is taken; the largest decides", Rule { replaces: |gap, largest| gap < largest, ..PROPER }),
        (
            "The ratio is upside down; divide the upper value by the lower one",
            Rule {
                gap: |above, below| (below > 0.0).then(|| below / above),
                reaches: |above, below, r| below / above >= r,
                ..PROPER
            },
        ),
        (
            "A ratio equal to `least_ratio` reaches it; compare with >=",
            Rule { reaches: |above, below, least_ratio| above / below > least_ratio, ..PROPER },
        ),
        (
            "`least_ratio` is not used; if the largest ratio is below it there are no outliers, 0",
            Rule { reaches: |_, _, _| true, ..PROPER },
        ),
        (
            "This is one too few: above a gap between entries m - 1 and m stand m values",
            Rule { result: |m, _| m - 1, ..PROPER },
        ),
        ("This is one too many: the value below the gap is no outlier", Rule { result: |m, _| m + 1, ..PROPER }),
        (
            "This counts the values below the gap; the outliers are those above it",
            Rule { result: |m, k| k - m, ..PROPER },
        ),
        ("If no ratio reaches `least_ratio` there are no outliers: return 0", Rule { otherwise: |k| k, ..PROPER }),
        ("If no ratio reaches `least_ratio` there are no outliers: return 0", Rule { otherwise: |_| 1, ..PROPER }),
        (
            "Absolute values are compared; a pair counts only if both values are positive",
            Rule {
                gap: |above, below| Some(above.abs() / below.abs()),
                reaches: |above, below, least_ratio| above.abs() / below.abs() >= least_ratio,
                ..PROPER
            },
        ),
        (
            "This compares the ratio less 1 with `least_ratio`; compare the ratio itself",
            Rule { reaches: |above, below, least_ratio| above / below - 1.0 >= least_ratio, ..PROPER },
        ),
    ];
    type Wrong = (&'static str, fn(&Input) -> f64);
    let others: [Wrong; 7] = [
        ("The count ends at the first ratio that reaches `least_ratio`; the largest one decides", |input| {
            reached(input).first().map_or(0.0, |&m| m as f64)
        }),
        ("The count ends at the last ratio that reaches `least_ratio`; the largest one decides", |input| {
            reached(input).last().map_or(0.0, |&m| m as f64)
        }),
        ("This counts the ratios that reach `least_ratio`; return how many values stand above the largest", |input| {
            reached(input).len() as f64
        }),
        ("A zero below gives an infinite ratio, which wins; a pair counts only if both values are positive", |input| {
            let ratio = |m: usize| input.values[m - 1] / input.values[m];
            let best =
                (1..input.values.len()).fold((0, 0.0), |best, m| if ratio(m) > best.1 { (m, ratio(m)) } else { best });
            if best.1 >= input.least_ratio { best.0 as f64 } else { 0.0 }
        }),
        ("The first ratio, that of entries 0 and 1, is left out", |input| {
            let rest = input.values.iter().skip(1).copied().collect();
            let count = PROPER.count(&Input { values: rest, ..*input });
            if count > 0.0 { count + 1.0 } else { 0.0 }
        }),
        ("The last ratio, that of the last two entries, is left out", |input| {
            let rest = input.values.iter().take(input.values.len() - 1).copied().collect();
            PROPER.count(&Input { values: rest, ..*input })
        }),
        ("This counts the values above `least_ratio`; compare ratios of neighbours with it", |input| {
            input.values.iter().filter(|&&value| value >= input.least_ratio).count() as f64
        }),
    ];
    let rules = rules.into_iter().map(|(cause, rule)| Suspect::new(cause, move |input: &Input| rule.count(input)));
    rules.chain(others.into_iter().map(|(cause, gives)| Suspect::new(cause, gives))).collect()
}

#[cfg(test)]
mod tests {
    use super::super::suspects::assert_told_apart;
    use super::*;

    /// A message that fits two mistakes would mislead.
    #[test]
    fn the_suspects_can_be_told_apart() {
        let truth = |input: &Input| estimators::count_outliers(&input.values, input.least_ratio) as f64;
        assert_told_apart(&cases(), truth, &suspects());
    }
}
