"""A student's and an instructor's way through notebook 3 in a real browser: `course lab` starts JupyterLab, and Chromium clicks and types.

Prints a line for each scenario; ends with 1 if one of them fails. Later scenarios need what the earlier ones have left in the page.
Arguments: the program `course`, the checkout, the program of Chromium, and the folder for pictures.
"""

import json
import os
import re
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
from playwright.sync_api import expect, sync_playwright

PATIENCE = 60
DEADLINE = 600
program, checkout, chromium, pictures = sys.argv[1], Path(sys.argv[2]), sys.argv[3], Path(sys.argv[4])
# Beside the original, because the path in its first cell is relative.
copy = checkout / "notebooks/browser-test.ipynb"
notebook = json.loads((checkout / "notebooks/03_estimation.ipynb").read_text())
notebook["cells"].append({"cell_type": "code", "id": "scratch", "metadata": {}, "execution_count": None, "outputs": [], "source": "1"})
ids = [cell["id"] for cell in notebook["cells"]]
n_code_cells = sum(cell["cell_type"] == "code" for cell in notebook["cells"])
figures = [cell["id"] for cell in notebook["cells"] if "figure" in cell["metadata"].get("tags", [])]
token = secrets.token_hex(16)
with socket.socket() as free:
    free.bind(("127.0.0.1", 0))
    port = free.getsockname()[1]

BROWSER = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync",
    # Everything must come from the server: a course room may have no network.
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
]

HUTCHINSON = """
#[exercise]
fn hutchinson_trace(a: &dyn SymmetricOperator, m: usize, probe: Probe, seed: u64) -> TraceEstimate {
    let mut rng = rng(seed);
    let samples: Array1<f64> = (0..m).map(|_| { let z = probe.draw(a.dim(), &mut rng); z.dot(&a.apply(&z)) }).collect();
    TraceEstimate { mean: %s, samples }
}
""".strip()


def ask(path):
    request = urllib.request.Request(f"http://127.0.0.1:{port}{path}", headers={"Authorization": f"token {token}"})
    with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
        return json.loads(answer.read())


class Lab:
    """The copy of the notebook in a page of JupyterLab."""

    def __init__(self, browser):
        self.browser = browser
        self.context = None
        self.open()
        self.wait_for_kernel()

    def open(self, zoom=1.0):
        """Opens it anew, as after the browser was closed, in the default layout without the list of files."""
        if self.context:
            self.context.close()
        # What the browser's zoom is: a page of fewer CSS pixels, each of them larger.
        viewport = {"width": round(1280 / zoom), "height": round(900 / zoom)}
        self.context = self.browser.new_context(viewport=viewport, device_scale_factor=zoom)
        self.context.set_default_timeout(1000 * PATIENCE)
        self.page = self.context.new_page()
        self.page.goto(f"http://127.0.0.1:{port}/lab/tree/notebooks/{copy.name}?token={token}&reset")
        self.panel = self.page.locator(".jp-NotebookPanel:not(.lm-mod-hidden)")
        self.cells = self.panel.locator(".jp-WindowedPanel-viewport > .jp-Cell, .jp-Notebook > .jp-Cell")
        expect(self.cells).to_have_count(len(ids))
        files = self.page.locator(".jp-FileBrowser")
        expect(files).to_be_visible()
        self.page.keyboard.press("ControlOrMeta+b")
        expect(files).to_be_hidden()

    def wait_for_kernel(self):
        expect(self.panel.locator(".jp-Notebook-ExecutionIndicator")).to_have_attribute("data-status", "idle")

    def cell(self, name):
        cell = self.cells.nth(ids.index(name))
        cell.scroll_into_view_if_needed()
        return cell

    def focus(self, name):
        """The cell, with the cursor in its editor."""
        cell = self.cell(name)
        cell.locator(".cm-content").click()
        return cell

    def write(self, name, code):
        cell = self.focus(name)
        self.page.keyboard.press("ControlOrMeta+a")
        self.page.keyboard.insert_text(code)
        shown = cell.locator(".cm-content").evaluate("lines => Array.from(lines.querySelectorAll('.cm-line'), line => line.textContent).join('\\n')")
        assert shown == code, (shown, code)
        return cell

    def start(self, name, code=None, keys="Control+Enter"):
        cell = self.focus(name) if code is None else self.write(name, code)
        self.page.keyboard.press(keys)
        return cell

    def run(self, name, code=None, keys="Control+Enter"):
        """Runs a cell to its end, and returns its outputs."""
        before = self.count_of(self.cell(name))
        cell = self.start(name, code, keys)
        expect(cell.locator(".jp-InputArea-prompt")).to_have_text(re.compile(rf"\[(?!{before}\])\d+\]:"))
        self.wait_for_kernel()
        return cell.locator(".jp-OutputArea-output")

    @staticmethod
    def count_of(cell):
        return re.sub(r"\D", "", cell.locator(".jp-InputArea-prompt").inner_text()) or "0"

    def check(self, code=None):
        """Runs the cell of exercise 1.1 and the check below it; returns the outputs of both. The check is folded, and has no editor to click into."""
        outputs = self.run("hutchinson-exercise", code, "Shift+Enter")
        self.page.keyboard.press("Shift+Enter")
        return outputs, self.cell("hutchinson-check").locator(".jp-OutputArea-output")

    def choose_kernel(self, name):
        self.panel.locator(".jp-KernelName").click()
        dialog = self.page.locator(".jp-Dialog")
        dialog.locator("select").select_option(label=name)
        dialog.locator(".jp-mod-accept").click()
        expect(self.panel.locator(".jp-KernelName")).to_have_text(name)
        self.wait_for_kernel()

    def menu(self, *names):
        self.page.locator(".lm-MenuBar-item", has_text=re.compile(f"^{names[0]}$")).click()
        for name in names[1:]:
            self.page.locator(".lm-Menu-item", has=self.page.locator(".lm-Menu-itemLabel", has_text=re.compile(f"^{re.escape(name)}$"))).click()

    def choose_theme(self, name):
        with self.page.expect_response(lambda response: "themes" in response.url and response.request.method == "PUT"):
            self.menu("Settings", "Theme", name)
        expect(self.page.locator("body")).to_have_attribute("data-jp-theme-name", name)

    def save(self):
        self.page.keyboard.press("ControlOrMeta+s")
        expect(self.page.locator(".lm-DockPanel-tabBar .jp-mod-dirty")).to_have_count(0)

    def picture(self, name):
        self.page.screenshot(path=pictures / f"{name}.png")


def is_red(output):
    """Whether an output has the red background of errors."""
    background = output.evaluate("node => getComputedStyle(node).backgroundColor")
    red, green, blue = map(int, re.findall(r"\d+", background)[:3])
    return red > green + 15 and red > blue + 15


def it_opens_and_an_exercise_is_todo(lab):
    expect(lab.panel.locator(".jp-KernelName")).to_have_text("Rust")
    lab.run("setup")
    _, card = lab.check()
    expect(card).to_contain_text("3/1.1 Implement Hutchinson: todo")
    lab.picture("todo")


def a_wrong_version_and_a_right_one(lab):
    _, card = lab.check(HUTCHINSON % "samples.sum()")
    expect(card).to_contain_text("3/1.1 Implement Hutchinson: failed")
    expect(card).to_contain_text(re.compile("✗.*mean"))
    lab.picture("failed")
    _, card = lab.check(HUTCHINSON % "samples.sum() / m as f64")
    expect(card).to_contain_text("3/1.1 Implement Hutchinson: passed")
    assert "✗" not in card.inner_text(), card.inner_text()
    lab.picture("passed")


def a_version_that_does_not_compile(lab):
    report, card = lab.check(HUTCHINSON % "samples.summ()")
    expect(report.last).to_contain_text("no method named `summ`")
    expect(card).to_contain_text("did not compile")
    lab.picture("compile-error")
    _, card = lab.check(HUTCHINSON % "samples.sum() / m as f64")
    expect(card).to_contain_text("3/1.1 Implement Hutchinson: passed")


def a_panic_hints_completion_and_documentation(lab):
    lab.run("scratch", "let kept = vec![41];")
    panic = lab.run("scratch", "let at = kept.len();\nkept[at]").last
    expect(panic).to_contain_text("the len is 1 but the index is 1")
    assert is_red(panic)
    lab.picture("panic")
    expect(lab.run("scratch", "kept[0] + 1")).to_have_text(["42"])
    expect(lab.run("scratch", 'hint("3/1.1")')).to_contain_text(["Create one generator from the seed"])

    lab.write("scratch", "Probe::")
    lab.page.keyboard.press("Tab")
    completer = lab.page.locator(".jp-Completer:not(.lm-mod-hidden)")
    expect(completer).to_contain_text("Rademacher")
    lab.picture("completion")
    lab.page.keyboard.press("Escape")

    lab.write("scratch", "TraceEstimate")
    lab.page.keyboard.press("Shift+Tab")
    tooltip = lab.page.locator(".jp-Tooltip")
    expect(tooltip).to_contain_text("An estimate of a trace")
    lab.picture("documentation")
    lab.page.keyboard.press("Escape")
    expect(tooltip).to_have_count(0)


def an_endless_loop_is_interrupted(lab):
    cell = lab.start("scratch", 'println!("in the loop");\nloop {}')
    outputs = cell.locator(".jp-OutputArea-output")
    expect(outputs).to_contain_text(["in the loop"])
    lab.panel.locator('[data-jp-item-name="interrupt"]').click()
    expect(outputs.last).to_contain_text("All variables are gone")
    lab.wait_for_kernel()
    lab.picture("interrupted")
    expect(lab.run("scratch", "6 * 7")).to_have_text(["42"])
    expect(lab.run("scratch", "kept[0]").last).to_contain_text("`kept` was lost")
    lab.run("scratch", "let fine = 1;")


def all_cells_with_the_solutions(lab):
    lab.choose_kernel("Rust (solutions)")
    lab.menu("Run", "Run All Cells")
    last = lab.cell("scratch").locator(".jp-InputArea-prompt")
    expect(last).to_have_text("[*]:")
    expect(last).not_to_have_text("[*]:", timeout=300_000)
    lab.wait_for_kernel()
    # JupyterLab shows an error with a traceback as a text on stderr, which would be wrong too.
    errors = lab.panel.locator(".jp-OutputArea-output:is([data-mime-type$=error], [data-mime-type$=stderr])")
    assert errors.count() == 0, errors.all_inner_texts()
    expect(last).to_have_text(f"[{n_code_cells}]:")
    all_figures_are_there(lab)


def all_figures_are_there(lab):
    for name in figures:
        outputs = lab.cell(name).locator(".jp-OutputArea-output")
        figure = outputs.locator("svg, img").first
        expect(figure).to_be_visible()
        size, room = figure.bounding_box(), outputs.last.bounding_box()
        assert size["width"] > 100 and size["height"] > 75 and size["width"] <= room["width"], (name, size, room)


def saved_and_reopened(lab):
    lab.save()
    for theme in ("light", "dark"):
        for zoom in (1.0, 0.5, 2.0):
            lab.open(zoom)
            expect(lab.page.locator("body")).to_have_attribute("data-jp-theme-light", "true" if theme == "light" else "false")
            all_figures_are_there(lab)
            for name in ("hutchinson-check", "variance-figure"):
                lab.cell(name).locator(".jp-OutputArea-output").first.scroll_into_view_if_needed()
                lab.picture(f"{name}-{theme}-{round(100 * zoom)}")
        if theme == "light":
            lab.open()
            lab.choose_theme("JupyterLab Dark")


expect.set_options(timeout=1000 * PATIENCE)

SCENARIOS = [
    it_opens_and_an_exercise_is_todo, a_wrong_version_and_a_right_one, a_version_that_does_not_compile, a_panic_hints_completion_and_documentation,
    an_endless_loop_is_interrupted, all_cells_with_the_solutions, saved_and_reopened,
]



def clean_up():
    """Ends the server, which ends its kernels. Chromium ends with this process."""
    server.terminate()
    try:
        server.wait(PATIENCE)
    except subprocess.TimeoutExpired:
        os.killpg(server.pid, signal.SIGKILL)
    # Only now does nobody save it again.
    copy.unlink(missing_ok=True)
    checkpoints = copy.parent / ".ipynb_checkpoints"
    (checkpoints / f"{copy.stem}-checkpoint.ipynb").unlink(missing_ok=True)
    if checkpoints.is_dir() and not any(checkpoints.iterdir()):
        checkpoints.rmdir()
    shutil.rmtree(folder, ignore_errors=True)


def give_up(reason):
    # Where the scenario waits: Playwright's own loop is all that the thread's stack would show.
    traceback.print_stack(main.gr_frame)
    print(f"FAILED {running}: {reason}", flush=True)
    clean_up()
    os._exit(1)


def wait_for_server():
    began = time.monotonic()
    while True:
        try:
            return ask("/api/status")
        except (urllib.error.URLError, ConnectionError):
            # What the set-up still has to do is done first.
            assert server.poll() is None and time.monotonic() - began < 5 * PATIENCE, "the server does not start"
            time.sleep(0.2)


def perform(scenario, lab):
    started = time.monotonic()
    try:
        scenario(lab)
    except Exception:
        # Playwright adds the whole page in words.
        said = traceback.format_exc().partition("Aria snapshot:")[0]
        print(f"FAILED {scenario.__name__}: {time.monotonic() - started:.1f} s\n{said}", flush=True)
        lab.picture(f"FAILED-{scenario.__name__}")
        return False
    print(f"ok {scenario.__name__}: {time.monotonic() - started:.1f} s", flush=True)
    return True


main, running = greenlet.getcurrent(), "start"
folder = Path(tempfile.mkdtemp(prefix="browser-test-"))
for picture in pictures.glob("*.png"):
    picture.unlink()
# The settings and the layout of whoever works in this checkout neither change the test nor are changed by it.
environment = {**os.environ, "JUPYTERLAB_SETTINGS_DIR": str(folder / "settings"), "JUPYTERLAB_WORKSPACES_DIR": str(folder / "workspaces")}
log = folder / "server.log"
server = subprocess.Popen(
    [program, "lab", "--", "--no-browser", f"--ServerApp.port={port}", "--ServerApp.port_retries=0", f"--IdentityProvider.token={token}"],
    stdin=subprocess.DEVNULL, stdout=log.open("w"), stderr=subprocess.STDOUT, start_new_session=True, env=environment,
)
for ending in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
    signal.signal(ending, lambda *_: give_up("ended by a signal"))
watch = threading.Timer(DEADLINE, give_up, ["the deadline has passed"])
watch.daemon = True
watch.start()
passed = False
try:
    wait_for_server()
    copy.write_text(json.dumps(notebook))
    with sync_playwright() as playwright:
        chrome = playwright.chromium.launch(executable_path=chromium, args=BROWSER)
        lab = Lab(chrome)
        outcomes = []
        for scenario in SCENARIOS:
            running = scenario.__name__
            outcomes.append(perform(scenario, lab))
        passed = all(outcomes)
        chrome.close()
finally:
    if not passed:
        print("the server said last:", *log.read_text().splitlines()[-20:], sep="\n")
    clean_up()
sys.exit(not passed)
