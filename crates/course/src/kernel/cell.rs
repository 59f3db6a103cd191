//! One cell, from its request to its reply: what it has printed, how it ended, and what the client is told.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use course_protocol::mark::{Panicked, explain, mark};
use serde_json::{Value, json};
use zeromq::ZmqMessage;

use super::code::Prepared;
use super::completion::Completion;
use super::failure::{self, Failure};
use super::memory::Memory;
use super::progress::Progress;
use super::report;
use super::versions::{End, Versions};
use super::wire::Message;
use crate::run::verdict;

/// How much text a cell may print; JupyterLab chokes on more.
const MOST_TEXT: usize = 1 << 20;
/// Text is collected into messages of up to this size.
const PIECE: usize = 1 << 16;
/// How long text waits for more.
const PATIENCE: Duration = Duration::from_millis(20);
/// How long to wait for the marks when all else has come: they are in the pipe. A cell may have closed its outputs, though.
const MARK_PATIENCE: Duration = Duration::from_secs(1);
/// How long to wait for the last words of a process that has died: nothing marks their end.
const LAST_WORDS: Duration = Duration::from_millis(100);

/// What a cell needs to know about its kernel.
pub(super) struct Surroundings {
    pub(super) token: String,
    /// Whether a card that is not passed is an error.
    pub(super) solutions: bool,
    /// The file that evcxr generates for each cell.
    pub(super) generated: PathBuf,
    /// Whether the course's crates are loaded before the first cell.
    pub(super) preloads: bool,
    /// What earlier cells have done.
    pub(super) memory: Memory,
    /// What completion must not offer.
    pub(super) completion: Completion,
    /// The functions of earlier cells.
    pub(super) versions: Versions,
}

/// A running cell.
pub(super) struct Cell {
    request: Message,
    code: String,
    prepared: Prepared,
    count: u32,
    mark: String,
    reply: Option<Message>,
    idle: Option<Message>,
    interrupted: bool,
    /// Whether the marks at the end have come, on stdout and stderr.
    ended: [bool; 2],
    panicked: bool,
    panics: Vec<Panicked>,
    /// The report of the standard library's panic hook, as far as it has come.
    report: Option<String>,
    /// Empty lines on stderr: such a report begins with one.
    blank: usize,
    /// What evcxr prints of an error at `?`.
    question: Option<String>,
    /// What evcxr says about the end of the cell's process, told when its last words have come.
    death: Option<String>,
    has_overflowed: bool,
    /// What evcxr reported.
    errors: Vec<Failure>,
    /// What the cards of a check found wrong.
    wrong: Vec<String>,
    /// Text that has not been sent yet.
    text: Option<Text>,
    printed: usize,
    complete_since: Option<Instant>,
    progress: Progress,
}

struct Text {
    template: Message,
    name: String,
    text: String,
    since: Instant,
}

impl Cell {
    /// A cell that is about to run.
    pub(super) fn new(request: Message, count: u32, surroundings: &Surroundings) -> Self {
        let code = request.content["code"].as_str().unwrap_or_default().to_owned();
        Self {
            prepared: Prepared::new(&code, &surroundings.token),
            mark: mark(&surroundings.token),
            request,
            code,
            count,
            reply: None,
            idle: None,
            interrupted: false,
            ended: [false; 2],
            panicked: false,
            panics: Vec::new(),
            report: None,
            blank: 0,
            question: None,
            death: None,
            has_overflowed: false,
            errors: Vec::new(),
            wrong: Vec::new(),
            text: None,
            printed: 0,
            complete_since: None,
            progress: Progress::default(),
        }
    }

    /// What evcxr is asked.
    pub(super) fn request(&self) -> Message {
        let mut request = self.request.clone();
        request.content["code"] = self.prepared.code.as_str().into();
        request
    }

    /// Whether a message from evcxr belongs to this cell.
    pub(super) fn owns(&self, message: &Message) -> bool {
        message.parent_id() == self.request.id()
    }

    /// Whether cells that are already waiting are given up when this one fails.
    pub(super) fn stops_on_error(&self) -> bool {
        self.request.content["stop_on_error"].as_bool().unwrap_or(true)
    }

    /// The student has interrupted it.
    pub(super) fn interrupt(&mut self) {
        self.interrupted = true;
    }

    /// evcxr's reply.
    pub(super) fn take_reply(&mut self, reply: Message) {
        self.reply = Some(reply);
        self.look_for_completion();
    }

    /// Whether this is text that would be cut anyway. It need not even be read: evcxr sends every line as a message, and waits for us.
    pub(super) fn ignores(&self, frames: &ZmqMessage) -> bool {
        let contains = |index: usize, text: &str| {
            frames
                .get(index)
                .and_then(|frame| std::str::from_utf8(frame).ok())
                .is_some_and(|frame| frame.contains(text))
        };
        let (header, content) = (2, 5);
        self.printed > MOST_TEXT
            && contains(header, r#""msg_type":"stream""#)
            && contains(content, r#""name":"stdout""#)
            && !contains(content, self.mark.trim_matches(['\u{1}', ' ']))
    }

    /// A message on iopub; returns what goes on to the clients.
    pub(super) fn take_output(&mut self, mut message: Message, surroundings: &Surroundings) -> Vec<Message> {
        if message.kind() == "stream" {
            return self.take_text(message);
        }
        let mut send = self.flush();
        match message.kind() {
            "status" if message.content["execution_state"] == "idle" => {
                self.idle = Some(message);
                self.look_for_completion();
                return send;
            }
            "execute_input" => {
                message.content["code"] = self.code.as_str().into();
                message.content["execution_count"] = self.count.into();
            }
            // What a trailing `for` or `println!(..)` is worth.
            "execute_result" if message.content["data"] == json!({"text/plain": "()"}) => return send,
            "execute_result" => {
                message.content["execution_count"] = self.count.into();
                surroundings.versions.annotate(&self.code, &mut message.content);
                if surroundings.solutions {
                    self.wrong.extend(verdict::wrong_cards(&message.content));
                }
            }
            "error" if is_death(&message.content) => {
                self.death = message.content["evalue"].as_str().map(str::to_owned);
                return send;
            }
            "error" => {
                let failure = self.explain(&message.content, &surroundings.memory);
                message.content = failure.content();
                self.errors.push(failure);
            }
            _ => {}
        }
        send.push(message);
        send
    }

    fn explain(&self, content: &Value, memory: &Memory) -> Failure {
        let text = |name: &str| content[name].as_str().unwrap_or_default().to_owned();
        // A report of evcxr's own has many lines in one.
        let all =
            [content["traceback"].as_array().map_or(&[][..], Vec::as_slice), std::slice::from_ref(&content["evalue"])]
                .concat();
        let all: Vec<_> = all.iter().filter_map(Value::as_str).collect();
        if let Some(told) = report::of_failed_build(&all.join("\n")) {
            let traceback = told.lines().map(str::to_owned).collect();
            return Failure { name: text("ename"), value: told, traceback };
        }
        let lines = content["traceback"].as_array().into_iter().flatten().filter_map(Value::as_str);
        let mut traceback = report::readable(lines, &self.prepared, &self.code, self.count);
        // Once is enough.
        let advice = memory.advice(&text("evalue")).map(|advice| failure::bold(&advice));
        traceback.extend(advice.filter(|advice| !self.errors.iter().any(|error| error.traceback.contains(advice))));
        Failure { name: text("ename"), value: text("evalue"), traceback }
    }

    fn take_text(&mut self, message: Message) -> Vec<Message> {
        let name = message.content["name"].as_str().unwrap_or_default().to_owned();
        let text = message.content["text"].as_str().unwrap_or_default().to_owned();
        let Some((before, mark)) = text.split_once(self.mark.as_str()) else {
            return self.take_line(&name, &text, message);
        };
        let sent = if before.is_empty() { Vec::new() } else { self.take_line(&name, before, message) };
        let mark = mark.trim_end();
        match mark.split_once(' ').unwrap_or((mark, "")) {
            ("open", _) => {}
            ("error", _) => self.question = Some(String::new()),
            (Panicked::WORD, json) => self.panics.extend(Panicked::read(json)),
            (end, _) => {
                self.panicked |= end == "panic";
                self.ended[usize::from(name == "stderr")] = true;
                self.look_for_completion();
            }
        }
        sent
    }

    fn take_line(&mut self, name: &str, line: &str, template: Message) -> Vec<Message> {
        if let Some((text, is_last)) = course_protocol::progress::read(line) {
            let mut sent = self.flush();
            sent.push(self.progress.show(text, is_last, &self.request));
            return sent;
        }
        if name == "stderr" && !self.ended[1] {
            self.has_overflowed |= line.contains("has overflowed its stack");
            if let Some(question) = &mut self.question {
                question.push_str(line);
                return Vec::new();
            }
            if let Some(report) = &mut self.report {
                report.push_str(line);
                if report::ends_backtrace(line) {
                    self.close_report();
                }
                return Vec::new();
            }
            if report::begins_panic(line) {
                self.blank = 0;
                self.report = Some(line.to_owned());
                return Vec::new();
            }
            if line == "\n" {
                self.blank += 1;
                return Vec::new();
            }
            let blank = "\n".repeat(std::mem::take(&mut self.blank));
            return self.print(name, &(blank + line), template);
        }
        self.print(name, line, template)
    }

    fn close_report(&mut self) {
        self.panics.extend(self.report.take().and_then(|report| report::panic(&report)));
    }

    fn print(&mut self, name: &str, text: &str, template: Message) -> Vec<Message> {
        if self.printed > MOST_TEXT {
            return Vec::new();
        }
        self.printed += text.len();
        let mut sent = Vec::new();
        if self.text.as_ref().is_some_and(|waiting| waiting.name != name || waiting.text.len() > PIECE) {
            sent = self.flush();
        }
        let empty = || Text { template, name: name.to_owned(), text: String::new(), since: Instant::now() };
        self.text.get_or_insert_with(empty).text.push_str(text);
        if self.printed > MOST_TEXT {
            sent.extend(self.flush());
            let notice = format!("\n[the rest is cut: this cell has printed more than {} MiB]\n", MOST_TEXT >> 20);
            sent.push(self.request.child("stream", json!({"name": "stderr", "text": notice})));
        }
        sent
    }

    /// Text that has waited long enough, or all of it.
    pub(super) fn flush(&mut self) -> Vec<Message> {
        let text = self.text.take();
        let message =
            |Text { template, name, text, .. }| Message { content: json!({"name": name, "text": text}), ..template };
        text.map(message).into_iter().collect()
    }

    fn look_for_completion(&mut self) {
        if self.reply.is_some() && self.idle.is_some() && self.complete_since.is_none() {
            self.complete_since = Some(Instant::now());
        }
    }

    /// When to look again even if nothing comes.
    pub(super) fn next_look(&self) -> Option<Instant> {
        let text = self.text.as_ref().map(|text| text.since + PATIENCE);
        text.into_iter().chain(self.finished_at()).min()
    }

    /// Whether everything has come that will.
    pub(super) fn is_finished(&self) -> bool {
        self.finished_at().is_some_and(|at| at <= Instant::now())
    }

    fn finished_at(&self) -> Option<Instant> {
        let complete = self.complete_since?;
        let replied_ok = self.reply.as_ref().is_some_and(|reply| reply.content["status"] == "ok");
        let wait = if self.death.is_some() {
            LAST_WORDS
        } else if self.prepared.is_guarded && replied_ok && self.ended != [true; 2] {
            MARK_PATIENCE
        } else {
            Duration::ZERO
        };
        Some(complete + wait)
    }

    /// What later cells can know of this one.
    fn remember(&self, failure: Option<&Failure>, Surroundings { memory, versions, .. }: &mut Surroundings) {
        let end = if self.death.is_some() {
            memory.lose_variables();
            End::Died
        } else if self.reply.as_ref().is_some_and(|reply| reply.content["status"] == "ok") {
            End::Compiled
        } else {
            End::Rejected
        };
        versions.learn(&self.code, self.count, end);
        if failure.is_none() {
            memory.learn(&self.code);
        }
    }

    /// What remains to be told: messages for iopub, the reply, and whether the cell failed. The last panic is of this cell or an earlier one.
    pub(super) fn finish(
        mut self,
        last_panic: &mut Option<Panicked>,
        surroundings: &mut Surroundings,
    ) -> (Vec<Message>, Option<Message>, bool) {
        self.close_report();
        let failure = self.failure(last_panic, surroundings);
        self.remember(failure.as_ref(), surroundings);
        if !self.panicked {
            // The student's code has caught them, or they were in a thread of its own.
            let caught: String = self.panics.iter().map(|panic| explain(&panic.message) + "\n").collect();
            if !caught.is_empty() {
                let template = self.request.child("stream", Value::Null);
                let sent = self.print("stderr", &caught, template);
                return self.conclude(sent, failure);
            }
        }
        self.conclude(Vec::new(), failure)
    }

    fn conclude(mut self, mut send: Vec<Message>, failure: Option<Failure>) -> (Vec<Message>, Option<Message>, bool) {
        send.extend(self.flush());
        let Some(mut reply) = self.reply.take() else {
            return (send, None, false);
        };
        reply.content["execution_count"] = self.count.into();
        if let Some(failure) = &failure {
            let mut content = failure.content();
            if self.errors.is_empty() {
                send.push(self.request.child("error", content.clone()));
            }
            content["status"] = "error".into();
            content["execution_count"] = self.count.into();
            reply.content = content;
        }
        send.extend(self.idle.take());
        (send, Some(reply), failure.is_some())
    }

    fn failure(&mut self, last_panic: &mut Option<Panicked>, surroundings: &Surroundings) -> Option<Failure> {
        if let Some(panic) = report::first_hand(&self.panics) {
            *last_panic = Some(panic.clone());
        }
        let reply = self.reply.as_ref()?;
        if let Some(said) = &self.death {
            return Some(Failure::of_death(said, self.interrupted, self.has_overflowed));
        }
        if let Some(first) = self.errors.first() {
            let traceback = self.errors.iter().flat_map(|error| error.traceback.iter().cloned()).collect();
            return Some(Failure { traceback, ..first.clone() });
        }
        if reply.content["status"] != "ok" {
            let value = "evcxr gives no reason".to_owned();
            return Some(Failure { name: "Error".to_owned(), traceback: vec![value.clone()], value });
        }
        if self.panicked {
            let generated = std::fs::read_to_string(&surroundings.generated).unwrap_or_default();
            let panic = last_panic.clone().unwrap_or_else(|| Panicked {
                message: "the reason has been told earlier".to_owned(),
                file: String::new(),
                line: 0,
            });
            return Some(Failure::of_panic(&panic, &generated, &self.code));
        }
        if let Some(error) = &self.question {
            return Some(Failure::of_question_mark(error.trim_end()));
        }
        Failure::of_cards(&self.wrong)
    }
}

/// Whether evcxr tells that the cell's process has ended.
fn is_death(content: &Value) -> bool {
    content["evalue"].as_str().is_some_and(|value| value.contains(failure::DEATH_NOTICE))
}

#[cfg(test)]
mod tests;
