//! A cell's code on its way to evcxr: a line in front of it makes the cell tell how it ended.
//!
//! The line keeps a guard alive until the cell ends, in whatever way. When dropped, the guard prints a mark on both outputs: it tells a panic that nobody
//! has caught from one that the cell caught itself, it ends a line that `print!` left open (evcxr reads whole lines), and all that the cell printed comes
//! before it. `let _ = &..` because evcxr would keep a variable with a name.

use std::str::FromStr;

use proc_macro2::{Delimiter, TokenStream, TokenTree};

/// A cell that evcxr is to run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Prepared {
    /// What evcxr gets.
    pub(super) code: String,
    /// The number of the line that was added, from 1, if there is one.
    added_line: Option<usize>,
    /// Whether the marks of the cell's end will come.
    pub(super) is_guarded: bool,
}

impl Prepared {
    /// Adds the line, unless nothing in the cell can print or panic: definitions alone compile faster without. They need only the macros.
    pub(super) fn new(code: &str, token: &str) -> Self {
        let unchanged = || Self { code: code.to_owned(), added_line: None, is_guarded: false };
        let commands: usize =
            code.split_inclusive('\n').take_while(|line| is_command_or_blank(line)).map(str::len).sum();
        let (commands, rust) = code.split_at(commands);
        let Ok(tokens) = TokenStream::from_str(rust) else {
            return unchanged();
        };
        let tokens: Vec<TokenTree> = tokens.into_iter().collect();
        let (is_guarded, has_print) = (!is_only_items(&tokens), has_print(&tokens));
        if has_inner_attribute(&tokens) || !(is_guarded || has_print) {
            return unchanged();
        }
        let mut line = Vec::new();
        if has_print {
            line.push(print_macro(token));
        }
        if is_guarded && has_question_mark(&tokens) {
            line.push(question_mark(token));
        }
        if is_guarded {
            line.push(guard(token));
        }
        let line = line.join(" ");
        Self {
            code: format!("{commands}{line}\n{rust}"),
            added_line: Some(commands.matches('\n').count() + 1),
            is_guarded,
        }
    }

    /// The line of the student's cell, from 1, that is this line of what evcxr got.
    pub(super) fn line_of_cell(&self, line: usize) -> usize {
        if self.added_line.is_some_and(|added| line > added) { line - 1 } else { line }
    }
}

/// What keeps a guard alive until the cell ends.
fn guard(token: &str) -> String {
    format!(
        r#"let _ = &{{ struct CellEnd; impl ::core::ops::Drop for CellEnd {{ fn drop(&mut self) {{ let end = if ::std::thread::panicking() {{ "\u{{1}}{token} panic" }} else {{ "\u{{1}}{token} end" }}; ::std::println!("{{end}}"); ::std::eprintln!("{{end}}"); }} }} CellEnd }};"#
    )
}

/// evcxr prints the error of a `?` by `eprintln!`, in a function of its own that stands below all items: this macro of the same name puts a mark before it.
fn question_mark(token: &str) -> String {
    format!(
        r#"#[allow(unused_macros)] macro_rules! eprintln {{ ($format:literal, $error:ident) => {{{{ if ::std::any::type_name_of_val(&|| ()).contains("EvcxrUserCodeError") {{ ::std::eprintln!("\u{{1}}{token} error"); }} ::std::eprintln!($format, $error) }}}}; ($($all:tt)*) => {{ ::std::eprintln!($($all)*) }}; }}"#
    )
}

/// evcxr reads whole lines, and loses what stands on a line before the result of a cell: each `print!` becomes a line, whose mark says that it goes on.
/// Imported, because evcxr sorts items as it likes: a macro would be found only below its definition.
fn print_macro(token: &str) -> String {
    format!(
        r#"#[allow(unused_imports)] mod cell_output {{ macro_rules! print {{ ($($all:tt)*) => {{ ::std::println!("{{}}\u{{1}}{token} open", ::std::format_args!($($all)*)) }}; }} pub(crate) use print; }} #[allow(unused_imports)] use cell_output::print;"#
    )
}

/// What evcxr takes for its own or skips, at the top of a cell.
fn is_command_or_blank(line: &str) -> bool {
    line.starts_with('!')
        || line.starts_with("//")
        || line.trim().is_empty()
        || line.trim_start_matches(' ').starts_with(':')
}

fn has_question_mark(tokens: &[TokenTree]) -> bool {
    tokens.iter().any(|token| match token {
        TokenTree::Punct(punct) => punct.as_char() == '?',
        TokenTree::Group(group) => has_question_mark(&group.stream().into_iter().collect::<Vec<_>>()),
        _ => false,
    })
}

fn has_print(tokens: &[TokenTree]) -> bool {
    let calls = tokens.windows(2).any(|pair| is_word(&pair[0], "print") && is_punct(&pair[1], '!'));
    calls
        || tokens.iter().any(|token| match token {
            TokenTree::Group(group) => has_print(&group.stream().into_iter().collect::<Vec<_>>()),
            _ => false,
        })
}

/// `#![..]` has to stay in front.
fn has_inner_attribute(tokens: &[TokenTree]) -> bool {
    tokens.windows(2).any(|pair| is_punct(&pair[0], '#') && is_punct(&pair[1], '!'))
}

/// Whether there is nothing but functions, types and other items.
fn is_only_items(tokens: &[TokenTree]) -> bool {
    let mut rest = tokens;
    while !rest.is_empty() {
        match after_item(rest) {
            Some(after) => rest = after,
            None => return false,
        }
    }
    true
}

/// What follows the item at the start, if there is one.
fn after_item(mut tokens: &[TokenTree]) -> Option<&[TokenTree]> {
    while let [hash, TokenTree::Group(_), rest @ ..] = tokens
        && is_punct(hash, '#')
    {
        tokens = rest;
    }
    if is_word(tokens.first()?, "pub") {
        tokens = &tokens[1..];
        if matches!(tokens.first()?, TokenTree::Group(group) if group.delimiter() == Delimiter::Parenthesis) {
            tokens = &tokens[1..];
        }
    }
    let TokenTree::Ident(word) = tokens.first()? else {
        return None;
    };
    let next_is_word = matches!(tokens.get(1), Some(TokenTree::Ident(_)));
    let ends_with_semicolon = match word.to_string().as_str() {
        "use" | "static" | "type" => true,
        // `const { .. }`, `unsafe { .. }` and `async { .. }` are expressions.
        "const" if next_is_word => !matches!(&tokens[1], TokenTree::Ident(next) if next == "fn" || next == "unsafe"),
        "fn" | "struct" | "enum" | "trait" | "impl" | "mod" | "extern" | "macro_rules" => false,
        "unsafe" if next_is_word => false,
        "async" if next_is_word && !is_word(&tokens[1], "move") => false,
        "union" if next_is_word => false,
        _ => return None,
    };
    let is_end = |token: &TokenTree| {
        let is_body = matches!(token, TokenTree::Group(group) if group.delimiter() == Delimiter::Brace);
        is_punct(token, ';') || (is_body && !ends_with_semicolon)
    };
    let end = tokens.iter().position(is_end)?;
    Some(&tokens[end + 1..])
}

fn is_word(token: &TokenTree, word: &str) -> bool {
    matches!(token, TokenTree::Ident(ident) if ident == word)
}

fn is_punct(token: &TokenTree, character: char) -> bool {
    matches!(token, TokenTree::Punct(punct) if punct.as_char() == character)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn added(code: &str) -> Option<usize> {
        Prepared::new(code, "token").added_line
    }

    #[test]
    fn what_runs_gets_a_line_below_the_commands() {
        assert_eq!(added("let x = 1;"), Some(1));
        assert_eq!(added(":dep a = \"1\"\n\n// note\nuse a::b;\nb()"), Some(4));
        assert_eq!(added("fn f() {}\nf()"), Some(1));
        assert_eq!(added("unsafe { f() }"), Some(1));
        assert_eq!(added("const { 1 + 1 }"), Some(1));
        assert_eq!(added("async { 1 }.await"), Some(1));
        let prepared = Prepared::new(":dep a = \"1\"\nf();\ng()", "token");
        assert_eq!([1, 3, 4].map(|line| prepared.line_of_cell(line)), [1, 2, 3]);
        assert!(prepared.code.starts_with(":dep a = \"1\"\nlet _ = &{") && prepared.code.ends_with("\nf();\ng()"));
    }

    #[test]
    fn definitions_commands_and_what_does_not_parse_stay_as_they_are() {
        for code in [
            "",
            "// nothing",
            ":vars",
            "!ls",
            "fn f() -> Option<u8> { Some(g()?) }",
            "#[derive(Clone)]\npub struct A(u8);\nimpl A { fn f() {} }",
            "pub(crate) const A: [u8; 2] = { [1, 2] };\nconst fn f() {}",
            "use std::fmt::{self, Debug};\nmacro_rules! m { () => {} }",
            "pub async fn f() {}\nunsafe extern \"C\" fn g() {}",
            "#[exercise]\nfn f() { todo!() }",
            "#![allow(unused)]\nf();",
            "let a = (1;",
        ] {
            assert_eq!(
                Prepared::new(code, "token"),
                Prepared { code: code.to_owned(), added_line: None, is_guarded: false },
                "{code}"
            );
        }
    }

    #[test]
    fn a_function_that_prints_gets_the_macro_and_no_guard() {
        let prepared = Prepared::new("fn f() {\n    print!(\"a\");\n}", "token");
        assert!(prepared.code.contains("macro_rules! print ") && !prepared.code.contains("CellEnd"));
        assert_eq!((prepared.is_guarded, prepared.line_of_cell(3)), (false, 2));
    }

    #[test]
    fn only_a_question_mark_and_print_need_a_macro() {
        assert!(Prepared::new("{ print!(\"a\") }", "token").code.contains("macro_rules! print "));
        assert!(!Prepared::new("println!(\"print!\"); print(1)", "token").code.contains("macro_rules"));
        assert!(Prepared::new("let a = f()?;", "token").code.contains("macro_rules! eprintln"));
        assert!(Prepared::new("{ g(f()?) }", "token").code.contains("macro_rules! eprintln"));
        assert!(!Prepared::new("let a = \"?\"; // ?", "token").code.contains("macro_rules"));
    }
}
