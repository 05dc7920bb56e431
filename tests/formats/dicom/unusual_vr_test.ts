import { strict as assert } from "node:assert";
import { unusualElement } from "../../../formats/dicom/unusual_vr.ts";

/** Room for any length that is told. */
const PLENTY = 2 ** 33;

/** An element of a private tag, whose dictionary has nothing, in little endian. */
function element(vr: readonly number[], after: readonly number[]) {
  const bytes = Uint8Array.of(0x09, 0x00, 0x01, 0x10, ...vr, ...after);
  return unusualElement(new DataView(bytes.buffer), 0, 0x00091001, true, PLENTY);
}

Deno.test("unusualElement() takes two characters for a VR, and anything else for an implicit length", () => {
  const codes = [0x1F, 0x20, 0x7E, 0x7F];
  const isCharacter = (code: number) => code === 0x20 || code === 0x7E;
  for (const first of codes) {
    for (const second of codes) {
      const isVr = isCharacter(first) && isCharacter(second);
      assert.deepEqual(
        element([first, second], [4, 0, 1, 2, 3, 4]),
        { vr: "UN", length: isVr ? 4 : first + 256 * second + 65536 * 4, header: 8 },
        `${first} ${second}`,
      );
    }
  }
});

Deno.test("unusualElement() takes no length in the short form for the long form, unless a later element with a VR follows", () => {
  const short = { vr: "UN", length: 0, header: 8 };
  const UL = [0x55, 0x4C, 4, 0, 0, 0, 0, 0];
  const [earlier, same, later] = [[0x08, 0, 0x01, 0], [0x09, 0, 0x01, 0x10], [0x09, 0, 0x02, 0x10]];
  const takes = (after: readonly number[]) => element([0x58, 0x58], [0, 0, ...after]);
  const long = ([a, b, c, d]: number[]) => ({
    vr: "UN",
    length: a! + 256 * b! + 65536 * (c! + 256 * d!),
    header: 12,
  });
  assert.deepEqual(takes([...later!, ...UL]), short);
  assert.deepEqual(takes([...same!, ...UL]), long(same!));
  assert.deepEqual(takes([...earlier!, ...UL]), long(earlier!));
  assert.deepEqual(takes([...later!, 0x58, 0x58, ...UL]), long(later!), "no VR follows");
  assert.deepEqual(takes(later!), long(later!), "nothing follows");
});
