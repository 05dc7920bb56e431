import type { ItemInfo } from "../../datastore.ts";
import { isVfsError } from "../../../vfs/errors.ts";

/** What is known of an image or label; of an unknown one nothing, which viewers ask for to see what server it is. */
export async function infoOf(get: () => Promise<ItemInfo>): Promise<ItemInfo> {
  try {
    return await get();
  } catch (error) {
    if (isVfsError(error) && error.kind === "NotFound") return {};
    throw error;
  }
}
