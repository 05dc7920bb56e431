/** What changes something: uploads, new folders, new names, removal. Nothing of it is there where it may not be done. */

import { ask, plainWords } from "./api.ts";
import { announce, h } from "./dom.ts";
import { counted, sizeText } from "./format.ts";
import { pathOf } from "./route.ts";
import type { Root, Row } from "./types.ts";
import { sendFile, UploadBar } from "./upload.ts";

/** The buttons of a page, as far as `root` says. `changed` is called with the names of a folder. */
export class Changes {
  readonly #root: Root;
  readonly #changed: (names: readonly string[]) => void;

  constructor(root: Root, changed: (names: readonly string[]) => void) {
    this.#root = root;
    this.#changed = changed;
  }

  /** Buttons for a folder. */
  buttons(names: readonly string[]): HTMLElement[] {
    const { can } = this.#root;
    const buttons: HTMLElement[] = [];
    if (can.mkdir) buttons.push(button("New folder", () => this.#makeFolder(names)));
    if (!can.upload) return buttons;
    const input = h("input", {
      type: "file",
      multiple: true,
      hidden: true,
      onchange: () => this.#upload(names, [...input.files ?? []]).then(() => input.value = ""),
    });
    buttons.push(button("Upload…", () => input.click()), input);
    return buttons;
  }

  /** Buttons for an entry of a folder. */
  actions(names: readonly string[], row: Row): HTMLElement[] {
    const { can } = this.#root;
    const action = (text: string, act: () => Promise<void>) =>
      h(
        "button",
        { type: "button", class: "action", "aria-label": `${text}: ${row.name}`, onclick: act },
        text,
      );
    return [
      ...can.rename ? [action("Rename", () => this.#rename(names))] : [],
      ...can.remove ? [action("Delete", () => this.#remove(names, row))] : [],
    ];
  }

  /** Files that are dropped on `element` are uploaded. */
  takeDrops(element: HTMLElement, names: readonly string[]): void {
    if (!this.#root.can.upload) return;
    const mark = (isOver: boolean) => element.classList.toggle("drop", isOver);
    element.addEventListener("dragover", (event) => {
      if (!event.dataTransfer?.types.includes("Files")) return;
      event.preventDefault();
      mark(true);
    });
    element.addEventListener("dragleave", ({ relatedTarget }) => {
      if (!element.contains(relatedTarget as Node | null)) mark(false);
    });
    element.addEventListener("drop", (event) => {
      event.preventDefault();
      mark(false);
      void this.#upload(names, [...event.dataTransfer?.files ?? []]);
    });
  }

  async #makeFolder(names: readonly string[]): Promise<void> {
    const name = await question("New folder", "Name of the folder", "", "Make it");
    if (name === undefined) return;
    const params = { path: pathOf([...names, name]) };
    await this.#change(`The folder ${name} was made`, names, "folder", params, { method: "POST" });
  }

  async #rename(names: readonly string[]): Promise<void> {
    const [folder, old] = [names.slice(0, -1), names.at(-1)!];
    const name = await question(`Rename ${old}`, "New name", old, "Rename");
    if (name === undefined || name === old) return;
    const params = { path: pathOf(names), to: pathOf([...folder, name]) };
    await this.#change(`${old} is ${name} now`, folder, "rename", params, { method: "POST" });
  }

  async #remove(names: readonly string[], { name, isDir }: Row): Promise<void> {
    const what = isDir ? `the folder ${name} and everything in it` : name;
    const text = `This deletes ${what} for good.`;
    if (!await confirmed(`Delete ${name}?`, text, "Delete")) return;
    const params = { path: pathOf(names) };
    const folder = names.slice(0, -1);
    await this.#change(`${name} was deleted`, folder, "entry", params, { method: "DELETE" });
  }

  async #upload(names: readonly string[], files: readonly File[]): Promise<void> {
    const { can, uploadBytes } = this.#root;
    const stop = new AbortController();
    const bar = new UploadBar(() => stop.abort());
    document.body.append(bar.element);
    let done = 0;
    for (const [i, file] of files.entries()) {
      const which = `${i + 1} of ${files.length}`;
      announce(`Uploading ${file.name}, ${which}`);
      if (file.size > uploadBytes) {
        await told("Too large", `${file.name} is larger than ${sizeText(uploadBytes)}.`);
        continue;
      }
      const path = pathOf(can.namesByContent ? names : [...names, file.name]);
      const put = (replace?: number) => {
        bar.begin(file, which);
        return sendFile({ path, replace }, file, (bytes) => bar.sent(bytes), stop.signal);
      };
      try {
        await put().catch(async (error) => {
          if (error.kind !== "AlreadyExists") throw error;
          const text = `There is a ${file.name} already. Its content would be lost.`;
          if (await confirmed(`Replace ${file.name}?`, text, "Replace")) return await put(1);
          done--;
        });
        done++;
      } catch (error) {
        if (!stop.signal.aborted) await failed(error);
        break;
      }
    }
    bar.element.remove();
    announce(`${counted(done, "file")} uploaded`);
    this.#changed(names);
  }

  async #change(
    success: string,
    folder: readonly string[],
    ...[route, params, asked]: Parameters<typeof ask>
  ): Promise<void> {
    try {
      await ask(route, params, asked);
      announce(success);
    } catch (error) {
      await failed(error);
    }
    this.#changed(folder);
  }
}

function button(text: string, act: () => void): HTMLButtonElement {
  return h("button", { type: "button", onclick: act }, text);
}

async function failed(error: unknown): Promise<void> {
  const { title, detail } = plainWords(error);
  await told(title, detail);
}

async function told(title: string, text: string): Promise<void> {
  await dialog(title, [h("p", {}, text)], [["OK", "ok"]]);
}

async function confirmed(title: string, text: string, yes: string): Promise<boolean> {
  const buttons = [["Cancel", ""], [yes, "yes"]] as const;
  return await dialog(title, [h("p", {}, text)], buttons, true) === "yes";
}

async function question(
  title: string,
  label: string,
  value: string,
  yes: string,
): Promise<string | undefined> {
  const input = h("input", { type: "text", value, required: true, autofocus: true });
  const content = [h("label", {}, label, input)];
  const answer = await dialog(title, content, [["Cancel", ""], [yes, "yes"]]);
  return answer === "yes" && input.value !== "" ? input.value : undefined;
}

/** Asks, and gives the value of the button that was taken; empty when it was none. */
function dialog(
  title: string,
  content: readonly Node[],
  buttons: readonly (readonly [text: string, value: string])[],
  isGrave = false,
): Promise<string> {
  const all = buttons.map(([text, value]) => {
    const cls = value === "" ? "" : isGrave ? "grave" : "main";
    const type = value === "" ? "button" : "submit";
    return h(
      "button",
      { type, class: cls, value, onclick: () => value === "" && box.close("") },
      text,
    );
  });
  const form = h(
    "form",
    {
      onsubmit: (event: SubmitEvent) => {
        event.preventDefault();
        box.close((event.submitter as HTMLButtonElement | null)?.value || all.at(-1)!.value);
      },
    },
    h("h2", {}, title),
    ...content,
    h("div", { class: "buttons" }, ...all),
  );
  const box = h("dialog", { "aria-label": title }, form);
  document.body.append(box);
  return new Promise((resolve) => {
    box.addEventListener("close", () => {
      box.remove();
      resolve(box.returnValue);
    });
    box.showModal();
  });
}
