"""MONAI Label's LocalDatastore on a folder: `monailabel_folder.py FOLDER`, one JSON command a line, one JSON answer each."""

import json
import pathlib
import sys
import zipfile

import monailabel_hollow  # noqa: F401
from filelock import FileLock
from monailabel.datastore.local import LocalDatastore

lock = FileLock(pathlib.Path(sys.argv[1], ".lock"))

store = LocalDatastore(sys.argv[1], extensions=["*.nii.gz", "*.nii", "*.nrrd"], auto_reload=False)
print(json.dumps("ready"), flush=True)


def answer(name, *arguments):
    if name == "lock":
        lock.acquire(timeout=10)
        return None
    if name == "unlock":
        lock.release()
        return None
    if name == "save":
        image, path, tag, info = arguments
        return store.save_label(image, path, tag, info)
    if name == "archive":
        with zipfile.ZipFile(store.get_dataset_archive(*arguments)) as archive:
            return sorted(archive.namelist())
    value = getattr(store, name)(*arguments)
    return json.loads(json.dumps(value, default=str))


for line in sys.stdin:
    try:
        print(json.dumps({"value": answer(*json.loads(line))}), flush=True)
    except Exception as error:
        print(json.dumps({"error": type(error).__name__}), flush=True)
