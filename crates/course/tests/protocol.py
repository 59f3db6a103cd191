"""Tests of the launcher's protocol: every scenario talks to one kernel as a client of Jupyter does.

Prints a line for each scenario; ends with 1 if one of them fails, and at the first that waits in vain. Arguments: the names of the scenarios; all of them
if there is none.
"""

import contextlib
import faulthandler
import json
import os
import queue
import re
import signal
import socket
import subprocess
import sys
import time
import traceback
from pathlib import Path

import zmq
from jupyter_client.manager import KernelManager

PATIENCE = 60
manager = KernelManager(kernel_name="rust")


def connected(session=None):
    client = manager.client()
    if session:
        client.session.session = session
    client.start_channels()
    client.wait_for_ready(timeout=PATIENCE)
    return client


def answer(client, request, channel="shell"):
    while True:
        reply = getattr(client, f"get_{channel}_msg")(timeout=PATIENCE)
        if reply["parent_header"].get("msg_id") == request:
            return reply["content"]


def outputs(client, request):
    """All messages of a request on iopub, up to its idle."""
    seen = []
    while not seen or seen[-1]["content"].get("execution_state") != "idle":
        message = client.get_iopub_msg(timeout=PATIENCE)
        if message["parent_header"].get("msg_id") == request:
            seen.append(message)
    return seen


class Ran:
    """A cell that has run: its reply, its error, and what it has printed."""

    def __init__(self, client, code, **arguments):
        request = client.execute(code, allow_stdin=False, **arguments)
        self.messages = outputs(client, request)
        self.reply = answer(client, request)
        errors = [message["content"] for message in self.messages if message["msg_type"] == "error"]
        self.error = errors[0] if errors else None
        assert (self.reply["status"] == "error") == bool(errors), (self.reply, errors)
        if errors:
            assert self.reply["ename"] and self.reply["evalue"] and self.reply["traceback"], self.reply

    def printed(self, name):
        streams = (message["content"] for message in self.messages if message["msg_type"] == "stream")
        return "".join(content["text"] for content in streams if content["name"] == name)

    def result(self):
        results = (message["content"] for message in self.messages if message["msg_type"] == "execute_result")
        return [content["data"].get("text/plain") for content in results]

    def told(self):
        return re.sub("\x1b\\[[0-9;]*m", "", "\n".join(self.reply.get("traceback", [])))


def launcher_memory():
    status = open(f"/proc/{manager.provisioner.process.pid}/status").read()
    peak = re.search(r"VmHWM:\s+(\d+) kB", status)
    # A process that has been killed has none.
    return int(peak[1]) / 1024 if peak else 0.0


def processes():
    """What the kernel's processes are doing: state, seconds of CPU time, number of threads."""
    return subprocess.run(["ps", "-e", "-o", "pid,ppid,stat,nlwp,cputimes,wchan:20,args"], capture_output=True, text=True).stdout


def first_cell(client):
    ran = Ran(client, "let kept = 7;")
    assert ran.reply["execution_count"] == 1, ran.reply
    language = answer(client, client.kernel_info())["language_info"]
    assert language["pygments_lexer"] == "rust" and "pygment_lexer" not in language, language
    assert Ran(client, "kept").result() == ["7"]


def panic(client):
    ran = Ran(client, "let zeros = vec![0; 3];\nlet i = 5;\n\nlet x = zeros[i];")
    assert ran.error["ename"] == "panic" and "the index is 5" in ran.error["evalue"], ran.error
    assert "at line 4 of this cell: let x = zeros[i];" in ran.told(), ran.told()
    assert not ran.printed("stderr"), ran.printed("stderr")
    assert Ran(client, "kept").result() == ["7"], "a panic keeps the variables"
    ran = Ran(client, "std::thread::scope(|s| { s.spawn(|| panic!(\"in a thread\")); });")
    assert ran.error["evalue"] == "in a thread", ran.error
    ran = Ran(client, "let caught = std::panic::catch_unwind(|| panic!(\"caught\")).is_err(); println!(\"{caught}\");")
    assert ran.printed("stdout") == "true\n" and "caught" in ran.printed("stderr"), ran.messages
    Ran(client, "let thread: std::thread::JoinHandle<()> = std::thread::spawn(|| { std::thread::sleep(std::time::Duration::from_secs(1)); panic!(\"late\") });")
    time.sleep(2)
    ran = Ran(client, "if let Err(reason) = thread.join() { std::panic::resume_unwind(reason); }")
    assert ran.error["ename"] == "panic", ran.error


def question_mark(client):
    ran = Ran(client, "let n = \"abc\".parse::<i32>()?; println!(\"{n}\");")
    assert ran.error["evalue"] == "invalid digit found in string" and not ran.printed("stdout"), ran.error
    assert Ran(client, "let n = \"5\".parse::<i32>()?; eprintln!(\"{}\", n); n").result() == ["5"]


def compile_error(client):
    ran = Ran(client, "let fine = 1;\n\nlet n: i32 = \"one\";")
    assert "mismatched types" in ran.error["evalue"], ran.error
    assert re.search(r"^ *3 │ let n: i32 = \"one\";", ran.told(), re.MULTILINE), ran.told()
    assert "CellEnd" not in ran.told() and "command_" not in ran.told(), ran.told()


def unfinished_lines(client):
    assert Ran(client, "print!(\"q = {kept}\");").printed("stdout") == "q = 7"
    ran = Ran(client, "use std::io::Write; print!(\"a\"); std::io::stdout().flush().unwrap(); eprint!(\"b\");")
    assert (ran.printed("stdout"), ran.printed("stderr")) == ("a", "b"), ran.messages
    assert Ran(client, "print!(\"before\"); panic!(\"then\")").printed("stdout") == "before"
    ran = Ran(client, "print!(\"before a result\"); kept")
    assert (ran.printed("stdout"), ran.result()) == ("before a result", ["7"]), ran.messages
    assert Ran(client, "for i in 0..3 { print!(\"{i}\"); }").printed("stdout") == "012"
    Ran(client, "fn prints(x: f64) -> f64 {\n    print!(\"x = {x}\");\n    x\n}")
    ran = Ran(client, "prints(2.5)")
    assert (ran.printed("stdout"), ran.result()) == ("x = 2.5", ["2.5"]), ran.messages
    ran = Ran(client, "print!(\"and \"); let y = prints(1.5); y")
    assert (ran.printed("stdout"), ran.result()) == ("and x = 1.5", ["1.5"]), ran.messages


def advice(client):
    ran = Ran(client, "let q = random_symmetrc(30, 0);")
    assert "run the notebook's first cell first" in ran.told(), ran.told()
    Ran(client, "let goes = vec![1];")
    Ran(client, "let taken = goes;")
    ran = Ran(client, "goes.len()")
    assert "`goes` was a variable, and a cell has moved it" in ran.told(), ran.told()


def no_warnings_among_the_errors(client):
    Ran(client, "fn stub(a: u8) -> u8 { todo!() }")
    ran = Ran(client, "let closure = |x: f64| x * 2.0;\nclosure(2.0)")
    assert "closure" in ran.told() and "unused" not in ran.told(), ran.told()


def a_card_says_which_version_it_judges(client):
    """The library's cards need its crates; for the launcher, any cell that shows one will do."""
    card = {"exercise": "3/1.1", "title": "Hutchinson", "status": "passed", "lines": [{"passed": True, "text": "unbiased"}]}
    mime = "application/vnd.spectral-course.check+json"
    text = json.dumps(json.dumps(card))
    shows = f'println!("EVCXR_BEGIN_CONTENT {mime}\\n{{}}\\nEVCXR_END_CONTENT", {text}); println!("EVCXR_BEGIN_CONTENT text/plain\\n3/1.1 Hutchinson: passed\\n  \u2713 unbiased\\nEVCXR_END_CONTENT");'

    def shown(uses):
        ran = Ran(client, f"let _ = {uses};\n{shows}")
        data = next(message["content"]["data"] for message in ran.messages if message["msg_type"] == "execute_result")
        assert data["text/plain"].startswith(f"3/1.1 Hutchinson: {'passed' if data[mime]['status'] == 'passed' else 'FAILED'}"), data
        assert all(line["text"] in data["text/plain"] for line in data[mime]["lines"]), data
        return data[mime]

    first = Ran(client, "fn judged(x: f64) -> f64 { x }").reply["execution_count"]
    assert shown("judged") == card
    for wrong in ("fn judged(x: f64) -> f64 { \"x\" }", "fn judged(x: f64) -> f64 { (x }"):
        newer = Ran(client, wrong)
        assert newer.reply["status"] == "error", newer.reply
        told = shown("judged")
        assert told["status"] == "failed" and len(told["lines"]) == 2, told
        assert f"cell [{first}]; the newer one, in cell [{newer.reply['execution_count']}], did not compile" in told["lines"][0]["text"], told
        assert shown("kept") == card, "another function's card"
    Ran(client, "fn judged(x: f64) -> f64 { 2.0 * x }")
    assert shown("judged") == card
    # What a process that ends has defined is forgotten.
    Ran(client, "fn judged(x: f64) -> f64 { 3.0 * x }\nstd::process::exit(3);")
    assert "did not run to its end" in shown("judged")["lines"][0]["text"]
    assert Ran(client, "judged(1.0)").result() == ["2.0"], "the version of before"
    Ran(client, "let kept = 7;")


def a_line_of_progress(client):
    ran = Ran(client, "for text in [\"\\r1 of 2\", \"\\r2 of 2\", \"\\r\\rdone\", \"after\"] { println!(\"{text}\"); }")
    shown = [(m["msg_type"], m["content"]) for m in ran.messages if m["msg_type"].endswith("display_data")]
    assert [kind for kind, _ in shown] == ["display_data", "update_display_data", "update_display_data"], shown
    assert shown[-1][1]["data"]["text/plain"] == "done" and ran.printed("stdout") == "after\n", ran.messages
    assert len({content["transient"]["display_id"] for _, content in shown}) == 1, shown


def standard_error_belongs_to_its_cell(client):
    cells = [f"for _ in 0..50 {{ eprintln!(\"{i}\"); }} println!(\"{i}\");" for i in range(3)]
    requests = [client.execute(cell) for cell in cells]
    for i, request in enumerate(requests):
        streams = [message["content"] for message in outputs(client, request) if message["msg_type"] == "stream"]
        printed = "".join(content["text"] for content in streams if content["name"] == "stderr")
        assert printed == f"{i}\n" * 50, (i, printed)
        answer(client, request)


def waiting_cells_are_given_up(client):
    requests = [client.execute(code) for code in ("panic!(\"first\")", "println!(\"second\");", "1")]
    assert [answer(client, request)["status"] for request in requests] == ["error", "aborted", "aborted"]
    # Except for a check that can say that its function did not compile; this one does not exist.
    requests = [client.execute(code) for code in ("fn checked() -> u32 { 1u8 }", "check::checked(checked)", "1")]
    assert [answer(client, request)["status"] for request in requests] == ["error", "error", "aborted"]
    goes_on = client.execute("panic!(\"first\")", stop_on_error=False), client.execute("let second = 2;")
    assert [answer(client, request)["status"] for request in goes_on] == ["error", "ok"]


def input_request(client):
    code = "println!(\"EVCXR_INPUT_REQUEST:Name?\"); let mut name = String::new(); std::io::stdin().read_line(&mut name); name.trim()"
    request = client.execute(code, allow_stdin=True)
    asked = client.get_stdin_msg(timeout=PATIENCE)
    assert asked["content"]["prompt"] == "Name?", asked
    client.input("Ada")
    results = [message["content"] for message in outputs(client, request) if message["msg_type"] == "execute_result"]
    assert results[0]["data"]["text/plain"] == "\"Ada\"", results
    assert answer(client, request)["status"] == "ok"


def completion_and_inspection(client):
    assert any("kept" in match for match in answer(client, client.complete("kep"))["matches"])
    assert answer(client, client.inspect("kept", 2))["found"], "in the middle of a name"
    assert answer(client, client.is_complete("1"))["status"] == "complete"
    assert client.hb_channel.is_beating()


def no_private_items(client):
    Ran(client, "let matrix = spectral_course::prelude::random_symmetric(3, 1); let list = vec![1];")
    Ran(client, "struct Own { spare: u8 } impl Own { fn fill(&self) {} }\nlet own = Own { spare: 1 };")
    for code, public, private in [
        ("list.", "push(value)", {"buf", "len"}),
        ("matrix.", "dim()", {"data", "parts", "move_into_impl"}),
        ("spectral_course::prelude::Hessian::", "new", {"forward", "changes", "product"}),
        ("own.", "spare", {"type_id"}),
        ("own.", "fill", {"type_id"}),
    ]:
        matches = answer(client, client.complete(code))["matches"]
        assert any(match.startswith(public) for match in matches), (code, matches)
        assert not private.intersection(match.partition("(")[0] for match in matches if match not in ("len()",)), (code, matches)


def two_clients(client):
    with contextlib.closing(Closing(connected("another-session"))) as other:
        mine = client.execute("println!(\"mine\");")
        theirs = other.client.execute("println!(\"theirs\");")
        # Whichever comes first is run first; each client hears of both.
        for listener in (client, other.client):
            printed, waiting = {}, {mine, theirs}
            while waiting:
                message = listener.get_iopub_msg(timeout=PATIENCE)
                request = message["parent_header"].get("msg_id")
                if message["msg_type"] == "stream":
                    printed[request] = message["content"]["text"]
                elif message["content"].get("execution_state") == "idle":
                    waiting.discard(request)
            assert (printed[mine], printed[theirs]) == ("mine\n", "theirs\n"), printed
        assert answer(client, mine)["status"] == answer(other.client, theirs)["status"] == "ok"


class Closing:
    def __init__(self, client):
        self.client = client

    def close(self):
        self.client.stop_channels()


def a_client_comes_back(client):
    for _ in range(3):
        guest = connected("a-guest")
        guest.execute("std::thread::sleep(std::time::Duration::from_millis(300)); println!(\"gone\");")
        guest.stop_channels()
    with contextlib.closing(Closing(connected("a-guest"))) as guest:
        assert Ran(guest.client, "1 + 1").result() == ["2"]
    assert Ran(client, "kept").result() == ["7"]


def malformed_messages(client):
    session = client.session
    good = session.serialize(session.msg("execute_request", {"code": "1"}))
    bad_json = [good[0], session.sign([b"{", b"{}", b"{}", b"{}"]), b"{", b"{}", b"{}", b"{}"]
    no_object = [good[0], session.sign([b"[]", b"{}", b"{}", b"{}"]), b"[]", b"{}", b"{}", b"{}"]
    forged = [good[0], b"0" * 64, *good[2:]]
    for channel in ("shell", "control", "stdin"):
        dealer = zmq.Context.instance().socket(zmq.DEALER)
        dealer.connect(f"tcp://127.0.0.1:{getattr(client, f'{channel}_port')}")
        for frames in ([b"garbage"], [b""], [good[0]], good[:4], forged, bad_json, no_object, [b"x" * 100] * 50):
            dealer.send_multipart(frames)
        dealer.close(linger=1000)
    for port in (client.shell_port, client.iopub_port, client.hb_port, client.control_port):
        with socket.create_connection(("127.0.0.1", port)) as raw:
            raw.sendall(b"GET / HTTP/1.1\r\n\r\n" * 10)
    assert Ran(client, "kept").result() == ["7"]
    assert manager.is_alive()


def large_messages(client):
    comments = "// a comment\n" * 900_000
    assert Ran(client, comments).reply["status"] == "ok"
    code = "println!(\"EVCXR_BEGIN_CONTENT text/plain\\n{}\\nEVCXR_END_CONTENT\", \"x\".repeat(11_000_000));"
    assert len(Ran(client, code).result()[0]) == 11_000_000


def a_flood_of_text(client):
    ran = Ran(client, "for _ in 0..1_000_000 { println!(\"{}\", \"x\".repeat(99)); }")
    assert ran.reply["status"] == "ok", ran.reply
    assert 1 << 20 <= len(ran.printed("stdout")) < 2 << 20, len(ran.printed("stdout"))
    assert "the rest is cut" in ran.printed("stderr"), ran.printed("stderr")
    assert Ran(client, "kept").result() == ["7"]


def a_thousand_small_cells(client):
    started = time.monotonic()
    requests = [client.execute(f"// {i}") for i in range(1000)]
    assert all(answer(client, request)["status"] == "ok" for request in requests)
    print(f"  1000 cells took {time.monotonic() - started:.2f} s")


def an_idle_interrupt_is_harmless(client):
    assert answer(client, control(client, "interrupt_request"), "control")["status"] == "ok"
    assert Ran(client, "kept").result() == ["7"]


def control(client, kind):
    message = client.session.msg(kind, {})
    client.control_channel.send(message)
    return message["header"]["msg_id"]


def interrupt(client):
    request = client.execute("loop {}")
    time.sleep(3)
    assert answer(client, control(client, "interrupt_request"), "control")["status"] == "ok"
    reply = answer(client, request)
    assert reply["ename"] == "interrupted" and "All variables are gone" in reply["evalue"], reply
    outputs(client, request)
    assert Ran(client, "1 + 1").result() == ["2"]


def the_process_ends(client):
    ran = Ran(client, "std::process::exit(3);")
    assert "exit status: 3" in ran.error["evalue"] and "Run All Above" in ran.told(), ran.error
    ran = Ran(client, "#[allow(unconditional_recursion)] fn deep(n: u64) -> u64 { 1 + std::hint::black_box(deep(n + 1)) }\ndeep(0)")
    assert ran.error["ename"] == "stack overflow" and "Run All Above" in ran.told(), (ran.told(), ran.messages)
    ran = Ran(client, "std::process::Command::new(\"kill\").args([\"-9\", &std::process::id().to_string()]).status();")
    assert "signal: 9" in ran.error["evalue"], ran.error
    assert Ran(client, "panic!(\"without begin\")").error["evalue"] == "without begin"


def a_killed_launcher_takes_a_sleeping_cell_along(client):
    request = client.execute("println!(\"{}\", std::process::id()); std::thread::sleep(std::time::Duration::from_secs(600));")
    while (message := client.get_iopub_msg(timeout=PATIENCE))["msg_type"] != "stream" or message["parent_header"]["msg_id"] != request:
        pass
    process = Path(f"/proc/{int(message['content']['text'])}/stat")
    # Nobody may be there to collect what has ended.
    is_asleep = lambda: process.exists() and ") Z" not in process.read_text()
    assert is_asleep()
    os.kill(manager.provisioner.process.pid, signal.SIGKILL)
    patience = time.monotonic() + 20
    while is_asleep():
        assert time.monotonic() < patience, "the cell goes on"
        time.sleep(0.1)


SCENARIOS = [
    first_cell, panic, question_mark, compile_error, unfinished_lines, advice, no_warnings_among_the_errors,
    a_card_says_which_version_it_judges,
    a_line_of_progress, standard_error_belongs_to_its_cell, waiting_cells_are_given_up, input_request, completion_and_inspection, no_private_items, two_clients, a_client_comes_back,
    malformed_messages, large_messages, a_thousand_small_cells, a_flood_of_text, an_idle_interrupt_is_harmless,
    interrupt, the_process_ends, a_killed_launcher_takes_a_sleeping_cell_along,
]

faulthandler.dump_traceback_later(600, exit=True)
manager.start_kernel()
failed = []
try:
    client = connected()
    print(f"the launcher takes {launcher_memory():.1f} MB")
    for scenario in SCENARIOS:
        if sys.argv[1:] and scenario.__name__ not in sys.argv[1:] + ["first_cell"]:
            continue
        started = time.monotonic()
        try:
            scenario(client)
            print(f"ok {scenario.__name__}: {time.monotonic() - started:.1f} s, launcher's peak {launcher_memory():.1f} MB", flush=True)
        except Exception as error:
            failed.append(scenario.__name__)
            print(f"FAILED {scenario.__name__}\n{traceback.format_exc()}", flush=True)
            if isinstance(error, queue.Empty):
                # Each of the others would wait as long.
                print(processes(), flush=True)
                break
    client.stop_channels()
finally:
    started = time.monotonic()
    manager.shutdown_kernel()
    print(f"shut down in {time.monotonic() - started:.1f} s")
sys.exit(bool(failed))
