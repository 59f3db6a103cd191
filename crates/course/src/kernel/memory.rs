//! What a kernel's cells have done so far: it explains errors that neither the compiler nor evcxr can.

use std::collections::BTreeSet;
use std::str::FromStr;

use proc_macro2::{TokenStream, TokenTree};

/// What the cells of a kernel have defined.
#[derive(Debug, Default)]
pub(super) struct Memory {
    variables: BTreeSet<String>,
    lost: BTreeSet<String>,
    has_loaded: bool,
}

impl Memory {
    /// Takes note of a cell that has run to its end.
    pub(super) fn learn(&mut self, code: &str) {
        self.has_loaded |= code.lines().any(|line| line.trim_start().starts_with(":dep"));
        for name in variables(code) {
            self.lost.remove(&name);
            self.variables.insert(name);
        }
    }

    /// The process with all variables has ended.
    pub(super) fn lose_variables(&mut self) {
        self.lost.append(&mut self.variables);
    }

    /// What to do about an error of the compiler, if it comes from what earlier cells did or have not done.
    pub(super) fn advice(&self, error: &str) -> Option<String> {
        let missing = error.split_once("cannot find value `").and_then(|(_, rest)| rest.split_once('`'));
        if let Some((name, _)) = missing {
            if self.variables.contains(name) {
                return Some(format!(
                    "`{name}` was a variable, and a cell has moved it (as `let b = {name};` or `f({name})` does): pass `&{name}` or `{name}.clone()` there, \
                     and run the cell that made it again."
                ));
            }
            if self.lost.contains(name) {
                return Some(format!(
                    "`{name}` was lost with the process of an earlier cell: Run > Run All Above Selected Cell."
                ));
            }
        }
        let is_unknown = ["cannot find ", "failed to resolve", "unresolved import"];
        (!self.has_loaded && is_unknown.iter().any(|words| error.contains(words)))
            .then(|| "No cell has loaded a crate yet: run the notebook's first cell first.".to_owned())
    }
}

/// The names that the cell's own `let`s bind.
fn variables(code: &str) -> Vec<String> {
    let rust: String = code.split_inclusive('\n').filter(|line| !line.trim_start().starts_with(':')).collect();
    let mut names = Vec::new();
    let mut in_pattern = false;
    for token in TokenStream::from_str(&rust).unwrap_or_default() {
        match &token {
            TokenTree::Ident(word) if *word == "let" => in_pattern = true,
            TokenTree::Punct(punct) if matches!(punct.as_char(), '=' | ':' | ';') => in_pattern = false,
            _ if in_pattern => collect(token, &mut names),
            _ => {}
        }
    }
    names
}

fn collect(token: TokenTree, names: &mut Vec<String>) {
    match token {
        TokenTree::Ident(name) if name != "mut" && name != "ref" => names.push(name.to_string()),
        TokenTree::Group(group) => group.stream().into_iter().for_each(|token| collect(token, names)),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_names_of_a_cell_are_those_of_its_lets() {
        let code = ":dep x = \"1\"\nlet mut a = 1;\nlet (b, Some(c)): (u8, Option<u8>) = f();\nfn g() { let d = 2; }\nlet e;\na == b";
        assert_eq!(variables(code), ["a", "b", "Some", "c", "e"]);
        assert!(variables("let a = \"open").is_empty());
    }

    #[test]
    fn a_missing_variable_is_explained_by_its_history() {
        let mut memory = Memory::default();
        let missing = "cannot find value `a` in this scope";
        let about = |memory: &Memory, error: &str| memory.advice(error).unwrap_or_default();
        assert!(about(&memory, "cannot find function `norm`").contains("first cell first"));
        memory.learn(":dep x = \"1\"");
        assert_eq!(memory.advice(missing), None);
        memory.learn("let a = vec![1];");
        assert!(about(&memory, missing).contains("`a` was a variable, and a cell has moved it"));
        memory.lose_variables();
        assert!(about(&memory, missing).contains("was lost"));
        memory.learn("let a = 1;");
        assert!(about(&memory, missing).contains("moved"));
        assert_eq!(memory.advice("mismatched types"), None);
    }
}
