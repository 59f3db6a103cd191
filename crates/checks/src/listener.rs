//! How a piece of the student's code ended: its panics are caught, and print nothing.

use std::any::Any;
use std::cell::Cell;
use std::panic::{self, AssertUnwindSafe, PanicHookInfo};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use course_protocol::mark::Panicked;

/// Why a piece of the student's code stopped early.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Stopped {
    /// It reached a `todo!` with this text: the exercise is not written yet.
    Todo(String),
    /// It panicked with this message.
    Panicked(String),
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
        Some(rest) => Stopped::Todo(rest.trim_start_matches(": ").to_owned()),
        None => Stopped::Panicked(message),
    }
}
