//! When a run had to stop, by its own samples; and what other rules would have done with them.

use ndarray::{Array1, ArrayRef1, s};

use crate::claim::number;
use crate::report::{Outcome, Report};
use estimators::TraceEstimate;
use matrix_free::linalg::{mean, norm, variance};

pub(super) const BATCH: usize = 10;

/// A call of the student's function.
pub(super) struct Run {
    pub(super) tolerance: f64,
    pub(super) max_probes: usize,
    /// `z^T A z` of the vectors that reached the operator, in their order.
    pub(super) samples: Array1<f64>,
    pub(super) estimate: TraceEstimate,
    pub(super) probes: Vec<Array1<f64>>,
}

impl Run {
    /// The standard error of the first `m` samples.
    pub(super) fn error_after(&self, m: usize) -> Option<f64> {
        (2..=self.samples.len()).contains(&m).then(|| error(&self.samples.slice(s![..m])))
    }

    /// After how many probes it had to stop; `None` if it stopped too early.
    fn right(&self) -> Option<usize> {
        RIGHT.stop(&self.samples, self.tolerance, self.max_probes)
    }

    pub(super) fn is_right(&self) -> bool {
        self.right() == Some(self.samples.len())
    }

    /// What was expected and what came.
    pub(super) fn difference(&self) -> String {
        let (m, max) = (self.samples.len(), self.max_probes);
        let limits = format!("with the tolerance {} and max_probes {max}", number(self.tolerance));
        let now =
            self.error_after(m).map_or_else(String::new, |error| format!(", at a standard error of {}", number(error)));
        match self.right() {
            Some(right) if right == max => format!("{limits}, expected {max} probes, got {m}"),
            Some(right) => {
                let then = self.error_after(right).map_or_else(String::new, number);
                format!("{limits}, expected {right} probes, which have a standard error of {then}, got {m}")
            }
            None if m < 2 * BATCH => format!("{limits}, expected at least {} probes, got {m}{now}", max.min(2 * BATCH)),
            None if m.is_multiple_of(BATCH) => format!("{limits}, expected more probes, got {m}{now}"),
            None => format!("{limits}, expected whole batches of ten, got {m} probes{now}"),
        }
    }
}

/// A rule for stopping: the first look, how many probes lie between two looks, what must be seen then, and how many more are taken.
pub(super) struct Rule {
    /// What is wrong with it.
    pub(super) cause: &'static str,
    first: usize,
    step: usize,
    stops: fn(&ArrayRef1<f64>, f64) -> bool,
    more: usize,
}

impl Rule {
    /// The number of probes; `None` if it is more than there are samples.
    pub(super) fn stop(&self, samples: &ArrayRef1<f64>, tolerance: f64, max_probes: usize) -> Option<usize> {
        let known = samples.len();
        let looks = (self.first..).step_by(self.step).take_while(|&m| m <= known.min(max_probes));
        let mut found = looks.filter(|&m| (self.stops)(&samples.slice(s![..m]), tolerance)).map(|m| m + self.more);
        let m = found.next().unwrap_or(usize::MAX).min(max_probes);
        (m <= known).then_some(m)
    }
}

fn error(samples: &ArrayRef1<f64>) -> f64 {
    let m = samples.len();
    norm(&(samples - mean(samples))) / ((m * (m - 1)) as f64).sqrt()
}

/// The root of the sum of the squared deviations.
fn deviations(samples: &ArrayRef1<f64>) -> f64 {
    norm(&(samples - mean(samples)))
}

fn size(samples: &ArrayRef1<f64>) -> f64 {
    samples.len() as f64
}

fn last_batch(samples: &ArrayRef1<f64>) -> Array1<f64> {
    samples.slice(s![samples.len().saturating_sub(BATCH)..]).to_owned()
}

fn batch_means(samples: &ArrayRef1<f64>) -> Array1<f64> {
    samples.to_vec().chunks(BATCH).map(|batch| batch.iter().sum::<f64>() / batch.len() as f64).collect()
}

const fn looks(cause: &'static str, first: usize, step: usize) -> Rule {
    Rule { cause, first, step, stops: |x, tolerance| error(x) <= tolerance, more: 0 }
}

const fn stops(cause: &'static str, stops: fn(&ArrayRef1<f64>, f64) -> bool) -> Rule {
    Rule { cause, first: 2 * BATCH, step: BATCH, stops, more: 0 }
}

pub(super) const RIGHT: Rule = looks("", 2 * BATCH, BATCH);

const EARLY: &str = "The first look comes too early: after 20 probes, because the spread of a few may be small by luck";

const TWO: &str = "This compares two standard errors (or 1.96 of them) with the tolerance; compare one";

pub(super) static RULES: &[Rule] = &[
    looks(EARLY, BATCH, BATCH),
    looks(EARLY, 2, 1),
    looks(EARLY, 3, 1),
    looks(EARLY, BATCH, 1),
    looks("The first look comes too late: after 20 probes, so the condition is m >= 20", 3 * BATCH, BATCH),
    looks("It looks after each probe; look after whole batches of ten", 2 * BATCH, 1),
    looks("The batches hold 20 probes; ten each", 2 * BATCH, 2 * BATCH),
    looks("The batches hold five probes; ten each", 2 * BATCH, 5),
    Rule {
        cause: "One batch too many: look after the samples of a batch have been added, and stop then",
        more: BATCH,
        ..RIGHT
    },
    Rule { cause: "One probe too many; look after whole batches of ten, and stop then", more: 1, ..RIGHT },
    stops("This takes 20 probes whatever the tolerance; compare the standard error with it", |_, _| true),
    stops(
        "The tolerance is never reached, not even a large one; compare `estimate.standard_error() <= tolerance`",
        |_, _| false,
    ),
    stops(
        "The comparison is the wrong way round; stop if the standard error is at most the tolerance",
        |x, tolerance| error(x) >= tolerance,
    ),
    stops(
        "This compares the standard deviation of one sample, which does not fall with their number; divide it by sqrt(m)",
        |x, tolerance| variance(x).sqrt() <= tolerance,
    ),
    stops(
        "This compares the variance of one sample; the standard error is its root, divided by sqrt(m)",
        |x, tolerance| variance(x) <= tolerance,
    ),
    stops("This compares the square of the standard error; take the root", |x, tolerance| {
        variance(x) / size(x) <= tolerance
    }),
    stops("The standard deviation is divided by m; divide it by sqrt(m)", |x, tolerance| {
        variance(x).sqrt() / size(x) <= tolerance
    }),
    stops(
        "The variance is divided by m; for the sample variance, divide the sum of squares by m - 1",
        |x, tolerance| deviations(x) / size(x) <= tolerance,
    ),
    stops(
        "The sum of squares is divided by (m - 1)^2; by m - 1 for the variance of a sample, and by m for that of the mean",
        |x, tolerance| deviations(x) / (size(x) - 1.0) <= tolerance,
    ),
    stops(
        "The standard deviation is divided by the root of the number of batches; by that of the probes",
        |x, tolerance| variance(x).sqrt() / (size(x) / BATCH as f64).sqrt() <= tolerance,
    ),
    stops("This is the standard error of the last batch alone; take all the samples so far", |x, tolerance| {
        error(&last_batch(x)) <= tolerance
    }),
    stops("The spread is that of the last batch alone; take all the samples so far", |x, tolerance| {
        variance(&last_batch(x)).sqrt() / size(x).sqrt() <= tolerance
    }),
    stops(
        "This is the spread of the batches' means, of which there are few; take the standard error of the samples",
        |x, tolerance| error(&batch_means(x)) <= tolerance,
    ),
    stops("The tolerance is taken relative to the estimate; it is an absolute one", |x, tolerance| {
        error(x) <= tolerance * mean(x).abs()
    }),
    stops(TWO, |x, tolerance| 2.0 * error(x) <= tolerance),
    stops(TWO, |x, tolerance| 1.96 * error(x) <= tolerance),
    stops("This compares half the standard error with the tolerance; compare all of it", |x, tolerance| {
        0.5 * error(x) <= tolerance
    }),
    stops(
        "It stops as soon as the estimate hardly changes from one batch to the next, which happens by luck; compare the standard error",
        |x, tolerance| (mean(x) - mean(&x.slice(s![..x.len() - BATCH]))).abs() <= tolerance,
    ),
];

const WHAT: &str = "it stops at the first look that finds a standard error of at most the tolerance";
const LOOK_FIRST: &str = "Look after 20 probes and after every ten more; compare `TraceEstimate::from_samples(..).standard_error()` of all the samples so far with the tolerance";

/// The causes of the rules that explain all the runs.
pub(super) fn causes(runs: &[Run]) -> Vec<&'static str> {
    let explains =
        |rule: &Rule, run: &Run| rule.stop(&run.samples, run.tolerance, run.max_probes) == Some(run.samples.len());
    let fitting = RULES.iter().filter(|rule| runs.iter().all(|run| explains(rule, run)));
    let mut causes: Vec<&str> = fitting.map(|rule| rule.cause).collect();
    causes.sort_unstable();
    causes.dedup();
    causes
}

/// Ends the check unless every run stopped where it had to.
pub(super) fn judge_rules(report: &mut Report, runs: &[Run]) -> Outcome {
    let wrong = runs.iter().find(|run| !run.is_right());
    report.require(wrong.is_none(), WHAT, || {
        let difference = wrong.map_or_else(String::new, Run::difference);
        match causes(runs)[..] {
            [cause] => format!("{difference}. {cause}"),
            _ => format!("{difference}. {LOOK_FIRST}"),
        }
    })
}

/// How many probes a wrong use of `max_probes` takes, where the tolerance is out of reach.
type Limit = (&'static str, fn(usize) -> usize);

const OVERSHOOT: &str =
    "The last batch goes past max_probes; draw only what is left, `10.min(max_probes - samples.len())`";
const AT_LEAST: &str = "If max_probes is below 20, take just that many; the twenty probes are for the first look";

static LIMITS: &[Limit] = &[
    (OVERSHOOT, |max| max.next_multiple_of(BATCH)),
    (OVERSHOOT, |max| max.next_multiple_of(BATCH).max(2 * BATCH)),
    ("It goes on at exactly max_probes, and past it; draw only what is left, and stop there", |max| {
        max - max % BATCH + BATCH
    }),
    ("It stops before max_probes, with the last whole batch; max_probes may cut a batch short", |max| {
        max - max % BATCH
    }),
    ("It stops before max_probes, with the last whole batch; max_probes may cut a batch short", |max| {
        (max - max % BATCH).max(2 * BATCH)
    }),
    ("It stops before max_probes, with the last whole batch; max_probes may cut a batch short", |max| {
        if max < BATCH { max } else { max - max % BATCH }
    }),
    (AT_LEAST, |max| max.max(2 * BATCH)),
    (AT_LEAST, |max| max.max(BATCH)),
    ("One probe too many; stop at max_probes itself", |max| max + 1),
    ("One probe too few; stop at max_probes itself", |max| max - 1),
];

/// The same for `max_probes`, of which one may have stopped the student's function.
pub(super) fn judge_limits(report: &mut Report, runs: &[Run], stopped_by: Option<usize>) -> Outcome {
    let wrong = runs.iter().find(|run| !run.is_right());
    let what = "max_probes ends it, in the middle of a batch if need be";
    if let (None, Some(max)) = (wrong, stopped_by) {
        let remedy = if max < 2 * BATCH { AT_LEAST } else { OVERSHOOT };
        // Why it stopped is said on the next line.
        report.expect(false, what, || format!("your function stopped with max_probes = {max}. {remedy}"));
        return Ok(());
    }
    report.require(wrong.is_none(), what, || {
        let took = |run: &Run, max: usize| RIGHT.stop(&run.samples, run.tolerance, max) == Some(run.samples.len());
        let mut causes: Vec<&str> = LIMITS
            .iter()
            .filter(|(_, limit)| runs.iter().all(|run| run.samples.len() == limit(run.max_probes)))
            .map(|(cause, _)| *cause)
            .collect();
        if runs.iter().all(|run| took(run, usize::MAX)) {
            causes.push("max_probes is ignored; stop there in any case");
        } else if runs.iter().all(|run| took(run, BATCH * run.max_probes)) {
            causes.push("max_probes limits the number of batches; it is that of the probes");
        }
        causes.dedup();
        let difference = wrong.map_or_else(String::new, Run::difference);
        match causes[..] {
            [cause] => format!("{difference}. {cause}"),
            _ => format!("{difference}. Draw `10.min(max_probes - samples.len())` probes in each batch, and stop at max_probes in any case"),
        }
    })
}
