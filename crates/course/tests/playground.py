"""Plays with the figures to play with in a real browser, from a server of its own that allows no other host.

Prints a line for each test; ends with 1 if one of them fails. Arguments: the folder of the page, the numbers that the library computes
natively, the program of Chromium, and the folder for pictures.
"""

import gzip
import json
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

# What the reader waits for, in milliseconds, and downloads, in bytes.
PATIENCE = 200
DOWNLOAD = 3_000_000
# Relative to the number. Rounding differs: the native library multiplies matrices by the machine's widest vectors.
TOLERANCE = 1e-9
# Numbers that are rounding errors themselves, compared absolutely.
ROUNDING = {"with: error of the largest Ritz value": 1e-5}
WIDE = "() => document.documentElement.scrollWidth - document.documentElement.clientWidth"
SET = """(section, positions) => {
    section.querySelectorAll("[data-setting]").forEach((setting, i) => { setting.value = positions[i]; });
    section.querySelector("form").dispatchEvent(new Event("input"));
}"""
# From a key or a drag to the picture that shows the answer, in the middle of three.
TIME = """async (section) => {
    const slider = section.querySelector("[data-setting]");
    const times = [];
    for (let i = 0; i < 7; i += 1) {
        slider.value = Number(slider.value) + (i % 2 ? -1 : 1);
        const started = performance.now();
        slider.dispatchEvent(new Event("input", { bubbles: true }));
        await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
        times.push(performance.now() - started);
    }
    return [times, Number(section.dataset.milliseconds)];
}"""


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_):
        pass


class Page:
    """The page in a context of its own, and what went wrong in it."""

    def __init__(self, browser, width=1280, scheme="light", scripts=True):
        self.context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme, java_script_enabled=scripts)
        self.problems = []
        self.context.on("request", lambda request: None if request.url.startswith((address, "data:")) else self.problems.append(f"asks {request.url}"))
        self.page = self.context.new_page()
        self.page.on("pageerror", lambda error: self.problems.append(f"error: {error}"))
        self.page.on("console", lambda message: self.problems.append(message.text) if message.type in ("error", "warning") else None)
        self.page.goto(address)
        if scripts:
            expect(self.page.locator("#still")).to_have_count(0)
            self.page.wait_for_timeout(300)

    def __enter__(self):
        return self.page

    def __exit__(self, kind, *_):
        self.context.close()
        assert kind or not self.problems, self.problems


def set_to(section, positions):
    """Moves all sliders of a figure, and waits for the answer."""
    before = int(section.get_attribute("data-answers") or 0)
    section.evaluate(SET, positions)
    expect(section).to_have_attribute("data-answers", str(before + 1))
    return [float(cell.get_attribute("data-value")) for cell in section.locator("td").all()]


def the_download_is_small(_):
    sizes = {path.name: len(gzip.compress(path.read_bytes(), 9)) for path in folder.iterdir()}
    print(f"    compressed: {sizes}, {sum(sizes.values())} bytes in all")
    assert sum(sizes.values()) < DOWNLOAD


def the_numbers_are_those_of_the_native_library(browser):
    largest = 0
    with Page(browser) as page:
        for case in expected:
            found = set_to(page.locator(f"#{case['playground']}"), case["positions"])
            assert len(found) == len(case["values"]), case
            for label, value, wanted in zip(case["labels"], found, case["values"]):
                error = abs(value - wanted) / (1 if label in ROUNDING else max(abs(wanted), 1e-300))
                largest = max(largest, 0 if label in ROUNDING else error)
                assert error <= ROUNDING.get(label, TOLERANCE), (case["playground"], case["positions"], label, value, wanted)
    print(f"    {len(expected)} answers, {sum(len(case['values']) for case in expected)} numbers, largest relative difference {largest:.1e}")


def every_slider_moves_by_keyboard(browser):
    with Page(browser) as page:
        for section in page.locator(".playground").all():
            for control in section.locator("[data-setting]:not(.strip *), [data-cluster]").all():
                before, drawn = control.input_value(), section.locator(".figures").inner_html()
                control.focus()
                page.keyboard.press("ArrowDown" if before == control.get_attribute("max") else "ArrowUp")
                if control.evaluate("control => control.matches('select')"):
                    control.select_option(index=1)
                name = control.get_attribute("id")
                assert control.input_value() != before, name
                if control.get_attribute("data-cluster") is None:
                    expect(section.locator(".figures")).not_to_have_js_property("innerHTML", drawn)
                    assert control.get_attribute("aria-valuetext") != "" , name
            said = section.locator(".sentence").inner_text()
            section.get_by_role("button", name="Reset").press("Enter")
            expect(section.locator(".sentence")).not_to_have_text(said)


def a_spectrum_is_drawn_by_pointer_and_by_keys(browser):
    with Page(browser) as page:
        section = page.locator("#quadrature")
        strip, bins = section.locator(".strip"), section.locator(".strip input")
        counts = lambda: [int(bin.input_value()) for bin in bins.all()]
        count = lambda: float(section.locator("td").first.inner_text())
        section.get_by_role("button", name="Clear").click()
        expect(section.locator(".sentence")).to_contain_text("There are no eigenvalues")
        assert sum(counts()) == 0
        bins.first.focus()
        for key in ["ArrowRight", "ArrowRight", "ArrowUp", "ArrowUp", "ArrowRight", "ArrowUp"]:
            page.keyboard.press(key)
        assert counts()[:5] == [0, 0, 2, 1, 0], counts()
        expect(section.locator("td").first).to_have_text("3")
        strip.scroll_into_view_if_needed()
        box = strip.bounding_box()
        at = lambda share: box["x"] + share * box["width"]
        page.mouse.move(at(0.5), box["y"] + 0.1 * box["height"])
        page.mouse.down()
        page.mouse.move(at(0.9), box["y"] + 0.5 * box["height"], steps=3)
        page.mouse.up()
        assert all(value > 0 for value in counts()[12:22]), counts()
        section.get_by_role("button", name="Clear").click()
        section.get_by_role("button", name="Add").click()
        expect(section.locator("td").first).to_have_text("20")
        expect(section.locator(".sentence")).to_contain_text("of 20 eigenvalues")
        section.screenshot(path=pictures / "playground-strip.png")


def answers_come_in_time(browser):
    with Page(browser) as page:
        for section in page.locator(".playground").all():
            times, computing = section.evaluate(TIME)
            print(f"    {section.get_attribute('id')}: {statistics.median(times):.0f} ms to the picture, {computing:.0f} ms of them computing and drawing")
            assert statistics.median(times) < PATIENCE, times


def it_stands_still_without_scripts(browser):
    with Page(browser, scripts=False) as page:
        expect(page.locator("#still")).to_be_visible()
        for section in page.locator(".playground").all():
            expect(section.locator(".figures svg").first).to_be_visible()
            assert section.locator("td").count() > 3 and section.locator(".sentence").inner_text()
            expect(section.locator("fieldset")).to_be_disabled()
        page.screenshot(path=pictures / "playground-still.png", full_page=True)


def everybody_can_use_it(browser):
    for width, scheme in [(1280, "light"), (1280, "dark"), (320, "light"), (320, "dark")]:
        with Page(browser, width, scheme) as page:
            page.wait_for_timeout(1500)
            assert page.evaluate(WIDE) <= 0, f"scrolls sideways at {width} pixels"
            page.screenshot(path=pictures / f"playground-{width}-{scheme}.png", full_page=True)
            found = Axe().run(page, options={"resultTypes": ["violations"]}).response["violations"]
            said = [f"{violation['id']}: {node['html'][:100]} ({node['failureSummary'][:200]})" for violation in found for node in violation["nodes"][:3]]
            assert not said, "\n".join([f"{width} pixels, {scheme}", *said])


SCENARIOS = [
    the_download_is_small, it_stands_still_without_scripts, the_numbers_are_those_of_the_native_library, every_slider_moves_by_keyboard,
    a_spectrum_is_drawn_by_pointer_and_by_keys, answers_come_in_time, everybody_can_use_it,
]


def perform(scenario, browser):
    began = time.monotonic()
    try:
        scenario(browser)
    except Exception:
        print(f"FAILED {scenario.__name__}: {time.monotonic() - began:.1f} s\n{traceback.format_exc()}", flush=True)
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
