"""Lets MONAI Label's datastores be imported where its package is installed without what it trains and converts with.

That asks for PyTorch and MONAI, of which a datastore needs nothing; empty modules stand in for what is missing.
"""

import importlib.machinery
import sys
import types


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
