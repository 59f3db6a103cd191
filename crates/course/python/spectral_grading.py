"""What nbgrader needs to grade a Rust notebook: the course folder's nbgrader_config.py calls `configure`.

Points go by the check cards of the graded cells. A student's code runs in the same process as the check of it, so nothing here stops a
determined cheat; the instructor's guide says what holds and what does not.
"""

import os
import re
import secrets
import sys
from pathlib import Path

import nbformat
from nbformat.v4 import new_code_cell, new_output
from nbgrader import preprocessors as nbgrader
from nbgrader.api import Gradebook
from nbgrader.converters import Autograde, GenerateAssignment
from nbgrader.preprocessors.base import NbGraderPreprocessor
from traitlets import Float, Integer, Unicode

from rust_kernel import RustKernel
from rust_source import absolute_checks, refusal, with_library

LIBRARY = Path(__file__).resolve().parents[2] / "spectral-course"
EXPERIMENT = "experiment-"


def configure(c):
    """Sets what the course needs in nbgrader's configuration `c`."""
    # nbgrader calls `alembic` by its name.
    os.environ["PATH"] = os.pathsep.join([str(Path(sys.prefix) / "bin"), os.environ.get("PATH", os.defpath)])
    c.CourseDirectory.course_id = "spectral-course"
    replace(c.GenerateAssignment, GenerateAssignment, "preprocessors", {nbgrader.ClearSolutions: KeepStubs})
    replace(c.Autograde, Autograde, "sanitize_preprocessors", {nbgrader.DeduplicateIds: RestoreCells})
    replace(c.Autograde, Autograde, "autograde_preprocessors", {nbgrader.Execute: ExecuteChecks})


def replace(section, converter, trait, by):
    steps = converter.class_traits()[trait].default()
    section[trait] = [by.get(step, step) for step in steps]


def is_rust(notebook):
    return notebook.metadata.get("kernelspec", {}).get("language", "").lower() == "rust"


class KeepStubs(nbgrader.ClearSolutions):
    """Leaves exercise cells of the course as they are: their text is the stub, with the signature that the check needs."""

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.code_stub = {"rust": "// YOUR CODE HERE\ntodo!()", **self.code_stub}

    def preprocess_cell(self, cell, resources, cell_index):
        if "exercise" in cell.metadata.get("tags", []):
            return cell, resources
        return super().preprocess_cell(cell, resources, cell_index)


class Released:
    """The cells of a notebook as it was handed out, from the gradebook."""

    def __init__(self, resources):
        where = resources["nbgrader"]
        with Gradebook(where["db_url"]) as gradebook:
            notebook = gradebook.find_notebook(where["notebook"], where["assignment"])
            points = {cell.name: cell.max_score for cell in notebook.grade_cells}
            solutions = {cell.name for cell in notebook.solution_cells}
            self.cells = {
                cell.name: {
                    "source": cell.source,
                    "cell_type": cell.cell_type,
                    "nbgrader": {
                        "grade": cell.name in points,
                        "solution": cell.name in solutions,
                        "locked": cell.locked,
                        "grade_id": cell.name,
                        "schema_version": 3,
                        "task": False,
                        "checksum": cell.checksum,
                        "cell_type": cell.cell_type,
                        **({"points": points[cell.name]} if cell.name in points else {}),
                    },
                }
                for cell in notebook.source_cells
            }

    def solution(self, name):
        return self.cells[name]["nbgrader"]["solution"]

    def graded(self, name):
        return self.cells[name]["nbgrader"]["grade"]


class RestoreCells(NbGraderPreprocessor):
    """Puts back what a student deleted, copied, moved or stripped of its metadata.

    nbgrader's own steps find a cell by its metadata alone, keep the last of several copies, restore graded cells only, behind a comment
    that is not Rust, and fail if the cell before is missing too.
    """

    def preprocess(self, nb, resources):
        if not is_rust(nb):
            nb, resources = nbgrader.DeduplicateIds(parent=self.parent).preprocess(nb, resources)
            return nb, resources
        released = Released(resources)
        present = {}
        for cell in nb.cells:
            name = self.name_of(cell, released)
            claimed = cell.metadata.pop("nbgrader", None)
            if name is None:
                continue
            # Of two copies, the one with the id that it was handed out with is the original.
            if name not in present or self.is_original(cell, name) and not self.is_original(present[name], name):
                present[name] = cell
            elif claimed is not None:
                self.log.warning("A copy of cell %s is taken for a cell of the student's", name)
        cells = nb.cells
        at = -1
        for name, wanted in released.cells.items():
            cell = present.get(name)
            if cell is None:
                self.log.warning("Cell %s is missing and put back", name)
                cell = new_code_cell() if wanted["cell_type"] == "code" else nbformat.v4.new_markdown_cell()
                cell.source = wanted["source"]
                at += 1
                cells.insert(at, cell)
            else:
                found = next(i for i, other in enumerate(cells) if other is cell)
                if found < at and not wanted["nbgrader"]["solution"]:
                    # A check comes after what it checks.
                    cells.insert(at, cells.pop(found))
                else:
                    at = max(at, found)
            cell.metadata["nbgrader"] = nbformat.from_dict(wanted["nbgrader"])
        return nb, resources

    @staticmethod
    def name_of(cell, released):
        name = cell.metadata.get("nbgrader", {}).get("grade_id")
        if name in released.cells:
            return name
        by_id = [cell.get("id"), f"{EXPERIMENT}{cell.get('id')}"]
        return next((name for name in by_id if name in released.cells), None)

    @staticmethod
    def is_original(cell, name):
        return name in (cell.get("id"), f"{EXPERIMENT}{cell.get('id')}")


class ExecuteChecks(nbgrader.Execute):
    """Runs set-up, exercise, check and the student's own cells of a Rust notebook; the course's experiments are left out.

    A check cell gets its points if and only if it shows a card that has passed, under a name which the student's code cannot know. What
    else it shows, and all that other cells show, counts for nothing.
    """

    timeout = Integer(60, help="How many seconds a cell may take").tag(config=True)
    memory = Float(4.0, help="How many GiB of memory each process of the kernel may use (Linux only)").tag(config=True)
    crate_folder = Unicode(str(LIBRARY), help="The folder of the crate spectral-course to grade with").tag(config=True)

    def preprocess(self, nb, resources, km=None):
        if not is_rust(nb):
            return super().preprocess(nb, resources, km)
        released = Released(resources)
        path = resources.get("metadata", {}).get("path") or "."
        with self.kernel(path) as kernel:
            Grading(self, kernel, released, path).run(nb.cells)
        return nb, resources

    def kernel(self, path):
        return RustKernel(path, self.timeout, int(self.memory * 2**30))


class Grading:
    """One notebook being graded."""

    def __init__(self, settings, kernel, released, path):
        self.settings, self.kernel, self.released, self.path = settings, kernel, released, path
        self.log = settings.log
        # What a fresh kernel has to run again.
        self.defined = []
        # Why the exercise cells since the last check did not run.
        self.problems = []

    def run(self, cells):
        self.set_up(self.kernel)
        code = [cell for cell in cells if cell.cell_type == "code" and cell.source.strip()]
        for number, cell in enumerate(code, 1):
            self.log.info("cell %d of %d", number, len(code))
            name = cell.metadata.get("nbgrader", {}).get("grade_id")
            cell.outputs = []
            if name is None or self.released.solution(name):
                self.run_own(cell, name)
            elif self.released.graded(name):
                cell.source = self.released.cells[name]["source"]
                self.grade(cell)
                self.problems = []
            elif name.startswith(EXPERIMENT):
                cell.outputs = [new_output("display_data", {"text/plain": "(not run in grading)"})]
            elif not is_set_up(cell.source):
                result = self.kernel.execute(cell.source)
                cell.outputs = result.outputs
                self.after(result)

    def set_up(self, kernel):
        """Loads the library, and defines every exercise as its stub.

        The course's notebooks import placeholders in place of their own reference solutions. An assignment that was released before they did, one of
        the instructor's own, or a cell of the student's may import the prelude instead: without the stub, a check whose exercise does not compile
        would find the solution under the same name.
        """
        sources = self.released.cells.items()
        set_up = [cell["source"] for _, cell in sources if is_set_up(cell["source"])]
        set_up = [with_library(source, self.settings.crate_folder) for source in set_up]
        stubs = "\n".join(cell["source"] for name, cell in sources if self.released.solution(name) and is_stub(cell["source"]))
        for source in [*set_up, stubs]:
            if source:
                result = kernel.execute(source, timeout=max(600, self.settings.timeout))
                if not result.is_good:
                    raise RuntimeError(f"the set-up of the notebook fails: {result.problem}\n{source}")

    def run_own(self, cell, name):
        problem = refusal(cell.source)
        if problem is None:
            result = self.kernel.execute(cell.source)
            cell.outputs = result.outputs
            problem = result.problem
            if result.is_good:
                self.defined.append((cell.source, name is not None))
            self.after(result)
        if problem is not None and not any(output.output_type == "error" for output in cell.outputs):
            cell.outputs.append(error("NotRun" if problem.startswith("is refused") else "Stopped", f"this cell {problem}"))
        if problem is not None and name is not None:
            self.problems.append(f"the exercise's cell {problem}")

    def after(self, result):
        """After a kernel's end, the rest of the notebook still counts."""
        if not result.kernel_is_lost:
            return
        self.log.warning("The kernel is started anew: %s", result.problem)
        self.defined = self.start_anew(self.defined)

    def start_anew(self, definitions):
        """Restarts the kernel and repeats the definitions; returns those that worked."""
        self.kernel.restart()
        self.set_up(self.kernel)
        for i, (source, _) in enumerate(definitions):
            again = self.kernel.execute(source)
            if again.kernel_is_lost:
                return self.start_anew(definitions[:i] + definitions[i + 1 :])
        return definitions

    def grade(self, cell):
        source = absolute_checks(cell.source)
        if source is None:
            # An instructor's own test: nbgrader judges its outputs.
            result = self.kernel.execute(cell.source)
            cell.outputs = result.outputs
            if not result.is_good and not any(output.output_type == "error" for output in cell.outputs):
                cell.outputs.append(error("Failed", result.problem))
            self.after(result)
            return
        card, result = self.check(self.kernel, source)
        if card is None and any(not is_exercise for _, is_exercise in self.defined):
            self.log.warning("The check is tried once more, without the cells that the student added: %s", result.problem)
            with self.settings.kernel(self.path) as fresh:
                self.set_up(fresh)
                for definition, is_exercise in self.defined:
                    if is_exercise:
                        fresh.execute(definition)
                card, _ = self.check(fresh, source)
        self.after(result)
        cell.outputs = [] if card is None else [new_output("display_data", {"text/html": card["html"], "text/plain": card["text"]})]
        if card is None or card["status"] != "Passed":
            cell.outputs.append(error("NoPoints", self.reason(card, result)))

    @staticmethod
    def check(kernel, source):
        """The card of a check, if it shows one, and what else came of it."""
        name = f"application/vnd.spectral-course.grading-{secrets.token_hex(16)}"
        result = kernel.execute(
            "{\n"
            f"let card = {source};\n"
            "::std::println!("
            f'"EVCXR_BEGIN_CONTENT {name}\\n{{:?}}\\n{{}}\\nEVCXR_END_CONTENT\\n'
            f'EVCXR_BEGIN_CONTENT {name}-html\\n{{}}\\nEVCXR_END_CONTENT",'
            " card.status, card, card.to_html());\n"
            "}"
        )
        for output in result.outputs:
            data = output.get("data", {})
            if isinstance(data.get(name), str) and isinstance(data.get(f"{name}-html"), str):
                status, text = data[name].split("\n", 1)
                return {"status": status, "text": text, "html": data[f"{name}-html"]}, result
        return None, result

    def reason(self, card, result):
        if self.problems:
            return self.problems[0]
        if card is None:
            return f"the check {result.problem or 'shows no card'}"
        lines = card["text"].split("\n")[1:]
        wrong = [line.strip()[1:].strip() for line in lines if line.strip()[:1] in "✗○"]
        return wrong[0] if wrong else "the check has not passed"


def is_set_up(source):
    return re.search(r"^\s*:dep ", source, re.MULTILINE) is not None


def is_stub(source):
    return "#[exercise]" in source


def error(name, text):
    return new_output("error", ename=name, evalue=text, traceback=[text])
