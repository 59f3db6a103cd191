use course_protocol::card::MIME_TYPE;
use course_protocol::mark::{Panicked, mark};
use serde_json::{Value, json};

use super::super::memory::Memory;
use super::super::versions::Versions;
use super::super::wire::Message;
use super::super::wire::tests::request;
use super::{Cell, MOST_TEXT, Surroundings};

/// A cell and the messages that clients have got.
struct Trial {
    cell: Cell,
    surroundings: Surroundings,
    seen: Vec<Message>,
}

impl Trial {
    fn new(code: &str, solutions: bool) -> Self {
        let surroundings = Surroundings {
            token: "token".to_owned(),
            solutions,
            generated: "no-such-file".into(),
            preloads: false,
            memory: Memory::default(),
            completion: crate::kernel::Completion::default(),
            versions: Versions::default(),
        };
        let cell = Cell::new(request("execute_request", json!({"code": code})), 3, &surroundings);
        Self { cell, surroundings, seen: Vec::new() }
    }

    fn output(&mut self, kind: &str, content: Value) -> &mut Self {
        let message = self.cell.request().child(kind, content);
        self.seen.extend(self.cell.take_output(message, &self.surroundings));
        self
    }

    fn line(&mut self, name: &str, line: &str) -> &mut Self {
        self.output("stream", json!({"name": name, "text": format!("{line}\n")}))
    }

    /// The marks at the end, then evcxr's idle and its reply.
    fn end(&mut self, how: &str, status: &str) -> &mut Self {
        for name in ["stdout", "stderr"] {
            self.line(name, &format!("{}{how}", mark("token")));
        }
        self.finish(status)
    }

    fn finish(&mut self, status: &str) -> &mut Self {
        self.output("status", json!({"execution_state": "idle"}));
        let reply = self.cell.request().reply(json!({"status": status, "execution_count": 9}));
        self.cell.take_reply(reply);
        self
    }

    /// What clients got in the end, and the content of the reply.
    fn told(mut self) -> (Vec<(String, Value)>, Value) {
        assert!(self.cell.is_finished(), "it waits for something");
        let (messages, reply, _) = self.cell.finish(&mut None, &mut self.surroundings);
        self.seen.extend(messages);
        let seen = self.seen.into_iter().map(|message| (message.kind().to_owned(), message.content));
        (seen.collect(), reply.expect("a reply").content)
    }
}

fn kinds(seen: &[(String, Value)]) -> Vec<&str> {
    seen.iter().map(|(kind, _)| kind.as_str()).collect()
}

#[test]
fn what_was_printed_comes_before_the_reply_and_the_marks_do_not() {
    let mut trial = Trial::new("f();", false);
    trial.line("stdout", "a").line("stdout", "b").line("stderr", "late");
    trial.line("stdout", "open\u{1}token end").line("stderr", "\u{1}token end").finish("ok");
    let (seen, reply) = trial.told();
    assert_eq!(reply, json!({"status": "ok", "execution_count": 3}));
    let texts: Vec<_> = seen.iter().filter_map(|(_, content)| content["text"].as_str()).collect();
    assert_eq!(texts, ["a\nb\n", "late\n", "open"]);
    assert_eq!(kinds(&seen).last(), Some(&"status"));
}

#[test]
fn a_line_of_progress_is_one_output() {
    let mut trial = Trial::new("f();", false);
    for line in ["before", "\r1 of 2", "\r2 of 2", "\r\rdone", "after", "\r\rother"] {
        trial.line("stdout", line);
    }
    trial.end("end", "ok");
    let (seen, _) = trial.told();
    let kinds = kinds(&seen);
    assert_eq!(
        kinds,
        ["stream", "display_data", "update_display_data", "update_display_data", "stream", "display_data", "status"]
    );
    let shown = |index: usize| seen[index].1["data"]["text/plain"].as_str();
    let id = |index: usize| seen[index].1["transient"]["display_id"].as_str();
    assert_eq!((shown(1), shown(3), shown(5)), (Some("1 of 2"), Some("done"), Some("other")));
    assert!(id(1) == id(2) && id(2) == id(3) && id(3) != id(5));
}

#[test]
fn nothing_is_no_result() {
    let mut trial = Trial::new("for _ in 0..2 {}", false);
    trial.output("execute_result", json!({"data": {"text/plain": "()"}, "execution_count": 9}));
    trial.output("execute_result", json!({"data": {"text/plain": "3"}, "execution_count": 9})).end("end", "ok");
    let (seen, _) = trial.told();
    assert_eq!(kinds(&seen), ["execute_result", "status"]);
}

#[test]
fn an_open_line_goes_on() {
    let mut trial = Trial::new("print!(\"a\"); 3", false);
    trial.line("stdout", "a\u{1}token open").line("stdout", "b\u{1}token open").line("stdout", "c");
    trial.end("end", "ok");
    let (seen, _) = trial.told();
    assert_eq!(seen[0].1["text"], "abc\n");
}

#[test]
fn a_reply_waits_for_the_marks() {
    let mut trial = Trial::new("f();", false);
    trial.finish("ok");
    assert!(!trial.cell.is_finished());
    trial.line("stdout", "\u{1}token end").line("stderr", "\u{1}token end");
    assert!(trial.cell.is_finished());
    let mut definition = Trial::new("fn f() {}", false);
    assert!(definition.finish("ok").cell.is_finished());
}

#[test]
fn a_panic_is_an_error_unless_it_was_caught() {
    let panicked = Panicked { message: "boom".to_owned(), file: String::new(), line: 0 };
    let standard = "thread 'main' (7) panicked at src/lib.rs:1:1:\nboom\nstack backtrace:\n   0: frame\nnote: Some";
    for report in [panicked.line("token"), format!("\n{standard}")] {
        let trial = |how| {
            let mut trial = Trial::new("f();", false);
            report.split('\n').for_each(|line| _ = trial.line("stderr", line));
            trial.end(how, "ok");
            trial.told()
        };
        let (seen, reply) = trial("panic");
        assert_eq!(kinds(&seen), ["error", "status"], "{report}");
        assert_eq!(
            (&reply["status"], &reply["ename"], &reply["evalue"]),
            (&json!("error"), &json!("panic"), &json!("boom"))
        );
        assert_eq!(reply["traceback"], seen[0].1["traceback"]);
        let (seen, reply) = trial("end");
        assert_eq!(reply["status"], "ok", "{report}");
        assert_eq!(seen[0].1, json!({"name": "stderr", "text": "panicked: boom\n"}));
    }
}

#[test]
fn an_error_at_a_question_mark_is_the_rest_of_stderr() {
    let mut trial = Trial::new("f()?;", false);
    trial.line("stderr", "before").line("stderr", "\u{1}token error").line("stderr", "no file").end("end", "ok");
    let (seen, reply) = trial.told();
    assert_eq!(kinds(&seen), ["stream", "error", "status"]);
    assert_eq!((&seen[0].1["text"], &reply["evalue"]), (&json!("before\n"), &json!("no file")));
}

#[test]
fn evcxrs_error_goes_into_the_reply_once() {
    let mut trial = Trial::new("f();", false);
    trial.output("error", json!({"ename": "Error", "evalue": "no f", "traceback": ["one"]}));
    trial.output("error", json!({"ename": "Error", "evalue": "more", "traceback": ["two"]})).finish("error");
    let (seen, reply) = trial.told();
    assert_eq!(kinds(&seen), ["error", "error", "status"]);
    assert_eq!((&reply["evalue"], &reply["traceback"]), (&json!("no f"), &json!(["one", "two"])));
}

#[test]
fn a_dead_process_costs_the_variables() {
    for (interrupted, name) in [(true, "interrupted"), (false, "stack overflow"), (false, "process ended")] {
        let mut trial = Trial::new("f();", false);
        if name == "stack overflow" {
            trial.line("stderr", "thread 'main' (7) has overflowed its stack");
        }
        if interrupted {
            trial.cell.interrupt();
        }
        let said = "Subprocess terminated with status: signal: 9 (SIGKILL)";
        trial.output("error", json!({"ename": "Error", "evalue": said, "traceback": [said]})).finish("error");
        assert!(!trial.cell.is_finished(), "its last words may come later");
        std::thread::sleep(super::LAST_WORDS);
        let (_, reply) = trial.told();
        assert_eq!(reply["ename"], name);
        assert!(reply["evalue"].as_str().is_some_and(|value| value.contains("All variables are gone")), "{reply}");
    }
}

#[test]
fn too_much_text_is_cut_once() {
    let mut trial = Trial::new("f();", false);
    let line = "x".repeat(9_999);
    for _ in 0..300 {
        trial.line("stdout", &line);
    }
    trial.end("end", "ok");
    let (seen, _) = trial.told();
    let size: usize = seen.iter().filter_map(|(_, content)| content["text"].as_str()).map(str::len).sum();
    assert!((MOST_TEXT..MOST_TEXT + 20_000).contains(&size), "{size}");
    let cuts = seen.iter().filter(|(_, content)| content["text"].as_str().is_some_and(|text| text.contains("is cut")));
    assert_eq!(cuts.count(), 1);
}

#[test]
fn a_failed_card_is_an_error_only_with_the_solutions() {
    for (status, solutions, reply_status) in [
        ("failed", true, "error"),
        ("todo", true, "error"),
        ("passed", true, "ok"),
        ("failed", false, "ok"),
        ("todo", false, "ok"),
    ] {
        let mut trial = Trial::new("check()", solutions);
        let card = json!({"exercise": "0/1.1", "title": "Divide", "status": status, "lines": []});
        trial.output("execute_result", json!({"data": {MIME_TYPE: card}, "execution_count": 9})).end("end", "ok");
        let (seen, reply) = trial.told();
        assert_eq!(reply["status"], reply_status, "{status} {solutions}");
        assert_eq!(seen[0].1["execution_count"], 3);
        assert_eq!(seen.iter().any(|(kind, _)| kind == "error"), reply_status == "error");
    }
}
