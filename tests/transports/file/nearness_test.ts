import { SEPARATOR } from "@std/path";
import { strict as assert } from "node:assert";
import { isDisk, isLocal, shortCall } from "../../../transports/file/nearness.ts";

const always = () => true;

Deno.test("a short call goes to threads for a while after one took long, and then comes back", async () => {
  const ways: string[] = [];
  const short = shortCall(20, always);
  const call = (ms: number) =>
    short("/x/y", () => {
      ways.push("now");
      for (const end = performance.now() + ms; performance.now() < end;);
      return 1;
    }, () => {
      ways.push("later");
      return Promise.resolve(2);
    });
  assert.equal(await call(40), 1);
  for (let i = 0; i < 200; i++) assert.equal(await call(0), 2);
  assert.equal(await call(0), 1);
  assert.deepEqual(ways.filter((way) => way === "now"), ["now", "now"]);
});

Deno.test("a short call is no thread's because others had their turn now and then; a disk that is slow each time is", async () => {
  const { now } = performance;
  let time = 0;
  performance.now = () => time;
  try {
    const short = shortCall(10, always);
    const call = (ms: number) =>
      short("/x/y", () => {
        time += ms;
        return "now";
      }, () => Promise.resolve("later"));
    for (let i = 0; i < 500; i++) assert.equal(await call(i % 10 ? 0.1 : 8), "now");
    let calls = 0;
    while (await call(4) === "now") calls++;
    assert.equal(calls, 4);
    for (let i = 1; i < 200; i++) assert.equal(await call(0), "later");
    assert.equal(await call(0), "now");
  } finally {
    performance.now = now;
  }
});

Deno.test("a short call passes on what fails, now and later", async () => {
  const failing = () => {
    throw new Error("no");
  };
  await assert.rejects(shortCall(20, always)("/x", failing, () => Promise.resolve()), /no/);
  const never = () => Promise.resolve(false);
  const late = () => Promise.reject(new Error("late"));
  await assert.rejects(shortCall(20, never)("/x", () => {}, late), /late/);
});

Deno.test("a short call is a thread's where its folder is on no disk, and where that cannot be told", async () => {
  const asked: string[] = [];
  const short = shortCall(20, (folder) => {
    asked.push(folder);
    return folder === "/disk";
  });
  const call = (path: string) => short(path, () => "now", () => Promise.resolve("later"));
  const places = ["/disk", "/share"].map((folder) => `${folder}${SEPARATOR}f`);
  assert.deepEqual(await Promise.all(places.map(call)), ["now", "later"]);
  assert.deepEqual(asked, ["/disk", "/share"]);
  assert.equal(await isLocal("/there/is/no/such/folder"), false);
});

Deno.test("isDisk() knows disks by the device, and those behind a network", () => {
  const devices = {
    ext4: 0xfe00,
    sda1: 0x0801,
    nvme: 0x10302,
    nfs: 0x2e,
    nbd: 0x2b00,
    drbd: 0x9300,
  };
  assert.deepEqual(Object.entries(devices).map(([name, dev]) => [name, isDisk(dev)]), [
    ["ext4", true],
    ["sda1", true],
    ["nvme", true],
    ["nfs", undefined],
    ["nbd", false],
    ["drbd", false],
  ]);
});

Deno.test("isLocal() takes no file system of the kernel for a disk", {
  ignore: Deno.build.os !== "linux",
}, async () => {
  assert.equal(await isLocal("/proc"), false);
  assert.equal(await isLocal("/sys"), false);
});
