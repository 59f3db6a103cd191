//! Output to the notebook: evcxr takes what a cell prints between two marker lines as one representation of its result.

/// Shows one result in several MIME types, each at most once.
pub fn show(representations: &[(&str, &str)]) {
    for (mime, content) in representations {
        println!("EVCXR_BEGIN_CONTENT {mime}\n{content}\nEVCXR_END_CONTENT");
    }
}

/// The text as HTML, with reserved characters escaped, and with text between backticks set as code.
pub fn html_text(text: &str) -> String {
    let escaped = text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;");
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

/// A boxed paragraph that is legible on light and dark pages.
pub fn html_paragraph(text: &str) -> String {
    html_box("#0072B2", &html_text(text))
}

/// A box with a bar of the given colour on its left; the text and the background keep the colours of the page.
pub fn html_box(colour: &str, inner: &str) -> String {
    format!(
        "<div style=\"border-left:4px solid {colour};padding:0.3em 0.8em;margin:0.3em 0;line-height:1.5\">{inner}</div>"
    )
}
