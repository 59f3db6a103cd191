//! Output to the notebook: evcxr takes what a cell prints between two marker lines as one representation of its result.

/// What begins and ends a block of code.
const FENCE: &str = "```";
/// The bar of a hint.
pub(crate) const HINT: &str = "#0072B2";
/// How a block of code stands: JupyterLab would break its lines within a word.
const CODE: &str = "margin:0.4em 0;padding:0 0 0 1em;white-space:pre-wrap;word-break:normal;overflow-wrap:anywhere";

/// Shows one result in several MIME types, each at most once.
pub fn show(representations: &[(&str, &str)]) {
    for (mime, content) in representations {
        println!("EVCXR_BEGIN_CONTENT {mime}\n{content}\nEVCXR_END_CONTENT");
    }
}

/// The text as HTML, with reserved characters escaped, and with text between backticks set as code.
pub fn html_text(text: &str) -> String {
    let escaped = escaped(text);
    let mut html = String::new();
    for (i, part) in escaped.split('`').enumerate() {
        if i % 2 == 1 {
            html.push_str(&format!("<code>{part}</code>"));
        } else {
            html.push_str(part);
        }
    }
    html
}

/// Text in which code stands in blocks, between lines of three backticks, as HTML in a box. How far lines are indented in the text, all
/// of them alike, does not matter.
pub fn html_hint(text: &str) -> String {
    let parts = blocks(text).map(|block| match block {
        Block::Text(text) => html_text(&text),
        Block::Code(lines) => format!("<pre style=\"{CODE}\"><code>{}</code></pre>", escaped(&lines.join("\n"))),
    });
    html_box(HINT, &parts.collect::<String>())
}

/// The same in plain text: the blocks are indented.
pub fn plain_hint(text: &str) -> String {
    let parts = blocks(text).map(|block| match block {
        Block::Text(text) => text,
        Block::Code(lines) => format!("    {}", lines.join("\n    ")),
    });
    parts.collect::<Vec<_>>().join("\n")
}

enum Block<'a> {
    Text(String),
    Code(Vec<&'a str>),
}

/// The text in turn with its blocks of code.
fn blocks(text: &str) -> impl Iterator<Item = Block<'_>> {
    let parts = text.split(FENCE).enumerate().map(|(i, part)| match (i % 2, part.split_once('\n')) {
        // The rest of the first line names the language.
        (1, Some((_, code))) => Block::Code(outdented(code.trim_end())),
        _ => Block::Text(part.split_whitespace().collect::<Vec<_>>().join(" ")),
    });
    parts.filter(|block| !matches!(block, Block::Text(text) if text.is_empty()))
}

/// The lines of some code, moved to the left as far as the outermost goes.
fn outdented(code: &str) -> Vec<&str> {
    let indented = |line: &&str| line.len() - line.trim_start().len();
    let outermost = code.lines().filter(|line| !line.trim().is_empty()).map(|line| indented(&line)).min().unwrap_or(0);
    code.lines().map(|line| line.get(outermost..).unwrap_or_default()).collect()
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

/// A box with a bar of the given colour on its left; the text and the background keep the colours of the page.
pub fn html_box(colour: &str, inner: &str) -> String {
    format!(
        "<div style=\"border-left:4px solid {colour};padding:0.3em 0.8em;margin:0.3em 0;line-height:1.5;overflow-wrap:anywhere\">{inner}</div>"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "With `a < b`
            and c:
            ```rust
            if a < b {
                a

            }
            ```
            then `b`.";

    #[test]
    fn a_block_of_code_keeps_its_lines() {
        let html = html_hint(TEXT);
        assert!(html.contains(">With <code>a &lt; b</code> and c:<pre style="), "{html}");
        assert!(html.ends_with("<code>if a &lt; b {\n    a\n\n}</code></pre>then <code>b</code>.</div>"), "{html}");
        let plain = "With `a < b` and c:\n    if a < b {\n        a\n    \n    }\nthen `b`.";
        assert_eq!(plain_hint(TEXT), plain);
    }

    #[test]
    fn text_without_a_block_stays_as_it_is() {
        assert_eq!(plain_hint("first `a`, then b"), "first `a`, then b");
        assert!(html_hint("first `a`").contains(">first <code>a</code></div>"));
        assert_eq!(plain_hint("```\nlet a = 1;\n```"), "    let a = 1;");
    }
}
