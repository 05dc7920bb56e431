import { strict as assert } from "node:assert";
import { parseDicomHeader } from "../../../formats/dicom/read_header.ts";
import { TRANSFER_SYNTAX } from "../../../transports/dicom/dimse/mod.ts";
import { Answers } from "../../../transports/dicom/answers.ts";

const ROW = parseDicomHeader(new Uint8Array(), { transferSyntaxUID: TRANSFER_SYNTAX.implicit });

/** Whether a promise has settled by now. */
const isSettled = (promise: Promise<void>) =>
  Promise.race([promise.then(() => true), new Promise((done) => setTimeout(() => done(false)))]);

/** Answers of which so many wait that the next is held up, which it is. */
async function full(isWanted = () => false) {
  const answers = new Answers(isWanted);
  for (let i = 1; i < 2_000; i++) await answers.push(ROW);
  const held = answers.push(ROW);
  assert.equal(await isSettled(held), false);
  return { answers, held };
}

Deno.test("Answers hold the archive up when 2,000 wait, until they are taken", async () => {
  const { answers, held } = await full();
  assert.equal((await answers.take())!.length, 2_000);
  await held;
});

Deno.test("Answers hold nobody up for as long as others wait for the association", async () => {
  let isWanted = false;
  const { answers, held } = await full(() => isWanted);
  isWanted = true;
  answers.look();
  await held;
  await answers.push(ROW);
  isWanted = false;
  assert.equal(await isSettled(answers.push(ROW)), false);
});

Deno.test("Answers that nobody takes any more hold nobody up, and keep nothing", async () => {
  const { answers, held } = await full();
  answers.leave();
  await held;
  answers.end();
  assert.equal(await answers.take(), undefined);
});

Deno.test("Answers give what came before the failure, and then the failure", async () => {
  const answers = new Answers(() => false);
  await answers.push(ROW);
  answers.end(new Error("cut"));
  assert.equal((await answers.take())!.length, 1);
  await assert.rejects(answers.take(), /cut/);
});
