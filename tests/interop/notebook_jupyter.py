"""Executes notebooks by Jupyter's client and the Deno kernel: a JSON line per notebook, what each code cell gave.

    notebook_jupyter.py DENO DENO_DIR NOTEBOOK...

DENO is the program whose kernel runs them, DENO_DIR where it keeps modules.

nbclient stops listening when the kernel says that it is idle; Deno's can say so before it sends the last result. So this
waits a moment longer for a result.
"""

import json
import os
import queue
import sys
import tempfile
import time

from jupyter_client.manager import KernelManager

LONGEST = 120
LATE = 1.0


def run(client, code):
    sent = client.execute(code, allow_stdin=False)
    outputs, is_idle, deadline = [], False, time.monotonic() + LONGEST
    while not (is_idle and outputs):
        left = deadline - time.monotonic()
        try:
            message = client.get_iopub_msg(timeout=max(0.01, left))
        except queue.Empty:
            if is_idle:
                break
            raise SystemExit("The kernel gave no answer")
        kind, content = message["msg_type"], message["content"]
        if message["parent_header"].get("msg_id") != sent:
            continue
        if kind == "error":
            raise SystemExit(f"{content['ename']}: {content['evalue']}")
        if kind in ("execute_result", "display_data"):
            outputs.append(content["data"])
        if kind == "status" and content["execution_state"] == "idle":
            is_idle, deadline = True, time.monotonic() + LATE
    return outputs


def outputs_of(path):
    with open(path, encoding="utf-8") as file:
        cells = json.load(file)["cells"]
    manager = KernelManager(kernel_name="deno")
    manager.start_kernel(cwd=os.path.dirname(os.path.abspath(path)))
    client = manager.blocking_client()
    client.start_channels()
    try:
        client.wait_for_ready(timeout=LONGEST)
        codes = ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"]
        return [run(client, code) for code in codes]
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)


deno, deno_dir, *paths = sys.argv[1:]
with tempfile.TemporaryDirectory() as folder:
    os.makedirs(f"{folder}/kernels/deno")
    with open(f"{folder}/kernels/deno/kernel.json", "w", encoding="utf-8") as file:
        argv = [deno, "jupyter", "--kernel", "--conn", "{connection_file}"]
        json.dump({"argv": argv, "display_name": "Deno", "language": "typescript"}, file)
    # What is fetched goes into the cache of the user.
    os.environ |= {"JUPYTER_PATH": folder, "XDG_CACHE_HOME": folder, "DENO_DIR": deno_dir}
    for path in paths:
        print(json.dumps(outputs_of(path)), flush=True)
