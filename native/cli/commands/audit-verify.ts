import { createReadStream } from "node:fs";
import { resolve } from "node:path";
import { type AuditHead, verifyAuditChain } from "../../core/audit/verify-chain";
import { webCryptoPort } from "../../core/crypto/port";
import { parseJson } from "../../core/json/parse-json";
import { type Command, type CommandContext, failure, textOption, UsageError } from "../command";
import { isFolder } from "../files";
import { readLines } from "../read-lines";

const ENTRY_BYTES_MAX = 4 * 1024 * 1024;

export const auditVerifyCommand: Command = {
  name: "audit verify",
  summary: "check that an exported audit log is whole: digests, order, nothing missing",
  usage: "FILE [--head SEQUENCE:SHA256]",
  options: { head: { type: "string" } },
  help: { head: "an end of the log that you know from elsewhere: it must lie on this log, or its end was cut off" },
  positionals: { min: 1, max: 1 },
  async run({ positionals: [path = ""], values, context }) {
    if (await isFolder(context, path)) throw new UsageError(`${path} is a folder`);
    const head = readHead(textOption(values, "head"));
    const found = await verifyAuditChain(readEntries(context, path), {
      digest: (data) => webCryptoPort.sha256(data),
      heads: head === undefined ? [] : [head],
    });
    if (!found.isWhole) {
      return failure(
        found.problem,
        `the log is not whole: entry ${found.firstBadSequence} is the first that is wrong`,
        {
          entries: found.entries,
          firstBadSequence: found.firstBadSequence,
        },
      );
    }
    return {
      ok: true,
      text: `${found.entries} entries, whole; head ${found.head === null ? "none" : `${found.head.sequence}:${found.head.sha256}`}`,
      json: { isWhole: true, entries: found.entries, head: found.head },
    };
  },
};

/** One entry a line; a line that is no JSON goes on as undefined, which the chain calls malformed. */
async function* readEntries(context: CommandContext, path: string): AsyncGenerator<unknown> {
  for await (const line of readLines(createReadStream(resolve(context.cwd, path)), ENTRY_BYTES_MAX)) {
    const parsed = line === undefined ? undefined : parseJson(line, { numbers: "any", depthMax: 64 });
    yield parsed?.ok === true ? parsed.value : undefined;
  }
}

function readHead(text: string | undefined): AuditHead | undefined {
  if (text === undefined) return undefined;
  const [, sequence, sha256] = /^(\d{1,15}):([0-9a-f]{64})$/.exec(text) ?? [];
  if (sequence === undefined || sha256 === undefined) throw new UsageError("--head takes SEQUENCE:SHA256");
  return { sequence: Number(sequence), sha256 };
}
