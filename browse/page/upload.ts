/** Files on their way to the server: how far they are, for everybody to see, and a button that stops them. */

import { gone, type Params, refusalOf, urlOf } from "./api.ts";
import { h } from "./dom.ts";
import { sizeText } from "./format.ts";

/**
 * Sends `file`, and tells how many of its bytes went, which `fetch` does not.
 *
 * @throws {ApiError} unless it succeeds; the reason of `signal` when that ends it
 */
export function sendFile(
  params: Params,
  file: File,
  onSent: (bytes: number) => void,
  signal: AbortSignal,
): Promise<void> {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open("PUT", urlOf("upload", params));
    request.responseType = "json";
    request.upload.onprogress = ({ loaded }) => onSent(loaded);
    request.onload = () => {
      if (request.status < 300) resolve();
      else reject(refusalOf(request.response, request.statusText));
    };
    request.onerror = () => reject(gone());
    request.onabort = () => reject(signal.reason);
    signal.addEventListener("abort", () => request.abort(), { once: true });
    request.send(file);
  });
}

/** The bar below the page. */
export class UploadBar {
  readonly element: HTMLElement;
  readonly #text = h("span");
  readonly #progress = h("progress", { "aria-label": "Upload" });
  #file = "";
  #size = 0;

  /** `stop` is called when somebody has enough. */
  constructor(stop: () => void) {
    this.element = h(
      "div",
      { class: "upload" },
      this.#text,
      this.#progress,
      h("button", { type: "button", onclick: stop }, "Stop"),
    );
  }

  /** The next file. */
  begin({ name, size }: File, which: string): void {
    this.#file = `${name}, ${which}`;
    this.#size = size;
    this.#progress.max = Math.max(1, size);
    this.sent(0);
  }

  /** How far it is. */
  sent(bytes: number): void {
    this.#progress.value = bytes;
    this.#text.textContent = bytes >= this.#size
      ? `Storing ${this.#file}`
      : `Uploading ${this.#file}: ${sizeText(bytes)} of ${sizeText(this.#size)}`;
  }
}
