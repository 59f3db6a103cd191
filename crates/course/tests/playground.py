"""Plays with the figures to play with in a real browser, from a server of its own that knows no other host.

Prints a line for each test; ends with 1 if one of them fails. Arguments: the folder of the pages, the numbers that the library computes
natively, the program of Chromium, and the folder for pictures.
"""

import gzip
import itertools
import json
import re
import statistics
import sys
import threading
import time
import traceback
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect, sync_playwright

folder, expected, chromium, pictures = Path(sys.argv[1]), json.loads(Path(sys.argv[2]).read_text()), sys.argv[3], Path(sys.argv[4])
NAMES = list(dict.fromkeys(case["playground"] for case in expected))

# What the reader waits for, in milliseconds, and downloads, in bytes.
PATIENCE = 200
DOWNLOAD = 3_000_000
# Rounding differs, because the native library multiplies matrices by the machine's widest vectors. Some numbers are rounding errors themselves.
# An eigenvector is known up to rounding over the gap.
RELATIVE, RELATIVE_OF_EIGENVECTORS, ABSOLUTE = 1e-9, 1e-8, 1e-12
# The width of a page on which the figure has the width of the still one.
AS_STILL = 1028

WIDE = "() => document.documentElement.scrollWidth - document.documentElement.clientWidth"
SET = """(main, positions) => {
    const settings = [...main.querySelectorAll("[data-setting]"), ...main.querySelectorAll(".strip input")];
    settings.forEach((setting, i) => { setting.value = positions[i]; });
    main.querySelector("form").dispatchEvent(new Event("input"));
}"""
# From a drag to the picture that shows the answer, seven times.
TIME = """async (main) => {
    const slider = main.querySelector("[data-setting]");
    const times = [];
    for (let i = 0; i < 7; i += 1) {
        slider.value = Number(slider.value) + (i % 2 ? -1 : 1);
        const started = performance.now();
        slider.dispatchEvent(new Event("input", { bubbles: true }));
        await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
        times.push([performance.now() - started, Number(main.dataset.milliseconds)]);
    }
    return times;
}"""


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_):
        pass


class Page:
    """A page in a context of its own, and what went wrong in it."""

    def __init__(self, browser, name="", width=1280, scheme="light", lacks=None):
        self.context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme, java_script_enabled=lacks != "JavaScript")
        if lacks == "WebAssembly":
            self.context.add_init_script("delete globalThis.WebAssembly")
        self.problems = []
        self.context.on("request", lambda request: None if request.url.startswith((address, "data:")) else self.problems.append(f"asks {request.url}"))
        self.page = self.context.new_page()
        self.page.on("pageerror", lambda error: None if lacks and lacks in str(error) else self.problems.append(f"error: {error}"))
        self.page.on("console", lambda message: self.problems.append(message.text) if message.type in ("error", "warning") else None)
        self.page.goto(f"{address}{name}/" if name else address)
        if name and not lacks:
            # The library has loaded, and the figure has the width of the page.
            expect(self.page.locator("#still")).to_have_count(0)
            self.page.wait_for_timeout(300)

    def __enter__(self):
        return self.page

    def __exit__(self, kind, *_):
        self.context.close()
        assert kind or not self.problems, self.problems


def set_to(page, positions):
    """Moves all sliders, and returns the numbers of the answer."""
    main = page.locator("main")
    before = int(main.get_attribute("data-answers") or 0)
    main.evaluate(SET, positions)
    expect(main).to_have_attribute("data-answers", str(before + 1))
    return main.evaluate("main => [...main.querySelectorAll('td')].map((cell) => Number(cell.dataset.value))")


def drawing(page):
    """The figures, as text and as whole numbers, which are tenths of a pixel."""
    text = page.locator(".figures").evaluate("figures => [...figures.children].map((svg) => svg.outerHTML).join('')")
    return re.sub(r"\d+", "#", text), [int(number) for number in re.findall(r"\d+", text)]


def looks_like(drawn, other):
    """Whether two drawings are the same up to rounding."""
    return drawn[0] == other[0] and all(abs(a - b) <= 1 for a, b in zip(drawn[1], other[1]))


def the_download_is_small(_):
    sizes = {str(path.relative_to(folder)): len(gzip.compress(path.read_bytes(), 9)) for path in folder.rglob("*") if path.is_file()}
    print(f"    compressed: {sizes}, {sum(sizes.values())} bytes in all")
    assert sum(sizes.values()) < DOWNLOAD


def numbers_and_figures_are_those_of_the_native_library(browser):
    worst = 0
    for name in NAMES:
        with Page(browser, name, AS_STILL) as page:
            still = drawing(page)
            relative = RELATIVE_OF_EIGENVECTORS if name == "rotation" else RELATIVE
            for i, case in enumerate(case for case in expected if case["playground"] == name):
                found = set_to(page, case["positions"])
                assert len(found) == len(case["values"]), case
                for label, value, wanted in zip(case["labels"], found, case["values"]):
                    share = abs(value - wanted) / (relative * abs(wanted) + ABSOLUTE)
                    assert share <= 1, (name, case["positions"], label, value, wanted)
                    worst = max(worst, share)
                # The first case is what the page shows at first.
                assert i > 0 or looks_like(drawing(page), still), f"{name}: the figure differs from the still one"
    print(f"    {len(expected)} answers, {sum(len(case['values']) for case in expected)} numbers, the largest difference is {worst:.1e} of what is allowed")


def every_setting_moves_by_keyboard(browser):
    for name in NAMES:
        with Page(browser, name) as page:
            figures, sentence = page.locator(".figures"), page.locator(".sentence")
            at_first = sentence.inner_text()
            for control in page.locator("[data-setting], [data-cluster]").all():
                before, drawn = control.input_value(), figures.inner_html()
                control.focus()
                page.keyboard.press("ArrowDown" if before == control.get_attribute("max") or control.evaluate("control => control.matches('select')") else "ArrowUp")
                assert control.input_value() != before, control.get_attribute("id")
                if control.get_attribute("data-cluster") is None:
                    expect(figures).not_to_have_js_property("innerHTML", drawn)
            expect(sentence).not_to_have_text(at_first)
            page.get_by_role("button", name="Reset").press("Enter")
            expect(sentence).to_have_text(at_first)


def a_spectrum_is_drawn_by_pointer_and_by_keys(browser):
    with Page(browser, "quadrature") as page:
        strip, bins, n = page.locator(".strip"), page.locator(".strip input"), page.locator("td").first

        def counts():
            return [int(bin.input_value()) for bin in bins.all()]

        page.get_by_role("button", name="Clear").click()
        expect(page.locator(".sentence")).to_contain_text("There are no eigenvalues")
        assert sum(counts()) == 0
        page.locator("[data-cluster]").first.focus()
        page.keyboard.press("Shift+Tab")
        for key in ["ArrowRight", "ArrowRight", "ArrowUp", "ArrowUp", "ArrowRight", "ArrowUp"]:
            page.keyboard.press(key)
        assert counts()[:5] == [0, 0, 2, 1, 0], counts()
        expect(n).to_have_text("3")
        strip.scroll_into_view_if_needed()
        box = strip.bounding_box()
        page.mouse.move(box["x"] + 0.5 * box["width"], box["y"] + 0.1 * box["height"])
        page.mouse.down()
        page.mouse.move(box["x"] + 0.9 * box["width"], box["y"] + 0.5 * box["height"], steps=3)
        page.mouse.up()
        assert all(count > 0 for count in counts()[12:22]), counts()
        page.screenshot(path=pictures / "playground-strip.png")
        page.get_by_role("button", name="Clear").click()
        page.get_by_role("button", name="Add").click()
        expect(n).to_have_text("20")
        expect(page.locator(".sentence")).to_contain_text("of 20 eigenvalues")


def answers_come_in_time(browser):
    for name in NAMES:
        with Page(browser, name) as page:
            whole, computing = [statistics.median(times) for times in zip(*page.locator("main").evaluate(TIME))]
            print(f"    {name}: {whole:.0f} ms to the picture, {computing:.0f} ms of them for the library and the page")
            assert whole < PATIENCE, name


def it_stands_still_without_either(browser):
    for name, lacks in itertools.product(NAMES, ["WebAssembly", "JavaScript"]):
        with Page(browser, name, lacks=lacks) as page:
            expect(page.locator("#still")).to_be_visible()
            expect(page.locator(".figures svg").first).to_be_visible()
            assert page.locator("td").count() > 3 and page.locator(".sentence").inner_text()
            assert page.locator("fieldset").get_attribute("disabled") is not None
            page.screenshot(path=pictures / f"playground-{name}-still.png", full_page=True)


def everybody_can_use_it(browser):
    for name in ["", *NAMES]:
        for width, scheme in [(1280, "light"), (1280, "dark"), (320, "light"), (320, "dark")]:
            with Page(browser, name, width, scheme) as page:
                assert page.evaluate(WIDE) <= 0, f"{name} scrolls sideways at {width} pixels"
                page.screenshot(path=pictures / f"playground-{name or 'list'}-{width}-{scheme}.png", full_page=True)
                found = Axe().run(page, options={"resultTypes": ["violations"]}).response["violations"]
                said = [f"{violation['id']}: {node['html'][:100]} ({node['failureSummary'][:200]})" for violation in found for node in violation["nodes"][:3]]
                assert not said, "\n".join([f"{name}, {width} pixels, {scheme}", *said])


SCENARIOS = [
    the_download_is_small, it_stands_still_without_either, numbers_and_figures_are_those_of_the_native_library, every_setting_moves_by_keyboard,
    a_spectrum_is_drawn_by_pointer_and_by_keys, answers_come_in_time, everybody_can_use_it,
]


def perform(scenario, browser):
    began = time.monotonic()
    try:
        scenario(browser)
    except Exception:
        # Playwright adds the whole page in words.
        print(f"FAILED {scenario.__name__}: {time.monotonic() - began:.1f} s\n{traceback.format_exc().partition('Aria snapshot:')[0]}", flush=True)
        return False
    print(f"ok {scenario.__name__}: {time.monotonic() - began:.1f} s", flush=True)
    return True


pictures.mkdir(parents=True, exist_ok=True)
server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=folder))
address = f"http://127.0.0.1:{server.server_port}/"
threading.Thread(target=server.serve_forever, daemon=True).start()
with sync_playwright() as playwright:
    chrome = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
    outcomes = [perform(scenario, chrome) for scenario in SCENARIOS]
    chrome.close()
sys.exit(not all(outcomes))
