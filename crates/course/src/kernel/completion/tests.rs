use super::*;
use crate::kernel::wire::tests::request;
use serde_json::json;

const SOURCE: &str = "/// Docs: of a struct.
pub struct Shown<T> {
    /// Docs.
    pub mean: f64,
    pub(crate) samples: Vec<T>,
    spare: Mutex<T>,
}

pub struct Unit;

impl<T> Shown<T>
where
    T: Clone,
{
    pub const fn new(seed: u64) -> Self {
        let hidden: u64 = 3;
        fill(hidden)
    }

    pub(super) fn crate_only(&self) {}

    fn fill(
        seed: u64,
        size: usize,
    ) -> Self {
        todo!()
    }
}

impl<T> Operator for Shown<T> {
    fn apply(&self) {}
}

pub trait Operator {
    fn apply(&self);
    fn dim(&self) -> usize {
        0
    }
}

fn spare() {}
";

fn names(source: &str) -> Names {
    let mut names = Names::default();
    names.add(source);
    names
}

#[test]
fn names_are_read_with_what_they_are() {
    let names = names(SOURCE);
    let fields = [("mean", true), ("samples", false), ("spare", false)];
    assert_eq!(names.structs, [fields.map(|(name, is_public)| (name.to_owned(), is_public)).to_vec()]);
    assert_eq!(names.public.iter().collect::<Vec<_>>(), ["apply()", "dim()", "new(seed)"]);
    assert_eq!(names.private.iter().collect::<Vec<_>>(), ["crate_only()", "fill(seed, size)", "spare()"]);
}

#[test]
fn a_function_is_known_by_its_parameters() {
    assert_eq!(shape("f<F: Fn(u8) -> u8, G>(&mut self, g: F, mut pair: (A<B>, C), &x)"), "f(g, pair, x)");
    assert_eq!(shape("f(&self, &x)"), shape("f(x)"));
    assert_eq!(shape("f"), "f()");
}

#[test]
fn structs_with_the_same_fields_decide_what_is_private() {
    let names = names(
        "struct A {\n    pub a: u8,\n    b: u8,\n}\nstruct B {\n    a: u8,\n}\nstruct C {\n    pub b: u8,\n    c: u8,\n}\n",
    );
    let hidden =
        |offered: &[&'static str], begun: &str| names.hidden_fields(offered, begun).into_iter().collect::<Vec<_>>();
    assert_eq!(hidden(&["a", "b"], ""), ["b"]);
    assert_eq!(hidden(&["a"], ""), ["a"]);
    assert_eq!(hidden(&["unknown", "b", "c"], ""), ["c"]);
    assert!(hidden(&["b"], "b").is_empty(), "of A or of C");
}

#[test]
fn what_is_private_is_not_offered_unless_a_cell_defines_it() {
    let mut completion = Completion { names: Some(names(SOURCE)), ..Completion::default() };
    let mut offered = |before: &str, code: &str| -> Vec<String> {
        completion.learn(before);
        let question = request("complete_request", json!({"code": code, "cursor_pos": code.chars().count()}));
        completion.ask(&question);
        let told = |kind: &str| json!({"type": kind});
        let mut reply = question.reply(json!({
            "matches": ["mean", "samples", "spare", "fill(seed, size)", "fill(value)", "apply()", "0"],
            "metadata": {"_jupyter_types_experimental": [
                told("instance"), told("instance"), told("instance"), told("function"), told("function"), told("function"), told("instance"),
            ]},
        }));
        completion.filter(&mut reply);
        let matches = reply.content["matches"].as_array().expect("an array");
        assert_eq!(
            matches.len(),
            reply.content["metadata"]["_jupyter_types_experimental"].as_array().expect("an array").len()
        );
        matches.iter().map(|text| text.as_str().unwrap_or_default().to_owned()).collect()
    };
    assert_eq!(offered("", "σ."), ["mean", "fill(value)", "apply()", "0"]);
    assert_eq!(offered("", "Shown::"), ["mean", "fill(value)", "apply()", "0"]);
    assert_eq!(offered("", "sp").len(), 7, "a variable may have any name");
    assert_eq!(offered("", "1.0 + ").len(), 7);
    let own = "struct Mine { samples: u8, spare: u8 }\nimpl Mine { fn fill(&self, seed: u8, size: u8) {} }";
    assert_eq!(offered(own, "mine.").len(), 7);
}
