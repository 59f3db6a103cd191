use course_protocol::placeholder::missing;
use serde_json::json;

use super::*;

const CHECK: &str = "check::hutchinson_trace(hutchinson_trace)";

fn versions(cells: &[(&str, End)]) -> Versions {
    let mut versions = Versions::default();
    for (count, (code, end)) in (1..).zip(cells) {
        versions.learn(code, count, *end);
    }
    versions
}

fn card(status: Status, text: &str) -> Card {
    let lines = vec![Line { passed: status == Status::Passed, text: text.to_owned() }];
    Card { exercise: "3/1.1".to_owned(), title: "Hutchinson".to_owned(), status, lines, next: String::new() }
}

/// The card that a client gets in place of this one.
fn annotated(versions: &Versions, cell: &str, card: &Card) -> Card {
    let [(html, in_html), (_, _), (plain, in_text)] = card.representations();
    let mut output = json!({"data": {html: in_html, MIME_TYPE: card.to_json(), plain: in_text}});
    versions.annotate(cell, &mut output);
    let new = Card::from_json(&output["data"][MIME_TYPE]).expect("a card");
    assert_eq!(output["data"][html], new.to_html(), "all forms say the same");
    assert_eq!(output["data"][plain], new.to_string());
    new
}

const FIRST: &str = "#[exercise]\nfn hutchinson_trace(m: usize) -> f64 {\n    1.0\n}";
const WRONG: &str = "#[exercise]\nfn hutchinson_trace(m: usize) -> f64 {\n    \"one\"\n}";
const OPEN: &str = "#[exercise]\nfn hutchinson_trace(m: usize) -> f64 {\n    (1.0\n}";

#[test]
fn a_card_that_judges_an_older_version_says_so_and_has_failed() {
    for newer in [WRONG, OPEN] {
        let known = versions(&[(FIRST, End::Compiled), ("let a = 1;", End::Compiled), (newer, End::Rejected)]);
        for status in [Status::Passed, Status::Failed, Status::Todo] {
            let new = annotated(&known, CHECK, &card(status, "unbiased"));
            assert_eq!((new.status, new.lines.len()), (Status::Failed, 2), "{new}");
            let told = "this uses the `hutchinson_trace` of cell [1]; the newer one, in cell [3], did not compile";
            assert!(new.lines[0].text.starts_with(told) && !new.lines[0].passed, "{new}");
        }
    }
}

#[test]
fn a_version_that_compiles_ends_it() {
    let known = versions(&[(FIRST, End::Compiled), (WRONG, End::Rejected), (FIRST, End::Compiled)]);
    let passed = card(Status::Passed, "unbiased");
    assert_eq!(annotated(&known, CHECK, &passed), passed);
    let together = versions(&[(WRONG, End::Rejected)]);
    assert_eq!(annotated(&together, &format!("{FIRST}\n{CHECK}"), &passed), passed);
    // What a cell does not use does not concern its card.
    let known = versions(&[(FIRST, End::Compiled), (WRONG, End::Rejected)]);
    assert_eq!(annotated(&known, "check::norms(norms)", &passed), passed);
}

#[test]
fn a_check_that_waits_for_a_cell_that_does_not_compile_is_run() {
    let known = versions(&[(FIRST, End::Compiled), (WRONG, End::Rejected)]);
    assert!(known.tells_of_rejection(CHECK));
    assert!(!known.tells_of_rejection("check::norms(norms)") && !known.tells_of_rejection("hutchinson_trace(3)"));
    assert!(!versions(&[(FIRST, End::Compiled)]).tells_of_rejection(CHECK));
    // Whoever interrupts a cell wants an end.
    assert!(!versions(&[(FIRST, End::Died)]).tells_of_rejection(CHECK));
}

#[test]
fn without_any_version_in_force_the_card_names_the_cell() {
    let waits = card(Status::Todo, &missing("hutchinson_trace"));
    let new = annotated(&versions(&[(WRONG, End::Rejected)]), CHECK, &waits);
    assert_eq!(new.status, Status::Failed, "{new}");
    assert!(new.lines[0].text.starts_with("the `hutchinson_trace` in cell [1] did not compile: mend"), "{new}");
    let new = annotated(&versions(&[(FIRST, End::Died)]), CHECK, &waits);
    assert!(new.lines[0].text.starts_with("the `hutchinson_trace` in cell [1] did not run to its end"), "{new}");
    assert_eq!(annotated(&Versions::default(), CHECK, &waits), waits);
}

#[test]
fn a_function_that_another_one_calls_counts_too() {
    let sweep = "#[exercise]\nfn variance_sweep() -> f64 { helper() }\nfn helper() -> f64 { hutchinson_trace(1) }";
    let known = versions(&[(FIRST, End::Compiled), (sweep, End::Compiled), (WRONG, End::Rejected)]);
    let new = annotated(&known, "check::variance_sweep(variance_sweep)", &card(Status::Passed, "1/m"));
    assert_eq!(new.status, Status::Failed, "{new}");
    assert!(new.lines[0].text.contains("the `hutchinson_trace` of cell [1]"), "{new}");
}

#[test]
fn a_misspelt_name_is_guessed() {
    let waits = card(Status::Todo, &missing("hutchinson_trace"));
    let misspelt = FIRST.replace("hutchinson", "hutchison");
    let new = annotated(&versions(&[(&misspelt, End::Compiled)]), CHECK, &waits);
    assert_eq!(new.status, Status::Todo);
    assert_eq!(new.lines[1].text, "cell [1] defines `hutchison_trace`: if that is meant, correct the name there");
    // An older version hides that the newest is not found.
    let known = versions(&[(FIRST, End::Compiled), (&misspelt, End::Compiled)]);
    for (status, passed) in [(Status::Todo, false), (Status::Passed, true)] {
        let new = annotated(&known, CHECK, &card(status, "unbiased"));
        assert_eq!((new.status, new.lines[1].passed), (status, passed));
        assert!(
            new.lines[1].text.starts_with("this uses a version of cell [1]; cell [2] defines `hutchison_trace`"),
            "{new}"
        );
    }
    let passed = card(Status::Passed, "unbiased");
    let known = versions(&[(&misspelt, End::Compiled), (FIRST, End::Compiled)]);
    assert_eq!(annotated(&known, CHECK, &passed), passed);
    // The newest in its own cell did not compile, and a misspelt one did.
    let new = annotated(&versions(&[(WRONG, End::Rejected), (&misspelt, End::Compiled)]), CHECK, &waits);
    assert_eq!((new.status, new.lines.len()), (Status::Failed, 3), "{new}");
    // The other function of the exercise is no misspelling.
    let waits = card(Status::Todo, &missing("epsilon_f64"));
    let known = versions(&[("fn epsilon_f32() {}\nfn range_error() {}", End::Compiled)]);
    assert_eq!(annotated(&known, "check::machine_epsilon(epsilon_f32, epsilon_f64)", &waits), waits);
}

#[test]
fn the_functions_of_a_cell_are_those_at_its_top() {
    let code = ":dep x = \"1\"\nfn a() { fn inner() {} }\npub fn b<T>(f: fn(T)) {}\nimpl S { fn method() {} }\na();";
    assert_eq!(functions(code), ["a", "b"]);
    assert_eq!(functions("pub fn a() {\n    fn inner() {\n}\nfn b() { (1 }"), ["a", "b"]);
    assert!(functions("let a = 1;").is_empty());
}

#[test]
fn other_outputs_stay_as_they_are() {
    let known = versions(&[(WRONG, End::Rejected)]);
    let mut output = json!({"data": {"text/plain": "3"}});
    known.annotate("hutchinson_trace(3)", &mut output);
    assert_eq!(output, json!({"data": {"text/plain": "3"}}));
    // A figure beside a card is still shown.
    let json = card(Status::Passed, "x").to_json().to_string();
    let mut output = json!({"data": {"text/html": "<img>", MIME_TYPE: json}});
    known.annotate(CHECK, &mut output);
    assert_eq!(output["data"]["text/html"], "<img>");
    assert!(output["data"][MIME_TYPE].as_str().is_some_and(|text| text.contains("did not compile")), "{output}");
}
