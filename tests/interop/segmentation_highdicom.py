"""Reads and writes DICOM segmentations with highdicom, masks with nibabel.

read JOBS             [series, segmentation, mask]: compares both at the pixels of the series' images
write JOBS            [series, mask, out]: makes out-BINARY.dcm, out-FRACTIONAL.dcm, out-LABELMAP.dcm, and the
                      latter two compressed, out-FRACTIONAL-RLE.dcm and out-LABELMAP-RLE.dcm
variants MASK FOLDER  writes the mask in all orientations, types, byte orders and versions
"""

import itertools
import json
import pathlib
import sys
import warnings

import highdicom as hd
import nibabel
import numpy as np
import pydicom

LPS_TO_RAS = np.diag([-1, -1, 1, 1])
TYPES = ["uint8", "int8", "int16", "uint16", "int32", "uint32", "int64", "uint64", "float32", "float64"]


def images(folder):
    return [pydicom.dcmread(path) for path in sorted(pathlib.Path(folder).iterdir())]


def affine(image):
    """From column and row of an image to left, posterior, head (PS3.3 C.7.6.2.1.1)."""
    row, column = np.reshape(image.ImageOrientationPatient, (2, 3)).astype(float)
    between_rows, between_columns = map(float, image.PixelSpacing)
    matrix = np.eye(4)
    matrix[:3, 0] = row * between_columns
    matrix[:3, 1] = column * between_rows
    matrix[:3, 3] = [float(part) for part in image.ImagePositionPatient]
    return matrix


def mask_on(image, mask):
    """The labels of a mask at the pixels of an image, by their places in the patient."""
    columns, rows = np.meshgrid(np.arange(image.Columns), np.arange(image.Rows))
    pixels = np.stack([columns, rows, np.zeros_like(rows), np.ones_like(rows)]).reshape(4, -1)
    exact = (np.linalg.inv(mask.affine) @ LPS_TO_RAS @ affine(image) @ pixels)[:3]
    index = np.rint(exact).astype(int)
    assert np.abs(exact - index).max() < 0.02, np.abs(exact - index).max()
    return np.asarray(mask.dataobj)[tuple(index)].reshape(image.Rows, image.Columns)


def read(series, seg_path, mask_path):
    sources = images(series)
    seg = hd.seg.segread(seg_path)
    mask = nibabel.load(mask_path)
    uids = [image.SOPInstanceUID for image in sources]
    pixels = seg.get_pixels_by_source_instance(uids, assert_missing_frames_are_empty=True)
    values = [segment[0x0063, 0x1001].value for segment in seg.SegmentSequence]
    expected = np.stack([mask_on(image, mask) for image in sources])
    assert pixels.shape == (*expected.shape, len(values)), pixels.shape
    for number, value in enumerate(values):
        assert np.array_equal(pixels[..., number] != 0, expected == value), value
    return {
        "voxels": int(np.count_nonzero(expected)),
        "name": str(seg.PatientName),
        "frames": int(seg.NumberOfFrames),
        "segments": [
            [int(value), description.segment_label, description.segmented_property_type.meaning]
            for number, value in enumerate(values, 1)
            for description in [seg.get_segment_description(number)]
        ],
    }


def write(series, mask_path, out):
    sources = images(series)
    mask = nibabel.load(mask_path)
    labels = np.stack([mask_on(image, mask) for image in sources]).astype(np.uint8)
    numbers = [int(value) for value in np.unique(labels) if value]
    assert numbers == list(range(1, len(numbers) + 1)), numbers
    tissue = pydicom.sr.codedict.codes.SCT.Tissue
    descriptions = [
        hd.seg.SegmentDescription(
            segment_number=number,
            segment_label=f"Segment {number}",
            segmented_property_category=tissue,
            segmented_property_type=tissue,
            algorithm_type=hd.seg.SegmentAlgorithmTypeValues.MANUAL,
        )
        for number in numbers
    ]
    for name in ["BINARY", "FRACTIONAL", "LABELMAP", "FRACTIONAL-RLE", "LABELMAP-RLE"]:
        kind, _, rle = name.partition("-")
        fractions = np.stack([(labels == number) * 0.75 for number in numbers], axis=-1)
        hd.seg.Segmentation(
            source_images=sources,
            pixel_array=fractions if kind == "FRACTIONAL" else labels,
            segmentation_type=hd.seg.SegmentationTypeValues[kind],
            segment_descriptions=descriptions,
            series_instance_uid=hd.UID(),
            series_number=2,
            sop_instance_uid=hd.UID(),
            instance_number=1,
            manufacturer="peer",
            manufacturer_model_name="peer",
            software_versions="0",
            device_serial_number="0",
            transfer_syntax_uid=pydicom.uid.RLELossless if rle else pydicom.uid.ExplicitVRLittleEndian,
        ).save_as(f"{out}-{name}.dcm")


def variants(mask_path, folder):
    folder = pathlib.Path(folder)
    mask = nibabel.load(mask_path)
    labels = np.asarray(mask.dataobj)
    for axes in itertools.permutations(range(3)):
        for flips in itertools.product([1, -1], repeat=3):
            turned = mask.as_reoriented(np.column_stack([axes, flips]))
            name = "".join(map(str, axes)) + "".join("+-"[flip < 0] for flip in flips)
            nibabel.save(turned, folder / f"turned{name}.nii.gz")
    for name in TYPES:
        for kind in [nibabel.Nifti1Image, nibabel.Nifti2Image]:
            for order in "<>":
                header = kind.header_class(endianness=order)
                header.set_data_dtype(np.dtype(name).newbyteorder(order))
                header.set_xyzt_units("mm")
                image = kind(labels.astype(name), mask.affine, header)
                order = "little" if order == "<" else "big"
                nibabel.save(image, folder / f"{name}-{kind.__name__}-{order}.nii")
    scaled = nibabel.Nifti1Image(labels.astype("float64"), mask.affine)
    scaled.set_data_dtype("int16")
    nibabel.save(scaled, folder / "scaled.nii")
    quaternion = nibabel.Nifti1Image(labels, None)
    quaternion.set_qform(mask.affine, 1)
    quaternion.set_sform(None, 0)
    nibabel.save(quaternion, folder / "qform.nii")


warnings.simplefilter("ignore")
command, *arguments = sys.argv[1:]
if command == "variants":
    variants(*arguments)
else:
    work = {"read": read, "write": write}[command]
    print(json.dumps([work(*job) for job in json.loads(arguments[0])]))
