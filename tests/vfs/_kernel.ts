/** A notebook's kernel, as far as what is shown in it goes. */

const DISPLAY = Symbol.for("Jupyter.display");

/** What was sent to those who show a cell. */
export interface Message {
  readonly type: string;
  readonly text: string;
  readonly html: string;
  readonly id: string;
}

/** What is sent while `work` is done in a notebook. */
export async function inKernel(
  work: () => Promise<void>,
  onMessage: (message: Message) => unknown = () => {},
): Promise<Message[]> {
  const sent: Message[] = [];
  const jupyter = {
    // deno-lint-ignore no-explicit-any -- as Jupyter's protocol has it
    broadcast(type: string, { data, transient }: any): unknown {
      const [text, html] = [data["text/plain"], data["text/html"]];
      const message = { type, text, html, id: transient.display_id };
      sent.push(message);
      return onMessage(message);
    },
  };
  const deno = Deno as { jupyter?: unknown };
  deno.jupyter = jupyter;
  try {
    await work();
  } finally {
    deno.jupyter = undefined;
  }
  return sent;
}

/** What a notebook is given of a value that a cell returns. */
export async function mediaOf(value: unknown): Promise<Record<string, string>> {
  return await (value as Record<symbol, () => Promise<Record<string, string>>>)[DISPLAY]!();
}
