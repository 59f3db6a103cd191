"""Takes the reference solutions out of a checkout that is set up: bodies of functions become `todo!()`, the built library stays as it is.

Every file keeps its size and its time, by which Cargo and the set-up tell whether to build again. Students can read signatures and
documentation, and kernels call what was compiled before. To build again, start from a whole checkout.
Without arguments it says what it would do; with `--yes` it does it.
"""

import os
import sys
from pathlib import Path

from pygments.lexers.rust import RustLexer
from pygments.token import Comment, Keyword, String

ROOT = Path(__file__).resolve().parents[3]
SOLUTIONS = ROOT / "crates/estimators/src"
STUB = "{todo!()"


def bodies(text):
    """Where each function's body begins and ends, its braces included."""
    lexer = RustLexer(ensurenl=False, stripnl=False)
    after_fn, depth, inner, begin = False, 0, 0, None
    for at, kind, value in lexer.get_tokens_unprocessed(text):
        if kind in String or kind in Comment and kind not in Comment.Preproc:
            continue
        if begin is None and kind in Keyword and value == "fn":
            after_fn, inner = True, 0
        for offset, mark in enumerate(value):
            if begin is not None:
                depth += {"{": 1, "}": -1}.get(mark, 0)
                if depth == 0:
                    yield begin, at + offset + 1
                    begin = None
            elif after_fn:
                inner += {"(": 1, "[": 1, ")": -1, "]": -1}.get(mark, 0)
                if inner == 0 and mark in "{;":
                    after_fn = False
                    if mark == "{":
                        begin, depth = at + offset, 1


def stripped(text):
    parts, end = [], 0
    for begin, stop in bodies(text):
        room = len(text[begin:stop].encode()) - len(STUB) - 1
        if room >= 0:
            parts += [text[end:begin], STUB, " " * room, "}"]
            end = stop
    return "".join([*parts, text[end:]])


def main():
    files = sorted(SOLUTIONS.rglob("*.rs"))
    for path in files:
        text = path.read_text(encoding="utf-8")
        short = stripped(text)
        assert len(short.encode()) == len(text.encode()), path
        print(f"{path.relative_to(ROOT)}: {sum(1 for _ in bodies(text))} functions")
        if "--yes" in sys.argv[1:]:
            times = path.stat()
            path.write_text(short, encoding="utf-8")
            os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))
    if "--yes" not in sys.argv[1:]:
        print("nothing is changed; `--yes` changes these files, for good")


if __name__ == "__main__":
    main()
