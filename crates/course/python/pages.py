"""HTML pages of notebooks and Markdown files: nbconvert with the template in `templates/course`, which asks no other host for anything.

A page is one file with all that it needs (`cargo course run`), or one of a site with files in common (`cargo course site`).
"""

import re
from html import escape, unescape
from pathlib import Path

from jinja2 import pass_context
from nbconvert import HTMLExporter
from nbconvert.filters.markdown_mistune import IPythonRenderer, MarkdownWithMath

HERE = Path(__file__).resolve().parent
TEMPLATES = HERE / "templates"
KATEX = HERE.parents[2] / "crates/spectral-course/katex"


def plain(html):
    """The text of some HTML; that of a formula is its source."""
    return unescape(re.sub(r"<[^>]*>", "", html)).strip()


class Renderer(IPythonRenderer):
    """Markdown as nbconvert renders it, with formulas for KaTeX, headings for a table of contents, and tables with header cells."""

    def __init__(self, exporter, **options):
        super().__init__(escape=False, **options)
        self.exporter = exporter

    def inline_math(self, body):
        return f'<span class="math">{escape(body)}</span>'

    def block_math(self, body):
        return f'<span class="math display">{escape(body)}</span>'

    def heading(self, text, level, **attributes):
        name = re.sub(r"\W+", "-", plain(text).lower()).strip("-") or "section"
        taken = [heading["anchor"] for heading in self.exporter.headings]
        anchor = next(anchor for anchor in [name, *(f"{name}-{n}" for n in range(2, len(taken) + 3))] if anchor not in taken)
        # In the table of contents the whole heading is a link, and links do not nest.
        self.exporter.headings.append({"level": level, "html": re.sub(r"</?a\b[^>]*>", "", text), "anchor": anchor})
        return f'<h{level} id="{anchor}">{text}</h{level}>\n'

    def table(self, text):
        return f'<div class="table"><table>\n{text}</table></div>\n'

    def table_cell(self, text, align=None, head=False):
        # A header cell without a text would be announced as one.
        return f'  <th scope="col">{text}</th>\n' if head and text else f"  <td>{text}</td>\n"

    def link(self, text, url, title=None):
        target = self.exporter.link_target(url)
        return super().link(text, target, title) if target else text

    def image(self, text, url, title=None):
        return super().image(text, self.exporter.image_source(url), title)

    def block_html(self, html):
        # README.md shows its moving picture by HTML, which knows of readers who want it to stand still.
        source = lambda found: f'{found[1]}="{self.exporter.image_source(found[2])}"'
        return super().block_html(re.sub(r'\b(src|srcset)="((?![a-z]+:)[^"]+)"', source, html))

    def block_code(self, code, info=None):
        if info == "rust":
            # What rustdoc hides: it only makes the example compile.
            code = re.sub(r"^# .*\n", "", code, flags=re.MULTILINE)
        return super().block_code(code, info)


# Where notebooks look for figures to play with.
PLAY = "/static/"


class PageExporter(HTMLExporter):
    """Makes pages. A site overrides where links lead and where images are, and which solutions stand below an exercise."""

    def __init__(self):
        super().__init__(
            template_name="course",
            extra_template_basedirs=[str(TEMPLATES)],
            extra_template_paths=[str(KATEX)],
            exclude_input_prompt=True,
            exclude_output_prompt=True,
        )
        self.headings = []
        self.environment.globals["headings"] = self.headings
        self.register_filter("plain", plain)
        self.register_filter("solutions", self.solutions)

    def link_target(self, url):
        """Where a link leads; nothing if it is to be no link. Figures to play with are on JupyterLab's server."""
        return None if url.startswith(PLAY) else url

    def image_source(self, url):
        return url

    def solutions(self, cell):
        """The reference solutions of the exercise in a cell: name and source."""
        return []

    @pass_context
    def markdown2html(self, context, source):
        attachments = context.get("cell", {}).get("attachments", {})
        return MarkdownWithMath(Renderer(self, attachments=attachments)).render(source)

    def page(self, notebook, name, **context):
        """The page of a notebook. `name` is its title if it has no heading, `context` is what the template calls `page`."""
        self.headings.clear()
        return self.from_notebook_node(notebook, {"metadata": {"name": name}, "page": context})[0]
