use std::any::Any;
use std::cell::Cell;
use std::panic::{self, AssertUnwindSafe, PanicHookInfo};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::card::{Card, Line, Status};
use super::claim::{Claim, claims};
use crate::figure::Figure;

/// Why a piece of the student's code did not end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Stopped {
    /// It met a `todo!`, with this text: the exercise is not written yet.
    Todo(String),
    /// It panicked with this message.
    Panicked(String),
}

type Hook = Box<dyn Fn(&PanicHookInfo<'_>) + Sync + Send + 'static>;

/// The panic hook is the process's: one thread listens at a time. (A notebook has one; tests have many.)
static LISTENING: Mutex<()> = Mutex::new(());

thread_local! {
    /// Whether this thread listens already: a check inside an experiment, or inside another check, must not wait for itself.
    static HERE: Cell<bool> = const { Cell::new(false) };
}

/// Listens to panics instead of letting them print, and puts the panic hook back when dropped.
///
/// The hook is asked too, and not only the payload: a panic in a thread of the student's reaches us as
/// "a scoped thread panicked", and the hook has heard the reason.
pub(super) struct Listener {
    heard: Arc<Mutex<Option<String>>>,
    /// What to undo; nothing in a listener inside another.
    outermost: Option<(Hook, MutexGuard<'static, ()>)>,
}

impl Listener {
    pub(super) fn new() -> Self {
        let heard = Arc::new(Mutex::new(None));
        if HERE.replace(true) {
            return Self { heard, outermost: None };
        }
        let alone = LISTENING.lock().unwrap_or_else(PoisonError::into_inner);
        let last = Arc::clone(&heard);
        let previous = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            let message = panic_message(info.payload());
            if !is_second_hand(&message) {
                *last.lock().unwrap_or_else(PoisonError::into_inner) = Some(message);
            }
        }));
        Self { heard, outermost: Some((previous, alone)) }
    }

    /// Runs `code`; a panic in it becomes an `Err`, and prints nothing.
    pub(super) fn catch<T>(&self, code: impl FnOnce() -> T) -> Result<T, Stopped> {
        let heard = || self.heard.lock().unwrap_or_else(PoisonError::into_inner).take();
        // What an earlier call swallowed is not the reason of this one.
        heard();
        panic::catch_unwind(AssertUnwindSafe(code)).map_err(|payload| {
            let message = panic_message(&*payload);
            stopped(if is_second_hand(&message) { heard().unwrap_or(message) } else { message })
        })
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        if let Some((previous, _alone)) = self.outermost.take() {
            panic::set_hook(previous);
            HERE.set(false);
        }
    }
}

/// Whether a message only says that another thread panicked: the scope's own, or an `unwrap` of a join.
fn is_second_hand(message: &str) -> bool {
    message == "a scoped thread panicked" || message.ends_with("Any { .. }")
}

/// The text of a panic.
pub fn panic_message(payload: &dyn Any) -> String {
    let text = payload.downcast_ref::<&str>().map(|text| (*text).to_owned());
    text.or_else(|| payload.downcast_ref::<String>().cloned()).unwrap_or_else(|| "a panic without a message".to_owned())
}

fn stopped(message: String) -> Stopped {
    match message.strip_prefix("not yet implemented") {
        Some(rest) => Stopped::Todo(rest.trim_start_matches(": ").to_owned()),
        None => Stopped::Panicked(message),
    }
}

/// The result of an experiment that calls the student's functions: there, or waiting for an exercise.
///
/// Cells below the experiment use it through [`figure`](Attempt::figure) and [`claims`](Attempt::claims), which show a short
/// card while the exercise is not written, so that a notebook can be run from top to bottom at any time.
#[derive(Clone, Debug)]
pub struct Attempt<T>(Result<T, Stopped>);

/// Runs an experiment that calls functions of the student's. If it stops, a card says why.
///
/// # Example
/// ```
/// use spectral_course::prelude::*;
/// let trace = attempt(|| hutchinson_trace(&Dense::new(Array2::eye(4)), 3, Probe::Rademacher, 0).mean);
/// assert_eq!(trace.result(), Ok(&4.0));
/// ```
pub fn attempt<T>(experiment: impl FnOnce() -> T) -> Attempt<T> {
    let result = Listener::new().catch(experiment);
    if let Err(stopped) = &result {
        waiting_card("experiment", stopped).evcxr_display();
    }
    Attempt(result)
}

fn waiting_card(what: &str, stopped: &Stopped) -> Card {
    match stopped {
        Stopped::Todo(text) => Card::todo(what, "", format!("waits for {text}")),
        Stopped::Panicked(message) => {
            let text = format!("your function panicked: {message}");
            let lines = vec![Line { passed: false, text }];
            Card { exercise: what.to_owned(), title: String::new(), status: Status::Failed, lines }
        }
    }
}

impl<T> Attempt<T> {
    /// What the experiment gave, or why it stopped.
    pub fn result(&self) -> Result<&T, &Stopped> {
        self.0.as_ref()
    }

    /// The figure of the experiment, or the card that tells what it waits for.
    pub fn figure(&self, draw: impl FnOnce(&T) -> Figure) -> Exhibit {
        match &self.0 {
            Ok(value) => Exhibit::Figure(Box::new(draw(value))),
            Err(stopped) => Exhibit::Waiting(waiting_card("figure", stopped)),
        }
    }

    /// The card with the claims about the experiment, or the card that tells what they wait for.
    pub fn claims(&self, about: &str, state: impl FnOnce(&T) -> Vec<Claim>) -> Card {
        match &self.0 {
            Ok(value) => claims(about, state(value)),
            Err(stopped) => waiting_card(about, stopped),
        }
    }

    /// Prints what `tell` says of the experiment, or nothing while it waits.
    pub fn report(&self, tell: impl FnOnce(&T) -> String) {
        if let Ok(value) = &self.0 {
            println!("{}", tell(value));
        }
    }
}

/// A figure, or the card that stands in its place.
#[derive(Clone, Debug)]
pub enum Exhibit {
    /// The figure.
    Figure(Box<Figure>),
    /// What it waits for.
    Waiting(Card),
}

impl Exhibit {
    /// Shows it as the result of a notebook's cell.
    pub fn evcxr_display(&self) {
        match self {
            Exhibit::Figure(figure) => figure.evcxr_display(),
            Exhibit::Waiting(card) => card.evcxr_display(),
        }
    }
}
