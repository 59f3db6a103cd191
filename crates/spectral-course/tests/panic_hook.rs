//! Alone in its process, because the panic hook is the process's.

use std::panic;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use spectral_course::check::{self, Status, attempt};

static HEARD: AtomicUsize = AtomicUsize::new(0);

#[test]
fn a_check_is_silent_and_leaves_the_panic_hook_as_it_was() {
    panic::set_hook(Box::new(|_| {
        HEARD.fetch_add(1, Ordering::Relaxed);
    }));
    assert_eq!(check::weyl_shifts(|_, _, _| panic!("in a check")).status, Status::Failed);
    assert!(attempt(|| -> f64 { panic!("in an experiment") }).result().is_err());
    assert_eq!(HEARD.load(Ordering::Relaxed), 0, "the student's panics do not reach the notebook's hook");
    assert!(thread::spawn(|| panic!("elsewhere")).join().is_err());
    assert_eq!(HEARD.load(Ordering::Relaxed), 1, "the hook is back");
}
