/**
 * The page of `medvfs browse` in Chromium, as somebody uses it.
 *
 * @module
 */

import { strict as assert } from "node:assert";
import { join } from "@std/path";
import { serveBrowser } from "../../browse/mod.ts";
import { phantomStudy } from "../../testing/phantom.ts";
import { createVfs } from "../../vfs/create_vfs.ts";
import type { Vfs } from "../../vfs/vfs.ts";
import { contrastProblems, namelessControls } from "./browse_checks.ts";
import { wideDriver } from "../browse/wide_driver.ts";
import { CHROMIUM, Chromium, type Page } from "./chromium.ts";
import { peerTest } from "./peers.ts";

const TOP = "memory:///top";
const EVIL = `<img src=x onerror=alert(1)>.html`;
const MR = "#/PHANTOM-1/20190207-MR-HEAD/";
const AXIAL = "#/PHANTOM-1/20190207-CT-HEAD/2-AXIAL/";
const SIZE = { width: 1280, height: 800 };

async function phantom(): Promise<Vfs> {
  const vfs = createVfs();
  for await (const { path, bytes } of phantomStudy()) {
    await vfs.writeFile(`${TOP}/${path.join("/")}`, bytes);
  }
  await vfs.writeFile(`${TOP}/notes/${encodeURIComponent(EVIL)}`, "<script>alert(1)</script>");
  await vfs.writeFile(`${TOP}/notes/small.txt`, "x");
  await vfs.writeFile(`${TOP}/notes/large.bin`, new Uint8Array(5000));
  await vfs.mkdir(`${TOP}/empty`);
  return vfs;
}

const names = (page: Page) =>
  page.value<string[]>(
    `[...document.querySelectorAll(".rows .col-name a")].map((a) => a.textContent)`,
  );
const go = (page: Page, hash: string) => page.value(`location.hash = ${JSON.stringify(hash)}`);
const hash = (page: Page) => page.value<string>("decodeURIComponent(location.hash)");
const focused = (page: Page) =>
  page.value<string>(
    `document.activeElement.getAttribute("aria-label") ?? document.activeElement.textContent`,
  );

await peerTest(
  CHROMIUM,
  "one walks the tree, sorts, leafs, reads a header and saves a file",
  async () => {
    await using vfs = await phantom();
    await using server = await serveBrowser({ vfs, where: TOP });
    await using browser = await Chromium.start();
    const page = await browser.page(SIZE);
    await page.open(server.link);
    await page.until(`document.querySelector(".rows a")`);
    assert.equal(await page.value("location.href"), `${server.link.split("#")[0]}#/`);
    assert.equal(await page.value("document.cookie"), "");
    assert.equal(await page.value(`document.querySelector("#mode").textContent`), "Read-only");
    assert.equal(
      await page.value(`document.querySelectorAll("button.action, input[type=file]").length`),
      0,
    );

    // The tree, by keyboard alone.
    await page.until(`document.querySelectorAll("[role=treeitem]").length === 4`);
    await page.value(`document.querySelector("[role=treeitem][tabindex='0']").focus()`);
    await page.press("End");
    assert.equal(await focused(page), "PHANTOM-1");
    await page.press("Home", "p");
    assert.equal(await focused(page), "PHANTOM-1");
    await page.press("ArrowRight");
    await page.until(`document.querySelector("[aria-label='20190207-MR-HEAD']")`);
    await page.press("ArrowRight", "ArrowDown", "ArrowRight");
    await page.until(`document.querySelector("[aria-label='2-T1']")`);
    await page.press("2");
    assert.equal(await focused(page), "2-T1");
    await page.press("ArrowLeft");
    assert.equal(await focused(page), "20190207-MR-HEAD");
    await page.press("Enter");
    await page.until(`document.querySelector("h2")?.textContent === "20190207-MR-HEAD"`);
    assert.equal(await hash(page), MR);

    // The table.
    await go(page, "#/notes/");
    await page.until(`document.querySelectorAll(".rows .col-name a").length === 3`);
    assert.deepEqual(await names(page), [EVIL, "large.bin", "small.txt"]);
    await page.click(".sort:is(.col-size *)");
    assert.deepEqual(await names(page), ["small.txt", EVIL, "large.bin"]);
    await page.click(".sort:is(.col-size *)");
    assert.deepEqual(await names(page), ["large.bin", EVIL, "small.txt"]);
    assert.equal(await page.value(`document.querySelector("th.col-size").ariaSort`), "descending");
    await page.click("input[type=search]");
    await page.press("s", "m");
    assert.deepEqual(await names(page), ["small.txt"]);
    assert.equal(
      await page.value(`document.querySelector(".count").textContent`),
      "1 of 3 entries",
    );
    await go(page, "#/empty/");
    await page.until(`/empty/.test(document.querySelector(".state:not([hidden])")?.textContent)`);

    // A series, with thumbnails; then an image of it.
    await go(page, AXIAL);
    await page.until(`document.querySelectorAll(".col-picture img").length >= 8`);
    await page.until(`/^CT 128x128/.test(document.querySelector("td.col-what").textContent)`);
    await page.value(`document.querySelector(".rows .col-name a").focus()`);
    await page.press("ArrowDown", "ArrowDown", "Enter");
    const shown = `document.querySelector(".stage")?.dataset.shown`;
    await page.until(`${shown} === "Image_00003.dcm"`);
    await page.until(`document.querySelector(".slides output").textContent === "3 of 16"`);
    assert.ok(await inked(page) > 0.1);
    await page.press("ArrowDown");
    await page.until(`${shown} === "Image_00004.dcm"`);
    const [x, y] = await page.middle(".stage");
    await page.send("Input.dispatchMouseEvent", {
      type: "mouseWheel",
      x,
      y,
      deltaX: 0,
      deltaY: 150,
    });
    await page.until(`${shown} === "Image_00007.dcm"`);
    await page.press("End");
    await page.until(`${shown} === "Image_00016.dcm"`);
    await page.value(`document.querySelector("input[type=range]").focus()`);
    await page.press("Home");
    await page.until(`${shown} === "Image_00001.dcm"`);
    assert.equal(await hash(page), `${AXIAL}Image_00001.dcm`);

    // The window: by preset, by dragging, and back.
    const values = `document.querySelector(".overlay-values").textContent`;
    assert.equal(await page.value(values), "128 × 128  C 40  W 120");
    await page.value(`(() => {
    const select = document.querySelector("select");
    select.value = "Bone";
    select.dispatchEvent(new Event("change"));
  })()`);
    await page.until(`${values} === "128 × 128  C 400  W 1800"`);
    await drag(page, ".stage", 40, -20);
    await page.until(`${values} !== "128 × 128  C 400  W 1800"`);
    const [, center = 0, width = 0] = /C (\S+)\s+W (\S+)/.exec(await page.value(values))!.map(
      Number,
    );
    assert.ok(center < 400 && width > 1800, `${center} ${width}`);

    // The address is enough to come back, and back leads to the table.
    await page.reload();
    await page.until(`${shown} === "Image_00001.dcm"`);
    await page.value("history.back()");
    await page.until(`document.querySelector("h2")?.textContent === "2-AXIAL"`);

    // Leafing does not undo a step whose view has not come yet.
    await go(page, `${AXIAL}Image_00001.dcm`);
    await page.until(`document.querySelector(".slides output")?.textContent === "1 of 16"`);
    await page.value(`(() => {
    location.hash = "#/notes/";
    const slider = document.querySelector("input[type=range]");
    slider.value = "5";
    slider.dispatchEvent(new Event("input"));
  })()`);
    await page.until(`document.querySelector("h2")?.textContent === "notes"`);
    assert.equal(await hash(page), "#/notes/");

    // Frames are leafed through as slices are.
    await go(page, `${MR}4-CINE/Image_00001.dcm?frame=3`);
    await page.until(`document.querySelector(".stage")?.dataset.frame === "3"`);
    await page.until(`document.querySelector(".slides output").textContent === "3 of 12"`);
    await page.press("PageDown");
    await page.until(`document.querySelector(".stage").dataset.frame === "12"`);
    assert.match(await hash(page), /\?frame=12$/);

    // The header.
    await page.click("#tab-header");
    await page.until(`document.querySelectorAll(".elements tr").length > 40`);
    await page.click(".header-view input");
    await page.press(..."patientname");
    assert.equal(
      await page.value(`document.querySelector(".elements td.value").textContent`),
      "Phantom^Head",
    );
    assert.match(await hash(page), /view=header/);

    // A download has the bytes of the file.
    const folder = await Deno.makeTempDir();
    try {
      await browser.send("Browser.setDownloadBehavior", {
        behavior: "allow",
        browserContextId: page.context,
        downloadPath: folder,
      });
      await go(page, `${AXIAL}Image_00005.dcm`);
      await page.until(`${shown} === "Image_00005.dcm"`);
      await page.click(".bar a.button");
      const saved = await fileIn(folder, "Image_00005.dcm");
      const path = "PHANTOM-1/20190207-CT-HEAD/2-AXIAL/Image_00005.dcm";
      assert.deepEqual(saved, await vfs.readFile(`${TOP}/${path}`));
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
    assertClean(page, server.url);
  },
);

await peerTest(
  CHROMIUM,
  "all that one can use has a name, and all text has contrast, light and dark",
  async () => {
    await using vfs = await phantom();
    await using server = await serveBrowser({ vfs, where: TOP, write: true });
    await using browser = await Chromium.start();
    const views = [
      ["#/", ".rows .col-name a"],
      [AXIAL, ".col-picture img"],
      [`${AXIAL}Image_00003.dcm`, ".stage[data-shown]"],
      [`${AXIAL}Image_00003.dcm?view=header`, ".elements td"],
      ["#/notes/small.txt", ".text"],
      ["#/notes/small.txt?view=facts", ".facts dd"],
      ["#/notes/", ".rows .col-name a"],
      ["#/nothing/", ".problem strong"],
    ] as const;
    for (const scheme of ["light", "dark"] as const) {
      for (const width of [1280, 800]) {
        const page = await browser.page({ ...SIZE, width, scheme });
        await page.open(server.link);
        await page.until(`document.querySelector(".rows a")`);
        for (const [to, selector] of views) {
          await go(page, to);
          await page.until(`document.querySelector(${JSON.stringify(selector)})`);
          const where = `${to}, ${scheme}, ${width}`;
          assert.deepEqual(await namelessControls(page), [], where);
          assert.deepEqual(await contrastProblems(page), [], where);
          const overflow = "document.documentElement.scrollWidth - innerWidth";
          assert.ok(await page.value<number>(overflow) <= 0, `${where} is wider than the window`);
        }
        assertClean(page, server.url);
      }
    }
  },
);

await peerTest(
  CHROMIUM,
  "a folder of 100,000 entries is there in full, and what one leaves is ended",
  async () => {
    await using vfs = createVfs();
    const wide = wideDriver(100_000);
    vfs.register(wide.driver);
    await using server = await serveBrowser({ vfs, where: "wide://host/" });
    await using browser = await Chromium.start();
    const page = await browser.page(SIZE);
    await page.open(server.link);
    await page.until(`document.querySelector(".count")?.textContent === "100,003 entries"`);
    const inDocument = () => page.value<number>(`document.querySelectorAll(".rows tr").length`);
    assert.ok(await inDocument() < 60);
    await page.value(`document.querySelector(".rows .col-name a").focus()`);
    await page.press("End");
    await page.until(`document.activeElement.textContent === "file-99999"`);
    assert.ok(await inDocument() < 60);
    await page.press("ArrowUp", "PageUp");
    assert.match(await focused(page), /^file-9998\d$/);
    await page.click(".sort:is(.col-name *)");
    await page.until(
      `document.querySelectorAll(".rows .col-name a")[3]?.textContent === "file-99999"`,
    );
    // What came of a list that broke is there, and that it broke stays told.
    await go(page, "#/breaking/");
    await page.until(`/damaged/.test(document.querySelector(".state .problem")?.textContent)`);
    await page.click(".sort:is(.col-name *)");
    assert.deepEqual(await names(page), ["file-1", "file-0"]);
    assert.equal(await page.value(`document.querySelector(".state").hidden`), false);
    assert.equal(
      await page.value(`document.querySelector(".count").textContent`),
      "2 entries, and there are more",
    );
    await go(page, "#/endless/");
    await page.until(`/so far/.test(document.querySelector(".count").textContent)`);
    assert.equal(wide.ended, 0);
    await go(page, "#/");
    await wide.untilEnded;
    assertClean(page, server.url);
  },
);

await peerTest(
  CHROMIUM,
  "with write one uploads, makes a folder, renames, and deletes once one is sure",
  async () => {
    await using vfs = await phantom();
    await using server = await serveBrowser({ vfs, where: TOP, write: true });
    await using browser = await Chromium.start();
    const page = await browser.page(SIZE);
    await page.open(server.link);
    await page.until(`document.querySelector(".rows a")`);
    await go(page, "#/notes/");
    await page.until(`document.querySelectorAll(".rows .col-name a").length === 3`);
    // Otherwise what is asked of a row may come after its end.
    const described = `[...document.querySelectorAll("td.col-what")].every((one) => one.title)`;
    await page.until(described);
    const press = (text: string) =>
      page.value(`[...document.querySelectorAll("button")]
      .find((one) => (one.ariaLabel ?? one.textContent) === ${JSON.stringify(text)}).click()`);

    await press("New folder");
    await page.until(`document.activeElement.matches("dialog input")`);
    await page.press(..."made", "Enter");
    await page.until(
      `[...document.querySelectorAll(".rows .col-name a")].some((a) => a.textContent === "made")`,
    );
    assert.equal((await vfs.stat(`${TOP}/notes/made`)).kind, "directory");

    await page.until(described);
    await press("Rename: small.txt");
    await page.until(`document.querySelector("dialog input")`);
    await page.value(`document.querySelector("dialog input").value = "renamed.txt"`);
    await press("Rename");
    await page.until(
      `[...document.querySelectorAll(".rows .col-name a")].some((a) => a.textContent === "renamed.txt")`,
    );
    assert.equal(await vfs.readTextFile(`${TOP}/notes/renamed.txt`), "x");

    await page.until(described);
    await press("Delete: large.bin");
    await page.until(`document.querySelector("dialog")`);
    await press("Cancel");
    await page.until(`!document.querySelector("dialog")`);
    assert.equal(await vfs.exists(`${TOP}/notes/large.bin`), true);
    await press("Delete: large.bin");
    await page.until(`document.querySelector("dialog")`);
    await press("Delete");
    await page.until(
      `![...document.querySelectorAll(".rows .col-name a")].some((a) => a.textContent === "large.bin")`,
    );
    assert.equal(await vfs.exists(`${TOP}/notes/large.bin`), false);

    const folder = await Deno.makeTempDir();
    try {
      const file = join(folder, "upload ä.bin");
      await Deno.writeFile(file, Uint8Array.of(1, 2, 3));
      await page.files("input[type=file]", [file]);
      await page.until(
        `[...document.querySelectorAll(".rows .col-name a")].some((a) => a.textContent === "upload ä.bin")`,
      );
      assert.deepEqual(
        await vfs.readFile(`${TOP}/notes/upload%20%C3%A4.bin`),
        Uint8Array.of(1, 2, 3),
      );

      // A long one tells how far it is, and can be stopped: then nothing of it is there.
      const long = join(folder, "long.bin");
      using made = await Deno.open(long, { create: true, write: true });
      await made.truncate(64 * 2 ** 20);
      await page.send("Network.emulateNetworkConditions", {
        offline: false,
        latency: 0,
        downloadThroughput: -1,
        uploadThroughput: 2 ** 20,
      });
      await page.files("input[type=file]", [long]);
      await page.until(`document.querySelector(".upload progress").value > 0`);
      assert.match(
        await page.value(`document.querySelector(".upload span").textContent`),
        /^Uploading long\.bin, 1 of 1: [0-9.]+ .?B of 67 MB$/,
      );
      assert.deepEqual(await namelessControls(page), []);
      assert.deepEqual(await contrastProblems(page), []);
      await press("Stop");
      await page.until(`!document.querySelector(".upload")`);
      assert.equal(await vfs.exists(`${TOP}/notes/long.bin`), false);
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
    assertClean(page, server.url);
  },
);

/** No error in the console, no violation of the policy, and no request that leaves the server. */
function assertClean(page: Page, url: string): void {
  assert.deepEqual(page.complaints, []);
  const elsewhere = page.requests.filter((one) => !one.startsWith(url) && !one.startsWith("blob:"));
  assert.deepEqual(elsewhere, []);
}

/** The share of the image that is not black. */
async function inked(page: Page): Promise<number> {
  return await page.value(`(() => {
    const canvas = document.querySelector("canvas");
    const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
    return data.filter((value, i) => i % 4 === 0 && value > 20).length / (data.length / 4);
  })()`);
}

async function drag(page: Page, selector: string, across: number, down: number): Promise<void> {
  const [x, y] = await page.middle(selector);
  const send = (type: string, x: number, y: number) =>
    page.send("Input.dispatchMouseEvent", {
      type,
      x,
      y,
      button: "left",
      buttons: 1,
      clickCount: 1,
    });
  await send("mousePressed", x, y);
  for (const part of [0.3, 0.6, 1]) await send("mouseMoved", x + across * part, y + down * part);
  await send("mouseReleased", x + across, y + down);
}

/** The bytes of a download, once it is complete. */
async function fileIn(folder: string, name: string): Promise<Uint8Array> {
  for (let tries = 0; tries < 2_400; tries++) {
    try {
      return await Deno.readFile(join(folder, name));
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
  throw new Error(`${name} was not saved`);
}
