"""Goes through the site of the course in a real browser without a network, and through a page that `cargo course run` makes.

Prints a line for each page; ends with 1 if there is a problem. Arguments: the site, the scripts in Python, the program of Chromium, and the
folder for pictures and prints.
"""

import re
import sys
import time
from pathlib import Path
from urllib.parse import unquote, urlsplit

import nbformat
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import sync_playwright

site, scripts, chromium, pictures = Path(sys.argv[1]), sys.argv[2], sys.argv[3], Path(sys.argv[4])
sys.path.insert(0, scripts)
from pages import PageExporter

# What a page would load from another host.
FOREIGN = re.compile(r'\b(?:src|srcset)="(?:https?:)?//[^"]*')
WIDTHS = [1280, 800, 320]
LOOKS = [("light", 1280), ("dark", 320)]
RAW_FORMULAS = """() => {
    const texts = document.createTreeWalker(document.querySelector("main"), NodeFilter.SHOW_TEXT);
    const raw = [];
    while (texts.nextNode()) {
        const text = texts.currentNode;
        if (text.data.includes("$") && !text.parentElement.closest("pre, code, .math")) raw.push(text.data.trim().slice(0, 60));
    }
    document.querySelectorAll(".math:not(:has(.katex))").forEach((formula) => raw.push(formula.textContent));
    document.querySelectorAll(".katex-error").forEach((formula) => raw.push(formula.title));
    return raw;
}"""
LINKS = "() => [...document.querySelectorAll('[href], [src]')].map((element) => element.getAttribute('href') ?? element.getAttribute('src'))"
IMAGES = "() => [...document.images].filter((image) => !image.naturalWidth || !image.alt.trim()).map((image) => image.alt || image.src.slice(0, 60))"
WIDE = "() => document.documentElement.scrollWidth - document.documentElement.clientWidth"
CUT = "() => [...document.querySelectorAll('.katex-display')].filter((formula) => formula.scrollWidth > formula.clientWidth + 1).map((formula) => formula.textContent.slice(0, 40))"
OPEN = "() => document.querySelectorAll('details').forEach((details) => { details.open = true; })"
IDS = "() => [...document.querySelectorAll('[id]')].map((element) => element.id)"


class Visitor:
    """A browser that notes what a page asks of other hosts, and its errors."""

    def __init__(self, browser, scheme, width=1280):
        self.context = browser.new_context(color_scheme=scheme, viewport={"width": width, "height": 900}, offline=True)
        self.problems = []
        self.context.on("request", lambda request: None if request.url.startswith(("file:", "data:")) else self.problems.append(f"asks {request.url}"))
        self.page = self.context.new_page()
        self.page.on("pageerror", lambda error: self.problems.append(f"error: {error}"))
        self.page.on("console", lambda message: self.problems.append(message.text) if message.type == "error" else None)

    def open(self, path, wait_until="load"):
        self.page.goto(path.as_uri(), wait_until=wait_until)
        return self.page

    def close(self):
        self.context.close()
        return self.problems


def violations(page):
    # Not the style sheets once more, by a request that a page from a file may not make.
    found = Axe().run(page, options={"resultTypes": ["violations"], "preload": False}).response["violations"]
    return [f"{violation['id']}: {node['html'][:100]} ({node['failureSummary'][:200]})" for violation in found for node in violation["nodes"][:3]]


def broken_links(path, links, anchors):
    """The links of a page to a file that is not there, or to a place that its target does not have."""
    for link in set(links):
        parts = urlsplit(link)
        if parts.scheme:
            continue
        target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
        if not target.is_file():
            yield f"leads nowhere: {link}"
        elif parts.fragment and unquote(parts.fragment) not in anchors.get(target, [unquote(parts.fragment)]):
            yield f"has no such place: {link}"


def check(browser, path, anchors):
    """All problems of a page."""
    problems = []
    for scheme, width in LOOKS:
        visitor = Visitor(browser, scheme, width)
        page = visitor.open(path)
        found = [f"not rendered: {formula}" for formula in page.evaluate(RAW_FORMULAS)]
        found += [f"image without a picture or without a description: {image}" for image in page.evaluate(IMAGES)]
        if page.evaluate(WIDE) > 0:
            found.append("scrolls sideways")
        page.evaluate(OPEN)
        if page.evaluate(WIDE) > 0:
            found.append("scrolls sideways once all is unfolded")
        # What is folded must be usable too.
        found += violations(page)
        if (scheme, width) == LOOKS[0]:
            found += broken_links(path, page.evaluate(LINKS), anchors)
            problems += [] if page.locator("h1").count() == 1 else ["needs one h1"]
            found += [f"cut off: {formula}" for formula in page.evaluate(CUT)]
            # Paper does not scroll. A4 less its margins has 180 mm.
            page.emulate_media(media="print")
            page.set_viewport_size({"width": 680, "height": 900})
            found += [f"cut off on paper: {formula}" for formula in page.evaluate(CUT)]
        problems += [f"{scheme}, {width} px: {problem}" for problem in found + visitor.close()]
    return problems


def violations_of(browser, path, look):
    """What axe finds in a page, and what else its browser notes."""
    visitor = Visitor(browser, *look)
    # A page of rustdoc's may get a part of its text from a script, later.
    found = violations(visitor.open(path, "networkidle"))
    noticed = visitor.close()
    return [[f"{look[0]}, {look[1]} px: {problem}" for problem in problems] for problems in (found, noticed)]


def of_each_kind(documentation):
    """Of each kind of page that rustdoc makes (of a function, a trait, a file, ..) the longest."""
    pages = {}
    for path in documentation.rglob("*.html"):
        kind = "src" if "src" in path.relative_to(documentation).parts else path.name.split(".")[0]
        pages.setdefault(kind, []).append(path)
    return sorted(max(paths, key=lambda path: (path.stat().st_size, path)) for paths in pages.values())


def page_of_a_run(folder):
    """A page as `cargo course run` makes it, with an error, in a file of its own."""
    red = "\x1b[31m\x1b[1merror\x1b[0m\x1b[1m: mismatched types\x1b[0m \x1b[34m-->\x1b[0m \x1b[33mwarning\x1b[0m \x1b[32mhelp\x1b[0m \x1b[36mnote\x1b[0m \x1b[35mcell\x1b[0m"
    outputs = [
        nbformat.v4.new_output("stream", name="stderr", text="something on stderr\n"),
        nbformat.v4.new_output("error", ename="E0308", evalue="mismatched types", traceback=[red]),
    ]
    cells = [
        nbformat.v4.new_markdown_cell("## No title\n\nA formula, $x^2$, and another:\n\n$$ \\sum_i \\lambda_i $$"),
        nbformat.v4.new_code_cell("let a: f64 = 1;", outputs=outputs),
    ]
    notebook = nbformat.v4.new_notebook(cells=cells, metadata={"language_info": {"name": "Rust", "pygments_lexer": "rust"}})
    path = folder / "run.html"
    path.write_text(PageExporter().page(notebook, "run"), encoding="utf-8")
    return path


def keep_pictures(browser, path):
    for width in WIDTHS:
        visitor = Visitor(browser, "light", width)
        visitor.open(path).screenshot(path=pictures / f"{path.stem}-{width}.png")
        visitor.close()
    visitor = Visitor(browser, "light")
    visitor.open(path).pdf(path=pictures / f"{path.stem}.pdf", format="A4", margin=dict.fromkeys(["top", "bottom", "left", "right"], "15mm"))
    visitor.close()


def report(path, began, problems):
    name = path.relative_to(site) if site in path.parents else path.name
    print(f"{'FAILED' if problems else 'ok'} {name}: {time.monotonic() - began:.1f} s", *problems, sep="\n    ", flush=True)
    return bool(problems)


pictures.mkdir(parents=True, exist_ok=True)
failed = False
with sync_playwright() as playwright:
    browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
    pages = sorted(site.glob("*.html"))
    visitor = Visitor(browser, "light")
    anchors = {path.resolve(): visitor.open(path).evaluate(IDS) for path in pages}
    visitor.close()
    for path in [*pages, page_of_a_run(pictures)]:
        began = time.monotonic()
        failed |= report(path, began, check(browser, path, anchors))
        keep_pictures(browser, path)
    # Without a server no figure to play with has its module: what stands there then. The playground's own test has the rest.
    for path in sorted(site.glob("play/**/index.html")):
        began = time.monotonic()
        failed |= report(path, began, [problem for look in LOOKS for problem in violations_of(browser, path, look)[0]])
    for path in of_each_kind(site / "library/doc"):
        began, problems = time.monotonic(), []
        for look in LOOKS:
            found, noticed = violations_of(browser, path, look)
            problems += found + noticed
        failed |= report(path, began, problems)
    began = time.monotonic()
    foreign = [f"{path.name} shows {found}" for path in site.rglob("*.html") for found in FOREIGN.findall(path.read_text(encoding="utf-8"))]
    failed |= report(site, began, foreign)
    began, visitor = time.monotonic(), Visitor(browser, "light")
    path = site / "library/doc/estimators/fn.hutchinson_trace.html"
    formulas = visitor.open(path).locator(".katex").count()
    failed |= report(path, began, visitor.close() + ([] if formulas else ["has no formula"]))
    browser.close()
sys.exit(failed)
