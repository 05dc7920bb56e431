"""Compares volumes that nibabel reads with the images that pydicom reads.

JOBS: [folder of DICOM files, NIfTI file]; prints how many voxels are the same, and what they are stored as
"""

import json
import pathlib
import sys

import nibabel
import numpy as np
import pydicom

LPS_TO_RAS = np.diag([-1, -1, 1, 1])


def frames(dataset):
    """Pixels, slope, intercept, position and orientation of each frame."""
    pixels = dataset.pixel_array.reshape(-1, dataset.Rows, dataset.Columns)
    for number, frame in enumerate(pixels):
        group = None
        if "PerFrameFunctionalGroupsSequence" in dataset:
            group = dataset.PerFrameFunctionalGroupsSequence[number]
        shared = dataset.get("SharedFunctionalGroupsSequence", [pydicom.Dataset()])[0]

        def value(sequence, name, default=None):
            if group is None:
                return dataset.get(name, default)
            place = group if sequence in group else shared
            return place[sequence][0].get(name, default) if sequence in place else default

        row, column = np.reshape(value("PlaneOrientationSequence", "ImageOrientationPatient"), (2, 3)).astype(float)
        between_rows, between_columns = map(float, value("PixelMeasuresSequence", "PixelSpacing"))
        affine = np.eye(4)
        affine[:3, 0] = row * between_columns
        affine[:3, 1] = column * between_rows
        affine[:3, 3] = [float(part) for part in value("PlanePositionSequence", "ImagePositionPatient")]
        slope = float(value("PixelValueTransformationSequence", "RescaleSlope", 1))
        intercept = float(value("PixelValueTransformationSequence", "RescaleIntercept", 0))
        yield frame, slope, intercept, affine


def compare(folder, path):
    volume = nibabel.load(path)
    values = volume.get_fdata()
    inverse = np.linalg.inv(volume.affine) @ LPS_TO_RAS
    seen = np.zeros(volume.shape, bool)
    for file in sorted(pathlib.Path(folder).iterdir()):
        for frame, slope, intercept, affine in frames(pydicom.dcmread(file)):
            rows, columns = frame.shape
            x, y = np.meshgrid(np.arange(columns), np.arange(rows))
            pixels = np.stack([x, y, np.zeros_like(x), np.ones_like(x)]).reshape(4, -1)
            exact = (inverse @ affine @ pixels)[:3]
            index = np.rint(exact).astype(int)
            assert np.abs(exact - index).max() < 0.02, np.abs(exact - index).max()
            expected = frame.reshape(-1) * slope + intercept
            found = values[tuple(index)]
            assert np.allclose(found, expected, rtol=1e-6, atol=1e-6 * abs(intercept) + 1e-9), file
            seen[tuple(index)] = True
    assert seen.all()
    return [int(seen.sum()), str(volume.get_data_dtype())]


print(json.dumps([compare(*job) for job in json.loads(sys.argv[1])]))
