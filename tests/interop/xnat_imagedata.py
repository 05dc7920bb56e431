"""Drives an XNAT with imagedata's XnatTransport: `xnat_imagedata.py HOST:PORT SESSION_ID CA_FILE`
prints what it saw as JSON."""

import io
import json
import logging
import os
import sys
import warnings
import zipfile
from contextlib import redirect_stdout

host, session, authority = sys.argv[1:]
os.environ["REQUESTS_CA_BUNDLE"] = authority
warnings.simplefilter("ignore")
logging.disable(logging.CRITICAL)
from imagedata.transports.xnattransport import XnatTransport  # noqa: E402

options = {"username": "admin", "password": "admin"}
said = {}


def transport(root, mode="r"):
    return XnatTransport(netloc=host, root=root, mode=mode, opts=options)


with redirect_stdout(io.StringIO()):
    # Below the scans its walk fails with any xnatpy of today.
    project = transport("/PH")
    said["walk"] = []
    try:
        for root, dirs, files in project.walk(""):
            said["walk"].append([root, dirs])
    except TypeError as error:
        said["stopped"] = str(error)
    project.close()

    reader = transport(f"/PH/head/{session}/2")
    with zipfile.ZipFile(reader.open(f"/PH/head/{session}/T1", "r")) as unzipped:
        said["T1"] = len(unzipped.namelist())
    said["info"] = [
        reader.info(path)
        for path in ("/PH/head", f"/PH/head/{session}", f"/PH/head/{session}/2")
    ]
    reader.close()

print(json.dumps(said))
