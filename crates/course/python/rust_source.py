"""What the grader has to know of Rust's text: pygments, which nbconvert brings along, tells names from comments and strings."""

import re

from pygments.lexers.rust import RustLexer
from pygments.token import Comment, String, Whitespace

# What a student's cell may not name, and why.
REFUSED = {
    "solutions": "the reference solutions",
    "spectral_course": "the library by its path, and so the reference solutions",
}
MACROS = {"include", "include_str", "include_bytes"}
# At the top of a cell only: inside a function, this would bring the reference solution before the student's own function.
HARMLESS = re.compile(r"\A\s*use\s+spectral_course\s*::\s*(?:prelude|notebook\d)\s*::\s*\*\s*;")


def refusal(source):
    """Why a student's cell is not run, in words that follow "the cell", or nothing."""
    commands = re.search(r"^\s*:(\w+)", source, re.MULTILINE)
    if commands:
        return f"is refused: the kernel's command `:{commands[1]}` is not available in grading"
    tokens = significant(HARMLESS.sub("", source))
    for before, token, after in zip(["", *tokens], tokens, [*tokens[1:], ""]):
        name = token.removeprefix("r#")
        if name in REFUSED:
            return f"is refused: it names `{name}`: {REFUSED[name]}"
        if name in MACROS and after == "!":
            return f"is refused: it reads a file with `{name}!`"
        if (name, after) == ("extern", "crate"):
            return "is refused: it names a crate anew with `extern crate`"
        if (before, name) in [("[", "path"), (",", "path")] and after == "=":
            return "is refused: it takes a file for a module with `#[path]`"
    return None


def significant(source):
    """The tokens of some source, without spaces, comments and texts."""
    tokens = RustLexer().get_tokens(source)
    skipped = (Comment, String, Whitespace)
    # An attribute is a comment to pygments.
    words = (text for kind, text in tokens if kind in Comment.Preproc or not any(kind in kinds for kinds in skipped))
    # Pygments joins some tokens.
    return [part for text in words for part in re.findall(r"r#\w+|\w+|[^\w\s]", text)]


def absolute_checks(source):
    """A check cell that a module, function or macro called `check` cannot disturb; nothing if it is not a check of the course."""
    called, n = re.subn(r"(?<![\w:])check::", "::spectral_course::check::", source)
    return called.strip().rstrip(";") if n else None


def with_library(source, library):
    """A set-up cell that loads the library from this folder."""
    path = str(library).replace("\\", "\\\\").replace('"', '\\"')
    return re.sub(r'^(\s*:dep\s+spectral-course\s*=.*?\bpath\s*=\s*)"[^"]*"', lambda found: f'{found[1]}"{path}"', source, flags=re.MULTILINE)
