import { readFile } from "node:fs/promises";
import { createInterface } from "node:readline/promises";
import { Writable } from "node:stream";
import type { Env } from "@/lib/platform/env";
import { AppError } from "@/lib/platform/errors";

const LENGTH_MIN = 12;

/** A terminal that a question can be put to, or null where there is none. */
export type Ask = ((question: string) => Promise<string>) | null;

/** Asks on stderr and shows nothing of the answer. Null where nobody sits at a terminal. */
export function terminalAsk(input: NodeJS.ReadStream, output: NodeJS.WriteStream): Ask {
  if (!input.isTTY) return null;
  return async (question) => {
    const silence = new Writable({ write: (_, __, done) => done() });
    const lines = createInterface({ input, output: silence, terminal: true });
    // Ctrl-C ends the question, and with it the command.
    const ended = new Promise<never>((_, reject) => {
      lines.once("SIGINT", () => reject(new AppError("invalid_input", "No passphrase was given.")));
    });
    output.write(question);
    try {
      return await Promise.race([lines.question(""), ended]);
    } finally {
      lines.close();
      output.write("\n");
    }
  };
}

async function readFirstLine(path: string): Promise<string> {
  const text = await readFile(path, "utf8").catch((cause: NodeJS.ErrnoException) => {
    throw new AppError(
      "invalid_input",
      `The passphrase file ${path} cannot be read (${cause.code}).\nCorrect BULKHEAD_BACKUP_PASSPHRASE_FILE, or put the file there.`,
      { cause },
    );
  });
  return text.split(/\r?\n/, 1)[0] ?? "";
}

/**
 * The passphrase of a backup: from the environment, from the file that it names, or asked for; a new one is asked for
 * twice. Raises `invalid_input` where none can be had, and where it has less than 12 characters.
 */
export async function obtainPassphrase(env: Env, ask: Ask, use: "seal" | "open"): Promise<string> {
  if (env.BULKHEAD_BACKUP_PASSPHRASE !== undefined) return env.BULKHEAD_BACKUP_PASSPHRASE;
  if (env.BULKHEAD_BACKUP_PASSPHRASE_FILE !== undefined) {
    return longEnough(
      await readFirstLine(env.BULKHEAD_BACKUP_PASSPHRASE_FILE),
      "The first line of the passphrase file",
    );
  }
  if (ask === null) {
    throw new AppError(
      "invalid_input",
      "A backup is sealed by a passphrase, and none was given.\nRun this at a terminal, or set BULKHEAD_BACKUP_PASSPHRASE_FILE (a file, its first line) or BULKHEAD_BACKUP_PASSPHRASE.",
    );
  }
  const passphrase = longEnough(await ask("Passphrase of the backup: "), "The passphrase");
  if (use === "seal" && (await ask("The same again: ")) !== passphrase) {
    throw new AppError("invalid_input", "The two passphrases differ; nothing was written.\nTry again.");
  }
  return passphrase;
}

function longEnough(passphrase: string, what: string): string {
  if (passphrase.length >= LENGTH_MIN) return passphrase;
  throw new AppError("invalid_input", `${what} has less than ${LENGTH_MIN} characters.\nTake a longer one.`);
}
