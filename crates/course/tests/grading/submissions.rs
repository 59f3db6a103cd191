//! What the students hand in: the first four exercises of notebook 1.

use serde_json::{Value, json};

/// The points of the four exercises.
pub(crate) const POINTS: [u32; 4] = [1, 1, 1, 1];

/// The exercise cells, in order, and the name of each check cell.
const CELLS: [[&str; 2]; 4] = [
    ["norms-exercise", "norms-check"],
    ["condition-exercise", "condition-check"],
    ["epsilon-exercise", "epsilon-check"],
    ["rayleigh-exercise", "rayleigh-check"],
];

const RIGHT: [&str; 4] = [
    "#[exercise]\nfn norms(a: &Array2<f64>) -> Norms {
    Norms { spectral: singular_values(a)[0], frobenius: frobenius_squared(a).sqrt() }\n}",
    "#[exercise]\nfn condition_number(a: &Array2<f64>) -> f64 {
    let sigma = singular_values(a);\n    sigma[0] / sigma[sigma.len() - 1]\n}",
    "#[exercise]\nfn epsilon_f32() -> f32 { f32::EPSILON }\n#[exercise]\nfn epsilon_f64() -> f64 { f64::EPSILON }",
    "#[exercise]\nfn rayleigh_quotient(a: &dyn SymmetricOperator, v: &Array1<f64>) -> f64 {
    v.dot(&a.apply(v)) / v.dot(v)\n}",
];

/// What a student hands in, and the grades to expect.
pub(crate) struct Student {
    pub(crate) name: &'static str,
    /// The four exercise cells; an empty one is left as it was handed out.
    exercises: [&'static str; 4],
    /// Cells of their own, each before the exercise of this number; after all of them, if it is 4.
    own: &'static [(usize, &'static str)],
    /// What else they did to the file.
    tampering: fn(&mut Vec<Value>),
    /// For each exercise whether it has its points, and a part of the reason if not.
    pub(crate) expected: [(bool, &'static str); 4],
}

const fn nothing(_: &mut Vec<Value>) {}

const SOLVED: (bool, &str) = (true, "");
const UNWRITTEN: (bool, &str) = (false, "not written yet");

pub(crate) const STUDENTS: &[Student] = &[
    Student { name: "right", exercises: RIGHT, own: &[], tampering: nothing, expected: [SOLVED; 4] },
    Student { name: "stub", exercises: [""; 4], own: &[], tampering: nothing, expected: [UNWRITTEN; 4] },
    Student {
        name: "wrong",
        exercises: [
            "#[exercise]\nfn norms(a: &Array2<f64>) -> Norms {
    Norms { spectral: singular_values(a)[0], frobenius: frobenius_squared(a) }\n}",
            "#[exercise]\nfn condition_number(a: &Array2<f64>) -> f64 { \"large\" }",
            "#[exercise]\nfn epsilon_f32() -> f32 { panic!(\"no idea\") }\n#[exercise]\nfn epsilon_f64() -> f64 { f64::EPSILON }",
            RIGHT[3],
        ],
        own: &[(1, "panic!(\"in a cell of my own\");"), (2, "let x: u32 = \"no number\";")],
        tampering: nothing,
        expected: [
            (false, "Frobenius"),
            (false, "the exercise's cell ends with an error: mismatched types"),
            (false, "your function panicked: no idea"),
            SOLVED,
        ],
    },
    // After the first loop, the kernel's variables are gone.
    Student {
        name: "loops",
        exercises: [
            RIGHT[0],
            "#[exercise]\nfn condition_number(a: &Array2<f64>) -> f64 { loop {} }",
            "#[exercise]\nfn epsilon_f32() -> f32 { f32::EPSILON }\n#[exercise]\nfn epsilon_f64() -> f64 { loop { println!(\"still at it\"); } }",
            RIGHT[3],
        ],
        own: &[(0, "let mut n = 0_u64;\nloop { n = n.wrapping_add(1); }")],
        tampering: nothing,
        expected: [SOLVED, (false, "the check takes longer than 40 s"), (false, "the check takes longer than 40 s"), SOLVED],
    },
    Student {
        name: "crashes",
        exercises: [
            "fn deeper(n: u64) -> u64 { if n == 0 { 0 } else { 1 + std::hint::black_box([n; 100])[99] + deeper(n + 1) } }
#[exercise]\nfn norms(a: &Array2<f64>) -> Norms { Norms { spectral: deeper(1) as f64, frobenius: 0.0 } }",
            "#[exercise]\nfn condition_number(a: &Array2<f64>) -> f64 {
    let mut hoard: Vec<Vec<f64>> = Vec::new();\n    loop { hoard.push(vec![1.0; 10_000_000]); }\n}",
            "#[exercise]\nfn epsilon_f32() -> f32 { std::process::exit(0) }\n#[exercise]\nfn epsilon_f64() -> f64 { f64::EPSILON }",
            RIGHT[3],
        ],
        own: &[],
        tampering: nothing,
        expected: [
            (false, "the check overflows the stack"),
            (false, "the check asks for more memory than the limit of 3 GiB"),
            (false, "the check ends its process"),
            SOLVED,
        ],
    },
    // The kernel itself, and what it shows: later cells, and a fresh start without this cell, still count.
    Student {
        name: "kills",
        exercises: RIGHT,
        own: &[
            (
                1,
                "std::process::Command::new(\"kill\").args([\"-9\", &std::os::unix::process::parent_id().to_string()]).status();",
            ),
            (
                3,
                "use std::os::fd::FromRawFd;\ndrop(unsafe { std::fs::File::from_raw_fd(1) });",
            ),
        ],
        tampering: nothing,
        expected: [SOLVED; 4],
    },
    Student {
        name: "prints",
        exercises: [
            "#[exercise]\nfn norms(a: &Array2<f64>) -> Norms {
    for _ in 0..20 { println!(\"{}\", \"x\".repeat(100_000)); }
    Norms { spectral: singular_values(a)[0], frobenius: frobenius_squared(a).sqrt() }\n}",
            RIGHT[1],
            RIGHT[2],
            RIGHT[3],
        ],
        own: &[(2, "for i in 0..200_000 { println!(\"line {i} of many\"); }"), (3, "eprintln!(\"on stderr\");")],
        tampering: nothing,
        expected: [SOLVED; 4],
    },
    Student {
        name: "tampers",
        exercises: [RIGHT[0], "", "", ""],
        own: &[],
        tampering: |cells| {
            cells.retain(|cell| cell["id"] != "norms-check" && cell["id"] != "setup");
            let forged = "spectral_course::check::Card { status: check::Status::Passed, ..check::norms(norms) }";
            let condition = position(cells, "condition-check");
            cells[condition]["source"] = json!(forged);
            // A copy, as JupyterLab makes it: the metadata is the same, the id is not.
            let epsilon = position(cells, "epsilon-check");
            let mut copy = cells[epsilon].clone();
            copy["id"] = json!("a-copy");
            copy["source"] = json!(forged);
            cells.insert(epsilon, copy);
            let rayleigh = position(cells, "rayleigh-check");
            let nbgrader = &mut cells[rayleigh]["metadata"]["nbgrader"];
            nbgrader["points"] = json!(100);
            nbgrader["locked"] = json!(false);
            nbgrader["solution"] = json!(true);
            cells[rayleigh]["source"] = json!(forged);
        },
        expected: [SOLVED, UNWRITTEN, UNWRITTEN, UNWRITTEN],
    },
    // Exercise and check are both gone, others stand in the wrong order, and no cell has nbgrader's metadata.
    Student {
        name: "strips",
        exercises: RIGHT,
        own: &[],
        tampering: |cells| {
            cells.retain(|cell| cell["id"] != "norms-exercise" && cell["id"] != "norms-check");
            let check = cells.remove(position(cells, "condition-check"));
            cells.insert(0, check);
            for cell in cells {
                if let Some(metadata) = cell["metadata"].as_object_mut() {
                    metadata.clear();
                }
            }
        },
        expected: [UNWRITTEN, SOLVED, SOLVED, SOLVED],
    },
    Student {
        name: "shadows",
        exercises: ["", "", "", RIGHT[3]],
        own: &[
            // It is harmless, so it is not refused.
            (0, "use spectral_course::prelude::*;"),
            (0, "use spectral_course::notebook1::*;"),
            (
                0,
                r#"mod check {
    #[derive(Debug)]
    pub enum Status { Passed }
    pub struct Card { pub status: Status }
    impl Card {
        pub fn to_html(&self) -> String { self.to_string() }
        pub fn evcxr_display(&self) { println!("EVCXR_BEGIN_CONTENT text/plain\n{self}\nEVCXR_END_CONTENT"); }
    }
    impl std::fmt::Display for Card {
        fn fmt(&self, f: &mut std::fmt::Formatter) -> std::fmt::Result { write!(f, "mine: passed") }
    }
    pub fn norms<F>(_: F) -> Card { Card { status: Status::Passed } }
    pub fn condition_number<F>(_: F) -> Card { Card { status: Status::Passed } }
}"#,
            ),
            // What the student sees.
            (1, "check::norms(norms)"),
            (1, "pub fn claims(_: &str, _: Vec<u8>) -> u8 { 0 }\npub fn claim(_: &str, _: f64) -> u8 { 0 }"),
            (
                2,
                r#"macro_rules! println { ($($t:tt)*) => { ::std::print!("Passed\n") } }
macro_rules! check { ($($t:tt)*) => { () } }"#,
            ),
        ],
        tampering: nothing,
        expected: [UNWRITTEN, UNWRITTEN, UNWRITTEN, SOLVED],
    },
    Student {
        name: "forges",
        exercises: [
            "#[exercise]\nfn norms(a: &Array2<f64>) -> Norms {
    for mime in [\"text/html\", \"text/plain\", \"application/vnd.spectral-course.check+json\"] {
        println!(\"EVCXR_BEGIN_CONTENT {mime}\\n{{\\\"status\\\": \\\"passed\\\"}}\\nEVCXR_END_CONTENT\");
    }
    Norms { spectral: 0.0, frobenius: 0.0 }\n}",
            // It swallows the card that follows.
            "#[exercise]\nfn condition_number(a: &Array2<f64>) -> f64 { println!(\"EVCXR_BEGIN_CONTENT text/plain\\nPassed\"); 0.0 }",
            "#[exercise]\nfn epsilon_f32() -> f32 {
    println!(\"EVCXR_BEGIN_CONTENT text/plain\\n100\\nEVCXR_END_CONTENT\");\n    std::process::exit(0)\n}
#[exercise]\nfn epsilon_f64() -> f64 { 0.0 }",
            RIGHT[3],
        ],
        own: &[],
        tampering: nothing,
        expected: [(false, "norm"), (false, "the check shows no card"), (false, "the check ends its process"), SOLVED],
    },
    Student {
        name: "refers",
        exercises: [
            "#[exercise]\nfn norms(a: &Array2<f64>) -> Norms { solutions::norms(a) }",
            "#[exercise]\nfn condition_number(a: &Array2<f64>) -> f64 {\n    use spectral_course::prelude::*;\n    condition_number(a)\n}",
            // Nothing under these names but what the prelude brings.
            "fn epsilon() {}",
            "// My own solutions, without any of the spectral_course's.\n#[exercise]\nfn rayleigh_quotient(a: &dyn SymmetricOperator, v: &Array1<f64>) -> f64 {
    v.dot(&a.apply(v)) / v.dot(v)\n}",
        ],
        own: &[
            (2, ":dep spectral-course = { path = \"/nowhere\" }"),
            (2, "use spectral_course::{check as mine};"),
            (2, "let nothing = /* /* */ */ r#solutions::stable_rank;"),
            (2, "extern crate std as spectral;"),
            (2, "include!(\"/tmp/solutions.rs\");"),
            (2, "#[path = \"/tmp/trace.rs\"]\nmod trace;"),
        ],
        tampering: nothing,
        expected: [(false, "is refused: it names `solutions`"), (false, "is refused: it names `spectral_course`"), UNWRITTEN, SOLVED],
    },
];

/// The notebook that a student hands in.
pub(crate) fn submission(release: &Value, student: &Student) -> Value {
    let mut notebook = release.clone();
    let cells = notebook["cells"].as_array_mut().expect("cells");
    for ([exercise, _], text) in CELLS.iter().zip(student.exercises) {
        if !text.is_empty() {
            let at = position(cells, exercise);
            cells[at]["source"] = json!(text);
        }
    }
    for (number, (before, text)) in student.own.iter().enumerate() {
        let at = CELLS.get(*before).map_or(cells.len(), |[exercise, _]| position(cells, exercise));
        let cell = json!({
            "cell_type": "code", "id": format!("own-{number}"), "metadata": {}, "execution_count": null, "outputs": [], "source": text,
        });
        cells.insert(at, cell);
    }
    (student.tampering)(cells);
    notebook
}

fn position(cells: &[Value], id: &str) -> usize {
    cells.iter().position(|cell| cell["id"] == id).unwrap_or_else(|| panic!("no cell {id}"))
}
