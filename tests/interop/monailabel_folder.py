"""MONAI Label's LocalDatastore on a folder: `monailabel_folder.py FOLDER`, one JSON command a line, one JSON answer each.

Its package asks for PyTorch and MONAI, of which a datastore needs nothing; empty modules stand in for what is missing.
"""

import importlib.machinery
import json
import pathlib
import sys
import types
import zipfile


class Hollow(types.ModuleType):
    __path__ = []

    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        return type(name, (), {})


class Finder:
    ROOTS = ("torch", "monai", "SimpleITK", "cpuinfo", "psutil", "pydantic_settings")

    def find_spec(self, name, path=None, target=None):
        hollow = name.split(".")[0] in self.ROOTS or name == "monailabel.config"
        return importlib.machinery.ModuleSpec(name, self, is_package=True) if hollow else None

    def create_module(self, spec):
        return Hollow(spec.name)

    def exec_module(self, module):
        pass


sys.meta_path.append(Finder())
sys.modules["monailabel.config"] = Hollow("monailabel.config")
from filelock import FileLock  # noqa: E402
from monailabel.datastore.local import LocalDatastore  # noqa: E402

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
