"""pynetdicom as a peer: `scp FOLDER PORT [get]` serves the files of a folder, the other commands ask a node."""

import json
import sys
from pathlib import Path

from pydicom import dcmread
from pydicom.dataset import Dataset
from pynetdicom import AE, _config, build_role, evt
from pynetdicom.sop_class import (
    PatientRootQueryRetrieveInformationModelFind,
    StudyRootQueryRetrieveInformationModelFind,
    StudyRootQueryRetrieveInformationModelGet,
    StudyRootQueryRetrieveInformationModelMove,
    Verification,
)

# A file's dataset goes out as it is.
_config.STORE_SEND_CHUNKED_DATASET = True
_config.UNRESTRICTED_STORAGE_SERVICE = True

MODELS = {
    "patient": PatientRootQueryRetrieveInformationModelFind,
    "study": StudyRootQueryRetrieveInformationModelFind,
}


def keep(folder):
    """A handler of C-STORE that writes the bytes of each dataset."""

    def handle(event):
        uid = event.request.AffectedSOPInstanceUID
        (Path(folder) / f"{uid}.dataset").write_bytes(event.request.DataSet.getvalue())
        return 0x0000

    return handle


def scp(folder, destination, *without):
    files = [dcmread(path, force=True) for path in sorted(Path(folder).glob("*.dcm"))]

    def matches(identifier):
        for each in files:
            for keyword in ("StudyInstanceUID", "SeriesInstanceUID", "SOPInstanceUID"):
                wanted = identifier.get(keyword)
                if wanted and each.get(keyword) != wanted:
                    break
            else:
                yield each

    def find(event):
        for each in matches(event.identifier):
            answer = Dataset()
            answer.QueryRetrieveLevel = event.identifier.QueryRetrieveLevel
            for element in event.identifier:
                if element.tag in each:
                    answer[element.tag] = each[element.tag]
            if "SpecificCharacterSet" in each:
                answer.SpecificCharacterSet = each.SpecificCharacterSet
            elif "SpecificCharacterSet" in answer:
                del answer.SpecificCharacterSet
            yield 0xFF00, answer

    def get(event):
        found = list(matches(event.identifier))
        yield len(found)
        for each in found:
            yield 0xFF00, each

    def move(event):
        if event.move_destination != "MEDVFS":
            yield None, None
            return
        yield "127.0.0.1", int(destination)
        yield from get(event)

    ae = AE(ae_title="PYNET")
    ae.add_supported_context(Verification)
    ae.add_supported_context(StudyRootQueryRetrieveInformationModelFind)
    if "get" not in without:
        ae.add_supported_context(StudyRootQueryRetrieveInformationModelGet)
    ae.add_supported_context(StudyRootQueryRetrieveInformationModelMove)
    syntaxes = sorted({each.file_meta.TransferSyntaxUID for each in files})
    for each in files:
        ae.add_supported_context(each.SOPClassUID, syntaxes, scu_role=True, scp_role=True)
        if (each.SOPClassUID, each.file_meta.TransferSyntaxUID) not in {
            (c.abstract_syntax, c.transfer_syntax[0]) for c in ae.requested_contexts
        }:
            ae.add_requested_context(each.SOPClassUID, each.file_meta.TransferSyntaxUID)
    handlers = [
        (evt.EVT_C_STORE, keep(folder)),
        (evt.EVT_C_FIND, find),
        (evt.EVT_C_GET, get),
        (evt.EVT_C_MOVE, move),
    ]
    server = ae.start_server(("127.0.0.1", 0), block=False, evt_handlers=handlers)
    print(server.socket.getsockname()[1], flush=True)
    # Until whoever started it closes its input.
    sys.stdin.read()
    server.shutdown()


def associate(port, ae, **kwargs):
    association = ae.associate("127.0.0.1", int(port), ae_title="NODE", **kwargs)
    if not association.is_established:
        sys.exit("no association")
    return association


def statuses(responses):
    """Statuses of all responses, and their identifiers."""
    return [(status.Status if status else None, identifier) for status, identifier in responses]


def identifier_of(text):
    identifier = Dataset()
    for keyword, value in json.loads(text).items():
        setattr(identifier, keyword, value)
    return identifier


def echo(port):
    ae = AE()
    ae.add_requested_context(Verification)
    association = associate(port, ae)
    print(association.send_c_echo().Status)
    association.release()


def store(port, *paths):
    ae = AE()
    pairs = {}
    for path in paths:
        meta = dcmread(path, stop_before_pixels=True).file_meta
        pairs[(meta.MediaStorageSOPClassUID, meta.TransferSyntaxUID)] = True
    for sop_class, syntax in pairs:
        ae.add_requested_context(sop_class, syntax)
    association = associate(port, ae)
    print(json.dumps([association.send_c_store(path).Status for path in paths]))
    association.release()


def find(port, model, text):
    ae = AE()
    ae.add_requested_context(MODELS[model])
    association = associate(port, ae)
    rows = []
    for status, identifier in statuses(
        association.send_c_find(identifier_of(text), MODELS[model])
    ):
        values = {} if identifier is None else {
            element.keyword: str(element.value) for element in identifier
        }
        rows.append([status, values])
    print(json.dumps(rows))
    association.release()


def get(port, folder, text, *classes):
    ae = AE()
    ae.add_requested_context(StudyRootQueryRetrieveInformationModelGet)
    for sop_class in classes:
        ae.add_requested_context(sop_class)
    association = associate(
        port,
        ae,
        ext_neg=[build_role(sop_class, scp_role=True) for sop_class in classes],
        evt_handlers=[(evt.EVT_C_STORE, keep(folder))],
    )
    responses = association.send_c_get(
        identifier_of(text), StudyRootQueryRetrieveInformationModelGet
    )
    last = [status for status, _ in responses][-1]
    print(json.dumps([last.Status, last.get("NumberOfCompletedSuboperations")]))
    association.release()


def move(port, destination, text):
    ae = AE()
    ae.add_requested_context(StudyRootQueryRetrieveInformationModelMove)
    association = associate(port, ae)
    responses = association.send_c_move(
        identifier_of(text), destination, StudyRootQueryRetrieveInformationModelMove
    )
    print(json.dumps([status.Status for status, _ in responses]))
    association.release()


def names(*paths):
    """The names in files, as pydicom reads them."""
    print(json.dumps([str(dcmread(path, force=True).PatientName) for path in paths]))


if __name__ == "__main__":
    commands = {each.__name__: each for each in (scp, echo, store, find, get, move, names)}
    commands[sys.argv[1]](*sys.argv[2:])
