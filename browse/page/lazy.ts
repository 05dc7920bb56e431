/** Does for what is in view what takes a request, a few at a time; what leaves the view before is dropped. */

type Job = (signal: AbortSignal) => Promise<void>;

const AT_ONCE = 4;

/** Jobs of elements. */
export class Lazy {
  readonly #jobs = new Map<Element, Job>();
  readonly #waiting = new Set<Element>();
  readonly #running = new Map<Element, AbortController>();
  readonly #observer: IntersectionObserver;

  constructor(view: Element) {
    this.#observer = new IntersectionObserver((changes) => {
      for (const { target, isIntersecting } of changes) {
        if (isIntersecting && this.#jobs.has(target)) this.#waiting.add(target);
        else this.#waiting.delete(target);
      }
      this.#next();
    }, { root: view, rootMargin: "50px" });
  }

  /** Does `job` once `element` is in view. */
  watch(element: Element, job: Job): void {
    this.#jobs.set(element, job);
    this.#observer.observe(element);
  }

  /** The element is gone. */
  unwatch(element: Element): void {
    this.#observer.unobserve(element);
    this.#jobs.delete(element);
    this.#waiting.delete(element);
    this.#running.get(element)?.abort();
  }

  /** Ends all. */
  close(): void {
    this.#observer.disconnect();
    this.#waiting.clear();
    this.#jobs.clear();
    for (const abort of this.#running.values()) abort.abort();
  }

  #next(): void {
    for (const element of this.#waiting) {
      if (this.#running.size >= AT_ONCE) return;
      this.#waiting.delete(element);
      const job = this.#jobs.get(element);
      if (!job) continue;
      this.#jobs.delete(element);
      const abort = new AbortController();
      this.#running.set(element, abort);
      // A row that cannot be described stays as it is: its own view tells why.
      job(abort.signal).catch(() => {}).finally(() => {
        this.#running.delete(element);
        this.#next();
      });
    }
  }
}
