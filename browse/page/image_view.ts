/** A picture, and the series that it is in: to leaf through, and to set the window of. */

import { plainWords } from "./api.ts";
import { announce, h } from "./dom.ts";
import { shortNumber } from "./format.ts";
import { PictureStore, type Shown, type Wanted } from "./picture_store.ts";
import { type Slice, Stack, stackOf } from "./stack.ts";
import { WindowBar } from "./window_bar.ts";

const WHEEL_STEP = 50;
const AHEAD = [1, -1, 2, -2, 3];

/** The view of an image; `signal` ends it, `moved` is called when another one is shown. */
export class ImageView {
  readonly element: HTMLElement;
  readonly #folder: readonly string[];
  readonly #signal: AbortSignal;
  readonly #moved: (slice: Slice) => void;
  readonly #store = new PictureStore();
  readonly #canvas = h("canvas", { width: 1, height: 1 });
  readonly #stage: HTMLElement;
  readonly #place = h("p", { class: "overlay overlay-place" });
  readonly #values = h("p", { class: "overlay overlay-values" });
  readonly #problem = h("p", { class: "problem", hidden: true });
  readonly #slider: HTMLInputElement;
  readonly #position = h("output", { class: "count" });
  readonly #window: WindowBar;
  #stack: Stack;
  #index = 0;
  /** Ends what is under way for a picture that nobody waits for any more. */
  #current = new AbortController();
  #isBusy = false;
  #wheel = 0;

  constructor(
    names: readonly string[],
    frame: number | undefined,
    signal: AbortSignal,
    moved: (slice: Slice) => void,
  ) {
    this.#folder = names.slice(0, -1);
    this.#signal = signal;
    this.#moved = moved;
    this.#stack = alone(names.at(-1)!, 1);
    this.#slider = h("input", {
      type: "range",
      min: 1,
      max: 1,
      value: 1,
      "aria-label": "Image of the series",
      oninput: () => this.go(this.#slider.valueAsNumber - 1),
    });
    this.#window = new WindowBar(() => void this.#show());
    this.#stage = h(
      "div",
      { class: "stage", tabindex: 0, role: "img", "aria-label": names.at(-1) },
      this.#canvas,
      this.#place,
      this.#values,
      this.#problem,
    );
    const hint = h("span", { class: "hint" }, "Wheel or arrow keys");
    const slides = h("div", { class: "slides" }, this.#slider, hint, this.#position);
    this.element = h("div", { class: "image-view" }, this.#window.element, this.#stage, slides);
    this.#window.drag(this.#stage);
    this.#stage.addEventListener("wheel", (event) => this.#turn(event), { passive: false });
    this.#stage.addEventListener("keydown", (event) => this.#key(event));
    signal.addEventListener("abort", () => {
      this.#current.abort();
      this.#store.close();
    });
    void this.#begin(names, frame);
  }

  /** Lets the keys leaf. */
  focus(): void {
    this.#stage.focus();
  }

  async #begin(names: readonly string[], frame: number | undefined): Promise<void> {
    const name = names.at(-1)!;
    const first = await this.#fetch({ names, frame });
    if (!first?.about) return;
    const { frames, frame: shown } = first.about;
    this.#use(alone(name, frames), name, shown);
    try {
      const stack = await stackOf(names, this.#signal, (read, of) => {
        this.#position.textContent = `Looking for the series: ${read} of ${of} files`;
      });
      if (!stack) return this.#tell();
      // One may have leafed through the frames meanwhile.
      const now = this.#stack.at(this.#index);
      this.#use(stack.with(name, frames), now.name, now.frame);
      this.#moved(this.#stack.at(this.#index));
      this.#prefetch();
    } catch (error) {
      if (!this.#signal.aborted) this.#position.textContent = plainWords(error).title;
    }
  }

  #use(stack: Stack, name: string, frame: number): void {
    this.#stack = stack;
    this.#index = Math.max(0, stack.indexOf(name, frame));
    this.#slider.max = String(stack.length);
    this.#slider.disabled = stack.length < 2;
    this.#tell();
  }

  /** Shows the slice at `index`, or the nearest that there is. */
  go(index: number): void {
    const to = Math.max(0, Math.min(this.#stack.length - 1, index));
    if (to === this.#index) return;
    this.#index = to;
    this.#tell();
    this.#moved(this.#stack.at(to));
    void this.#show();
  }

  #wanted(index = this.#index): Wanted {
    const { name, frame } = this.#stack.at(index);
    return { names: [...this.#folder, name], frame, window: this.#window.asked };
  }

  /** One request at a time: when it is there, the one that is wanted then. */
  async #show(): Promise<void> {
    if (this.#isBusy) return;
    this.#isBusy = true;
    this.#current.abort();
    this.#current = new AbortController();
    try {
      for (let wanted = this.#wanted();;) {
        await this.#fetch(wanted);
        const next = this.#wanted();
        if (this.#signal.aborted || JSON.stringify(next) === JSON.stringify(wanted)) break;
        wanted = next;
      }
    } finally {
      this.#isBusy = false;
    }
    this.#prefetch();
  }

  async #fetch(wanted: Wanted): Promise<Shown | undefined> {
    this.#stage.setAttribute("aria-busy", "true");
    try {
      const shown = await this.#store.get(wanted, this.#signal);
      this.#draw(shown, wanted);
      this.#correct(shown, wanted);
      return shown;
    } catch (error) {
      if (this.#signal.aborted) return;
      const { title, detail } = plainWords(error);
      this.#problem.replaceChildren(h("strong", {}, title), ` ${detail}`);
      this.#problem.hidden = false;
      this.#canvas.hidden = true;
      this.#window.force(undefined);
      announce(title);
    } finally {
      this.#stage.removeAttribute("aria-busy");
    }
  }

  #draw({ bitmap, about }: Shown, { names }: Wanted): void {
    const { width, height } = bitmap;
    if (this.#canvas.width !== width || this.#canvas.height !== height) {
      this.#canvas.width = width;
      this.#canvas.height = height;
    }
    this.#canvas.getContext("2d")!.drawImage(bitmap, 0, 0);
    this.#canvas.hidden = false;
    this.#problem.hidden = true;
    this.#stage.dataset.shown = names.at(-1)!;
    this.#stage.dataset.frame = String(about?.frame ?? 1);
    this.#window.presets(about?.modality ?? "");
    this.#window.force(about?.isGrey ? about.window : undefined);
    const size = about ? `${about.columns} × ${about.rows}` : `${width} × ${height}`;
    const { window } = about ?? {};
    this.#values.textContent = window
      ? `${size}  C ${shortNumber(window.center)}  W ${shortNumber(window.width)}`
      : size;
  }

  /** Some drivers do not tell how many frames an image has before it is read. */
  #correct({ about }: Shown, { names }: Wanted): void {
    const { name, frames, frame } = this.#stack.at(this.#index);
    if (!about || name !== names.at(-1) || frames === about.frames) return;
    this.#use(this.#stack.with(name, about.frames), name, frame);
  }

  #tell(): void {
    const { length, series } = this.#stack;
    const { title, frame, frames } = this.#stack.at(this.#index);
    const parts = frames > 1 ? `${title}, frame ${frame} of ${frames}` : title;
    const text = `${this.#index + 1} of ${length}`;
    this.#slider.value = String(this.#index + 1);
    this.#slider.setAttribute("aria-valuetext", `${text}, ${parts}`);
    this.#position.textContent = length > 1 ? text : "One image";
    this.#place.textContent = series.title === "" ? parts : `${series.title}\n${parts}`;
    this.#stage.setAttribute("aria-label", `Image ${text}: ${parts}`);
  }

  #prefetch(): void {
    this.#current.abort();
    const { signal } = this.#current = new AbortController();
    const indices = AHEAD.map((step) => this.#index + step)
      .filter((index) => index >= 0 && index < this.#stack.length);
    const run = async () => {
      for (const index of indices) {
        if (signal.aborted || this.#isBusy) return;
        const wanted = this.#wanted(index);
        if (!this.#store.has(wanted)) await this.#store.get(wanted, signal);
      }
    };
    // What fails ahead fails again when it is wanted, and is told then.
    run().catch(() => {});
  }

  #turn(event: WheelEvent): void {
    if (event.ctrlKey) return;
    event.preventDefault();
    const lines = event.deltaMode === WheelEvent.DOM_DELTA_PIXEL ? 1 : WHEEL_STEP;
    this.#wheel += event.deltaY * lines;
    const steps = Math.trunc(this.#wheel / WHEEL_STEP);
    this.#wheel -= steps * WHEEL_STEP;
    if (steps !== 0) this.go(this.#index + steps);
  }

  #key(event: KeyboardEvent): void {
    if (event.altKey || event.ctrlKey || event.metaKey) return;
    const to: Record<string, number> = {
      ArrowDown: this.#index + 1,
      ArrowRight: this.#index + 1,
      ArrowUp: this.#index - 1,
      ArrowLeft: this.#index - 1,
      PageDown: this.#index + 10,
      PageUp: this.#index - 10,
      Home: 0,
      End: this.#stack.length - 1,
    };
    const index = to[event.key];
    if (index === undefined) return;
    event.preventDefault();
    this.go(index);
  }
}

function alone(name: string, frames: number): Stack {
  return new Stack({ title: "", images: [{ name, frames }] });
}
