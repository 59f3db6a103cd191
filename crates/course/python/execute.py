"""Executes one notebook through nbconvert, and tells of each cell as it goes.

Reads a job as JSON from its argument: notebook, kernel, timeout, executed, page. Prints JSON lines: "ready" when the kernel is, "start" and "cell" for each code cell,
then one "end", whose reason is "finished", "error", "timeout", "dead" or "broken". Judging the outputs is the reader's part.
"""

import json
import os
import sys
import time
from pathlib import Path
from queue import Empty

import nbformat
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError
from nbconvert import HTMLExporter
from nbconvert.preprocessors import ExecutePreprocessor

# evcxr passes on what the cell's process prints through a thread of its own, which can come after the reply.
GRACE_SECONDS = 0.04

report = os.fdopen(os.dup(1), "w")
os.dup2(2, 1)


def tell(event, **fields):
    print(json.dumps({"event": event, **fields}), file=report, flush=True)


class Telling(ExecutePreprocessor):
    started = 0.0

    def begin(self, cell, cell_index):
        if cell.cell_type == "code":
            self.started = time.monotonic()
            tell("start", index=cell_index)

    async def finish(self, cell, cell_index, execute_reply):
        seconds = time.monotonic() - self.started
        request = execute_reply["parent_header"]["msg_id"]
        while True:
            try:
                message = await self.kc.get_iopub_msg(timeout=GRACE_SECONDS)
            except Empty:
                break
            if message["parent_header"].get("msg_id") == request:
                self.process_message(message, cell, cell_index)
        tell("cell", index=cell_index, seconds=seconds, outputs=cell.outputs)


def execute(job):
    path = Path(job["notebook"])
    notebook = nbformat.read(path, as_version=4)
    client = Telling(kernel_name=job["kernel"], timeout=job["timeout"], startup_timeout=600)
    started = time.monotonic()
    client.on_notebook_start = lambda notebook: tell("ready", seconds=time.monotonic() - started)
    client.on_cell_start = client.begin
    client.on_cell_executed = client.finish
    reason, message = "finished", ""
    try:
        client.preprocess(notebook, {"metadata": {"path": str(path.parent)}})
    except CellTimeoutError:
        reason = "timeout"
    except CellExecutionError:
        reason = "error"
    except DeadKernelError as error:
        reason, message = "dead", str(error)
    # The kernel misspells this field, and without it the page has no colours.
    notebook.metadata.setdefault("language_info", {})["pygments_lexer"] = "rust"
    nbformat.write(notebook, job["executed"])
    page, _ = HTMLExporter().from_notebook_node(notebook, {"metadata": {"name": path.stem}})
    Path(job["page"]).write_text(page, encoding="utf-8")
    return reason, message


try:
    reason, message = execute(json.loads(sys.argv[1]))
except Exception as error:  # The reader gets every failure in the same way.
    reason, message = "broken", f"{type(error).__name__}: {error}"
tell("end", reason=reason, message=message)
