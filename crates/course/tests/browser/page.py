"""A notebook in a page of the browser, as JupyterLab or the classic Notebook shows it."""

import re

from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import expect

PATIENCE = 60

# Axe judges the contrast only of what can be seen, takes all for hidden that is outside the body, whose height is 0, and looks at the whole page every
# time: so copies of all that the course shows stand below the page, on the notebook's colour, for one look. Each is as wide as in the notebook.
LOOK = """async panel => {
    const place = document.createElement("div");
    for (const output of panel.querySelectorAll('.jp-OutputArea-output[data-mime-type="text/html"]')) place.append(output.cloneNode(true));
    place.style = `position: absolute; top: ${innerHeight}px; background: ${getComputedStyle(panel).backgroundColor}; width: ${panel.clientWidth}px`;
    document.body.append(place);
    document.body.style.height = `${innerHeight + place.offsetHeight}px`;
    const found = await axe.run(place);
    place.remove();
    document.body.style.height = "";
    const nodes = rules => rules.flatMap(rule => rule.nodes.map(node => [rule.id, node.html, node.failureSummary]));
    const held = Object.fromEntries(found.passes.map(rule => [rule.id, rule.nodes.length]));
    return [held, nodes(found.violations), nodes(found.incomplete)];
}"""


class Page:
    """A notebook in JupyterLab."""

    # Between the address of the server and the path of the notebook.
    KIND = "lab/tree"

    def __init__(self, browser, server, path, ids, pictures):
        self.browser, self.server, self.path, self.ids, self.pictures = browser, server, path, ids, pictures
        self.context = None

    def open(self, zoom=1.0):
        """Opens it anew, as after the browser was closed."""
        self.close()
        # What the browser's zoom is: a page of fewer CSS pixels, each of them larger.
        viewport = {"width": round(1280 / zoom), "height": round(900 / zoom)}
        self.context = self.browser.new_context(viewport=viewport, device_scale_factor=zoom)
        self.context.set_default_timeout(1000 * PATIENCE)
        self.page = self.context.new_page()
        self.page.goto(f"{self.server.address}/{self.KIND}/{self.path}?token={self.server.token}&reset")
        self.panel = self.page.locator(".jp-NotebookPanel:not(.lm-mod-hidden)")
        self.cells = self.panel.locator(".jp-WindowedPanel-viewport > .jp-Cell, .jp-Notebook > .jp-Cell")
        expect(self.cells).to_have_count(len(self.ids))
        self.settle()
        return self

    def settle(self):
        """The default layout, without the list of files."""
        files = self.page.locator(".jp-FileBrowser")
        expect(files).to_be_visible()
        self.page.keyboard.press("ControlOrMeta+b")
        expect(files).to_be_hidden()

    def close(self):
        if self.context:
            self.context.close()
            self.context = None

    def wait_for_kernel(self):
        expect(self.panel.locator(".jp-Notebook-ExecutionIndicator")).to_have_attribute("data-status", "idle")

    def cell(self, name):
        cell = self.cells.nth(self.ids.index(name))
        cell.scroll_into_view_if_needed()
        return cell

    def outputs(self, name):
        return self.cell(name).locator(".jp-OutputArea-output")

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
        before = self.count_of(name)
        self.start(name, code, keys)
        self.wait_for_run(name, before)
        return self.outputs(name)

    def prompt(self, name):
        """Where its count stands; a folded cell has it beside its output."""
        return self.cell(name).locator(".jp-InputArea-prompt, .jp-OutputArea-prompt").first

    def count_of(self, name):
        prompt = self.prompt(name)
        return (re.sub(r"\D", "", prompt.inner_text()) if prompt.count() else "") or "0"

    def wait_for_run(self, name, before):
        expect(self.prompt(name)).to_have_text(re.compile(rf"\[(?!{before}\])\d+\]:"))
        self.wait_for_kernel()

    def check(self, code=None):
        """Runs the cell of exercise 1.1 and the check below it; returns the outputs of both. The check is folded, and has no editor to click into."""
        before = self.count_of("hutchinson-check")
        report = self.run("hutchinson-exercise", code, "Shift+Enter")
        self.page.keyboard.press("Shift+Enter")
        self.wait_for_run("hutchinson-check", before)
        return report, self.outputs("hutchinson-check")

    def choose_kernel(self, name):
        self.panel.locator(".jp-KernelName").click()
        dialog = self.page.locator(".jp-Dialog")
        dialog.locator("select").select_option(label=name)
        dialog.locator(".jp-mod-accept").click()
        expect(self.panel.locator(".jp-KernelName")).to_have_text(name)
        self.wait_for_kernel()

    def press_button(self, name):
        self.panel.locator(f'[data-jp-item-name="{name}"]').click()

    def menu(self, *names):
        self.page.locator(".lm-MenuBar-item", has_text=re.compile(f"^{names[0]}$")).click()
        for name in names[1:]:
            self.page.locator(".lm-Menu-item", has=self.page.locator(".lm-Menu-itemLabel", has_text=re.compile(f"^{re.escape(name)}$"))).click()

    def choose_theme(self, name):
        with self.page.expect_response(lambda response: "themes" in response.url and response.request.method == "PUT"):
            self.menu("Settings", "Theme", name)
        expect(self.page.locator("body")).to_have_attribute("data-jp-theme-name", name)

    def is_changed(self):
        return self.page.locator(".lm-DockPanel-tabBar .jp-mod-dirty").count() > 0

    def save(self):
        self.page.keyboard.press("ControlOrMeta+s")
        expect(self.page.locator(".lm-DockPanel-tabBar .jp-mod-dirty")).to_have_count(0)

    def judge_accessibility(self):
        """What axe finds wrong in the HTML that the course shows, and not in JupyterLab's own; returns how often each of its rules held."""
        self.page.evaluate(AXE_SCRIPT)
        held, broken, undecided = self.panel.evaluate(LOOK)
        assert not broken and not undecided, (broken, undecided)
        return held

    def picture(self, name):
        self.page.screenshot(path=self.pictures / f"{name}.png")


class ClassicPage(Page):
    """A notebook in the classic Notebook: version 7, which is made of JupyterLab's parts."""

    KIND = "notebooks"

    def settle(self):
        """It has neither a layout nor a list of files."""


def is_red(output):
    """Whether an output has the red background of errors."""
    background = output.evaluate("node => getComputedStyle(node).backgroundColor")
    red, green, blue = map(int, re.findall(r"\d+", background)[:3])
    return red > green + 15 and red > blue + 15
