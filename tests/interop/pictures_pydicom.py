"""What pydicom and numpy make of images: a JSON line per file, pixels as base64.

    pictures_pydicom.py FILE...
"""

import base64
import json
import sys
import warnings

import numpy as np
import pydicom
from pydicom.pixels import apply_color_lut, apply_modality_lut, apply_voi, apply_windowing, pixel_array

warnings.simplefilter("ignore")


def shades(ds, frame):
    """A frame as 8-bit grey, by the formulas of PS3.3 C.11 as pydicom has them."""
    if "PixelData" not in ds:
        stored = ds.pixel_array
        stored = stored[frame] if stored.ndim == 3 else stored
    else:
        stored = pixel_array(ds, index=frame)
    values = apply_modality_lut(stored, ds)
    padding = np.zeros(stored.shape, bool)
    if "PixelPaddingValue" in ds:
        ends = sorted([ds.PixelPaddingValue, ds.get("PixelPaddingRangeLimit", ds.PixelPaddingValue)])
        padding = (stored >= ends[0]) & (stored <= ends[1])
    if "VOILUTSequence" in ds:
        shown = apply_voi(values, ds) / (2 ** int(ds.VOILUTSequence[0].LUTDescriptor[2]) - 1)
    elif "WindowWidth" in ds and ds.WindowWidth:
        shown = apply_windowing(values, ds)
        bits = ds.BitsStored
        low, high = (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1) if ds.PixelRepresentation else (0, 2**bits - 1)
        if "ModalityLUTSequence" in ds:
            low, high = 0, 2 ** int(ds.ModalityLUTSequence[0].LUTDescriptor[2]) - 1
        elif "RescaleSlope" in ds:
            low, high = (end * ds.RescaleSlope + ds.RescaleIntercept for end in (low, high))
        shown = (shown - low) / (high - low)
    else:
        ordered = np.sort(values[~padding].ravel().astype(float))
        low, high = (ordered[int(share * len(ordered))] for share in (0.005, 0.995))
        width = high - low if high > low else 1
        shown = (values - (low + high) / 2) / width + 0.5
    grey = np.round(np.clip(shown, 0, 1) * 255)
    if ds.PhotometricInterpretation == "MONOCHROME1":
        grey = 255 - grey
    grey[padding] = 0
    return grey.astype(np.uint8)


def picture(ds, frame):
    if ds.SamplesPerPixel == 1 and ds.PhotometricInterpretation != "PALETTE COLOR":
        return shades(ds, frame)
    pixels = pixel_array(ds, index=frame)
    if ds.PhotometricInterpretation == "PALETTE COLOR":
        colours = apply_color_lut(pixels, ds)
        return (colours >> 8 if colours.dtype == np.uint16 else colours).astype(np.uint8)
    if ds.BitsStored > 8:
        return np.round(pixels / (2**ds.BitsStored - 1) * 255).astype(np.uint8)
    return pixels


for path in sys.argv[1:]:
    said = {"path": path}
    try:
        ds = pydicom.dcmread(path, force=True)
        frame = int(ds.get("NumberOfFrames") or 1) // 2
        pixels = picture(ds, frame)
        said |= {"shape": pixels.shape, "pixels": base64.b64encode(pixels.tobytes()).decode()}
    except Exception as error:
        said["error"] = f"{type(error).__name__}: {error}"[:200]
    print(json.dumps(said))
