"""Makes the site of the course: pages of the executed notebooks and of the guides, a front page, the library's documentation.

Reads a job as JSON from its argument: the checkout (root), the folder to make (site), the notebooks (name, shipped, executed), and the
documentation to take in (library), or null.
"""

import json
import os.path
import re
import shutil
import sys
from pathlib import Path

import nbformat

from pages import KATEX, PLAY, TEMPLATES, PageExporter

# The documentation finds KaTeX from its own folder, two above, as it does in the checkout.
LIBRARY = "library/doc"
FRONT, KATEX_HERE = "index.html", "crates/spectral-course/katex"
# What is not made from a notebook: its source, its page, and its name in the list of pages.
GUIDES = [
    ("notebooks/ndarray.md", "ndarray.html", "From NumPy"),
    ("environment.md", "environment.html", "Environment"),
    (".github/INSTRUCTORS.md", "instructors.html", "For instructors"),
]
PLAYGROUND = "play"


def main(job):
    root, site, notebooks = Path(job["root"]), Path(job["site"]), job["notebooks"]
    clear(site)
    for name in ["style.css", "page.js"]:
        shutil.copy(TEMPLATES / "course" / name, site)
    shutil.copytree(KATEX, site / KATEX_HERE)
    if job["library"]:
        shutil.copytree(job["library"], site / LIBRARY, ignore=other_crates(root, Path(job["library"])))
    (site / "notebooks").mkdir()
    for notebook in notebooks:
        shutil.copy(notebook["shipped"], site / "notebooks")
        notebook["document"] = nbformat.read(notebook["executed"], as_version=4)
        notebook["title"] = title(notebook["document"].cells[0].source) or notebook["name"]

    readme = (root / "README.md").read_text(encoding="utf-8")
    pages = [(FRONT, "Course")]
    pages += [(f"{notebook['name']}.html", notebook["title"].split(":")[0]) for notebook in notebooks]
    pages += [(page, name) for _, page, name in GUIDES]
    if job["library"]:
        pages.append((f"{LIBRARY}/spectral_course/index.html", "Library"))
    exporter = SiteExporter(root, site, notebooks, {
        "title": title(readme), "pages": pages, "katex": KATEX_HERE, "documentation": LIBRARY if job["library"] else None,
    })
    for notebook in notebooks:
        exporter.write(notebook["document"], root / "notebooks", f"{notebook['name']}.html", download=f"notebooks/{notebook['name']}.ipynb")
    exporter.write(markdown(front(readme, notebooks, site)), root, FRONT)
    for source, page, _ in GUIDES:
        path = root / source
        exporter.write(markdown(path.read_text(encoding="utf-8")), path.parent, page)


def clear(site):
    """Empties the folder, but for what somebody else puts there."""
    site.mkdir(parents=True, exist_ok=True)
    for entry in site.iterdir():
        if entry.is_dir() and entry.name != PLAYGROUND:
            shutil.rmtree(entry)
        elif entry.is_file():
            entry.unlink()


def other_crates(root, library):
    """What to leave of a folder of documentation: other crates', from an earlier `cargo doc`."""
    ours = {crate.name.replace("-", "_") for crate in (root / "crates").iterdir()}

    def ignored(folder, names):
        is_crate = lambda name: Path(folder, name, "all.html").is_file() or Path(folder) == library / "src" and Path(folder, name).is_dir()
        return [name for name in names if name not in ours and is_crate(name)]

    return ignored


def title(text):
    """The first heading of a Markdown text, or nothing."""
    heading = re.search(r"^# (.+)", text, re.MULTILINE)
    return heading[1] if heading else None


def solutions(folder):
    """The source of each public function below the folder, as rustfmt sets it: from `pub fn` to the first brace at the margin."""
    texts = [path.read_text(encoding="utf-8") for path in sorted(folder.rglob("*.rs"))]
    return {found[1]: found[0] for text in texts for found in re.finditer(r"^pub fn (\w+)\b.*?^}$", text, re.MULTILINE | re.DOTALL)}


def front(readme, notebooks, site):
    """The front page: README.md up to what is about the files of the checkout, with a card for each notebook in place of the table."""
    about = dict(re.findall(r"^\| `(\w+)` \| (.+?) \|", readme, re.MULTILINE))
    cards = "\n\n".join(card(notebook, about.get(notebook["name"], "")) for notebook in notebooks)
    beginning, end = readme.split("\n## More\n")[0], readme.strip().split("\n\n")[-1]
    beginning = re.sub(r"(^\|.*\n)+", lambda _: f'<div class="cards">\n\n{cards}\n\n</div>\n', beginning, count=1, flags=re.MULTILINE)
    return "\n\n".join([beginning, *playgrounds(site), f"---\n\n{end}"])


def card(notebook, about):
    """A notebook in short: what the README says of it, the time it takes and what comes before it, and one of its figures."""
    name, cells = notebook["name"], notebook["document"].cells
    time = re.search(r"^\*\*Time:\*\*.*?(?=\n\n|\Z)", cells[0].source, re.MULTILINE | re.DOTALL)
    figures = [cell for cell in cells if "figure" in cell.metadata.get("tags", [])]
    chosen = [cell for cell in figures if "cover" in cell.metadata.tags] or figures
    drawn = [output.data["text/html"] for cell in chosen[:1] for output in cell.outputs if "text/html" in output.get("data", {})]
    parts = [f"### [{notebook['title']}]({name}.html)", *drawn, f"{about[:1].upper()}{about[1:]}", time[0] if time else ""]
    return "\n\n".join(["<section>", *parts, f"[Download {name}.ipynb](notebooks/{name}.ipynb)", "</section>"])


def playgrounds(site):
    """Pages to play with, if there are any: their titles, with links."""
    pages = [(page, re.search(r"<title>(.*?)</title>", page.read_text(encoding="utf-8"))) for page in sorted((site / PLAYGROUND).glob("*/index.html"))]
    links = [f"- [{found[1] if found else page.parent.name}]({page.relative_to(site)})" for page, found in pages]
    return ["## To play with", "\n".join(links)] if links else []


def markdown(text):
    return nbformat.v4.new_notebook(cells=[nbformat.v4.new_markdown_cell(text)])


class SiteExporter(PageExporter):
    """Pages that lead to each other. A link into the checkout becomes one to a page, or plain text if there is none."""

    def __init__(self, root, site, notebooks, context):
        super().__init__()
        self.site, self.context = site, context
        self.found = solutions(root / "crates/estimators/src")
        self.targets = {root / source: page for source, page, _ in GUIDES}
        self.targets |= {root / f"notebooks/{notebook['name']}.ipynb": f"{notebook['name']}.html" for notebook in notebooks}

    def write(self, notebook, folder, target, **context):
        """Writes a page whose links and images are relative to `folder`."""
        self.folder = folder
        (self.site / target).write_text(self.page(notebook, target, site=self.context, target=target, **context), encoding="utf-8")

    def link_target(self, url):
        if url.startswith(PLAY):
            page = f"{PLAYGROUND}/{url.removeprefix(PLAY)}"
            return page if (self.site / page).is_file() else None
        path, *fragment = url.split("#")
        if re.match(r"[a-z]+:|#", url) or (self.site / path).is_file():
            return url
        target = self.targets.get(Path(os.path.normpath(self.folder / path)))
        return target and "#".join([target, *fragment])

    def image_source(self, url):
        image = self.folder / url
        if not image.is_file():
            return url
        (self.site / "images").mkdir(exist_ok=True)
        shutil.copy(image, self.site / "images")
        return f"images/{image.name}"

    def solutions(self, cell):
        if "exercise" not in cell.metadata.get("tags", []):
            return []
        names = re.findall(r"#\[exercise\]\s*(?:pub )?fn (\w+)", cell.source)
        missing = [name for name in names if name not in self.found]
        if missing:
            sys.exit(f"no reference solution of {', '.join(missing)} in crates/estimators/src")
        return [{"name": name, "source": self.found[name]} for name in names]


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))
