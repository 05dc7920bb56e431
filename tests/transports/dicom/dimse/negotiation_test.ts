import { strict as assert } from "node:assert";
import { isVfsError } from "../../../../vfs/errors.ts";
import {
  acceptedContexts,
  answerPdu,
  checkAETitle,
  contextsOf,
  requestPdu,
} from "../../../../transports/dicom/dimse/negotiation.ts";
import type { AssociateRq } from "../../../../transports/dicom/dimse/pdu.ts";
import { context, CT, EXPLICIT, IMPLICIT } from "./_kit.ts";

const URL = "dicom://peer/NODE";
const names = { calledAET: "NODE", callingAET: "ME" };
const request = requestPdu(
  {
    ...names,
    contexts: [context(CT), context(CT, IMPLICIT, EXPLICIT), context("1.2.3", IMPLICIT)],
  },
  16_384,
  URL,
);
const isInvalid = (error: unknown) => isVfsError(error) && error.kind === "InvalidArgument";

Deno.test("requestPdu() proposes under odd ids, and asks for all that it is given", () => {
  const ids = request.contexts.map(({ id, abstractSyntax, transferSyntaxes }) =>
    [id, abstractSyntax, ...transferSyntaxes].join(" ")
  );
  assert.deepEqual(ids, [
    `1 ${CT} ${EXPLICIT}`,
    `3 ${CT} ${IMPLICIT} ${EXPLICIT}`,
    `5 1.2.3 ${IMPLICIT}`,
  ]);
  assert.deepEqual([request.protocolVersion, request.user.maxLength], [1, 16_384]);
  assert.equal(request.applicationContext, "1.2.840.10008.3.1.1.1");
  const asked = {
    roles: [{ sopClassUID: CT, scu: false, scp: true }],
    extended: [{ sopClassUID: CT, information: Uint8Array.of(1) }],
    asyncWindow: { invoked: 3, performed: 1 },
    userIdentity: {
      type: 1,
      responseRequested: true,
      primary: Uint8Array.of(65),
      secondary: new Uint8Array(),
    },
  };
  const { user } = requestPdu({ ...names, ...asked, contexts: [context(CT)] }, 0, URL);
  const { roles, extended, asyncWindow, userIdentity } = user;
  assert.deepEqual({ roles, extended, asyncWindow, userIdentity }, asked);
});

Deno.test("requestPdu() takes 1 to 128 contexts, so that no id is above 255", () => {
  const asking = (count: number) =>
    requestPdu({ ...names, contexts: Array(count).fill(context(CT)) }, 0, URL);
  assert.equal(asking(1).contexts.length, 1);
  assert.equal(asking(128).contexts.at(-1)!.id, 255);
  for (const count of [0, 129]) assert.throws(() => asking(count), isInvalid);
});

Deno.test("checkAETitle() takes 1 to 16 characters of ISO 646 but backslash, and not blanks alone", () => {
  for (const title of ["A", "ABCDEFGHIJKLMNOP", "a b", "~[]^_{|}", " X "]) checkAETitle(title, URL);
  const bad = ["", " ", " ".repeat(16), "ABCDEFGHIJKLMNOPQ", "A\\B", "A\n", "\x1FA", "A\x7F", "Ä"];
  for (const title of bad) assert.throws(() => checkAETitle(title, URL), isInvalid, title);
  for (const side of ["calledAET", "callingAET"]) {
    const titled = { ...names, [side]: "A\\B", contexts: [context(CT)] };
    assert.throws(() => requestPdu(titled, 0, URL), isInvalid, side);
  }
});

Deno.test("contextsOf() proposes a pair once, and 128 together", () => {
  const pairs = [[CT, IMPLICIT], [CT, EXPLICIT], [CT, IMPLICIT]] as const;
  assert.deepEqual(contextsOf(pairs), [[context(CT, IMPLICIT), context(CT)]]);
  const lists = contextsOf(Array.from({ length: 257 }, (_, i) => [`1.2.${i}`, IMPLICIT] as const));
  assert.deepEqual(lists.map(({ length }) => length), [128, 128, 1]);
  assert.deepEqual(contextsOf([]), []);
});

Deno.test("acceptedContexts() believes only what was proposed and is accepted", () => {
  const accepted = acceptedContexts(request, [
    { id: 1, result: 0, transferSyntax: EXPLICIT },
    { id: 3, result: 0, transferSyntax: "1.2.840.10008.1.2.2" },
    { id: 5, result: 0 },
    { id: 7, result: 0, transferSyntax: IMPLICIT },
  ]);
  const first = { id: 1, sopClassUID: CT, transferSyntaxUID: EXPLICIT };
  assert.deepEqual([...accepted], [[1, first]]);
  for (const result of [1, 2, 3, 4]) {
    const answers = [{ id: 1, result, transferSyntax: EXPLICIT }];
    assert.equal(acceptedContexts(request, answers).size, 0);
  }
});

Deno.test("answerPdu() accepts what is chosen, and tells why it refuses the others", () => {
  const choices = [EXPLICIT, null, undefined];
  const choose = () => choices.shift();
  const extended = [{ sopClassUID: CT, information: Uint8Array.of(1) }];
  const answer = answerPdu(request, { choose, maxLength: 4096, extended });
  assert.deepEqual(answer.contexts, [
    { id: 1, result: 0, transferSyntax: EXPLICIT },
    { id: 3, result: 4, transferSyntax: IMPLICIT },
    { id: 5, result: 3, transferSyntax: IMPLICIT },
  ]);
  const { calledAET, callingAET, protocolVersion, user } = answer;
  assert.deepEqual([calledAET, callingAET, protocolVersion], ["NODE", "ME", 1]);
  assert.deepEqual([user.maxLength, user.extended], [4096, extended]);
});

Deno.test("answerPdu() grants roles as asked, a window of 1 to 16, and answers an identity where that is wanted", () => {
  const answered = (user: Partial<AssociateRq["user"]>) => {
    const asked = { ...request, user: { ...request.user, ...user } };
    return answerPdu(asked, { choose: () => EXPLICIT, maxLength: 0 }).user;
  };
  const roles = [{ sopClassUID: CT, scu: false, scp: true }];
  assert.deepEqual(answered({ roles }).roles, roles);
  const windows = [0, 1, 15, 16, 17, 65_535].map((invoked) =>
    answered({ asyncWindow: { invoked, performed: 9 } }).asyncWindow
  );
  assert.deepEqual(windows.map((window) => window?.invoked), [16, 1, 15, 16, 16, 16]);
  assert(windows.every((window) => window?.performed === 1));
  const none = answered({});
  assert.deepEqual([none.asyncWindow, none.userIdentityResponse, none.extended], [
    undefined,
    undefined,
    [],
  ]);
  const identity = { type: 1, primary: Uint8Array.of(65), secondary: new Uint8Array() };
  const responses = [true, false].map((responseRequested) =>
    answered({ userIdentity: { ...identity, responseRequested } }).userIdentityResponse
  );
  assert.deepEqual(responses, [new Uint8Array(), undefined]);
});
