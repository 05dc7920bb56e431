/** `medvfs completion`. @module */

import type { CommandSpec } from "../command.ts";

/** Writes completion scripts. */
export const completion: CommandSpec<Record<string, never>> = {
  name: "completion",
  summary: "write a script that completes commands, options and paths in a shell",
  operands: "<shell>",
  choices: ["bash", "zsh", "fish"],
  examples: [
    ["completion bash > ~/.local/share/bash-completion/completions/medvfs", "for bash"],
    ['completion zsh > "${fpath[1]}/_medvfs"', "for zsh"],
    ["completion fish > ~/.config/fish/completions/medvfs.fish", "for fish"],
  ],
  async run({ console }, [shell = ""], _options, command) {
    const [{ completables }, { bashScript }, { zshScript }, { fishScript }] = await Promise.all([
      import("../completion/script.ts"),
      import("../completion/bash.ts"),
      import("../completion/zsh.ts"),
      import("../completion/fish.ts"),
    ]);
    const scripts = { bash: bashScript, zsh: zshScript, fish: fishScript };
    const write = scripts[shell as keyof typeof scripts];
    console.text(write(completables(command.parent!)));
  },
};
