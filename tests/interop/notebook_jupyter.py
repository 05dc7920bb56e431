"""Executes a notebook by Jupyter's client and the Deno kernel, and makes HTML of it by nbconvert.

    notebook_jupyter.py DENO DENO_DIR NOTEBOOK

DENO is the program whose kernel runs it, DENO_DIR where it keeps modules. Writes JSON: what each code cell gave by media
type, how many messages changed that in its place, and the HTML.

nbclient stops listening when the kernel says that it is idle; Deno's can say so before it sends the last result. So this
waits a moment longer for a result.
"""

import json
import os
import queue
import sys
import tempfile
import time

import nbconvert
import nbformat
from jupyter_client.manager import KernelManager
from nbformat.v4 import output_from_msg

LONGEST = 120
LATE = 1.0


def run(client, code):
    sent = client.execute(code, allow_stdin=False)
    outputs, by_id, changes = [], {}, 0
    is_idle, has_result, deadline = False, False, time.monotonic() + LONGEST
    while not (is_idle and has_result):
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
        display_id = content.get("transient", {}).get("display_id")
        if kind in ("execute_result", "display_data"):
            outputs.append(output_from_msg(message))
            by_id[display_id] = outputs[-1]
            has_result = has_result or kind == "execute_result"
        if kind == "update_display_data":
            by_id[display_id]["data"] = content["data"]
            changes += 1
        if kind == "status" and content["execution_state"] == "idle":
            is_idle, deadline = True, time.monotonic() + LATE
    return outputs, changes


def executed(path):
    notebook = nbformat.read(path, 4)
    cells = [cell for cell in notebook.cells if cell.cell_type == "code"]
    changes = []
    manager = KernelManager(kernel_name="deno")
    manager.start_kernel(cwd=os.path.dirname(os.path.abspath(path)))
    client = manager.blocking_client()
    client.start_channels()
    try:
        client.wait_for_ready(timeout=LONGEST)
        for cell in cells:
            cell.outputs, count = run(client, cell.source)
            changes.append(count)
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)
    html, _ = nbconvert.HTMLExporter().from_notebook_node(notebook)
    outputs = [[output["data"] for output in cell.outputs] for cell in cells]
    return {"outputs": outputs, "changes": changes, "html": html}


deno, deno_dir, path = sys.argv[1:]
with tempfile.TemporaryDirectory() as folder:
    os.makedirs(f"{folder}/kernels/deno")
    with open(f"{folder}/kernels/deno/kernel.json", "w", encoding="utf-8") as file:
        argv = [deno, "jupyter", "--kernel", "--conn", "{connection_file}"]
        json.dump({"argv": argv, "display_name": "Deno", "language": "typescript"}, file)
    # What is fetched goes into the cache of the user.
    os.environ |= {"JUPYTER_PATH": folder, "XDG_CACHE_HOME": folder, "DENO_DIR": deno_dir}
    print(json.dumps(executed(path)))
