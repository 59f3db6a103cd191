//! What the user sees of a long step: a bar on a terminal, an occasional line in a pipe, always with the elapsed time.

use std::io::{IsTerminal, Write};
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::sync::{Arc, LazyLock, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use console::style;
use indicatif::{MultiProgress, ProgressBar, ProgressStyle};

/// In a pipe, there is a line at least this often, so that a long step does not look like a hanging one.
const LONGEST_SILENCE: Duration = Duration::from_secs(20);

/// The bars of all steps in progress, one below the other.
static BARS: LazyLock<MultiProgress> = LazyLock::new(MultiProgress::new);

/// A long step in progress.
pub(crate) struct Step {
    name: String,
    started: Instant,
    display: Display,
}

enum Display {
    Bar(ProgressBar),
    Lines { state: Arc<Mutex<Lines>>, stop: Sender<()>, ticker: Option<JoinHandle<()>> },
}

struct Lines {
    name: String,
    started: Instant,
    last_line: Instant,
    last_tenth: u64,
    message: String,
}

impl Step {
    /// Starts a step, and says so.
    pub(crate) fn start(name: &str) -> Self {
        let started = Instant::now();
        let display = if std::io::stderr().is_terminal() {
            let bar = BARS.add(ProgressBar::new_spinner());
            bar.set_style(spinner_style());
            bar.set_prefix(name.to_owned());
            bar.enable_steady_tick(Duration::from_millis(200));
            Display::Bar(bar)
        } else {
            tell(&format!("{name}: started"));
            let state =
                Lines { name: name.to_owned(), started, last_line: started, last_tenth: 0, message: String::new() };
            let state = Arc::new(Mutex::new(state));
            let (stop, stopped) = mpsc::channel();
            let ticked = Arc::clone(&state);
            let ticker = std::thread::spawn(move || {
                while stopped.recv_timeout(Duration::from_secs(1)) == Err(RecvTimeoutError::Timeout) {
                    let mut lines = locked(&ticked);
                    if lines.last_line.elapsed() >= LONGEST_SILENCE {
                        lines.print();
                    }
                }
            });
            Display::Lines { state, stop, ticker: Some(ticker) }
        };
        Self { name: name.to_owned(), started, display }
    }

    /// Says what is happening now.
    pub(crate) fn message(&self, message: &str) {
        match &self.display {
            Display::Bar(bar) => bar.set_message(message.to_owned()),
            Display::Lines { state, .. } => locked(state).message = message.to_owned(),
        }
    }

    /// Says that `done` of `total` parts are finished.
    pub(crate) fn progress(&self, done: u64, total: u64, current: &str) {
        match &self.display {
            Display::Bar(bar) => {
                if bar.length() != Some(total) {
                    bar.set_style(bar_style());
                    bar.set_length(total);
                }
                bar.set_position(done);
                bar.set_message(current.to_owned());
            }
            Display::Lines { state, .. } => {
                let mut lines = locked(state);
                lines.message = format!("{done} of {total}");
                let tenth = (10 * done).checked_div(total).unwrap_or(0);
                if tenth > lines.last_tenth {
                    lines.last_tenth = tenth;
                    lines.print();
                }
            }
        }
    }

    /// Goes back from counting to waiting: the next part of the step has no count, or its own.
    pub(crate) fn restart_count(&self) {
        match &self.display {
            Display::Bar(bar) => {
                bar.set_style(spinner_style());
                bar.unset_length();
            }
            Display::Lines { state, .. } => locked(state).last_tenth = 0,
        }
    }

    /// Ends the step as a success.
    pub(crate) fn done(self) {
        let line =
            format!("{} {}: done in {}", style("ok").for_stderr().green(), self.name, elapsed(self.started.elapsed()));
        self.close();
        tell(&line);
    }

    fn close(&self) {
        if let Display::Bar(bar) = &self.display {
            bar.finish_and_clear();
        }
    }
}

impl Drop for Step {
    fn drop(&mut self) {
        self.close();
        if let Display::Lines { stop, ticker, .. } = &mut self.display {
            let _ = stop.send(());
            if let Some(ticker) = ticker.take() {
                let _ = ticker.join();
            }
        }
    }
}

impl Lines {
    fn print(&mut self) {
        let separator = if self.message.is_empty() { "" } else { ", " };
        tell(&format!("{}: {}{separator}{} elapsed", self.name, self.message, elapsed(self.started.elapsed())));
        self.last_line = Instant::now();
    }
}

/// Prints results on stdout. The reader may stop at any time, as `head` does: then we quietly end too.
pub(crate) fn say(text: &str) {
    if cfg!(test) {
        // The test runner captures only what `println` prints.
        println!("{text}");
        return;
    }
    if writeln!(std::io::stdout(), "{text}").is_err() {
        std::process::exit(1);
    }
}

/// Prints a line of information on stderr, where everything about the set-up goes.
pub(crate) fn note(text: &str) {
    tell(&format!("{} {text}", style("--").for_stderr().cyan()));
}

/// Prints a warning: something is wrong, but we go on.
pub(crate) fn warning(text: &str) {
    tell(&format!("{} {text}", style("warning:").for_stderr().yellow().bold()));
}

/// Prints a line on stderr, above the bars of the steps in progress.
fn tell(line: &str) {
    BARS.suspend(|| eprintln!("{line}"));
}

/// A time as a person would write it: `0.4 s`, `12.3 s`, `3:05 min`.
pub(crate) fn elapsed(time: Duration) -> String {
    let seconds = time.as_secs_f64();
    if seconds < 99.95 {
        format!("{seconds:.1} s")
    } else {
        let whole = time.as_secs();
        format!("{}:{:02} min", whole / 60, whole % 60)
    }
}

fn locked(state: &Mutex<Lines>) -> MutexGuard<'_, Lines> {
    // A panic while printing leaves nothing half done here.
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

fn spinner_style() -> ProgressStyle {
    styled("{spinner} {prefix} [{elapsed}] {wide_msg}")
}

fn bar_style() -> ProgressStyle {
    styled("{spinner} {prefix} [{elapsed}] {bar:24} {pos}/{len} {wide_msg}")
}

fn styled(template: &str) -> ProgressStyle {
    ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_read_well() {
        let shown = |milliseconds| elapsed(Duration::from_millis(milliseconds));
        assert_eq!(shown(420), "0.4 s");
        assert_eq!(shown(99_900), "99.9 s");
        assert_eq!(shown(99_960), "1:39 min");
        assert_eq!(shown(185_000), "3:05 min");
    }
}
