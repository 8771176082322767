import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { CommandContext } from "../command";
import { main } from "../main";

export type CommandLineRun = { code: number; stdout: string; stderr: string };

/** A folder of its own, and the command line in it with everything outside replaced. */
export function createCommandLine(changes: Partial<CommandContext> = {}) {
  const cwd = mkdtempSync(join(tmpdir(), "bulkhead-cli-"));
  const run = async (argv: readonly string[], stdin: readonly string[] = []): Promise<CommandLineRun> => {
    let stdout = "";
    let stderr = "";
    const code = await main(argv, {
      cwd,
      stdin: chunksOf(stdin),
      write: async (text) => {
        stdout += text;
      },
      warn: (text) => {
        stderr += text;
      },
      colours: { write: false, warn: false },
      env: {},
      fetch: async () => Promise.reject(new Error("no network here")),
      nowSeconds: () => 1_700_000_000,
      log: () => {},
      keepToItself: () => {},
      interrupted: async () => {},
      ...changes,
    });
    return { code, stdout, stderr };
  };
  return {
    cwd,
    run,
    path: (name: string) => join(cwd, name),
    remove: () => rmSync(cwd, { recursive: true, force: true }),
  };
}

async function* chunksOf(chunks: readonly string[]): AsyncGenerator<Uint8Array> {
  for (const chunk of chunks) yield new TextEncoder().encode(chunk);
}
