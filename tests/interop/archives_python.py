"""Archives of a folder as Python's zipfile and tarfile make them: KIND FOLDER TARGET."""

import pathlib
import sys
import tarfile
import zipfile


class Unseekable:
    """A stream, so that zipfile puts sizes after the data."""

    def __init__(self, file):
        self.file = file

    def write(self, data):
        return self.file.write(data)

    def flush(self):
        self.file.flush()


def main(kind, folder, target):
    root = pathlib.Path(folder)
    paths = sorted(path for path in root.rglob("*") if path.is_file())
    if kind.startswith("tar"):
        formats = {"gnu": tarfile.GNU_FORMAT, "pax": tarfile.PAX_FORMAT}
        _, name, mode = kind.split("-")
        with tarfile.open(target, mode.replace("plain", "w"), format=formats[name]) as tar:
            for path in paths:
                tar.add(path, str(path.relative_to(root)))
        return
    method = zipfile.ZIP_STORED if "stored" in kind else zipfile.ZIP_DEFLATED
    with open(target, "wb") as file:
        out = Unseekable(file) if "stream" in kind else file
        with zipfile.ZipFile(out, "w", method) as archive:
            for path in paths:
                name = str(path.relative_to(root))
                with archive.open(name, "w", force_zip64="zip64" in kind) as member:
                    member.write(path.read_bytes())


main(*sys.argv[1:])
