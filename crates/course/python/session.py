"""One kernel, from start to end: what it says of itself, and what some cells print.

Reads a job as JSON from its argument: argv of the kernel, extra environment, folder, cells, seconds to wait. A cell is its code, and
the seconds after which it is interrupted, or null.
Prints one JSON line: implementation, version, and for each cell its seconds, since the interrupt if there is one, its reply's status
and its outputs.
"""

import json
import os
import sys
import threading
import time

from jupyter_client.kernelspec import KernelSpec
from jupyter_client.manager import KernelManager

report = os.fdopen(os.dup(1), "w")
os.dup2(2, 1)  # Whatever else prints, the kernel included, must not disturb the report.
job = json.loads(sys.argv[1])


class Manager(KernelManager):
    @property
    def kernel_spec(self):
        return KernelSpec(argv=job["argv"], language="rust", interrupt_mode="message")


def run(client, cell):
    outputs = []

    def keep(message):
        if message["msg_type"] in ("error", "stream", "execute_result"):
            outputs.append(message["content"])

    wait = cell["interrupt_after"]
    if wait is not None:
        threading.Timer(wait, manager.interrupt_kernel).start()
    started = time.monotonic() + (wait or 0)
    reply = client.execute_interactive(cell["code"], allow_stdin=False, timeout=job["timeout"], output_hook=keep)
    return {"seconds": time.monotonic() - started, "status": reply["content"]["status"], "outputs": outputs}


manager = Manager()
manager.start_kernel(env={**os.environ, **job["env"]}, cwd=job["folder"])
client = manager.client()
client.start_channels()
try:
    client.wait_for_ready(timeout=job["timeout"])
    about = client.kernel_info(reply=True, timeout=job["timeout"])["content"]
    cells = [run(client, cell) for cell in job["cells"]]
finally:
    client.stop_channels()
    manager.shutdown_kernel()
print(json.dumps({
    "implementation": about["implementation"],
    "version": about["implementation_version"],
    "cells": cells,
}), file=report, flush=True)
