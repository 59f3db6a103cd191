"""Reads the grades of one assignment from nbgrader's gradebook, and the reasons from the autograded notebooks.

Reads a job as JSON from its argument: course folder, database, assignment. Prints one JSON line: a list of submissions, each with its
student, late penalty and grades.
"""

import json
import sys
from pathlib import Path

import nbformat
from nbgrader.api import Gradebook

job = json.loads(sys.argv[1])
folder = Path(job["folder"])


def reasons(student, notebook):
    """Why a cell has no points, by its name, in the words of the autograder."""
    path = folder / "autograded" / student / job["assignment"] / f"{notebook}.ipynb"
    if not path.is_file():
        return None
    found = {}
    for cell in nbformat.read(path, as_version=4).cells:
        name = cell.metadata.get("nbgrader", {}).get("grade_id")
        errors = [output.evalue for output in cell.get("outputs", []) if output.output_type == "error"]
        if name and errors:
            found[name] = errors[-1]
    return found


def grades(submission):
    for notebook in submission.notebooks:
        why = reasons(submission.student.id, notebook.name)
        for grade in notebook.grades:
            yield {
                "notebook": notebook.name,
                "cell": grade.name,
                "points": None if why is None else grade.score,
                "of": grade.max_score,
                "reason": "not graded" if why is None else why.get(grade.name, ""),
            }


with Gradebook(job["database"]) as gradebook:
    submissions = [
        {"student": submission.student.id, "penalty": submission.late_submission_penalty or 0, "grades": list(grades(submission))}
        for submission in gradebook.assignment_submissions(job["assignment"])
    ]
print(json.dumps(submissions))
