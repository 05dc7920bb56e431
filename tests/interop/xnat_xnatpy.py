"""Drives an XNAT with xnatpy: `xnat_xnatpy.py URL ZIP` prints what it saw as JSON."""

import io
import json
import sys
import tempfile
import warnings
import zipfile

import xnat

warnings.simplefilter("ignore")
url, archive = sys.argv[1:]
said = {}


def text_of(file):
    stream = io.BytesIO()
    file.download_stream(stream)
    return stream.getvalue().decode()


def resources_of(item):
    return {
        resource.label: {
            file.path: [int(file.size), file.digest, text_of(file)]
            for file in resource.files.values()
        }
        for resource in item.resources.values()
    }


def walk(project):
    return {
        subject.label: {
            session.label: {
                "type": session.xsi_type if hasattr(session, "xsi_type") else session.__xsi_type__,
                "subject": session.subject_id == subject.id,
                "scans": {
                    scan.id: [scan.type, scan.quality, resources_of(scan)]
                    for scan in session.scans.values()
                },
                "assessors": sorted(each.label for each in session.assessors.values()),
                "resources": resources_of(session),
            }
            for session in subject.experiments.values()
        }
        for subject in project.subjects.values()
    }


with xnat.connect(url, user="admin", password="admin", no_parse_model=False) as connection:
    said["version"] = connection.xnat_version
    project = connection.projects["P"]
    said["walk"] = walk(project)
    said["project"] = resources_of(project)

    session = project.experiments["ses-01"]
    with tempfile.NamedTemporaryFile(suffix=".zip") as target:
        session.scans["1"].download(target.name, verbose=False)
        with zipfile.ZipFile(target.name) as unzipped:
            said["zip"] = {name: unzipped.read(name).decode() for name in unzipped.namelist()}

    subject = connection.classes.SubjectData(parent=project, label="new subject")
    made = connection.classes.MrSessionData(parent=subject, label="new_session")
    scan = connection.classes.MrScanData(parent=made, id="7", type="T1", series_description="seven")
    resource = scan.create_resource("UPLOAD")
    resource.upload_data("one", "a b/one.txt")
    resource.upload_data("two", "two.txt")
    subject.demographics.gender = "female"
    connection.clearcache()
    scan = connection.projects["P"].subjects["new subject"].experiments["new_session"].scans["7"]
    scan.quality = "questionable"
    connection.clearcache()
    said["made"] = [scan.type, scan.series_description, scan.quality, resources_of(scan)]
    said["gender"] = connection.projects["P"].subjects["new subject"].demographics.gender

    scan.resources["UPLOAD"].files["two.txt"].delete()
    connection.clearcache()
    made = connection.projects["P"].experiments["new_session"]
    said["after file"] = sorted(made.scans["7"].resources["UPLOAD"].files.keys())
    made.scans["7"].delete()
    connection.clearcache()
    made = connection.projects["P"].experiments["new_session"]
    said["after scan"] = sorted(made.scans.keys())
    connection.projects["P"].subjects["new subject"].delete(remove_files=True)
    connection.clearcache()
    said["after subject"] = sorted(each.label for each in connection.projects["P"].subjects.values())

    imported = connection.services.import_(
        archive, project="P", subject="phantom", experiment="phantom_mr", destination="/archive"
    )
    said["imported"] = {
        scan.id: [scan.type, sorted(resource.label for resource in scan.resources.values()),
                  sum(len(resource.files) for resource in scan.resources.values())]
        for scan in imported.scans.values()
    }
    waiting = connection.services.import_(
        archive, project="P", subject="phantom", experiment="waiting", destination="/prearchive"
    )
    said["waiting"] = [waiting.status, sorted(scan.id for scan in waiting.scans)]
    said["prearchive"] = [each.label for each in connection.prearchive.sessions()]
    archived = waiting.archive(subject="phantom", experiment="arrived")
    said["arrived"] = [archived.label, len(archived.scans)]

print(json.dumps(said))
