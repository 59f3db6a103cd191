//! What every check does with code that stops.

use std::thread;

use ndarray::{Array1, Array2, array};
use spectral_course::check::{self, Status};
use spectral_course::solutions;

use super::common::assert_rejected;

#[test]
fn a_panic_is_told_and_does_not_pass_for_todo() {
    let card = check::weyl_shifts(|_, _, _| panic!("the matrix is on fire"));
    assert_rejected(card, "your function panicked: the matrix is on fire");
    let card = check::weyl_shifts(|a, _, _| a.dot(&Array1::zeros(a.nrows() + 1)));
    assert_rejected(card, "your function panicked: ndarray: inputs 20 × 20 and 21 × 1 are not compatible");
    let card = check::weyl_shifts(|_, _, _| panic!("not yet implemented: exercise 3/5.1"));
    assert_eq!(card.status, Status::Todo);
    assert!(card.to_string().contains("not written yet"), "{card}");
}

#[test]
fn a_panic_in_a_thread_of_the_students_is_told() {
    let card = check::weyl_shifts(|_, _, _| {
        thread::scope(|scope| scope.spawn(|| panic!("in a thread")).join().unwrap_or_else(|_| array![0.0]))
    });
    assert_eq!(card.status, Status::Failed, "{card}");
    let card = check::weyl_shifts(|_, _, alphas| {
        thread::scope(|scope| {
            scope.spawn(|| panic!("in a scoped thread"));
        });
        alphas.clone()
    });
    assert_rejected(card, "your function panicked: in a scoped thread");
}

#[test]
fn the_reason_is_that_of_the_panic_that_counts() {
    let swallow = || std::panic::catch_unwind(|| panic!("swallowed")).is_err();
    let card = check::weyl_shifts(|_, _, _| {
        std::panic::catch_unwind(|| panic!("swallowed")).ok();
        panic!("the real one")
    });
    assert_rejected(card, "your function panicked: the real one");
    assert!(swallow());
}

#[test]
fn an_experiment_may_hold_a_check_and_an_exercise_an_experiment() {
    let nested = check::attempt(|| check::weyl_shifts(solutions::weyl_shifts).status);
    assert_eq!(nested.result(), Ok(&Status::Passed));
    let card = check::weyl_shifts(|a, e, alphas| {
        let inner = check::attempt(|| solutions::weyl_shifts(a, e, alphas));
        inner.result().cloned().unwrap_or_default()
    });
    assert_eq!(card.status, Status::Passed, "{card}");
}

#[test]
fn the_first_half_of_an_exercise_is_judged_while_the_second_is_to_be_written() {
    let todo = |_: &Array2<f64>, _: &Array2<f64>| panic!("not yet implemented: exercise 2/1.1");
    let card = check::range_finder(solutions::range_finder, todo);
    assert_eq!(card.status, Status::Todo, "{card}");
    assert!(card.to_string().contains("✓ they span the columns of A G"), "{card}");
    let todo = |_: &[f64], _: &Array2<f64>, _: usize, _: u64| panic!("not yet implemented: exercise 3/5.2");
    let card = check::davis_kahan(solutions::principal_angle, todo);
    assert_eq!(card.status, Status::Todo, "{card}");
    assert!(card.to_string().contains("✓ perpendicular lines meet at pi/2"), "{card}");
    assert_rejected(check::davis_kahan(|_, _| 0.3, todo), "expected 1.571, got 0.3");
}

#[test]
fn what_waits_says_for_what() {
    let card = check::power_bound(|_, _, _, _| panic!("not yet implemented: exercise 2/1.2"));
    assert_eq!(card.status, Status::Todo);
    assert!(card.to_string().contains("waits for exercise 2/1.2"), "{card}");
    let card = check::variance_sweep(|_, _, _, _, _| panic!("not yet implemented: exercise 3/1.1"));
    assert_eq!(card.status, Status::Todo);
    assert!(card.to_string().contains("waits for exercise 3/1.1"), "{card}");
}
