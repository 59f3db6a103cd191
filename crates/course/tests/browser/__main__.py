"""A student's and an instructor's way through notebook 3 in a real browser: `course lab` starts JupyterLab, and Chromium clicks and types.

Prints a line for each scenario; ends with 1 if one of them fails. Arguments: the program `course`, the checkout, the program of Chromium, and the folder
for pictures.
"""

import json
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import traceback
import urllib.error
import urllib.request
from pathlib import Path

import greenlet
from page import PATIENCE, Page
from playwright.sync_api import expect, sync_playwright
from scenarios import SCENARIOS, SHOWN

DEADLINE = 900
program, checkout, chromium, pictures = sys.argv[1], Path(sys.argv[2]), sys.argv[3], Path(sys.argv[4])

BROWSER = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync",
    # Everything must come from the server: a course room may have no network.
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
]


class Server:
    """`course lab`, with settings and a layout of its own: those of whoever works in this checkout neither change the test nor are changed by it."""

    def __init__(self):
        self.token = secrets.token_hex(16)
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        self.address = f"http://127.0.0.1:{port}"
        self.folder = Path(tempfile.mkdtemp(prefix="browser-test-"))
        self.log = self.folder / "server.log"
        arguments = ["--no-browser", f"--ServerApp.port={port}", "--ServerApp.port_retries=0", f"--IdentityProvider.token={self.token}"]
        environment = {**os.environ, "JUPYTERLAB_SETTINGS_DIR": str(self.folder / "settings"), "JUPYTERLAB_WORKSPACES_DIR": str(self.folder / "workspaces")}
        self.process = subprocess.Popen(
            [program, "lab", "--", *arguments, "--log-level=INFO"],
            stdin=subprocess.DEVNULL, stdout=self.log.open("w"), stderr=subprocess.STDOUT, start_new_session=True, env=environment,
        )

    def autosave(self, seconds):
        """How often pages save that are opened from now on."""
        settings = self.folder / "settings/@jupyterlab/docmanager-extension/plugin.jupyterlab-settings"
        settings.parent.mkdir(parents=True, exist_ok=True)
        settings.write_text(json.dumps({"autosaveInterval": seconds}))

    def ask(self, path, method="GET"):
        request = urllib.request.Request(f"{self.address}{path}", headers={"Authorization": f"token {self.token}"}, method=method)
        with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
            return json.loads(answer.read() or "null")

    def wait(self):
        began = time.monotonic()
        while True:
            try:
                return self.ask("/api/status")
            except (urllib.error.URLError, ConnectionError):
                # What the set-up still has to do is done first.
                assert self.process.poll() is None and time.monotonic() - began < 5 * PATIENCE, "the server does not start"
                time.sleep(0.2)

    def end_kernels(self):
        for session in self.ask("/api/sessions"):
            self.ask(f"/api/sessions/{session['id']}", "DELETE")

    def end(self):
        """Ends the server, which ends its kernels."""
        self.process.terminate()
        try:
            self.process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            os.killpg(self.process.pid, signal.SIGKILL)

    def clear(self):
        shutil.rmtree(self.folder, ignore_errors=True)


class Course:
    """What the scenarios share: the server, the browser, and a page with a copy of notebook 3."""

    def __init__(self):
        self.checkout, self.pictures, self.server = checkout, pictures, Server()
        # Beside the original, because the path in its first cell is relative.
        self.copy = checkout / "notebooks/browser-test.ipynb"
        self.notebook = json.loads((checkout / "notebooks/03_estimation.ipynb").read_text())
        cells = self.notebook["cells"]
        self.figures = [cell["id"] for cell in cells if "figure" in cell["metadata"].get("tags", [])]
        for name in ("scratch", *SHOWN):
            cells.append({"cell_type": "code", "id": name, "metadata": {}, "execution_count": None, "outputs": [], "source": "1"})
        self.n_code_cells = sum(cell["cell_type"] == "code" for cell in cells)

    def originals(self):
        """The course's notebooks, with the ids of their cells."""
        for path in sorted(checkout.glob("notebooks/0*.ipynb")):
            yield path.relative_to(checkout), [cell["id"] for cell in json.loads(path.read_text())["cells"]]

    def open(self, browser):
        self.browser = browser
        ids = [cell["id"] for cell in self.notebook["cells"]]
        self.lab = Page(browser, self.server, self.copy.relative_to(checkout), ids, pictures)

    def write_copy(self):
        self.copy.write_text(json.dumps(self.notebook))

    def clean_up(self):
        """Chromium ends with this process."""
        self.server.end()
        # Only now does nobody save it again.
        self.copy.unlink(missing_ok=True)
        checkpoints = self.copy.parent / ".ipynb_checkpoints"
        (checkpoints / f"{self.copy.stem}-checkpoint.ipynb").unlink(missing_ok=True)
        if checkpoints.is_dir() and not any(checkpoints.iterdir()):
            checkpoints.rmdir()
        self.server.clear()


def give_up(reason):
    # Where the scenario waits: Playwright's own loop is all that the thread's stack would show.
    traceback.print_stack(main.gr_frame)
    print(f"FAILED {running}: {reason}", flush=True)
    course.clean_up()
    os._exit(1)


def perform(scenario):
    started = time.monotonic()
    try:
        scenario(course)
    except Exception:
        # Playwright adds the whole page in words.
        said = traceback.format_exc().partition("Aria snapshot:")[0]
        print(f"FAILED {scenario.__name__}: {time.monotonic() - started:.1f} s\n{said}", flush=True)
        if course.lab.context:
            course.lab.picture(f"FAILED-{scenario.__name__}")
        return False
    print(f"ok {scenario.__name__}: {time.monotonic() - started:.1f} s", flush=True)
    return True


main, running = greenlet.getcurrent(), "start"
expect.set_options(timeout=1000 * PATIENCE)
for picture in pictures.glob("*.png"):
    picture.unlink()
course = Course()
for ending in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
    signal.signal(ending, lambda *_: give_up("ended by a signal"))
watch = threading.Timer(DEADLINE, give_up, ["the deadline has passed"])
watch.daemon = True
watch.start()
passed = False
try:
    course.server.wait()
    course.write_copy()
    with sync_playwright() as playwright:
        chrome = playwright.chromium.launch(executable_path=chromium, args=BROWSER)
        course.open(chrome)
        outcomes = []
        for scenario in SCENARIOS:
            running = scenario.__name__
            outcomes.append(perform(scenario))
        passed = all(outcomes)
        chrome.close()
finally:
    if not passed:
        print("the server said last:", *course.server.log.read_text().splitlines()[-20:], sep="\n")
    course.clean_up()
sys.exit(not passed)
