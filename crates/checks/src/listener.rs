//! How a piece of the student's code ended: its panics are caught, and print nothing.

use std::any::Any;
use std::cell::Cell;
use std::panic::{self, AssertUnwindSafe, PanicHookInfo};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use course_protocol::mark::Panicked;
use course_protocol::placeholder::missing_function;

use crate::exercises::Exercise;
use crate::recording::ENDLESS;

/// Why a piece of the student's code stopped early.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Stopped {
    /// It reached a `todo!` with this text: the exercise is not written yet.
    Todo(String),
    /// It called a function of an exercise that no cell has defined: the cell has not been run, or did not compile. The text says so.
    Missing(String),
    /// It applied the matrix of a check over and over, and was stopped.
    Endless,
    /// It panicked with this message.
    Panicked(String),
}

impl Stopped {
    /// Whether there is nothing to judge yet, so that nothing has failed.
    pub(super) fn is_to_do(&self) -> bool {
        matches!(self, Self::Todo(_) | Self::Missing(_))
    }

    /// What a card says, if it is about the exercise `id`, or about no exercise.
    pub(super) fn told(&self, id: &str) -> String {
        match self {
            Self::Panicked(message) => format!("your function panicked: {message}"),
            Self::Endless => ENDLESS.to_owned(),
            Self::Missing(text) => match missing_function(text).and_then(Exercise::of_function) {
                Some(exercise) if exercise.id != id => format!("waits for exercise {}: {text}", exercise.id),
                _ => text.clone(),
            },
            // An exercise may call an earlier one.
            Self::Todo(text) if text.starts_with("exercise ") && *text != format!("exercise {id}") => {
                format!("waits for {text}, which is not written yet")
            }
            Self::Todo(text) if id.is_empty() => format!("waits for {text}"),
            Self::Todo(_) => format!("not written yet: replace `todo!` in the cell above; `hint(\"{id}\")` helps"),
        }
    }
}

type Hook = Box<dyn Fn(&PanicHookInfo<'_>) + Sync + Send + 'static>;

/// The panic hook belongs to the process, so one thread listens at a time. (A notebook has one; tests have many.)
static LISTENING: Mutex<()> = Mutex::new(());

thread_local! {
    /// Whether this thread is already listening: a check inside an experiment, or inside another check, must not wait for itself.
    static HERE: Cell<bool> = const { Cell::new(false) };
}

/// Listens to panics instead of letting them print, and puts the panic hook back when dropped.
///
/// The payload alone is not enough: a panic in one of the student's threads arrives as
/// "a scoped thread panicked", and only the hook has heard the reason.
pub(super) struct Listener {
    heard: Arc<Mutex<Option<String>>>,
    /// What to restore; nothing for a listener inside another.
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
            if !Panicked::is_second_hand(&message) {
                *last.lock().unwrap_or_else(PoisonError::into_inner) = Some(message);
            }
        }));
        Self { heard, outermost: Some((previous, alone)) }
    }

    /// Runs `code`; a panic in it becomes an `Err`, and prints nothing.
    pub(super) fn catch<T>(&self, code: impl FnOnce() -> T) -> Result<T, Stopped> {
        let heard = || self.heard.lock().unwrap_or_else(PoisonError::into_inner).take();
        // A panic caught in an earlier call is not the reason for this one.
        heard();
        panic::catch_unwind(AssertUnwindSafe(code)).map_err(|payload| {
            let message = panic_message(&*payload);
            stopped(if Panicked::is_second_hand(&message) { heard().unwrap_or(message) } else { message })
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

/// The text of a panic.
pub fn panic_message(payload: &dyn Any) -> String {
    let text = payload.downcast_ref::<&str>().map(|text| (*text).to_owned());
    text.or_else(|| payload.downcast_ref::<String>().cloned()).unwrap_or_else(|| "a panic without a message".to_owned())
}

fn stopped(message: String) -> Stopped {
    match message.strip_prefix("not yet implemented") {
        None if missing_function(&message).is_some() => Stopped::Missing(message),
        None if message == ENDLESS => Stopped::Endless,
        Some(rest) => Stopped::Todo(rest.trim_start_matches(": ").to_owned()),
        None => Stopped::Panicked(message),
    }
}
