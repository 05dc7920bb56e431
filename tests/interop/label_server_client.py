"""What MONAI Label's Python client gets from a label server: one JSON object on the last line."""

import json
import os
import sys

from monailabel.client import MONAILabelClient
from monailabel.client.client import MONAILabelClientException

url, folder, token = sys.argv[1:4]
said = {}
client = MONAILabelClient(url, tmpdir=folder, client_id="ann")

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

drawn = os.path.join(folder, "drawn here.nii.gz")
said["saved"] = client.save_label(image, drawn, tag="original", params={"label_info": [{"name": "liver", "idx": 1}]})
said["final"] = client.save_label(image, drawn, params={"label_info": [{"name": "liver", "idx": 1}]})
fetched = client.download_label(image, "final")
said["suffix"] = fetched[fetched.rindex("/"):].split(".", 1)[1]
with open(fetched, "rb") as one, open(drawn, "rb") as other:
    said["same"] = one.read() == other.read()

said["status"] = client.info()["datastore"]
index = client.datastore()
said["labels"] = {
    tag: label["info"]["label_info"] for tag, label in index["objects"][image]["labels"].items()
}

said["uploaded"] = client.upload_image(os.path.join(folder, "new one.nii.gz"), "new")
said["next_after_upload"] = client.next_sample("random", {}).get("id")

errors = {}
for name, call in {
    "unknown label": lambda: client.download_label("nothing", "final"),
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
