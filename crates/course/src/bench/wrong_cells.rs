//! The time to an answer when a cell is wrong, as most are while one learns: as fast as a right one, and half a second more.

use std::time::Duration;

use anyhow::{Result, bail};

use super::kernel_loop::median;
use crate::layout::Layout;
use crate::report::say;
use crate::session::{self, Cell, Executed};

/// Each mistake is made once in each of so many fresh kernels: it is the first that would have to wait for something.
const KERNELS: usize = 3;
/// How much longer than a right cell a wrong one may take.
const ALLOWANCE: Duration = Duration::from_millis(500);

/// What the notebooks begin with.
const FIRST_CELL: &str =
    ":dep spectral-course = { path = \"../crates/spectral-course\" }\nuse spectral_course::notebook3::*;";
const RIGHT: [Cell; 2] = [Cell::new("let a = random_symmetric(30, 0);"), Cell::new("random_symmetric(30, 0).sum()")];
const BEFORE_THE_FIRST_CELL: (&str, Cell) =
    ("a `let` before the set-up cell", Cell::new("let q = random_symmetric(30, 0);"));
/// One after the other, with a right cell before each. The last one loses the variables.
const WRONG: [(&str, Cell); 9] = [
    ("misspelt function", Cell::new("let q = random_symmetrc(30, 0);")),
    ("misspelt method", Cell::new("let q = random_symmetric(30, 0).diagonl();")),
    ("misspelt field", Cell::new("fn mean(t: &TraceEstimate) -> f64 { t.maen }")),
    ("misspelt variable", Cell::new("let q = trce + 1.0;")),
    ("wrong type", Cell::new("let q = random_symmetric(\"30\", 0);")),
    ("missing import", Cell::new("let q = HashMap::from([(1, 2)]);")),
    ("moved value", Cell::new("let one = vec![1.0]; let two = one; let three = one;")),
    ("panic", Cell::new("panic!(\"on purpose\");")),
    (
        "interrupt",
        Cell { code: "loop { std::thread::sleep(std::time::Duration::from_millis(10)); }", interrupt_after: Some(2.0) },
    ),
];

/// Makes the mistakes and prints a table of their times.
pub(super) fn measure(layout: &Layout) -> Result<()> {
    let kernels = (0..KERNELS).map(|_| one_kernel(layout)).collect::<Result<Vec<_>>>()?;
    let (right, wrong) = medians(&kernels);
    say(&format!("\nfrom Shift-Enter to the message, seconds: median over {KERNELS} fresh kernels"));
    say(&format!("  {:<44} {:>7.2}", "right cells", right.as_secs_f64()));
    for (what, time) in wrong {
        let verdict = if time > right + ALLOWANCE { "   slower than a right cell and 0.5 s" } else { "" };
        say(&format!("  {what:<44} {:>7.2}{verdict}", time.as_secs_f64()));
    }
    Ok(())
}

/// The times of one kernel.
struct Times {
    right: Vec<Duration>,
    /// In the order of the mistakes.
    wrong: Vec<(&'static str, Duration)>,
}

fn one_kernel(layout: &Layout) -> Result<Times> {
    let mut cells = vec![(Some(BEFORE_THE_FIRST_CELL.0), BEFORE_THE_FIRST_CELL.1)];
    cells.extend([Cell::new(FIRST_CELL), RIGHT[0], RIGHT[1]].map(|cell| (None, cell)));
    for (i, (what, cell)) in WRONG.into_iter().enumerate() {
        cells.extend([(None, RIGHT[i % RIGHT.len()]), (Some(what), cell)]);
    }
    let to_run: Vec<_> = cells.iter().map(|(_, cell)| *cell).collect();
    let said = session::run_installed(layout, &to_run)?;
    sorted(&cells, &said.cells)
}

fn sorted(cells: &[(Option<&'static str>, Cell)], executed: &[Executed]) -> Result<Times> {
    let mut times = Times { right: Vec::new(), wrong: Vec::new() };
    for ((mistake, cell), executed) in cells.iter().zip(executed) {
        let time = Duration::from_secs_f64(executed.seconds.max(0.0));
        match (mistake, executed.trouble()) {
            (Some(mistake), Some(_)) => times.wrong.push((mistake, time)),
            (Some(mistake), None) => bail!("{mistake}: the kernel finds nothing wrong with `{}`", cell.code),
            (None, Some(trouble)) => bail!("the right cell `{}` fails:\n{trouble}", cell.code),
            // The first cell has a row of its own, in the other table.
            (None, None) if cell.code == FIRST_CELL => {}
            (None, None) => times.right.push(time),
        }
    }
    Ok(times)
}

/// Of the right cells together, and of each mistake.
fn medians(kernels: &[Times]) -> (Duration, Vec<(&'static str, Duration)>) {
    let of = |times: Vec<Duration>| median(&times).unwrap_or_default();
    let right = of(kernels.iter().flat_map(|kernel| kernel.right.iter().copied()).collect());
    let mistakes = kernels.first().map(|kernel| kernel.wrong.iter().map(|(what, _)| *what)).into_iter().flatten();
    let wrong = mistakes
        .enumerate()
        .map(|(i, what)| (what, of(kernels.iter().filter_map(|kernel| Some(kernel.wrong.get(i)?.1)).collect())))
        .collect();
    (right, wrong)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn executed(seconds: f64, status: &str) -> Result<Executed> {
        Ok(serde_json::from_value(serde_json::json!({"seconds": seconds, "status": status, "outputs": []}))?)
    }

    #[test]
    fn right_and_wrong_cells_are_told_apart() -> Result<()> {
        let cells = [(None, Cell::new(FIRST_CELL)), (None, RIGHT[0]), (Some("typo"), RIGHT[1])];
        let run = |statuses: [&str; 3]| {
            let executed =
                statuses.into_iter().zip([9.0, 0.5, 0.75]).map(|(status, seconds)| executed(seconds, status));
            sorted(&cells, &executed.collect::<Result<Vec<_>>>()?)
        };
        let times = run(["ok", "ok", "error"])?;
        assert_eq!(times.right, [Duration::from_millis(500)], "without the first cell");
        assert_eq!(times.wrong, [("typo", Duration::from_millis(750))]);
        assert!(run(["ok", "error", "error"]).is_err() && run(["ok", "ok", "ok"]).is_err());
        Ok(())
    }

    #[test]
    fn the_median_is_over_the_kernels() {
        let seconds = Duration::from_secs;
        let kernels =
            [1, 9, 3].map(|i| Times { right: vec![seconds(i), seconds(4)], wrong: vec![("typo", seconds(i))] });
        assert_eq!(medians(&kernels), (seconds(4), vec![("typo", seconds(3))]));
    }
}
