"""Drives an XNAT with xnatctl: `xnat_xnatctl.py URL ZIP` prints what it saw as JSON."""

import json
import os
import sys
import tempfile
import zipfile

url, phantom = sys.argv[1:]
home = tempfile.mkdtemp()
os.environ.update(HOME=home, XNAT_URL=url, XNAT_USER="admin", XNAT_PASS="admin")

from click.testing import CliRunner  # noqa: E402
from xnatctl.cli.main import cli  # noqa: E402


def run(*words):
    answer = CliRunner().invoke(cli, list(words))
    if answer.exit_code != 0:
        raise RuntimeError(f"{' '.join(words)}: {answer.output} {answer.exception!r}")
    return answer.output


def listed(key, *words):
    return sorted(row[key] for row in json.loads(run(*words, "-o", "json")))


said = {"version": json.loads(run("admin", "version", "-o", "json"))["version"]}
said["pinged"] = "1.8.9" in run("health", "ping").split()
said["projects"] = listed("id", "project", "list")
said["sessions"] = listed("label", "session", "list", "-P", "P")
said["scans"] = listed("id", "scan", "list", "-P", "P", "-E", "ses-01")

run("session", "download", "-P", "P", "-E", "ses-01", "--out", home, "--extract")
said["files"] = {}
for folder, _, names in os.walk(os.path.join(home, "ses-01")):
    for name in names:
        path = os.path.join(folder, name)
        with open(path) as content:
            said["files"][os.path.relpath(path, home)] = content.read()

run("project", "create", "NEW", "--name", "A new one")
said["granted"] = []
run("project", "grant", "NEW", "reader", "--role", "member", "-y")
said["granted"] += listed("group", "admin", "user", "groups", "reader")
run("project", "revoke", "NEW", "reader", "-y")
said["revoked"] = listed("username", "project", "users", "NEW")

images = os.path.join(home, "images")
with zipfile.ZipFile(phantom) as archive:
    archive.extractall(images)
words = ["-P", "NEW", "-S", "sub", "-E", "ses", "--mode", "zip", "--prearchive", "-w", "3"]
run("session", "upload", images, *words)
waiting = json.loads(run("prearchive", "list", "--project", "NEW", "-o", "json"))
said["waiting"] = [[each["name"], each["status"], each["subject"]] for each in waiting]
run("prearchive", "archive", "NEW", waiting[0]["timestamp"], waiting[0]["name"])
said["archived"] = listed("label", "session", "list", "-P", "NEW")

folder = os.path.join(home, "up")
os.makedirs(os.path.join(folder, "sub"))
with open(os.path.join(folder, "sub", "a b.txt"), "w") as note:
    note.write("note")
run("resource", "upload", "-P", "NEW", "UP", folder)
run("subject", "rename", "-P", "NEW", "--pattern", "s(.*)", "--to", "S{1}")
said["subjects"] = listed("label", "subject", "list", "-P", "NEW")

print(json.dumps(said))
