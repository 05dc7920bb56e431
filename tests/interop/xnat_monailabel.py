"""MONAI Label's XNATDatastore, as it is: `xnat_monailabel.py URL CACHE SEG`; prints what it found as JSON.

The conversion to a DICOM segmentation is not its own and needs MONAI: the file SEG stands for what it gives.
"""

import hashlib
import io
import json
import pathlib
import sys
import zipfile

from monailabel_hollow import Hollow

CONVERT = "monailabel.datastore.utils.convert"
sys.modules[CONVERT] = Hollow(CONVERT)
from monailabel.datastore import xnat  # noqa: E402

url, cache, seg = sys.argv[1:]
xnat.nifti_to_dicom_seg = lambda series_dir, label, label_info: seg
store = xnat.XNATDatastore(url, "ann", "pw", project="PH", cache_path=cache)
images = store.list_images()
image = images[1]
folder = pathlib.Path(store.get_image_uri(image))
digests = sorted(hashlib.md5(each.read_bytes()).hexdigest() for each in folder.iterdir())
with zipfile.ZipFile(io.BytesIO(store.get_image(image).read())) as archive:
    members = len([name for name in archive.namelist() if name.endswith(".dcm")])
label = pathlib.Path(cache, "label.nii.gz")
label.write_bytes(b"label of MONAI")
saved = store.save_label(image, str(label), "final", {"model": "deepedit", "params": {"label_names": {"liver": 1}}})
print(json.dumps({
    "images": images,
    "info": store.get_image_info(image),
    "digests": digests,
    "members": members,
    "saved": saved,
    "status": store.status(),
}))
