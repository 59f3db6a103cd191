"""A Rust kernel that runs code which may loop, crash, exhaust memory or print without end."""

import queue
import resource
import sys
import time
from pathlib import Path

from jupyter_client.kernelspec import KernelSpecManager
from jupyter_client.manager import KernelManager
from nbformat.v4 import new_output, output_from_msg

START_SECONDS = 600
# How long an interrupted kernel may take to stop.
STOP_SECONDS = 10
# Of what a cell shows; a figure has below a megabyte.
LIMIT_TEXT = 100_000
LIMIT_DATA = 4_000_000
# What a cell prints comes later than its end if it is much.
DRAIN_SECONDS = 30


class Result:
    """What came of a cell."""

    def __init__(self):
        self.outputs = []
        # In words that follow "the cell"; nothing if all is well.
        self.problem = None
        self.kernel_is_lost = False
        self.room = {"text": LIMIT_TEXT, "data": LIMIT_DATA}

    @property
    def is_good(self):
        return self.problem is None

    @property
    def is_flooded(self):
        return min(self.room.values()) < 0

    def stderr(self):
        return "".join(output.text for output in self.outputs if output.output_type == "stream" and output.name == "stderr")

    def take(self, message):
        """Keeps an output, unless the cell has shown too much already."""
        content = message["content"]
        is_stream = message["msg_type"] == "stream"
        kind = "text" if is_stream else "data"
        size = len(content["text"]) if is_stream else len(str(content))
        room = self.room[kind]
        self.room[kind] -= size
        if is_stream:
            kept = content["text"][: max(room, 0)]
            if 0 < room < size:
                kept += "\n(the rest is cut)\n"
            last = self.outputs[-1] if self.outputs else None
            if not kept:
                pass
            elif last is not None and last.output_type == "stream" and last.name == content["name"]:
                last.text += kept
            else:
                self.outputs.append(new_output("stream", name=content["name"], text=kept))
        elif size <= room:
            self.outputs.append(output_from_msg(message))

    def conclude(self, memory):
        """Finds the problem in the outputs of a cell that came to its end."""
        errors = [output for output in self.outputs if output.output_type == "error"]
        if not errors:
            return
        # The names are the launcher's.
        ended = next((error for error in errors if error.ename in ("stack overflow", "process ended")), None)
        if "memory allocation of" in self.stderr():
            self.problem = f"asks for more memory than the limit of {memory / 2**30:g} GiB"
        elif ended is None:
            said = errors[0].evalue.strip()
            self.problem = f"ends with an error: {said.splitlines()[0] if said else 'without a message'}"
        else:
            status = ended.evalue.partition("(")[2].partition("). ")[0] or ended.ename
            what = "overflows the stack, or crashes otherwise" if ended.ename == "stack overflow" else "ends its process"
            self.problem = f"{what} ({status})"


class RustKernel:
    """The kernel *Rust* of this environment."""

    def __init__(self, folder, timeout, memory):
        self.folder, self.timeout, self.memory = str(folder), timeout, memory

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.stop()

    def start(self):
        """Starts the kernel. A second attempt, because a machine that slept meanwhile makes the first look dead."""
        try:
            self.start_once()
        except RuntimeError:
            self.start_once()

    def start_once(self):
        # Not a kernel of the same name among the user's own.
        specs = KernelSpecManager(kernel_dirs=[str(Path(sys.prefix) / "share/jupyter/kernels")])
        self.manager = KernelManager(kernel_name="rust", kernel_spec_manager=specs)
        soft, hard = resource.getrlimit(resource.RLIMIT_DATA)
        limit = self.memory if hard == resource.RLIM_INFINITY else min(self.memory, hard)
        # The kernel's processes inherit the limit.
        resource.setrlimit(resource.RLIMIT_DATA, (limit, hard))
        try:
            self.manager.start_kernel(cwd=self.folder)
        finally:
            resource.setrlimit(resource.RLIMIT_DATA, (soft, hard))
        self.client = self.manager.client()
        self.client.start_channels()
        try:
            self.client.wait_for_ready(timeout=START_SECONDS)
        except RuntimeError as error:
            self.stop()
            raise RuntimeError(f"the Rust kernel does not start: {error}\n  remedy: run `cargo course setup`") from error

    def stop(self):
        self.client.stop_channels()
        self.manager.shutdown_kernel(now=True)

    def restart(self):
        self.stop()
        self.start()

    def execute(self, source, timeout=None):
        timeout = timeout or self.timeout
        result = Result()
        request = self.client.execute(source, allow_stdin=False)
        if self.await_end(request, result, time.monotonic() + timeout):
            result.conclude(self.memory)
            result.kernel_is_lost = result.is_flooded and not self.drain()
        elif result.kernel_is_lost:
            result.problem = "ends the kernel"
        else:
            result.problem = f"takes longer than {timeout} s"
            # A kernel that has printed without end is busy with it for long.
            result.kernel_is_lost = result.is_flooded or not self.interrupt(request)
        return result

    def interrupt(self, request):
        self.manager.interrupt_kernel()
        return self.await_end(request, Result(), time.monotonic() + STOP_SECONDS)

    def drain(self):
        """Takes what is still coming from earlier requests; whether that ended."""
        deadline = time.monotonic() + DRAIN_SECONDS
        while time.monotonic() < deadline:
            try:
                self.client.get_iopub_msg(timeout=0.2)
            except queue.Empty:
                return True
        return False

    def await_end(self, request, result, deadline):
        """Takes the outputs of a request; whether its end came in time."""
        replied = None
        while time.monotonic() < deadline:
            try:
                message = self.client.get_iopub_msg(timeout=0.2)
            except queue.Empty:
                if not self.manager.is_alive():
                    result.kernel_is_lost = True
                    return False
                replied = replied or (time.monotonic() if self.has_reply(request) else None)
                # The message that tells the end may be lost in a flood of others.
                if replied and time.monotonic() > replied + 2:
                    return True
                continue
            if message["parent_header"].get("msg_id") != request:
                continue
            if message["msg_type"] == "status" and message["content"]["execution_state"] == "idle":
                return True
            if message["msg_type"] in ("stream", "error", "execute_result", "display_data"):
                result.take(message)
        return False

    def has_reply(self, request):
        while True:
            try:
                reply = self.client.get_shell_msg(timeout=0)
            except queue.Empty:
                return False
            if reply["parent_header"].get("msg_id") == request:
                return True
