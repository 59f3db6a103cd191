"""Runs cells as JupyterLab does: `course lab` starts the server, and kernels are reached by its REST API and its websocket.

Prints a line for each scenario; ends with 1 if one of them fails. Arguments: the program `course`, the folder of the broken notebooks, and the names of
scenarios; all of them if there is none.
"""

import faulthandler
import json
import secrets
import signal
import socket
import subprocess
import sys
import time
import traceback
import urllib.error
import urllib.request
import uuid
from pathlib import Path

import websocket

PATIENCE = 60
program, broken, chosen = sys.argv[1], Path(sys.argv[2]), sys.argv[3:]
token = secrets.token_hex(16)
with socket.socket() as free:
    free.bind(("127.0.0.1", 0))
    port = free.getsockname()[1]


def ask(method, path, content=None):
    data = None if content is None else json.dumps(content).encode()
    headers = {"Authorization": f"token {token}", "Content-Type": "application/json"}
    request = urllib.request.Request(f"http://127.0.0.1:{port}{path}", data, headers, method=method)
    with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
        text = answer.read()
    return json.loads(text) if text else None


class Kernel:
    """A kernel as one page of JupyterLab sees it."""

    def __init__(self, name="rust"):
        self.session = uuid.uuid4().hex
        self.id = ask("POST", "/api/kernels", {"name": name})["id"]
        self.connect()

    def connect(self):
        address = f"ws://127.0.0.1:{port}/api/kernels/{self.id}/channels?session_id={self.session}&token={token}"
        self.socket = websocket.create_connection(address, timeout=PATIENCE)

    def send(self, kind, content):
        header = {"msg_id": uuid.uuid4().hex, "msg_type": kind, "session": self.session, "username": "", "date": "2026-01-01T00:00:00Z", "version": "5.3"}
        self.socket.send(json.dumps({"channel": "shell", "header": header, "parent_header": {}, "metadata": {}, "content": content, "buffers": []}))
        return header["msg_id"]

    def start(self, code):
        return self.send("execute_request", {"code": code, "silent": False, "store_history": True, "allow_stdin": True, "stop_on_error": True})

    def receive(self):
        return json.loads(self.socket.recv())

    def answers(self, requests):
        """The replies to requests, and the messages before the last idle, each with its request."""
        replies, seen, waiting = {}, [], set(requests)
        while waiting or len(replies) < len(requests):
            message = self.receive()
            request = message["parent_header"].get("msg_id")
            if request in requests and message["channel"] == "shell":
                replies[request] = message["content"]
            elif request in requests and message["channel"] == "iopub":
                seen.append(message)
                if message["content"].get("execution_state") == "idle":
                    waiting.discard(request)
            elif message["msg_type"] == "status" and message["content"]["execution_state"] in ("restarting", "dead"):
                return [replies.get(request) for request in requests], [*seen, message]
        return [replies[request] for request in requests], seen

    def run(self, code):
        replies, seen = self.answers([self.start(code)])
        return replies[0], seen

    def run_all(self, cells):
        """Run All sends every cell at once."""
        return self.answers([self.start(code) for code in cells])

    def close(self):
        self.socket.close()
        ask("DELETE", f"/api/kernels/{self.id}")


def printed(messages):
    return "".join(message["content"]["text"] for message in messages if message["msg_type"] == "stream")


def results(messages):
    return [message["content"]["data"]["text/plain"] for message in messages if message["msg_type"] == "execute_result"]


def cells_of(name):
    notebook = json.loads((broken / f"{name}.ipynb").read_text())
    return [cell["source"] for cell in notebook["cells"] if cell["cell_type"] == "code"]


def run_all_stops_at_the_first_error(kernel):
    for name, failing, reason in [
        ("panic", 1, "the len is 0 but the index is 3"),
        ("question_mark", 1, "invalid digit"),
        ("compile_error", 0, "mismatched types"),
    ]:
        cells = cells_of(name)
        replies, seen = kernel.run_all([*cells, "println!(\"ran on\");"])
        statuses = [reply["status"] for reply in replies]
        assert statuses == ["ok"] * failing + ["error"] + ["aborted"] * (len(cells) - failing), (name, statuses)
        assert reason in replies[failing]["evalue"], replies[failing]
        errors = [message["content"] for message in seen if message["msg_type"] == "error"]
        assert errors and reason in errors[0]["evalue"] and errors[0]["traceback"], (name, errors)
        assert "ran on" not in printed(seen), name


def a_cell_whose_process_ends(kernel):
    replies, _ = kernel.run_all(["let lost = 1;", "std::process::exit(3);", "lost"])
    assert [reply["status"] for reply in replies] == ["ok", "error", "aborted"], replies
    assert "Run All Above" in "".join(replies[1]["traceback"]), replies[1]
    reply, _ = kernel.run("lost")
    assert "`lost` was lost" in "".join(reply["traceback"]), reply


def interrupt_and_restart(kernel):
    kernel.run("let before = 1;")
    request = kernel.start("loop {}")
    time.sleep(2)
    ask("POST", f"/api/kernels/{kernel.id}/interrupt", {})
    (reply,), _ = kernel.answers([request])
    assert reply["ename"] == "interrupted", reply
    assert results(kernel.run("1 + 1")[1]) == ["2"]
    request = kernel.start("loop {}")
    time.sleep(1)
    ask("POST", f"/api/kernels/{kernel.id}/restart", {})
    kernel.socket.close()
    kernel.connect()
    reply, seen = kernel.run("1 + 2")
    assert (reply["execution_count"], results(seen)) == (1, ["3"]), (reply, seen)
    assert kernel.run("before")[0]["status"] == "error"


def a_page_that_is_reloaded_misses_nothing(kernel):
    request = kernel.start("for i in 0..6 { println!(\"line {i}\"); std::thread::sleep(std::time::Duration::from_millis(500)); } 7")
    while "line 1" not in printed([message := kernel.receive()]):
        assert message["content"].get("execution_state") != "idle"
    kernel.socket.close()
    time.sleep(4)
    kernel.connect()
    (reply,), seen = kernel.answers([request])
    assert reply["status"] == "ok" and results(seen) == ["7"], (reply, seen)
    assert "line 3" in printed(seen) and "line 5" in printed(seen), printed(seen)


def a_kernel_that_is_killed(kernel):
    replies, seen = kernel.run_all(cells_of("killed_kernel"))
    assert None in replies and seen[-1]["content"]["execution_state"] in ("restarting", "dead"), (replies, seen[-1])
    time.sleep(1)
    kernel.socket.close()
    kernel.connect()
    assert results(kernel.run("1 + 1")[1]) == ["2"], "Jupyter has started another"


SCENARIOS = [
    run_all_stops_at_the_first_error, a_cell_whose_process_ends, a_page_that_is_reloaded_misses_nothing, interrupt_and_restart, a_kernel_that_is_killed,
]

faulthandler.dump_traceback_later(600, exit=True)
server = subprocess.Popen(
    [program, "lab", "--", "--no-browser", f"--ServerApp.port={port}", "--ServerApp.port_retries=0", f"--IdentityProvider.token={token}"],
    stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, start_new_session=True,
)
failed = []
try:
    began = time.monotonic()
    while True:
        try:
            ask("GET", "/api/status")
            break
        except (urllib.error.URLError, ConnectionError):
            assert server.poll() is None and time.monotonic() - began < PATIENCE, "the server does not start"
            time.sleep(0.2)
    assert {"rust", "rust-solutions"} <= ask("GET", "/api/kernelspecs")["kernelspecs"].keys()
    kernel = Kernel()
    for scenario in SCENARIOS:
        if chosen and scenario.__name__ not in chosen:
            continue
        started = time.monotonic()
        try:
            scenario(kernel)
            print(f"ok {scenario.__name__}: {time.monotonic() - started:.1f} s", flush=True)
        except Exception:
            failed.append(scenario.__name__)
            print(f"FAILED {scenario.__name__}\n{traceback.format_exc()}", flush=True)
    kernel.close()
finally:
    server.send_signal(signal.SIGTERM)
    said, _ = server.communicate(timeout=PATIENCE)
    if failed:
        print(said)
sys.exit(bool(failed))
