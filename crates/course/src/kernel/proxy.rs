//! Between Jupyter and evcxr: what is passed on, what waits, and what is answered here.
//!
//! evcxr gets one cell at a time: the next waits here until the client has the reply to the last, so that whatever a cell prints belongs to it, and so
//! that the cells after a failed one can be given up, as Jupyter's protocol wants it (evcxr would run them).

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use course_protocol::mark::{Panicked, explain, mark};
use serde_json::json;

use super::cell::{Cell, Surroundings};
use super::sockets::{Channel, Clients, Event, Kernel, send};
use super::wire::{INTERNAL, Message, Signer};

/// How often evcxr is asked whether it is ready, until its answer has come by both ways.
const READY_INTERVAL: Duration = Duration::from_millis(200);
/// How long replies may take to leave before the kernel ends.
const FAREWELL: Duration = Duration::from_millis(100);

/// What a completion finds in a kernel that has read the course's crates.
const KNOWN: &str = "spectral_course::prelude::random_symm";
/// What the first cell says if it has not.
const UNREAD: &str = "rust-analyzer, inside the kernel, has not read the crates of the course: completion finds nothing, and `let` needs a type.\n  \
    remedy: restart the kernel; if that does not help, run `cargo course setup`\n";

/// Messages on their way.
pub(super) struct Proxy {
    clients: Clients,
    kernel: Kernel,
    signer: Signer,
    surroundings: Surroundings,
    /// Our own question whether evcxr is ready, and whether the answer has come on the shell and on iopub.
    question: Option<Message>,
    answered: [bool; 2],
    asked: Instant,
    /// What clients ask while evcxr is not ready or a cell runs.
    queue: VecDeque<Message>,
    /// Cells to be given up, in their turn, once a check before them has run.
    doomed: VecDeque<Message>,
    cell: Option<Cell>,
    count: u32,
    last_panic: Option<Panicked>,
    /// What the next cell has to say first.
    warning: Option<&'static str>,
}

impl Proxy {
    /// Messages between these clients and this kernel.
    pub(super) fn new(clients: Clients, kernel: Kernel, signer: Signer, surroundings: Surroundings) -> Self {
        let asker = Message::internal("kernel_info_request");
        Self {
            clients,
            kernel,
            signer,
            surroundings,
            question: Some(asker),
            answered: [false; 2],
            asked: Instant::now(),
            queue: VecDeque::new(),
            doomed: VecDeque::new(),
            cell: None,
            count: 0,
            last_panic: None,
            warning: None,
        }
    }

    /// Passes messages on until a client asks for the end.
    pub(super) async fn run(&mut self) -> Result<()> {
        self.ask().await;
        loop {
            let next_look = self.next_look();
            let event = tokio::select! {
                event = self.clients.events.recv() => Some(event.context("the sockets are closed")?),
                () = tokio::time::sleep_until(next_look.into()) => None,
            };
            match event {
                Some(Event::Client(channel, frames)) => match Message::read(frames, &self.signer) {
                    Ok(message) => {
                        if self.take_request(channel, message).await {
                            return Ok(());
                        }
                    }
                    // evcxr would end.
                    Err(error) => eprintln!("a malformed message from a client is dropped: {error:#}"),
                },
                Some(Event::Kernel(channel, frames)) => match Message::read(frames, &self.signer) {
                    Ok(message) => self.take_reply(channel, message).await,
                    Err(error) => eprintln!("a malformed message from evcxr is dropped: {error:#}"),
                },
                Some(Event::Output(frames)) if self.cell.as_ref().is_some_and(|cell| cell.ignores(&frames)) => {}
                Some(Event::Output(frames)) => match Message::read(frames, &self.signer) {
                    Ok(message) => self.take_output(message).await,
                    Err(error) => eprintln!("a malformed output of evcxr is dropped: {error:#}"),
                },
                None => {}
            }
            self.look().await;
        }
    }

    fn next_look(&self) -> Instant {
        let far = Instant::now() + Duration::from_secs(3600);
        let question = self.question.as_ref().map(|_| self.asked + READY_INTERVAL);
        let cell = self.cell.as_ref().and_then(Cell::next_look);
        question.into_iter().chain(cell).min().unwrap_or(far)
    }

    /// Asks evcxr whether it is ready. Only an answer on iopub shows that what a cell prints will reach us.
    async fn ask(&mut self) {
        self.asked = Instant::now();
        if let Some(question) = &self.question {
            let frames = question.frames(&self.signer);
            send(&mut self.kernel.shell, frames, "evcxr").await;
        }
    }

    /// Asks for what only those know who have read the crates. evcxr answers in turn, so before the first cell.
    async fn ask_for_a_completion(&mut self) {
        let content = json!({"code": KNOWN, "cursor_pos": KNOWN.len()});
        let request = Message { content, ..Message::internal("complete_request") };
        let frames = request.frames(&self.signer);
        send(&mut self.kernel.shell, frames, "evcxr").await;
    }

    /// Does what is due.
    async fn look(&mut self) {
        if self.question.is_some() {
            if self.answered == [true; 2] {
                self.question = None;
                if self.surroundings.preloads {
                    self.ask_for_a_completion().await;
                }
            } else if self.answered[0] && self.asked + READY_INTERVAL <= Instant::now() {
                self.ask().await;
            } else if self.asked + READY_INTERVAL <= Instant::now() {
                self.asked = Instant::now();
            }
        }
        if self.cell.as_ref().is_some_and(Cell::is_finished)
            && let Some(cell) = self.cell.take()
        {
            self.finish(cell).await;
        }
        if let Some(cell) = &mut self.cell
            && cell.next_look().is_some_and(|at| at <= Instant::now())
        {
            let messages = cell.flush();
            self.publish(messages).await;
        }
        while self.question.is_none() && self.cell.is_none() {
            let Some(request) = self.queue.pop_front() else {
                return;
            };
            self.forward(request).await;
        }
    }

    async fn forward(&mut self, request: Message) {
        let mut request = request;
        if request.kind() == "execute_request" {
            let is = |name: &str, otherwise: bool| request.content[name].as_bool().unwrap_or(otherwise);
            if !is("silent", false) && is("store_history", true) {
                self.count += 1;
            }
            self.surroundings.completion.learn(request.content["code"].as_str().unwrap_or_default());
            let cell = Cell::new(request, self.count, &self.surroundings);
            request = cell.request();
            self.cell = Some(cell);
        } else if request.kind() == "inspect_request" {
            move_to_end_of_name(&mut request.content);
        } else if request.kind() == "complete_request" {
            self.surroundings.completion.ask(&request);
        }
        let frames = request.frames(&self.signer);
        send(&mut self.kernel.shell, frames, "evcxr").await;
    }

    async fn finish(&mut self, cell: Cell) {
        let stops = cell.stops_on_error();
        if let Some(warning) = self.warning.take() {
            let content = json!({"name": "stderr", "text": warning});
            self.publish(vec![cell.request().child("stream", content)]).await;
        }
        let (messages, reply, failed) = cell.finish(&mut self.last_panic, &mut self.surroundings);
        self.publish(messages).await;
        if let Some(reply) = reply {
            let frames = reply.frames(&self.signer);
            send(&mut self.clients.shell, frames, "a client").await;
        }
        let doomed = std::mem::take(&mut self.doomed);
        self.give_up(doomed).await;
        if failed && stops {
            let mut cells = self.waiting_cells();
            // JupyterLab has taken the old card of a check away already.
            let tells = |next: &Message| {
                let code = next.content["code"].as_str().unwrap_or_default();
                self.surroundings.versions.tells_of_rejection(code)
            };
            if cells.front().is_some_and(tells) {
                self.queue.extend(cells.pop_front());
                self.doomed = cells;
            } else {
                self.give_up(cells).await;
            }
        }
    }

    /// Takes the cells out of the queue, and behind them those that are to be given up in any case.
    fn waiting_cells(&mut self) -> VecDeque<Message> {
        let (mut cells, others): (VecDeque<_>, _) = std::mem::take(&mut self.queue)
            .into_iter()
            .partition(|request: &Message| request.kind() == "execute_request");
        self.queue = others;
        cells.append(&mut self.doomed);
        cells
    }

    async fn give_up(&mut self, cells: VecDeque<Message>) {
        for request in cells {
            let status = |state: &str| request.child("status", json!({"execution_state": state}));
            let reply = request.reply(json!({"status": "aborted"}));
            self.publish(vec![status("busy")]).await;
            let frames = reply.frames(&self.signer);
            send(&mut self.clients.shell, frames, "a client").await;
            self.publish(vec![status("idle")]).await;
        }
    }

    /// Takes a client's request, and returns whether it is the last one.
    async fn take_request(&mut self, channel: Channel, message: Message) -> bool {
        match (channel, message.kind()) {
            (Channel::Shell, "shutdown_request") | (Channel::Control, "shutdown_request") => {
                self.shut_down(channel, &message).await;
                return true;
            }
            // evcxr would end a process that does nothing, and all variables with it.
            (Channel::Control, "interrupt_request") if self.cell.is_none() => {
                let frames = message.reply(json!({"status": "ok"})).frames(&self.signer);
                send(&mut self.clients.control, frames, "a client").await;
                let cells = self.waiting_cells();
                self.give_up(cells).await;
            }
            (Channel::Shell, _) => self.queue.push_back(message),
            (Channel::Control, kind) => {
                if kind == "interrupt_request"
                    && let Some(cell) = &mut self.cell
                {
                    cell.interrupt();
                }
                let frames = message.frames(&self.signer);
                send(&mut self.kernel.control, frames, "evcxr").await;
            }
            (Channel::Stdin, _) => {
                let frames = message.frames(&self.signer);
                send(&mut self.kernel.stdin, frames, "evcxr").await;
            }
        }
        false
    }

    /// evcxr would wait for the running cell; it has nothing to save, so the launcher ends it.
    async fn shut_down(&mut self, channel: Channel, request: &Message) {
        let content = json!({"status": "ok", "restart": request.content["restart"].as_bool().unwrap_or(false)});
        self.publish(vec![request.child("shutdown_reply", content.clone())]).await;
        let frames = request.reply(content).frames(&self.signer);
        let socket = if channel == Channel::Control { &mut self.clients.control } else { &mut self.clients.shell };
        send(socket, frames, "a client").await;
        tokio::time::sleep(FAREWELL).await;
    }

    async fn take_reply(&mut self, channel: Channel, mut message: Message) {
        if self.question.as_ref().is_some_and(|question| question.id() == message.parent_id()) {
            self.answered[0] = true;
            return;
        }
        if message.parent_id().starts_with(INTERNAL) {
            self.warning = (!found_something(&message.content)).then_some(UNREAD);
            return;
        }
        if message.kind() == "kernel_info_reply" {
            spell_lexer(&mut message);
        }
        if message.kind() == "complete_reply" {
            self.surroundings.completion.filter(&mut message);
        }
        if let Some(cell) = self.cell.as_mut().filter(|cell| message.kind() == "execute_reply" && cell.owns(&message)) {
            cell.take_reply(message);
            return;
        }
        let frames = message.frames(&self.signer);
        let socket = match channel {
            Channel::Shell => &mut self.clients.shell,
            Channel::Control => &mut self.clients.control,
            Channel::Stdin => &mut self.clients.stdin,
        };
        send(socket, frames, "a client").await;
    }

    async fn take_output(&mut self, message: Message) {
        if self.question.as_ref().is_some_and(|question| question.id() == message.parent_id()) {
            self.answered[1] |= message.content["execution_state"] == "idle";
            return;
        }
        if message.parent_id().starts_with(INTERNAL) {
            return;
        }
        let messages = match self.cell.as_mut().filter(|cell| cell.owns(&message)) {
            Some(cell) => cell.take_output(message, &self.surroundings),
            None => self.late(message).into_iter().collect(),
        };
        self.publish(messages).await;
    }

    /// What comes after a cell's end, from a thread of its own: without the marks, which mean nothing any more, except for a panic.
    fn late(&mut self, mut message: Message) -> Option<Message> {
        let text = message.content["text"].as_str().unwrap_or_default();
        if let Some((before, after)) = text.split_once(&mark(&self.surroundings.token)) {
            let panicked = after.strip_prefix(Panicked::WORD).and_then(Panicked::read);
            let told = panicked.as_ref().map(|panicked| explain(&panicked.message) + "\n").unwrap_or_default();
            // Whoever waits for the thread will panic without saying why.
            self.last_panic = panicked.or(self.last_panic.take());
            message.content["text"] = format!("{before}{told}").into();
        }
        (message.content["text"] != "").then_some(message)
    }

    async fn publish(&mut self, messages: Vec<Message>) {
        for message in messages {
            let frames = message.frames(&self.signer);
            send(&mut self.clients.iopub, frames, "the clients").await;
        }
    }
}

/// Whether a completion has come to something.
fn found_something(content: &serde_json::Value) -> bool {
    content["matches"].as_array().is_some_and(|matches| !matches.is_empty())
}

/// evcxr inspects what ends at the cursor; a client asks about the name that the cursor is in. Positions count characters.
fn move_to_end_of_name(content: &mut serde_json::Value) {
    let position = content["cursor_pos"].as_u64().and_then(|position| usize::try_from(position).ok());
    if let (Some(code), Some(position)) = (content["code"].as_str(), position) {
        let rest = code.chars().skip(position).take_while(|character| character.is_alphanumeric() || *character == '_');
        content["cursor_pos"] = (position + rest.count()).into();
    }
}

/// evcxr misspells the field, and without it neither nbconvert nor nbviewer colours a cell.
fn spell_lexer(message: &mut Message) {
    if let Some(language) = message.content["language_info"].as_object_mut() {
        language.remove("pygment_lexer");
        language.insert("pygments_lexer".to_owned(), "rust".into());
    }
}

#[cfg(test)]
mod tests {
    use super::{found_something, move_to_end_of_name};
    use serde_json::json;

    #[test]
    fn neither_an_empty_answer_nor_an_error_shows_that_the_crates_are_read() {
        assert!(found_something(&json!({"status": "ok", "matches": ["random_symmetric"]})));
        assert!(!found_something(&json!({"status": "ok", "matches": []})));
        assert!(!found_something(&json!({"status": "error", "ename": "no crate graph"})));
    }

    #[test]
    fn a_name_is_inspected_wherever_the_cursor_is_in_it() {
        let code = "σ = random_symmetric(3, 1)";
        for (position, expected) in [(4, 20), (9, 20), (20, 20), (21, 22), (26, 26), (99, 99)] {
            let mut content = json!({"code": code, "cursor_pos": position});
            move_to_end_of_name(&mut content);
            assert_eq!(content["cursor_pos"], expected, "from {position}");
        }
    }
}
