//! Which fields and functions of the crates are private: evcxr lets rust-analyzer offer them as if every crate were the student's own.
//!
//! evcxr tells names and kinds, but neither the type before the dot nor what is public. So these are read from the sources, line by line, as rustfmt
//! lays them out. Fields come as their struct has them, which tells the struct; functions come with their parameters. What could be public stays, and so
//! does what nothing is known of.

use std::collections::{BTreeSet, HashMap};
use std::fs;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use proc_macro2::{TokenStream, TokenTree};
use serde_json::Value;
use walkdir::WalkDir;

use super::wire::Message;
use crate::layout::Layout;

/// Crates whose types the course shows, besides its own and the standard library.
const SHOWN: [&str; 1] = ["ndarray"];

/// Completions on their way, and what is known for them.
#[derive(Debug, Default)]
pub(super) struct Completion {
    sources: Vec<PathBuf>,
    /// Read at the first completion.
    names: Option<Names>,
    /// What the student's cells define, public or not.
    own: BTreeSet<String>,
    /// By the ids of the requests.
    asked: HashMap<String, Asked>,
}

/// What the sources define.
#[derive(Debug, Default)]
struct Names {
    /// The fields of each struct, in order, and whether they are public.
    structs: Vec<Vec<(String, bool)>>,
    /// Functions as a completion shows them, without `&` and `self`: name and parameters.
    public: BTreeSet<String>,
    private: BTreeSet<String>,
}

/// A question: whether it is about what belongs to a value, a type or a module, and how the name begins.
#[derive(Debug)]
struct Asked {
    is_member: bool,
    begun: String,
}

impl Completion {
    /// Of a kernel that builds in `deps`, where Cargo has noted the files of each crate.
    pub(super) fn new(layout: &Layout, deps: &Path) -> Self {
        let mut sources = vec![layout.root().join("crates"), layout.std_outline()];
        sources.extend(SHOWN.iter().filter_map(|name| folder_of(deps, name)));
        Self { sources, names: None, own: BTreeSet::new(), asked: HashMap::new() }
    }

    /// Takes note of what a cell defines.
    pub(super) fn learn(&mut self, code: &str) {
        // The student's own fields and functions belong to the crate that evcxr completes in.
        if code.contains("struct ") || code.contains("fn ") {
            let rust: String = code.split_inclusive('\n').filter(|line| !line.trim_start().starts_with(':')).collect();
            collect(TokenStream::from_str(&rust).unwrap_or_default(), &mut self.own);
        }
    }

    /// Takes note of a question.
    pub(super) fn ask(&mut self, request: &Message) {
        let code = request.content["code"].as_str().unwrap_or_default();
        self.learn(code);
        let position = request.content["cursor_pos"].as_u64().and_then(|position| usize::try_from(position).ok());
        let before: String = code.chars().take(position.unwrap_or(0)).collect();
        let rest = before.trim_end_matches(|character: char| character.is_alphanumeric() || character == '_');
        let asked =
            Asked { is_member: rest.ends_with('.') || rest.ends_with("::"), begun: before[rest.len()..].to_owned() };
        self.asked.insert(request.id().to_owned(), asked);
    }

    /// Takes what is private out of the answer.
    pub(super) fn filter(&mut self, reply: &mut Message) {
        const TYPES: &str = "_jupyter_types_experimental";
        let Some(asked) = self.asked.remove(reply.parent_id()).filter(|asked| asked.is_member) else {
            return;
        };
        let (Some(matches), Some(types)) =
            (reply.content["matches"].as_array(), reply.content["metadata"][TYPES].as_array())
        else {
            return;
        };
        let names = self.names.get_or_insert_with(|| Names::read(&self.sources));
        let offered: Vec<(&str, bool)> = matches
            .iter()
            .zip(types)
            .map(|(text, told)| (text.as_str().unwrap_or_default(), told["type"] == "function"))
            .collect();
        let fields: Vec<&str> = offered.iter().filter(|(_, is_function)| !is_function).map(|(text, _)| *text).collect();
        let hidden = names.hidden_fields(&fields, &asked.begun);
        let is_shown = |(text, is_function): (&str, bool)| {
            let name = text.split('(').next().unwrap_or_default();
            let is_hidden = if is_function { names.is_private_function(text) } else { hidden.contains(text) };
            self.own.contains(name) || !is_hidden
        };
        let shown = offered.iter().map(|offer| is_shown(*offer));
        let shown: Vec<bool> = shown.collect();
        let kept = |all: &[Value]| -> Value {
            all.iter().zip(&shown).filter(|(_, shown)| **shown).map(|(value, _)| value.clone()).collect()
        };
        let (matches, types) = (kept(matches), kept(types));
        reply.content["matches"] = matches;
        reply.content["metadata"][TYPES] = types;
    }
}

/// The names of fields and functions that a cell defines.
fn collect(tokens: TokenStream, names: &mut BTreeSet<String>) {
    let tokens: Vec<TokenTree> = tokens.into_iter().collect();
    for (i, token) in tokens.iter().enumerate() {
        match token {
            TokenTree::Group(group) => collect(group.stream(), names),
            TokenTree::Ident(name) => {
                let follows_fn = i > 0 && matches!(&tokens[i - 1], TokenTree::Ident(word) if word == "fn");
                let is_field = matches!(tokens.get(i + 1), Some(TokenTree::Punct(punct)) if punct.as_char() == ':');
                if follows_fn || is_field {
                    names.insert(name.to_string());
                }
            }
            _ => {}
        }
    }
}

/// The folder of a crate's sources, by the file in which Cargo notes them.
fn folder_of(deps: &Path, name: &str) -> Option<PathBuf> {
    let notes = fs::read_dir(deps).ok()?.filter_map(|entry| Some(entry.ok()?.path())).find(|path| {
        let file = path.file_name().unwrap_or_default().to_string_lossy();
        file.strip_prefix(name).is_some_and(|rest| rest.starts_with('-') && rest.ends_with(".d"))
    })?;
    let root =
        fs::read_to_string(notes).ok()?.split_whitespace().find(|word| word.ends_with("/src/lib.rs"))?.to_owned();
    Path::new(&root).parent().map(Path::to_path_buf)
}

impl Names {
    fn read(folders: &[PathBuf]) -> Self {
        let mut names = Self::default();
        let files = folders.iter().flat_map(WalkDir::new).filter_map(|entry| Some(entry.ok()?.into_path()));
        for file in files.filter(|file| file.extension().is_some_and(|extension| extension == "rs")) {
            names.add(&fs::read_to_string(file).unwrap_or_default());
        }
        names
    }

    /// Which of these fields are private: they come struct by struct, each as it is defined, so structs with the same fields decide.
    fn hidden_fields<'a>(&self, mut offered: &[&'a str], begun: &str) -> BTreeSet<&'a str> {
        let mut hidden = BTreeSet::new();
        while !offered.is_empty() {
            let same = self.structs.iter().filter_map(|fields| {
                let fields: Vec<_> = fields.iter().filter(|(name, _)| name.starts_with(begun)).collect();
                let is_same = !fields.is_empty()
                    && fields.len() <= offered.len()
                    && fields.iter().zip(offered).all(|((name, _), offer)| name == offer);
                is_same.then_some(fields)
            });
            let same: Vec<_> = same.collect();
            let length = same.iter().map(Vec::len).max().unwrap_or(0);
            let same: Vec<_> = same.into_iter().filter(|fields| fields.len() == length).collect();
            let is_private = |(i, _): &(usize, &&str)| same.iter().all(|fields| !fields[*i].1);
            hidden.extend(offered[..length].iter().enumerate().filter(is_private).map(|(_, name)| *name));
            offered = &offered[length.max(1)..];
        }
        hidden
    }

    fn is_private_function(&self, text: &str) -> bool {
        let shape = shape(text);
        self.private.contains(&shape) && !self.public.contains(&shape)
    }

    /// Adds the names in a source.
    fn add(&mut self, source: &str) {
        // The blocks that a line is in: by the indentation of the line that ends each, and what it makes of a name.
        let mut blocks: Vec<(usize, Block)> = Vec::new();
        let mut header: Option<(usize, String)> = None;
        let mut signature: Option<(bool, String)> = None;
        for line in source.lines() {
            let text = line.trim_start();
            let indent = line.len() - text.len();
            if text.starts_with('}') {
                while blocks.last().is_some_and(|(start, _)| *start >= indent) {
                    blocks.pop();
                }
            }
            let (is_public, rest) = visibility(text);
            if let Some((_, begun)) = &mut signature {
                begun.push_str(text);
            } else if let Some((_, begun)) = &mut header {
                begun.push(' ');
                begun.push_str(text);
            } else if HEADERS.iter().any(|word| rest.starts_with(word)) {
                header = Some((indent, rest.to_owned()));
            } else if let Some((_, Block::Struct)) = blocks.last() {
                if let (Some(name), Some(fields)) = (field(rest), self.structs.last_mut()) {
                    fields.push((name.to_owned(), is_public));
                }
            } else if let Some(begun) = function(rest) {
                let is_public = is_public || matches!(blocks.last(), Some((_, Block::Trait)));
                signature = Some((is_public, begun.to_owned()));
            }
            let ends = text.ends_with(['{', ';', '}']);
            if ends && let Some((is_public, begun)) = signature.take() {
                let names = if is_public { &mut self.public } else { &mut self.private };
                names.insert(shape(&begun));
            }
            if ends
                && let Some((start, begun)) = header.take()
                && text.ends_with('{')
            {
                let block = Block::of(&begun);
                if block == Block::Struct {
                    self.structs.push(Vec::new());
                }
                blocks.push((start, block));
            }
        }
    }
}

/// How lines begin that open what encloses names.
const HEADERS: [&str; 7] = ["struct ", "impl ", "impl<", "trait ", "unsafe impl", "unsafe trait", "const impl"];

/// What encloses a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Block {
    Struct,
    /// A trait, or a trait's implementation: what is in it is as public as the trait.
    Trait,
    Impl,
}

impl Block {
    fn of(header: &str) -> Self {
        if header.starts_with("struct") {
            Self::Struct
        } else if header.contains("trait ") || header.contains(" for ") && !header.contains("for<") {
            Self::Trait
        } else {
            Self::Impl
        }
    }
}

/// Whether the line begins with `pub`, and what follows.
fn visibility(line: &str) -> (bool, &str) {
    match line.strip_prefix("pub") {
        Some(rest) if rest.starts_with(' ') => (true, rest.trim_start()),
        Some(rest) if rest.starts_with('(') => (false, rest.split_once(')').map_or("", |(_, rest)| rest.trim_start())),
        _ => (false, line),
    }
}

/// The name in `name: Type`.
fn field(line: &str) -> Option<&str> {
    let (name, rest) = line.split_once(':')?;
    (is_name(name) && rest.starts_with(' ')).then_some(name)
}

/// `name(..` in `const unsafe fn name(..`.
fn function(line: &str) -> Option<&str> {
    let (before, rest) = line.split_once("fn ")?;
    let is_word =
        |word: &str| matches!(word, "const" | "unsafe" | "async" | "extern" | "default") || word.starts_with('"');
    before.split_whitespace().all(is_word).then_some(rest)
}

/// A function's name and the names of its parameters, from its signature or from a call.
fn shape(text: &str) -> String {
    let name: String = text.chars().take_while(|character| character.is_alphanumeric() || *character == '_').collect();
    let mut rest = &text[name.len()..];
    let mut depth = 0_i32;
    if rest.starts_with('<') {
        let end = rest.char_indices().find(|(i, character)| {
            depth += i32::from(*character == '<') - i32::from(*character == '>' && !rest[..*i].ends_with('-'));
            depth == 0
        });
        rest = end.map_or("", |(i, _)| &rest[i + 1..]);
    }
    let (mut parameters, mut parameter, mut depth) = (Vec::new(), String::new(), 0_i32);
    for character in rest.chars() {
        depth += i32::from("([{<".contains(character)) - i32::from(")]}".contains(character));
        depth -= i32::from(character == '>' && !parameter.ends_with('-'));
        if depth <= 0 || (depth == 1 && character == ',') {
            parameters.push(std::mem::take(&mut parameter));
            if depth <= 0 {
                break;
            }
        } else if !(depth == 1 && character == '(') {
            parameter.push(character);
        }
    }
    let bare = |parameter: &String| {
        let name = parameter.split(':').next().unwrap_or_default().trim();
        let word = name.trim_start_matches('&').split(' ').next_back().unwrap_or_default().to_owned();
        (!word.is_empty() && word != "self").then_some(word)
    };
    let parameters: Vec<String> = parameters.iter().filter_map(bare).collect();
    format!("{name}({})", parameters.join(", "))
}

fn is_name(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|character| character.is_alphanumeric() || character == '_')
}

#[cfg(test)]
mod tests;
