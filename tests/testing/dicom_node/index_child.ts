/** Makes the index of a node in the file that is its argument. */

import { InstanceIndex } from "../../../testing/dicom_node/index/instance_index.ts";

using _index = new InstanceIndex(Deno.args[0]);
