"""What MONAI Label's Python client gets from a label server: one JSON object on the last line."""

import hashlib
import json
import os
import sys
import urllib.parse
import urllib.request

import nibabel
import numpy as np
from monailabel.client import MONAILabelClient
from monailabel.client.client import MONAILabelClientException

url, folder, token, new_id = sys.argv[1:5]
said = {}
client = MONAILabelClient(url, tmpdir=folder, client_id="ann")


def load(sample):
    """Loads a sample as 3D Slicer does without the server's disk: fetches it under its name, checks it."""
    query = urllib.parse.urlencode({"image": sample["id"]})
    request = urllib.request.Request(f"{url}/datastore/image?{query}")
    if token:
        request.add_header("Authorization", f"Bearer {token}")
    with urllib.request.urlopen(request) as answer:
        content = answer.read()
    if "checksum" in sample:
        assert sample["checksum"] == "SHA256:" + hashlib.sha256(content).hexdigest()
    path = os.path.join(folder, "fetched-" + sample["name"])
    with open(path, "wb") as file:
        file.write(content)
    return nibabel.load(path)


def draw(image):
    """A mask of some voxels on the grid of an image."""
    mask = np.zeros(image.shape, np.uint8)
    mask[0, 0, 0] = mask[-1, -1, -1] = 1
    path = os.path.join(folder, "drawn here.nii.gz")
    nibabel.save(nibabel.Nifti1Image(mask, image.affine), path)
    return path


said["auth"] = client.auth_enabled()
if token:
    try:
        client.info()
    except MONAILabelClientException as error:
        said["without token"] = error.status_code
    client.update_auth(client.auth_token("ann", token))
    said["valid"] = client.auth_valid_token()

info = client.info()
said["info"] = {key: info[key] for key in ("name", "labels", "models", "strategies", "datastore")}
said["config"] = "config" in info

said["next"] = client.next_sample("first", {})
image = said["next"]["id"]
loaded = load(said["next"])
said["shape"] = loaded.shape
said["same as path"] = bool(
    np.array_equal(loaded.get_fdata(), nibabel.load(said["next"]["path"]).get_fdata())
)

drawn = draw(loaded)
params = {"label_info": [{"name": "liver", "idx": 1}]}
said["saved"] = client.save_label(image, drawn, tag="original", params=dict(params))
said["final"] = client.save_label(image, drawn, params=dict(params))
fetched = client.download_label(image, "final")
said["suffix"] = "".join(fetched[fetched.rindex("/"):].split(".", 1)[1])
with open(fetched, "rb") as one, open(drawn, "rb") as other:
    said["same"] = one.read() == other.read()

said["status"] = client.info()["datastore"]
index = client.datastore()
said["labels"] = {
    tag: label["info"]["label_info"] for tag, label in index["objects"][image]["labels"].items()
}

said["uploaded"] = client.upload_image(os.path.join(folder, "new one.nii.gz"), new_id)
new = said["uploaded"]["image"]
said["listed"] = new in client.datastore()["objects"]
shapes = {}
while sample := client.next_sample("random", {}):
    assert sample["id"] not in shapes
    rest = load(sample)
    shapes[sample["id"]] = rest.shape
    client.save_label(sample["id"], draw(rest), params=dict(params))
said["shapes"] = shapes

errors = {}
for name, call in {
    "unknown label": lambda: client.download_label("nothing", "final"),
    "unknown image": lambda: client.save_label("nothing", drawn),
    "unknown strategy": lambda: client.next_sample("guess", {}),
    "session": lambda: client.create_session(drawn),
    "infer": lambda: client.infer("unet", image, {}),
}.items():
    try:
        call()
        errors[name] = None
    except MONAILabelClientException as error:
        errors[name] = str(error)
said["errors"] = errors
print(json.dumps(said))
