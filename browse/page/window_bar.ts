/** The window: which values are shown from black to white. Set by numbers, by presets, and by dragging on the image. */

import { h } from "./dom.ts";
import { shortNumber } from "./format.ts";
import type { Window } from "./picture_store.ts";

/** Usual windows of CT, in HU. */
const CT: readonly (readonly [name: string, center: number, width: number])[] = [
  ["Soft tissue", 40, 400],
  ["Brain", 40, 80],
  ["Bone", 400, 1800],
  ["Lung", -600, 1500],
  ["Mediastinum", 50, 350],
  ["Liver", 60, 160],
];
const AS_STORED = "As stored";
const OWN = "Own";

/** The controls; `changed` is called when another window is wanted. */
export class WindowBar {
  readonly element: HTMLElement;
  readonly #changed: () => void;
  readonly #center: HTMLInputElement;
  readonly #width: HTMLInputElement;
  readonly #preset: HTMLSelectElement;
  #forced: Window | undefined;
  #modality: string | undefined;
  /** The window that is wanted; what the image asks for by default. */
  asked: Window | undefined;

  constructor(changed: () => void) {
    this.#changed = changed;
    const number = () => h("input", { type: "number", step: "any", onchange: () => this.#typed() });
    this.#center = number();
    this.#width = number();
    this.#preset = h("select", { onchange: () => this.#chosen() });
    this.element = h(
      "div",
      { class: "bar window-bar" },
      h("label", {}, "Window", this.#preset),
      h("label", {}, "Center", this.#center),
      h("label", {}, "Width", this.#width),
      h("span", { class: "hint" }, "Drag on the image: across for the width, up for brighter"),
    );
    this.presets("");
  }

  /** The presets that go with a modality. */
  presets(modality: string): void {
    if (modality === this.#modality) return;
    this.#modality = modality;
    const names = [AS_STORED, ...modality === "CT" ? CT.map(([name]) => name) : [], OWN];
    this.#preset.replaceChildren(...names.map((name) => h("option", {}, name)));
    this.#preset.value = this.asked ? OWN : AS_STORED;
  }

  /** Tells the window that is in force; undefined where there is none, as in colour. */
  force(window: Window | undefined): void {
    this.#forced = window;
    this.element.classList.toggle("off", window === undefined);
    for (const control of [this.#center, this.#width, this.#preset]) control.disabled = !window;
    // Who is typing is not disturbed.
    if (
      !window ||
      this.element.contains(document.activeElement) && document.activeElement !== this.#preset
    ) return;
    this.#center.value = shortNumber(window.center);
    this.#width.value = shortNumber(window.width);
  }

  /** Dragging on `stage` changes the window; a double click takes back what was changed. */
  drag(stage: HTMLElement): void {
    let from: { readonly x: number; readonly y: number; readonly window: Window } | undefined;
    stage.addEventListener("pointerdown", ({ button, clientX: x, clientY: y, pointerId }) => {
      if (button !== 0 || !this.#forced) return;
      from = { x, y, window: this.#forced };
      stage.setPointerCapture(pointerId);
    });
    stage.addEventListener("pointermove", ({ clientX, clientY }) => {
      if (!from) return;
      const { x, y, window } = from;
      const [across, down] = [clientX - x, clientY - y];
      if (Math.hypot(across, down) < 3) return;
      const width = window.width * Math.exp(across / 200);
      this.#ask({ center: window.center + down * window.width / 400, width }, OWN);
    });
    for (const end of ["pointerup", "pointercancel"]) {
      stage.addEventListener(end, () => from = undefined);
    }
    stage.addEventListener("dblclick", () => this.#ask(undefined, AS_STORED));
  }

  #ask(window: Window | undefined, preset: string): void {
    // Fewer digits are more often the same picture.
    const short = (value: number) => Number(value.toPrecision(4));
    this.asked = window && { center: short(window.center), width: short(window.width) };
    this.#preset.value = preset;
    this.#changed();
  }

  #chosen(): void {
    const name = this.#preset.value;
    const [, center, width] = CT.find(([preset]) => preset === name) ?? [];
    if (center !== undefined && width !== undefined) this.#ask({ center, width }, name);
    else if (name === AS_STORED) this.#ask(undefined, name);
    else this.#center.focus();
  }

  #typed(): void {
    const [center, width] = [this.#center.valueAsNumber, this.#width.valueAsNumber];
    if (Number.isFinite(center) && width > 0) this.#ask({ center, width }, OWN);
  }
}
