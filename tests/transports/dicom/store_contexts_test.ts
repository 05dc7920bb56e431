import { strict as assert } from "node:assert";
import { TRANSFER_SYNTAX } from "../../../transports/dicom/dimse/mod.ts";
import { StoreContexts } from "../../../transports/dicom/store_contexts.ts";

const { explicit, implicit, deflated } = TRANSFER_SYNTAX;
const JPEG = "1.2.840.10008.1.2.4.50";

/** What a list proposes for a class. */
function syntaxesOf(list: ReturnType<StoreContexts["for"]>, sopClassUID: string): string[] {
  return list.filter((context) => context.sopClassUID === sopClassUID)
    .flatMap(({ transferSyntaxUIDs }) => transferSyntaxUIDs).sort();
}

Deno.test("StoreContexts gives one list for all kinds of instances, which grows by what is new", () => {
  const contexts = new StoreContexts(["1.1"]);
  const first = contexts.for("1.1", explicit);
  assert.equal(contexts.for("1.1", implicit), first);
  assert.deepEqual(syntaxesOf(first, "1.1"), [implicit, explicit]);
  const second = contexts.for("1.2", JPEG);
  assert.deepEqual(second, [...first, { sopClassUID: "1.2", transferSyntaxUIDs: [JPEG] }]);
  assert.equal(
    contexts.for("1.1", explicit),
    second,
    "associations with the shorter one are used up",
  );
});

Deno.test("StoreContexts proposes beside what can be converted all that it can be converted to", () => {
  const contexts = new StoreContexts(["1.1"]);
  const all = [implicit, explicit, deflated].sort();
  assert.deepEqual(syntaxesOf(contexts.for("1.2", deflated), "1.2"), all);
  const list = contexts.for("1.1", deflated);
  assert.deepEqual(syntaxesOf(list, "1.1"), all);
  assert.equal(list.length, 6);
});

Deno.test("StoreContexts fills a list with 128, and begins another that is complete in itself", () => {
  const contexts = new StoreContexts(["1.1"]);
  for (let i = 0; i < 126; i++) contexts.for(`1.2.${i}`, JPEG);
  const full = contexts.for("1.1", explicit);
  assert.equal(full.length, 128);
  const further = contexts.for("1.1", deflated);
  assert.deepEqual(syntaxesOf(further, "1.1"), [implicit, explicit, deflated].sort());
  assert.equal(further.length, 3);
  assert.equal(contexts.for("1.1", deflated), further);
  assert.equal(contexts.for("1.2.7", JPEG), full);
});
