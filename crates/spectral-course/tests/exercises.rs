//! Each exercise: its check passes the functions of `exercises` (with the feature `solutions`) or finds them *todo* (without),
//! and passes the reference solution always.

use spectral_course::check::{self, Card, Status};
use spectral_course::exercises::{self, Exercise, hint};
use spectral_course::solutions;

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
            check::stable_rank($functions::stable_rank),
            check::range_finder($functions::range_finder, $functions::range_error),
            check::range_bound($functions::range_bound),
            check::randomized_eigh($functions::randomized_eigh),
            check::oversampling_errors($functions::oversampling_errors),
            check::power_bound($functions::power_bound),
            check::entk_matvec($functions::entk_matvec),
            check::eigenfunction_images($functions::eigenfunction_images),
            check::hutchinson_trace($functions::hutchinson_trace),
            check::variance_sweep($functions::variance_sweep),
            check::slq_density($functions::slq_density),
            check::weyl_shifts($functions::weyl_shifts),
            check::davis_kahan($functions::principal_angle, $functions::gap_experiment),
            check::bootstrap_entk($functions::bootstrap_entk),
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

#[test]
fn every_exercise_has_hints_difficulty_and_minutes() {
    for exercise in exercises::exercises() {
        let Exercise { id, title, hints, difficulty, minutes, functions } = exercise;
        assert!(!title.is_empty() && !functions.is_empty(), "{id}");
        assert!((1..=5).contains(difficulty), "{id}: difficulty {difficulty}");
        assert!((1..=60).contains(minutes), "{id}: {minutes} minutes");
        assert!(hints.len() >= 2, "{id}: {} hints", hints.len());
        for tier in 1..=hints.len() {
            assert!(hint(id).tier(tier).to_string().contains(hints[tier - 1]));
        }
        for tier in [0, hints.len() + 1] {
            let message = hint(id).tier(tier).to_string();
            assert!(message.contains(&format!("has hints 1 to {}, got {tier}", hints.len())), "{message}");
        }
    }
}

#[test]
fn cards_are_shown_three_ways() {
    let card = check::weyl_shifts(solutions::weyl_shifts);
    let html = card.to_html();
    assert!(html.contains("<b>3/5.1 Weyl in action: <span style=\"color:#009E73\">passed</span></b>"), "{html}");
    let json: serde_json::Value = serde_json::from_str(&serde_json::to_string(&card).expect("JSON")).expect("JSON");
    assert_eq!((&json["exercise"], &json["status"]), (&"3/5.1".into(), &"passed".into()));
    assert!(json["lines"].as_array().is_some_and(|lines| lines.iter().all(|line| line["passed"] == true)));
    assert!(card.to_string().contains("✓ no shift exceeds Weyl's bound"), "{card}");
}
