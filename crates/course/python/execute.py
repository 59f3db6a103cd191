"""Executes one notebook through nbconvert, and reports each cell as it goes.

Reads a job as JSON from its argument: notebook, kernel, timeout, the files to write (executed, page) and the folder of the module that makes the
page (scripts), or whether to go on after errors (to_the_end). Prints JSON lines: "ready" when
the kernel is, "start" and "cell" for each code cell, then one "end", whose reason is "finished", "error", "timeout", "dead" or
"broken". The reader judges the outputs.
"""

import json
import os
import signal
import sys
import threading
import time
from pathlib import Path

from jupyter_client.manager import AsyncKernelManager
from jupyter_core.utils import run_sync

report = os.fdopen(os.dup(1), "w")
os.dup2(2, 1)


def tell(event, **fields):
    print(json.dumps({"event": event, **fields}), file=report, flush=True)


def end_with_reader():
    """Ends this program when its reader ends, however that happens; the launcher then sees that its parent is gone."""
    # Not by `sys.stdin`, whose lock would be held when Python ends.
    os.read(0, 1)
    os._exit(1)


threading.Thread(target=end_with_reader, daemon=True).start()
job = json.loads(sys.argv[1])
path = Path(job["notebook"])
began = time.monotonic()
manager = AsyncKernelManager(kernel_name=job["kernel"])
try:
    run_sync(manager.start_kernel)(cwd=str(path.parent))
except Exception as error:
    tell("end", reason="broken", message=f"{type(error).__name__}: {error}")
    sys.exit()

# The kernel takes seconds to start; meanwhile, these libraries take one to load.
import nbformat
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError
from nbconvert.preprocessors import ExecutePreprocessor

if "page" in job:
    sys.path.insert(0, job["scripts"])
    from pages import PageExporter


class Telling(ExecutePreprocessor):
    """Reports each cell as it begins and ends."""

    def notebook_begins(self, notebook):
        tell("ready", seconds=time.monotonic() - began)

    def cell_begins(self, cell, cell_index):
        if cell.cell_type == "code":
            self.started = time.monotonic()
            tell("start", index=cell_index)

    def cell_ends(self, cell, cell_index, execute_reply):
        tell("cell", index=cell_index, seconds=time.monotonic() - self.started, outputs=cell.outputs)


def execute():
    notebook = nbformat.read(path, as_version=4)
    client = Telling(timeout=job["timeout"], startup_timeout=600, allow_errors=job.get("to_the_end", False))
    client.on_notebook_start = client.notebook_begins
    client.on_cell_start = client.cell_begins
    client.on_cell_executed = client.cell_ends
    reason, message = "finished", ""
    try:
        client.preprocess(notebook, {"metadata": {"path": str(path.parent)}}, manager)
    except CellTimeoutError:
        reason = "timeout"
    except CellExecutionError:
        reason = "error"
    except DeadKernelError as error:
        reason, message = "dead", str(error)
    finally:
        if reason == "timeout":
            # It would not listen; its launcher cleans up while the page is written.
            run_sync(manager.signal_kernel)(signal.SIGTERM)
        elif run_sync(manager.is_alive)():
            # It shuts down while the page is written.
            run_sync(manager.request_shutdown)()
    if "executed" not in job:
        return reason, message
    nbformat.write(notebook, job["executed"])
    Path(job["page"]).write_text(PageExporter().page(notebook, path.stem), encoding="utf-8")
    return reason, message


try:
    reason, message = execute()
except Exception as error:  # The reader gets every failure in the same way.
    reason, message = "broken", f"{type(error).__name__}: {error}"
finally:
    if run_sync(manager.is_alive)():
        run_sync(manager.shutdown_kernel)()
    else:
        run_sync(manager.cleanup_resources)()
tell("end", reason=reason, message=message)
