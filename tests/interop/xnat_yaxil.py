"""Drives an XNAT with yaxil: `xnat_yaxil.py URL` prints what it saw as JSON."""

import json
import os
import sys
import tempfile

import yaxil

url = sys.argv[1]
auth = yaxil.XnatAuth(url=url, username="admin", password="admin", cookie={})
said = {"login": yaxil.test_auth(auth)}
wrong = yaxil.XnatAuth(url=url, username="admin", password="wrong", cookie={})
said["wrong"] = yaxil.test_auth(wrong)
said["subjects"] = sorted(each.label for each in yaxil.subjects(auth, project="P"))
said["experiments"] = sorted(
    [each.label, each.subject_label, each.project] for each in yaxil.experiments(auth)
)
session = yaxil.accession(auth, "ses-01", "P")
said["exists"] = [yaxil.exists(auth, session), yaxil.exists(auth, "NONE")]
types = ["xnat:ctSessionData", "xnat:petSessionData"]
said["has"] = [yaxil.has(auth, each, project="P") for each in types]
KEYS = ["id", "type", "operator", "session_label", "subject_label", "date_scanned"]
said["scans"] = sorted(
    [scan.get(key) for key in KEYS]
    for scan in yaxil.scans(auth, label="ses-01", project="P")
)
said["search"] = yaxil.scansearch(auth, "ses-01", {"t1": "type LIKE 'T1%'"}, project="P")

folder = tempfile.mkdtemp()
yaxil.download(auth, "ses-01", project="P", scan_ids=["1", "2"], out_dir=folder)
said["files"] = {}
for name in sorted(os.listdir(folder)):
    with open(os.path.join(folder, name)) as content:
        said["files"][name] = content.read()

made = tempfile.mkdtemp()
os.makedirs(os.path.join(made, "assessor"))
os.makedirs(os.path.join(made, "resources", "images"))
with open(os.path.join(made, "assessor", "assessment.xml"), "w") as document:
    document.write(
        f'<xnat:QCManualAssessment xmlns:xnat="http://nrg.wustl.edu/xnat" ID="{session}_QC"'
        f' project="P" label="{session}_QC"><xnat:imageSession_ID>{session}'
        "</xnat:imageSession_ID><xnat:rater>me</xnat:rater></xnat:QCManualAssessment>"
    )
with open(os.path.join(made, "resources", "images", "one.txt"), "w") as image:
    image.write("image")
yaxil.storerest(auth, made, "RESULTS")
answer = yaxil.get(
    auth, f"/data/experiments/{session}/assessors/{session}_QC/resources/RESULTS/files", fmt="json"
)
rows = json.loads(answer.content)["ResultSet"]["Result"]
said["stored"] = [[row["Name"], row["Size"], row["URI"].split("/files/")[1]] for row in rows]

print(json.dumps(said))
