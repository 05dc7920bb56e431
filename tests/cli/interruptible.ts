import { memoryTransport } from "../../transports/memory/mod.ts";
import type { Cli } from "./run_main.ts";

/** Gives `cut://h/s` of `files` files, whose third that is read interrupts, once what was copied before could be told. */
export async function interruptible(cli: Cli, files: number): Promise<AbortController> {
  const controller = new AbortController();
  const memory = memoryTransport();
  let reads = 0;
  cli.registry.register({
    ...memory,
    schemes: ["cut"],
    connect: async (options) => {
      const transport = await memory.connect(options);
      return {
        ...transport,
        put: transport.put!.bind(transport),
        list: transport.list.bind(transport),
        stat: transport.stat.bind(transport),
        get: async (location, how) => {
          reads++;
          if (reads === 2) await new Promise((resolve) => setTimeout(resolve, 300));
          if (reads === 3) controller.abort(new DOMException("Interrupted", "AbortError"));
          how?.signal?.throwIfAborted();
          return await transport.get(location, how);
        },
      };
    },
  });
  for (let i = 0; i < files; i++) await cli.vfs.writeFile(`cut://h/s/${i}`, "12");
  return controller;
}
