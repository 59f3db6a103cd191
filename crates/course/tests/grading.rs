//! A class of students, each with faults of their own, is graded by `course grade`: what is solved has its points, whatever stands beside it.

mod common;
#[path = "grading/submissions.rs"]
mod submissions;

use std::fs;
use std::path::Path;
use std::process::Command;

use common::{course, root, said};
use serde_json::Value;
use submissions::{POINTS, STUDENTS, Student, submission};

/// Enough for every check of the test's exercises, under load too.
const CELL_SECONDS: u32 = 40;
const ASSIGNMENT: &str = "01_krylov";

#[test]
#[ignore = "needs the set-up; `cargo course test` runs it"]
fn a_class_is_graded() {
    let parent = tempfile::tempdir().expect("a folder");
    let folder = parent.path().join("a class");
    make_class(&folder);
    let release = read(&folder.join(format!("release/{ASSIGNMENT}/{ASSIGNMENT}.ipynb")));
    for student in STUDENTS {
        let path = folder.join(format!("submitted/{}/{ASSIGNMENT}/{ASSIGNMENT}.ipynb", student.name));
        fs::create_dir_all(path.parent().expect("a folder")).expect("writable");
        fs::write(path, submission(&release, student).to_string()).expect("writable");
    }
    let output = course().arg("grade").arg(&folder).arg("1").output().expect("course runs");
    let told = said(&output);
    assert!(output.status.success(), "{told}");
    let complaints: Vec<_> = STUDENTS.iter().flat_map(|student| complaints(&told, student)).collect();
    assert!(complaints.is_empty(), "{}\n\n{told}", complaints.join("\n"));

    for student in STUDENTS {
        let path = folder.join(format!("autograded/{}/{ASSIGNMENT}/{ASSIGNMENT}.ipynb", student.name));
        let size = fs::metadata(&path).expect("an autograded notebook").len();
        assert!(size < 1_000_000, "{}: {size} bytes", path.display());
        let notebook = read(&path);
        for cell in notebook["cells"]
            .as_array()
            .expect("cells")
            .iter()
            .filter(|cell| cell["id"].as_str().is_some_and(|id| id.starts_with("own-")))
        {
            let outputs = cell["outputs"].to_string();
            match student.name {
                "refers" => assert!(outputs.contains("is refused"), "{cell}"),
                // The student is fooled, and the autograder is not.
                "shadows" if cell["source"][0] == "check::norms(norms)" => {
                    assert!(outputs.contains("mine: passed"), "{cell}")
                }
                "shadows" => assert_eq!(outputs, "[]", "{cell}"),
                _ => {}
            }
        }
    }
    what_nbgrader_makes_of_it(&folder);

    // Neither the submissions nor the grades are touched when the course folder is brought up to date.
    let again = course().arg("class").arg(&folder).output().expect("course runs");
    assert!(again.status.success() && said(&again).contains("has been edited"), "{}", said(&again));
    let new =
        course().arg("grade").arg(&folder).args(["1", "--new", "--student", "right"]).output().expect("course runs");
    assert!(new.status.success(), "{}", said(&new));
    assert_eq!(rows(&said(&new), "right"), rows(&told, "right"));
}

/// The folder, with an assignment cut down to the first four exercises.
fn make_class(folder: &Path) {
    let made = course().arg("class").arg(folder).output().expect("course runs");
    assert!(made.status.success(), "{}", said(&made));
    let source = folder.join(format!("source/{ASSIGNMENT}/{ASSIGNMENT}.ipynb"));
    let mut notebook = read(&source);
    let cells = notebook["cells"].as_array_mut().expect("cells");
    let last = cells.iter().position(|cell| cell["id"] == "rayleigh-check").expect("the fourth check");
    cells.truncate(last + 1);
    fs::write(&source, notebook.to_string()).expect("writable");
    let config = folder.join("nbgrader_config.py");
    let settings = format!("c.ExecuteChecks.timeout = {CELL_SECONDS}\nc.ExecuteChecks.memory = 3.0\n");
    fs::write(&config, fs::read_to_string(&config).expect("readable") + &settings).expect("writable");
    nbgrader(folder, &["generate_assignment", ASSIGNMENT, "--force"]);
}

/// The gradebook as CSV, and a page of feedback.
fn what_nbgrader_makes_of_it(folder: &Path) {
    nbgrader(folder, &["export"]);
    let grades = fs::read_to_string(folder.join("grades.csv")).expect("grades");
    for student in STUDENTS {
        let of_student =
            |line: &&str| line.starts_with(ASSIGNMENT) && line.split(',').any(|field| field == student.name);
        let line = grades.lines().find(of_student).expect("a line");
        let sum: u32 =
            POINTS.iter().zip(student.expected).map(|(points, (solved, _))| if solved { *points } else { 0 }).sum();
        assert!(line.contains(&format!(",{sum}.0,{}.0", POINTS.iter().sum::<u32>())), "{line}");
    }
    nbgrader(folder, &["generate_feedback", ASSIGNMENT, "--student=wrong"]);
    let page =
        fs::read_to_string(folder.join(format!("feedback/wrong/{ASSIGNMENT}/{ASSIGNMENT}.html"))).expect("a page");
    assert!(page.contains("your function panicked"), "the reason stands in the feedback");
}

fn nbgrader(folder: &Path, arguments: &[&str]) {
    let output = Command::new(root().join(".venv/bin/nbgrader"))
        .args(arguments)
        .current_dir(folder)
        .output()
        .expect("nbgrader runs");
    assert!(output.status.success(), "{}", said(&output));
}

/// The rows of a student in the table: exercise, points, reason.
fn rows(told: &str, student: &str) -> Vec<[String; 3]> {
    let rows = told.lines().filter_map(|line| line.strip_prefix(student)?.strip_prefix("  "));
    rows.map(|row| {
        let mut fields = row.split("  ").map(str::trim).filter(|field| !field.is_empty()).map(str::to_owned);
        [(); 3].map(|()| fields.next().unwrap_or_default())
    })
    .collect()
}

/// What is wrong with a student's grades.
fn complaints(told: &str, student: &Student) -> Vec<String> {
    let rows = rows(told, student.name);
    if rows.len() != POINTS.len() + 1 {
        return vec![format!("{}: {} rows", student.name, rows.len())];
    }
    let mut complaints = Vec::new();
    for (([exercise, points, reason], of), (solved, why)) in rows.iter().zip(POINTS).zip(student.expected) {
        let expected = format!("{} of {of}", if solved { of } else { 0 });
        if *points != expected || !reason.contains(why) || solved != reason.is_empty() {
            let wanted = format!("{expected} because of {why:?}");
            complaints.push(format!("{} {exercise}: {points} ({reason:?}), not {wanted}", student.name));
        }
    }
    complaints
}

fn read(path: &Path) -> Value {
    let text = fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    serde_json::from_str(&text).expect("JSON")
}
