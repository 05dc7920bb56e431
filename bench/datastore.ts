import { XnatDatastore } from "../datastore/mod.ts";
import { createVfs } from "../mod.ts";
import type { Vfs } from "../mod.ts";
import type { Bench } from "./harness.ts";
import { type Emulator, startEmulator } from "./xnat_emulator.ts";

const SUBJECTS = 500;
const SESSIONS = 2;
const SCANS = 10;
const TOTAL = SUBJECTS * SESSIONS * SCANS;
/** Calls of MONAI Label's store that list the archive anew: `list_images`, `status`; its `datalist` is always empty. */
const ORIGINAL_LISTINGS = 2;

/** Images, pairs to train on and progress of a large project, on a server that answers after a while. */
const looking = (latencyMs: number): Bench => ({
  name: `datastore-${latencyMs}ms`,
  what:
    `listImages, datalist and status of ${TOTAL} scans in ${
      SUBJECTS * SESSIONS
    } sessions on an emulated XNAT ` +
    `that answers after ${latencyMs} ms`,
  goals: latencyMs === 0
    ? []
    : [{ of: "MONAI Label's requests", to: "medvfs, cold, with login", atLeast: 5 }],
  rounds: latencyMs === 0 ? 5 : 1,
  async prepare() {
    const server = await startEmulator(latencyMs, "labels", SUBJECTS, SESSIONS, SCANS);
    const folder = await Deno.makeTempDir({ prefix: "medvfs-bench-" });
    let caches = 0;
    const open = () => {
      const cachePath = `${folder}/${caches++}`;
      return new XnatDatastore({ apiUrl: `${server.root}/WALK`, cachePath });
    };
    const warm = open();
    await look(warm);
    return {
      subjects: [
        {
          name: "medvfs, cold, with login",
          run: async () => {
            await using store = open();
            await look(store);
          },
        },
        { name: "medvfs, warm", run: () => look(warm) },
        { name: "MONAI Label's requests", run: () => original(server) },
      ],
      figures: async () => {
        const counted = async (work: () => Promise<unknown>) => {
          await server.countRequests();
          await work();
          return await server.countRequests();
        };
        const cold = open();
        const requests = await counted(() => look(cold));
        await cold[Symbol.asyncDispose]();
        return {
          "requests, medvfs, cold": requests,
          "requests, medvfs, warm": await counted(() => look(warm)),
          "requests, medvfs, next sample": await counted(() => nextSample(warm)),
          "requests, MONAI Label": await counted(() => original(server)),
          "downloads of 4 for one image": await parallel(server, folder),
        };
      },
      dispose: async () => {
        await warm[Symbol.asyncDispose]();
        await server.stop();
        await Deno.remove(folder, { recursive: true });
      },
    };
  },
});

/** Both. */
export const datastore: readonly Bench[] = [looking(0), looking(10)];

async function look(store: XnatDatastore): Promise<void> {
  const images = await store.listImages();
  const pairs = await store.datalist({ local: false });
  const { total, completed } = await store.status();
  const found = [images.length, pairs.length, total, completed];
  const expected = [TOTAL, SUBJECTS * SESSIONS, TOTAL, SUBJECTS * SESSIONS];
  if (String(found) !== String(expected)) throw new Error(`Found ${found}`);
}

/** What a strategy asks for: who is left, and what is known of each. */
async function nextSample(store: XnatDatastore): Promise<void> {
  for (const id of await store.getUnlabeledImages()) await store.getImageInfo(id);
}

/** The requests that MONAI Label's XNATDatastore makes: projects, experiments, and a document per session. */
async function original({ url }: Emulator): Promise<void> {
  const authorization = `Basic ${btoa("admin:admin")}`;
  const login = await fetch(`${url}/data/JSESSION`, { headers: { authorization } });
  const cookie = `JSESSIONID=${await login.text()}`;
  const get = async (path: string) =>
    await (await fetch(url + path, { headers: { authorization, cookie } })).text();
  for (let listing = 0; listing < ORIGINAL_LISTINGS; listing++) {
    await get("/data/projects?format=json");
    const text = await get("/data/projects/WALK/experiments?format=json");
    let scans = 0;
    for (const { ID } of JSON.parse(text).ResultSet.Result) {
      const document = await get(`/data/experiments/${ID}?format=xml`);
      scans += document.match(/<xnat:scan /g)?.length ?? 0;
    }
    if (scans !== TOTAL) throw new Error(`Found ${scans} scans`);
  }
}

/** How many times four parallel callers make the server send one image of one file. */
async function parallel(server: Emulator, folder: string): Promise<number> {
  let opened = 0;
  await using vfs: Vfs = createVfs({
    layers: {
      observer: ({ op, url }) => {
        if (op === "read" && url.endsWith("/DICOM/1.dcm") && url.startsWith("xnat")) opened++;
      },
    },
  });
  await vfs.capabilities(server.root);
  const apiUrl = `${server.root}/WALK`;
  await using store = new XnatDatastore({ apiUrl, vfs, cachePath: `${folder}/parallel` });
  const [id] = await store.listImages();
  await Promise.all([1, 2, 3, 4].map(() => store.getImageUri(id!)));
  return opened;
}
