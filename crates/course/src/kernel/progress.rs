//! Lines of progress: each is one output, which the next state replaces. A carriage return in a text would do in JupyterLab, but nbclient keeps every state.

use serde_json::json;

use super::wire::Message;

/// The lines of progress of one cell.
#[derive(Debug, Default)]
pub(super) struct Progress {
    finished: usize,
    is_shown: bool,
}

impl Progress {
    /// What shows this state of the line.
    pub(super) fn show(&mut self, text: &str, is_last: bool, request: &Message) -> Message {
        let kind = if std::mem::replace(&mut self.is_shown, !is_last) { "update_display_data" } else { "display_data" };
        let id = format!("progress-{}-{}", request.id(), self.finished);
        self.finished += usize::from(is_last);
        request.child(
            kind,
            json!({"data": {"text/plain": text.trim_end()}, "metadata": {}, "transient": {"display_id": id}}),
        )
    }
}
