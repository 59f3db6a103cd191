//! The line of a long computation that is updated in place: how the library prints it, and how the launcher reads it.
//!
//! Without the launcher each is a line of its own; the carriage return shows nothing.

/// A line of standard output with the state of a computation; the last one says how it ended.
///
/// # Example
/// ```
/// use course_protocol::progress;
/// assert_eq!(progress::read(&progress::line("3 of 4", false)), Some(("3 of 4", false)));
/// assert_eq!(progress::read(&progress::line("4 of 4", true)), Some(("4 of 4", true)));
/// assert_eq!(progress::read("some text\n"), None);
/// ```
pub fn line(text: &str, is_last: bool) -> String {
    format!("\r{}{text}\n", if is_last { "\r" } else { "" })
}

/// The text of such a line, and whether it is the last one.
pub fn read(line: &str) -> Option<(&str, bool)> {
    let rest = line.strip_prefix('\r')?.trim_end_matches('\n');
    Some(match rest.strip_prefix('\r') {
        Some(text) => (text, true),
        None => (rest, false),
    })
}
