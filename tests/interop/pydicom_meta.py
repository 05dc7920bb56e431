"""Prints what pydicom says of the file meta information of all files below a folder."""

import json
import pathlib
import sys
import warnings

import pydicom
from pydicom.filereader import _read_file_meta_info, read_preamble


def model(path):
    with open(path, "rb") as file:
        read_preamble(file, force=True)
        meta = _read_file_meta_info(file)
        offset = file.tell()
    dataset = pydicom.dcmread(path, stop_before_pixels=True, force=True)
    text = lambda value: str(value) if value else None
    return {
        "transferSyntaxUID": text(meta.get("TransferSyntaxUID")),
        "sopClassUID": text(dataset.get("SOPClassUID") or meta.get("MediaStorageSOPClassUID")),
        "sopInstanceUID": text(
            dataset.get("SOPInstanceUID") or meta.get("MediaStorageSOPInstanceUID")
        ),
        "datasetOffset": offset,
    }


warnings.simplefilter("ignore")
said = {}
for path in sorted(pathlib.Path(sys.argv[1]).rglob("*")):
    if path.suffix not in ("", ".dcm") or path.is_dir() or path.name in ("LICENSE", "README"):
        continue
    try:
        said[str(path)] = model(path)
    except Exception as error:  # whatever pydicom refuses is no measure for others
        print(f"{path}: {error}", file=sys.stderr)
print(json.dumps(said))
