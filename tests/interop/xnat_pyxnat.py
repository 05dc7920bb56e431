"""Drives an XNAT with pyxnat: `xnat_pyxnat.py URL` prints what it saw as JSON."""

import json
import os
import sys
import tempfile
import warnings

warnings.simplefilter("ignore")
import pyxnat  # noqa: E402

url = sys.argv[1]
said = {"pyxnat": pyxnat.__version__}
folder = tempfile.mkdtemp()


def text_of(file):
    path = os.path.join(folder, "download")
    file.get(path)
    with open(path) as content:
        return content.read()


def resources_of(item):
    return {
        resource.label(): {
            file.id(): [int(file.size()), text_of(file)] for file in resource.files()
        }
        for resource in item.resources()
    }


connection = pyxnat.Interface(server=url, user="admin", password="admin")
said["version"] = connection.version()
said["projects"] = sorted(connection.select.projects().get())
project = connection.select.project("P")
said["walk"] = {
    subject.label(): {
        session.label(): {
            "type": session.datatype(),
            "scans": {
                scan.id(): [scan.attrs.get("type"), scan.attrs.get("quality"), resources_of(scan)]
                for scan in session.scans()
            },
            "assessors": sorted(each.label() for each in session.assessors()),
            "resources": resources_of(session),
        }
        for session in subject.experiments()
    }
    for subject in project.subjects()
}
said["project"] = resources_of(project)
# Newer ones ask searches for what they show.
first = next(iter(project.subjects()))
for each in (project, first, next(iter(first.experiments()))):
    assert "Object" in repr(each)
found = connection.select("/projects/P/subjects/*/experiments/*/scans/*/resources/*/files").get()
said["select"] = sorted(found)
said["array"] = sorted(
    [row["ID"], row["project"]]
    for row in connection.array.experiments(
        project_id="P", experiment_type="xnat:mrSessionData"
    ).data
)

scan = project.subject("new").experiment("new_mr").scan("7")
scan.create(
    **{
        "scans": "xnat:mrScanData",
        "xnat:mrScanData/type": "T1",
        "experiments": "xnat:mrSessionData",
    }
)
said["exists"] = [scan.exists(), project.subject("new").exists(), project.subject("none").exists()]
scan.attrs.set("quality", "questionable")
said["attrs"] = [scan.attrs.get("type"), scan.attrs.get("quality")]
local = os.path.join(folder, "a b.bin")
with open(local, "w") as content:
    content.write("uploaded")
target = scan.resource("UPLOAD").file("a b.bin")
target.put(local, format="BIN", content="TEST", overwrite=True)
said["uploaded"] = [text_of(target), target.attributes().get("file_format")]
said["modified"] = bool(target.last_modified())
target.delete()
said["after file"] = scan.resource("UPLOAD").files().get()
scan.resource("UPLOAD").delete()
said["after resource"] = scan.resources().get()
project.subject("new").delete()
said["after subject"] = [each.label() for each in project.subjects()]

rows = connection.select(
    "xnat:subjectData", ["xnat:subjectData/SUBJECT_LABEL", "xnat:subjectData/PROJECT"]
).where([("xnat:subjectData/PROJECT", "=", "P"), "AND"])
said["search"] = rows.data
said["types"] = "xnat:mrSessionData" in connection.inspect.datatypes()
try:
    connection.select.project("NOPE").resource("X").file("y").get(local)
except Exception as error:
    said["missing"] = type(error).__name__
connection.disconnect()
print(json.dumps(said))
