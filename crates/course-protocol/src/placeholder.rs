//! What stands in for an exercise's function until a cell has defined it.

const START: &str = "there is no function `";

/// What the placeholder of this function panics with.
pub fn missing(function: &str) -> String {
    format!(
        "{START}{function}` yet: its cell has not been run, or did not compile. Run it with Shift+Enter, and mend the first error that it shows"
    )
}

/// The function that is missing, if a text says so in the words of [`missing`].
pub fn missing_function(text: &str) -> Option<&str> {
    Some(text.split_once(START)?.1.split_once("` yet")?.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_missing_function_is_read_back() {
        let text = format!("waits for exercise 3/1.1: {}", missing("hutchinson_trace"));
        assert_eq!(missing_function(&text), Some("hutchinson_trace"));
        assert_eq!(missing_function("your function panicked: there is no `f`"), None);
    }
}
