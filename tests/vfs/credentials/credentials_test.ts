import { strict as assert } from "node:assert";
import { inspect } from "node:util";
import { firstOf } from "../../../vfs/credentials/credential_sources.ts";
import { type Credentials, Secret } from "../../../vfs/credentials/credentials.ts";

Deno.test("promise 7: Secret shows itself only when asked", () => {
  const secret = new Secret("S3CRET");
  const credentials: Credentials = { username: "u", password: secret, token: secret };
  const holder = { nested: [{ credentials }], map: new Map([["k", secret]]) };
  assert.equal(secret.reveal(), "S3CRET");
  for (const value of [secret, credentials, holder, [secret], new Error("x", { cause: holder })]) {
    for (
      const shown of [
        Deno.inspect(value, { depth: 20, showHidden: true }),
        inspect(value, { depth: 20, showHidden: true }),
        JSON.stringify(value),
        `${value}`,
        String(value),
      ]
    ) assert(!shown.includes("S3CRET"), shown);
  }
  assert.equal(`${secret}`, "[secret]");
  assert.equal(JSON.stringify({ secret }), '{"secret":"[secret]"}');
  assert.deepEqual(Object.keys(secret), []);
  assert.deepEqual(structuredClone({ ...secret }), {});
});

Deno.test("firstOf() takes the first that knows something, asks none behind it, and may know nothing", async () => {
  const asked: string[] = [];
  const source = (name: string, username?: string) => () => {
    asked.push(name);
    return username === undefined ? undefined : { username };
  };
  const realm = { scheme: "xnat", host: "h" };
  const find = firstOf(source("a"), source("b", "ann"), source("c", "bob"));
  assert.deepEqual(await find(realm), { username: "ann" });
  assert.deepEqual(asked, ["a", "b"]);
  assert.equal(await firstOf(source("a"), source("b"))(realm), undefined);
});
