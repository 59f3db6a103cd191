//! Each exercise: its check passes the functions of `exercises` (with the feature `solutions`) or finds them *todo* (without),
//! and passes the reference solution always.

use std::collections::BTreeSet;

use course_protocol::placeholder::missing_function;
use ndarray::{Array1, Array2};
use spectral_course::check::{self, Card, Status, attempt};
use spectral_course::exercises::{self, Exercise, hint};
use spectral_course::{notebook1, notebook2, notebook3, notebook4, solutions};

/// The card of every exercise for the functions of a module.
macro_rules! cards {
    ($functions:ident) => {
        vec![
            check::norms($functions::norms),
            check::condition_number($functions::condition_number),
            check::machine_epsilon($functions::epsilon_f32, $functions::epsilon_f64),
            check::rayleigh_quotient($functions::rayleigh_quotient),
            check::hvp_central($functions::hvp_central),
            check::dual_numbers($functions::dual_mul, $functions::dual_tanh),
            check::hvp_dual($functions::hvp_dual),
            check::power_iteration($functions::power_iteration),
            check::predicted_slopes($functions::predicted_slopes),
            check::deflation($functions::deflation),
            check::lanczos_three_term($functions::lanczos_three_term),
            check::ritz_values($functions::ritz_values),
            check::orthogonality_history($functions::orthogonality_history),
            check::lanczos_gram_schmidt($functions::lanczos_gram_schmidt),
            check::lanczos_conditional($functions::lanczos_conditional),
            check::lanczos_top($functions::lanczos_top),
            check::growth_per_step($functions::growth_per_step),
            check::stable_rank($functions::stable_rank),
            check::range_finder($functions::range_finder, $functions::range_error),
            check::range_bound($functions::range_bound),
            check::randomized_eigh($functions::randomized_eigh),
            check::oversampling_errors($functions::oversampling_errors),
            check::power_bound($functions::power_bound),
            check::entk_matvec($functions::entk_matvec),
            check::eigenfunction_images($functions::eigenfunction_images),
            check::range_certificate($functions::range_certificate),
            check::hutchinson_trace($functions::hutchinson_trace),
            check::variance_sweep($functions::variance_sweep),
            check::slq_density($functions::slq_density),
            check::weyl_shifts($functions::weyl_shifts),
            check::davis_kahan($functions::principal_angle, $functions::gap_experiment),
            check::bootstrap_entk($functions::bootstrap_entk),
            check::pairwise_sines($functions::pairwise_sines),
            check::hessian_topk($functions::hessian_topk),
            check::count_outliers($functions::count_outliers),
            check::gauss_newton_matvec($functions::gauss_newton_matvec),
            check::trace_to_tolerance($functions::trace_to_tolerance),
            check::gradient_overlap($functions::gradient_overlap),
            check::resampled_rotations($functions::resampled_rotations),
        ]
    };
}

fn ids(cards: &[Card]) -> Vec<&str> {
    cards.iter().map(|card| card.exercise.as_str()).collect()
}

#[test]
fn every_exercise_has_a_check() {
    let cards = cards!(solutions);
    assert_eq!(ids(&cards), exercises::exercises().map(|exercise| exercise.id).collect::<Vec<_>>());
}

#[test]
fn every_solution_passes() {
    for card in cards!(solutions) {
        assert_eq!(card.status, Status::Passed, "{card}");
        assert!(card.lines.len() >= 3, "{card}");
    }
}

#[test]
fn every_exercise_as_it_ships() {
    let expected = if cfg!(feature = "solutions") { Status::Passed } else { Status::Todo };
    for card in cards!(exercises) {
        assert_eq!(card.status, expected, "{card}");
    }
}

/// What a notebook's first cell brings under the name of an exercise is a placeholder, whatever the features.
#[test]
fn no_notebook_brings_the_solutions_of_its_own_exercises() {
    let of =
        |notebook: char, cards: Vec<Card>| cards.into_iter().filter(move |card| card.exercise.starts_with(notebook));
    let mut cards: Vec<Card> = of('1', cards!(notebook1))
        .chain(of('2', cards!(notebook2)))
        .chain(of('3', cards!(notebook3)))
        .chain(of('4', cards!(notebook4)))
        .collect();
    // A check calls its second function only after the first has passed.
    cards.extend([
        check::machine_epsilon(solutions::epsilon_f32, notebook1::epsilon_f64),
        check::dual_numbers(solutions::dual_mul, notebook1::dual_tanh),
        check::range_finder(solutions::range_finder, notebook2::range_error),
        check::davis_kahan(solutions::principal_angle, notebook3::gap_experiment),
    ]);
    let mut missing = BTreeSet::new();
    for card in &cards {
        assert_eq!(card.status, Status::Todo, "{card}");
        let text = &card.lines.last().expect("a line").text;
        let name = missing_function(text).unwrap_or_else(|| panic!("{card}"));
        assert!(Exercise::of_function(name).is_some_and(|exercise| exercise.id == card.exercise), "{card}");
        missing.insert(name);
    }
    assert_eq!(missing, exercises::exercises().flat_map(|exercise| exercise.functions).copied().collect());
}

#[test]
fn a_later_notebook_may_use_the_solutions_of_earlier_ones() {
    let card = check::power_iteration(notebook3::power_iteration);
    assert_eq!(card.status, Status::Passed, "{card}");
}

#[test]
fn what_calls_a_missing_function_waits_for_its_exercise() {
    let card =
        check::variance_sweep(|a, _, probe, _, seed| vec![notebook3::hutchinson_trace(a, 1, probe, seed).mean].into());
    assert_eq!(card.status, Status::Todo, "{card}");
    let told = card.to_string();
    assert!(told.contains("waits for exercise 3/1.1: there is no function `hutchinson_trace` yet"), "{card}");
    let experiment = attempt(|| notebook3::weyl_shifts(&Array2::eye(2), &Array2::eye(2), &Array1::ones(1)));
    let card = experiment.claims("figure 4", |_| vec![]);
    assert_eq!(card.status, Status::Todo, "{card}");
    assert!(card.to_string().contains("waits for exercise 3/5.1: there is no function `weyl_shifts` yet"), "{card}");
}

#[test]
fn every_exercise_has_hints_difficulty_and_minutes() {
    for exercise in exercises::exercises() {
        let Exercise { id, title, hints, difficulty, minutes, functions } = exercise;
        assert!(!title.is_empty() && !functions.is_empty(), "{id}");
        assert!((1..=5).contains(difficulty), "{id}: difficulty {difficulty}");
        assert!((1..=60).contains(minutes), "{id}: {minutes} minutes");
        assert!(hints.len() >= 3, "{id}: {} hints", hints.len());
        assert!(hints[1].starts_with("Try it by hand"), "{id}: {}", hints[1]);
        for tier in 1..=hints.len() {
            let (shown, text) = (hint(id).tier(tier).to_string(), hints[tier - 1]);
            assert!(
                text.lines().map(str::trim).filter(|line| !line.starts_with("```")).all(|line| shown.contains(line)),
                "{shown}"
            );
            assert_eq!(text.matches("```").count() % 2, 0, "{id}: {text}");
            assert!(!shown.contains("```"), "{shown}");
        }
        for tier in [0, hints.len() + 1] {
            let message = hint(id).tier(tier).to_string();
            assert!(message.contains(&format!("has hints 1 to {}, got {tier}", hints.len())), "{message}");
        }
    }
}

#[test]
fn a_card_says_what_to_do_next() {
    let failed = check::weyl_shifts(|_, _, alphas| Array1::zeros(alphas.len()));
    assert!(failed.to_html().contains("<code>hint(&quot;3/5.1&quot;)</code> helps"), "{failed}");
    let last = check::pairwise_sines(solutions::pairwise_sines);
    assert_eq!((last.exercise.as_str(), last.next.as_str()), ("3/5.4", "This was the last exercise of the notebook."));
}

#[test]
fn a_wrong_id_gets_the_hints_that_it_may_mean() {
    assert_eq!(hint("1.1").to_string(), "there is no exercise \"1.1\"; there are 1/1.1, 2/1.1, 3/1.1");
    assert!(hint("3/9.9").to_string().ends_with("there are 3/1.1, 3/1.2, 3/3.1, 3/5.1, 3/5.2, 3/5.3, 3/5.4"));
    assert!(hint("nonsense").to_string().contains("1/0.1, "));
}

#[test]
fn cards_are_shown_three_ways() {
    let card = check::weyl_shifts(solutions::weyl_shifts);
    let html = card.to_html();
    assert!(html.contains("<b>3/5.1 Weyl in action: <span") && html.contains(">passed</span></b>"), "{html}");
    let next = Exercise::find("3/5.2").map(|next| format!("Next exercise: 3/5.2 {} (5 of 7).", next.title));
    assert_eq!(Some(&card.next), next.as_ref());
    let json = card.to_json();
    assert_eq!((&json["exercise"], &json["status"]), (&"3/5.1".into(), &"passed".into()));
    assert!(json["lines"].as_array().is_some_and(|lines| lines.iter().all(|line| line["passed"] == true)));
    assert!(card.to_string().contains("✓ no shift exceeds Weyl's bound"), "{card}");
}
