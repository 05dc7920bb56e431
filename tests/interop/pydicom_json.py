"""Prints the DICOM JSON model of all files below a folder that pydicom reads without a warning."""

import json
import pathlib
import sys
import warnings

import pydicom

def model(path):
    dataset = pydicom.dcmread(path, stop_before_pixels=True)
    return dataset.to_json_dict(bulk_data_threshold=1 << 30)


warnings.simplefilter("error")
said = {}
for path in sorted(pathlib.Path(sys.argv[1]).rglob("*.dcm")):
    try:
        said[str(path)] = model(path)
    except Exception as error:  # whatever pydicom refuses is no measure for others
        print(f"{path}: {error}", file=sys.stderr)
print(json.dumps(said))
