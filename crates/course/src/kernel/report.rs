//! What evcxr and the standard library say about a failed cell, read and made readable.

use course_protocol::mark::Panicked;

use super::code::Prepared;
use super::failure::bold;
use crate::process::diagnose;

/// How much of a line about a failed build is shown: a call of rustc has thousands of characters.
const LONGEST_LINE: usize = 200;

/// Whether the report of the standard library's panic hook begins here.
pub(super) fn begins_panic(line: &str) -> bool {
    line.starts_with("thread '") && line.contains(" panicked at ")
}

/// Whether its backtrace ends here.
pub(super) fn ends_backtrace(line: &str) -> bool {
    line.starts_with("note: ")
}

/// The panic that such a report tells.
pub(super) fn panic(report: &str) -> Option<Panicked> {
    let (header, rest) = report.split_once('\n')?;
    let location = header.split_once(" panicked at ")?.1.trim_end_matches(':');
    let mut parts = location.rsplitn(3, ':');
    let line = parts.nth(1)?.parse().ok()?;
    let file = parts.next()?.to_owned();
    let lines = rest.lines().take_while(|line| *line != "stack backtrace:" && !line.starts_with("note: "));
    Some(Panicked { message: lines.collect::<Vec<_>>().join("\n"), file, line })
}

/// The panic that is the reason: that of a thread rather than the complaint of the one that waited for it.
pub(super) fn first_hand(panics: &[Panicked]) -> Option<&Panicked> {
    panics.iter().rev().find(|panic| !Panicked::is_second_hand(&panic.message)).or(panics.last())
}

/// Where a panic happened, in words. evcxr's file is of no use to a student: the line is looked up there, and found again in the cell.
pub(super) fn place(panic: &Panicked, generated: &str, cell: &str) -> Option<String> {
    let (file, line) = (panic.file.as_str(), usize::try_from(panic.line).ok()?);
    if file.is_empty() || file.starts_with("/rustc/") {
        return None;
    }
    if !file.ends_with("src/lib.rs") || file.contains("/crates/") {
        return Some(format!("at {file}:{line}"));
    }
    let text = generated.lines().nth(line.checked_sub(1)?)?.trim();
    let lines = || cell.lines().map(str::trim).enumerate().filter(|(_, line)| !line.is_empty());
    // evcxr wraps the last expression of a cell in a call.
    let same: Vec<_> = lines().filter(|(_, line)| *line == text).collect();
    let inside = lines().filter(|(_, line)| text.contains(line)).max_by_key(|(_, line)| line.len());
    Some(match (same.as_slice(), inside) {
        ([(index, line)], _) => format!("at line {} of this cell: {line}", index + 1),
        ([], Some((index, line))) => format!("at line {} of this cell: {line}", index + 1),
        ([_, _, ..], _) => format!("in this cell, at: {text}"),
        ([], None) => format!("in the code of an earlier cell, at: {text}"),
    })
}

/// evcxr's report of an error, with the numbers of the cell's lines and without colours: its own are pale in one theme and dark in the other.
/// The faulty code, which it colours, is bold instead.
pub(super) fn readable<'a>(
    lines: impl Iterator<Item = &'a str>,
    prepared: &Prepared,
    cell: &str,
    count: u32,
) -> Vec<String> {
    let cell: Vec<&str> = cell.lines().collect();
    let mut is_below_source = false;
    lines
        .map(|line| {
            let pieces = pieces(line);
            let plain: String = pieces.iter().map(|(text, _)| *text).collect();
            let (plain_start, shown_start) = renumbered(&plain, prepared, count);
            if plain_start > 0 {
                is_below_source = false;
                return shown_start + &emphasised(&pieces, plain_start);
            }
            // With characters beyond ASCII, evcxr's report is a plain one: the source, and below it what is wrong.
            let number = cell.iter().position(|line| !line.trim().is_empty() && *line == plain);
            if let Some(index) = number {
                is_below_source = true;
                return format!("{:>3} │ {plain}", index + 1);
            }
            let indent = if is_below_source && plain.trim_start().starts_with('^') { "    │ " } else { "" };
            format!("{indent}{}", emphasised(&pieces, 0))
        })
        .collect()
}

/// evcxr's report of a build that failed for another reason than the code, such as a full disk, ends with all that Cargo printed: 100 kB of JSON. What
/// remains without it, and what may help; nothing if this is another report.
pub(super) fn of_failed_build(said: &str) -> Option<String> {
    let is_message = |line: &str| line.trim_start_matches("STDOUT:").starts_with("{\"reason\":");
    if !said.lines().any(is_message) && !said.contains("(os error 28)") {
        return None;
    }
    let shortened = |line: &str| {
        line.char_indices().nth(LONGEST_LINE).map_or(line.to_owned(), |(end, _)| format!("{}…", &line[..end]))
    };
    let kept: Vec<_> = said.lines().filter(|line| !is_message(line)).map(shortened).collect();
    let remedy = diagnose(said).map(|remedy| format!("\n  remedy: {}", remedy.replace("the same command", "the cell")));
    Some(kept.join("\n").trim_end().to_owned() + &remedy.unwrap_or_default())
}

/// How the shown line starts in place of the first bytes of the plain one, if there is a number or a name to change.
fn renumbered(plain: &str, prepared: &Prepared, count: u32) -> (usize, String) {
    let start = plain.len() - plain.trim_start().len();
    let rest = &plain[start..];
    let digits = rest.len() - rest.trim_start_matches(|character: char| character.is_ascii_digit()).len();
    if digits > 0
        && rest[digits..].starts_with(" │")
        && let Ok(number) = rest[..digits].parse()
    {
        let width = start + digits;
        return (width, format!("{:>width$}", prepared.line_of_cell(number)));
    }
    if let Some((frame, name)) = plain.split_once("[ command_")
        && let Some((_, after)) = name.split_once(" ]")
    {
        return (plain.len() - after.len(), format!("{frame}[ cell {count} ]"));
    }
    (0, String::new())
}

/// The text of a line in pieces, and whether each is coloured. evcxr's greys count as no colour.
fn pieces(line: &str) -> Vec<(&str, bool)> {
    let mut coloured = false;
    let mut pieces = Vec::new();
    for (i, part) in line.split("\u{1b}[").enumerate() {
        let text = match part.split_once('m') {
            Some((code, text)) if i > 0 => {
                let grey = |number: &str| matches!(number.parse(), Ok(232..=255_u8));
                coloured = !matches!(code, "0" | "" | "39") && !code.strip_prefix("38;5;").is_some_and(grey);
                text
            }
            _ => part,
        };
        if !text.is_empty() {
            pieces.push((text, coloured));
        }
    }
    pieces
}

/// The pieces without their first bytes, with the coloured ones in bold.
fn emphasised(pieces: &[(&str, bool)], mut skipped: usize) -> String {
    let mut runs: Vec<(String, bool)> = Vec::new();
    for (text, is_bold) in pieces {
        let cut = skipped.min(text.len());
        skipped -= cut;
        let text = text.get(cut..).unwrap_or_default();
        match runs.last_mut() {
            Some((run, same)) if same == is_bold => run.push_str(text),
            _ if text.is_empty() => {}
            _ => runs.push((text.to_owned(), *is_bold)),
        }
    }
    runs.iter()
        .map(|(text, is_bold)| if *is_bold { bold(text) } else { text.clone() })
        .collect::<String>()
        .trim_end()
        .to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn panicked(file: &str, line: u32) -> Panicked {
        Panicked { message: String::new(), file: file.to_owned(), line }
    }

    #[test]
    fn the_standard_report_of_a_panic_is_read() {
        let report =
            "thread 'main' (7) panicked at src/lib.rs:12:5:\ntwo\nlines\nstack backtrace:\n   0: frame\nnote: Some\n";
        assert!(begins_panic(report) && ends_backtrace("note: Some details are omitted\n"));
        let read = panic(report).expect("a panic");
        assert_eq!(read, Panicked { message: "two\nlines".to_owned(), ..panicked("src/lib.rs", 12) });
    }

    #[test]
    fn a_threads_own_panic_is_the_reason() {
        let of = |message: &str| Panicked { message: message.to_owned(), ..panicked("", 0) };
        let panics = [of("boom"), of("a scoped thread panicked")];
        assert_eq!(first_hand(&panics), panics.first());
        assert_eq!(first_hand(&panics[1..]), panics.last());
        assert_eq!(first_hand(&[]), None);
    }

    #[test]
    fn the_line_of_a_panic_is_that_of_the_cell() {
        let generated = "fn f() {\n    old()\n}\nlet v = 1;\n  let w = v[9];\n(v[9]\n).evcxr_display();\nf();\nf();";
        let cell = "let v = 1;\n\nlet w = v[9];\nf();\nf();\nv[9]";
        let told = |file: &str, line: u32| place(&panicked(file, line), generated, cell).unwrap_or_default();
        assert_eq!(told("src/lib.rs", 5), "at line 3 of this cell: let w = v[9];");
        assert_eq!(told("ctx/src/lib.rs", 6), "at line 6 of this cell: v[9]");
        assert_eq!(told("src/lib.rs", 8), "in this cell, at: f();");
        assert_eq!(told("src/lib.rs", 2), "in the code of an earlier cell, at: old()");
        assert_eq!(told("/x/crates/probe/src/lib.rs", 2), "at /x/crates/probe/src/lib.rs:2");
        assert_eq!(told("", 0), "");
    }

    #[test]
    fn a_report_has_the_cells_numbers_and_no_colours() {
        let cell = "1;\n2;\n3;\n4;\n5;\n6;\n7;\n8;\nx + y";
        let prepared = Prepared::new(cell, "token");
        let lines = [
            "\u{1b}[31m[E0425] Error:\u{1b}[0m cannot find value",
            "    \u{1b}[38;5;246m╭\u{1b}[0m\u{1b}[38;5;246m─\u{1b}[0m\u{1b}[38;5;246m[\u{1b}[0m command_10:1:1 \u{1b}[38;5;246m]\u{1b}[0m",
            " \u{1b}[38;5;246m10 │\u{1b}[0m \u{1b}[38;5;249mx\u{1b}[0m \u{1b}[38;5;54my\u{1b}[0m\u{1b}[38;5;54mz\u{1b}[0m",
        ];
        let shown = readable(lines.into_iter(), &prepared, cell, 3);
        assert_eq!(
            shown,
            ["\u{1b}[1m[E0425] Error:\u{1b}[0m cannot find value", "    ╭─[ cell 3 ]", "  9 │ x \u{1b}[1myz\u{1b}[0m"]
        );
    }

    #[test]
    fn a_plain_report_gets_numbers_too() {
        let cell = "let σ = 1;\nlet s: String = σ;";
        let lines = [
            "let s: String = σ;",
            "                \u{1b}[91m^\u{1b}[0m \u{1b}[94mexpected\u{1b}[0m",
            "mismatched types",
        ];
        let shown = readable(lines.into_iter(), &Prepared::new(cell, "token"), cell, 3);
        assert_eq!(shown[0], "  2 │ let s: String = σ;");
        assert!(shown[1].starts_with("    │                 \u{1b}[1m^"), "{}", shown[1]);
        assert_eq!(shown[2], "mismatched types");
    }

    #[test]
    fn a_full_disk_is_told_without_what_cargo_printed() {
        let message = format!("{{\"reason\":\"compiler-artifact\",\"package_id\":\"{}\"}}", "x".repeat(500));
        let report = format!(
            "Compilation failed, but no parsable errors were found. STDERR:\nerror: could not compile `ctx` (lib)\n\nCaused by:\n  \
             No space left on device (os error 28)\n  failed to parse process output: `rustc {}`\n\nSTDOUT:{message}\n{message}\n",
            "-C x".repeat(500)
        );
        let told = of_failed_build(&report).unwrap_or_default();
        assert!(told.contains("No space left on device") && told.contains("remedy: the disk is full"), "{told}");
        assert!(!told.contains("reason") && told.len() < 700, "{told}");
        assert!(of_failed_build("Failed to write `lib.rs`: No space left on device (os error 28)").is_some());
        assert_eq!(of_failed_build("mismatched types\nSTDOUT"), None);
    }
}
