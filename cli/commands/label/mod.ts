/** `medvfs label`. @module */

import { type CommandGroup, toCommand } from "../../command.ts";
import { labelArchive } from "./archive.ts";
import { labelGet } from "./get.ts";
import { labelLs } from "./ls.ts";
import { labelRm } from "./rm.ts";
import { labelSave } from "./save.ts";
import { labelStatus } from "./status.ts";

/** Works on the labels of images. */
export const label: CommandGroup = {
  name: "label",
  summary: "work on the labels of images, in a folder or on an XNAT",
  details:
    `A URL of an XNAT project, or of a folder as MONAI Label's server keeps it, is a datastore: images, and labels
with tags. Images are named by their ids, which "medvfs label ls" lists. On an XNAT they are its scans, in a folder the
files directly in it that are named .nii, .nii.gz, .nrrd, .mha, .jpg, .png, .tif, .svs or .xml; DICOM files are none.`,
  commands: [
    (run) => toCommand(labelLs, run),
    (run) => toCommand(labelGet, run),
    (run) => toCommand(labelSave, run),
    (run) => toCommand(labelRm, run),
    (run) => toCommand(labelStatus, run),
    (run) => toCommand(labelArchive, run),
  ],
};
