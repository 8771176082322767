import { createReadStream } from "node:fs";
import { resolve } from "node:path";
import type { LogFinding } from "../../core/audit/log-findings";
import { AUDIT_PROBLEMS, type AuditProblem } from "../../core/audit/problems";
import { type AuditHead, verifyAuditChain } from "../../core/audit/verify-chain";
import { type LogVerdict, verifyAuditLog } from "../../core/audit/verify-log";
import { utf8Text } from "../../core/crypto/encoding";
import { thumbprintShape } from "../../core/crypto/public-key";
import type { RootTrust } from "../../core/documents/verify-keyset";
import { isJsonObject, type JsonValue, parseJson } from "../../core/json/parse-json";
import { nodeCrypto } from "../../node/crypto";
import {
  type Command,
  type CommandContext,
  type CommandFailure,
  type CommandResult,
  type CommandValues,
  failure,
  integerOption,
  listOption,
  textOption,
  UsageError,
} from "../command";
import { isFolder } from "../files";
import { readLines } from "../read-lines";

const RECORD_BYTES_MAX = 4 * 1024 * 1024;
/** Findings that are told one by one at a terminal. */
const FINDINGS_SHOWN = 10;
const digest = (data: Uint8Array) => nodeCrypto.sha256(data);

const AUDIT_JSON = {
  isWhole: "true",
  entries: "how many entries follow from the first",
  head: "the last of them: { sequence, sha256 }, or null",
  "isChainOnly?": "true where nothing but the entries was looked at; the members below are absent then",
  "heads?": "how many signed heads were verified",
  "documents?": "how many documents",
  "keysets?": "how many keysets",
  "vouchedSequence?": "the last entry that something signed vouches for",
  "lost?": "how many heads were set aside, of entries that the log calls lost",
  "firstBadSequence?": "null of a log that is whole",
  "problem?": "null of a log that is whole",
  "findings?": "empty of a log that is whole",
  "findingsTotal?": "0 of a log that is whole",
  "tornLines?": "lines of the files of heads that were cut short",
} as const;

export const auditVerifyCommand: Command = {
  name: "audit verify",
  summary: "check that an exported audit log is what was written: entries, signed heads, documents, keysets",
  about:
    "Reads the export line by line. Keysets are walked from the root keys, heads and documents are verified by them, and entries must follow from each other. What vouches comes from elsewhere, never from the log.",
  argument: { name: "FILE", min: 1, max: 1, help: "the export, JSON lines", completes: "file" },
  options: {
    root: {
      value: "THUMBPRINT",
      help: "a root key that the platform began with, by thumbprint, from the enrolment file or the ceremony, never from the log",
      isMultiple: true,
      isJoined: true,
    },
    threshold: {
      value: "N",
      help: "how many of them must have signed the first keyset (default: all that are given)",
    },
    platform: { value: "ID", help: "the platform's id (default: the one that the root keys signed)" },
    heads: {
      value: "DAYFILE",
      help: "a file of signed heads that was kept elsewhere, copied before the export was made",
      isMultiple: true,
      completes: "file",
    },
    head: { value: "SEQUENCE:SHA256", help: "an end of the log that you noted: it must lie on this log" },
    "admit-loss": { help: "set aside what was signed for entries that the log itself calls lost, as after a restore" },
    "chain-only": {
      help: "check only that the entries follow from each other, which whoever can rewrite a log can make true",
    },
  },
  examples: [
    {
      line: "bulkhead audit verify audit.jsonl --root=rboc4aMwQPg_Fqwqj-t36zS_klEB7dpKWxDlZ7pOudw",
      does: "verifies the log from that root key",
    },
    {
      line: "bulkhead audit verify audit.jsonl --chain-only",
      does: "the entries alone, which proves nothing against whoever could rewrite them",
    },
  ],
  json: AUDIT_JSON,
  async run({ positionals: [path = ""], values, context }) {
    const heads = listOption(values, "heads");
    for (const name of [path, ...heads]) {
      if (await isFolder(context, name)) throw new UsageError(`${name} is a folder`);
    }
    const trust = readTrust(values);
    const ends = readHead(textOption(values, "head"));
    const records = readRecords(context, path);
    if (trust === undefined) return await verifyChainAlone(records, ends, values["chain-only"] === true);
    const platform = textOption(values, "platform");
    let tornLines = 0;
    const verdict = await verifyAuditLog(records, {
      trust,
      ...(platform === undefined ? {} : { platform }),
      otherHeads: readOtherHeads(context, heads, () => {
        tornLines += 1;
      }),
      ends,
      admitsLoss: values["admit-loss"] === true,
      crypto: nodeCrypto,
      digest,
    });
    return verdict.isWhole ? whole(verdict, tornLines) : { ...notWhole(verdict), of: "audit" };
  },
};

const AUDIT_NEXT = "note the head, and give it with --head at the next verification";

function whole(verdict: LogVerdict, tornLines: number): CommandResult {
  const { entries, heads, documents, keysets, vouchedSequence, lost, head } = verdict;
  const after = entries - vouchedSequence;
  const lines = [
    `${entries} entries, whole; ${heads} heads, ${documents} documents and ${keysets} keysets verified from the root keys`,
    after === 0
      ? "each entry is vouched for by what was signed after it"
      : `entries up to ${vouchedSequence} are vouched for by what was signed after them; the last ${after} are not yet`,
    ...(lost === 0 ? [] : [`${lost} heads of entries that the log calls lost were set aside`]),
    ...(tornLines === 0 ? [] : [`${tornLines} lines of the files of heads were cut short, as a power loss leaves one`]),
    `head ${showHead(head)}`,
  ];
  return { ok: true, text: lines.join("\n"), json: { ...verdict, tornLines }, next: AUDIT_NEXT };
}

function notWhole(verdict: LogVerdict): CommandFailure {
  const { problem, firstBadSequence, findings, findingsTotal, keysets } = verdict;
  if (findings.some((finding) => finding.problem === "KEYSET_MISSING" && finding.line === null)) {
    return failure("KEYSET_MISSING", NOTHING_SIGNED, verdict);
  }
  if (keysets === 0) return failure("KEYSET_REFUSED", [NO_KEYSET, ...findings.map(showFinding)].join("\n  "), verdict);
  const where =
    firstBadSequence === null ? "no entry can be named" : `entry ${firstBadSequence} is the first that may be wrong`;
  const lines = findings.slice(0, FINDINGS_SHOWN).map(showFinding);
  if (findingsTotal > lines.length) lines.push(`and ${findingsTotal - lines.length} more`);
  const message = [`the log is not what was written: ${where}`, ...lines.map((line) => `  ${line}`)].join("\n");
  return failure(problem ?? "RECORD", message, verdict);
}

const NO_KEYSET =
  "no keyset of the log follows from these root keys, so nothing was verified: check --root, --threshold and --platform. The root keys are those that the first keyset was signed by.";
const NOTHING_SIGNED =
  "the export holds no keyset, so nothing signed can be verified. Older versions exported entries alone: export it anew. Whether they follow from each other is told by --chain-only.";

function showFinding({ problem, sequence, line, code, detail }: LogFinding): string {
  const places = [sequence === null ? [] : `entry ${sequence}`, line === null ? [] : `line ${line}`].flat();
  const more = [code ?? [], detail ?? []].flat().join(", ");
  const where = places.length === 0 ? "" : `${places.join(", ")}: `;
  return `${where}${problem}: ${AUDIT_PROBLEMS[problem]}${more === "" ? "" : ` (${more})`}`;
}

const NOTHING_PROVEN =
  "the entries follow from each other, and nothing else was checked: that proves nothing against somebody who could rewrite the log";

/** Without root keys no signature means anything: the entries alone, in an export of any version. */
async function verifyChainAlone(
  records: AsyncIterable<unknown>,
  heads: readonly AuditHead[],
  isAsked: boolean,
): Promise<CommandResult> {
  const found = await verifyAuditChain(withoutSigned(records), { digest, heads });
  const { entries } = found;
  if (!found.isWhole) {
    const { problem, firstBadSequence } = found;
    const says: Record<AuditProblem, string> = AUDIT_PROBLEMS;
    const message = `the log is not whole: entry ${firstBadSequence} is the first that is wrong: ${says[problem]}`;
    return { ...failure(problem, message, { entries, firstBadSequence }), of: "audit" };
  }
  if (!isAsked) {
    return failure(
      "NOT_PROVEN",
      `${NOTHING_PROVEN}\n  give the root keys (--root=THUMBPRINT…), or --chain-only where this is enough`,
      { entries, head: found.head },
    );
  }
  return {
    ok: true,
    text: `${entries} entries, whole; head ${showHead(found.head)}\n${NOTHING_PROVEN}`,
    json: { isWhole: true, isChainOnly: true, entries, head: found.head },
    next: "give the root keys as well: --root=THUMBPRINT",
  };
}

async function* withoutSigned(records: AsyncIterable<unknown>): AsyncGenerator<unknown> {
  for await (const record of records) {
    const isSigned =
      typeof record === "object" && record !== null && ("keyset" in record || "head" in record || "document" in record);
    if (!isSigned || "sequence" in record) yield record;
  }
}

/** One record a line; a line that is no JSON goes on as undefined, which verification calls malformed. */
async function* readRecords(context: CommandContext, path: string): AsyncGenerator<unknown> {
  for await (const line of readLines(createReadStream(resolve(context.cwd, path)), RECORD_BYTES_MAX)) {
    yield readJson(line);
  }
}

function readJson(line: Uint8Array | string | undefined): JsonValue | undefined {
  const parsed = line === undefined ? undefined : parseJson(line, { numbers: "any", depthMax: 64 });
  return parsed?.ok === true ? parsed.value : undefined;
}

/**
 * Signed heads, one a line: a JWS alone, or as the server's files of the days have it, `{ head: { jws } }`. There a line
 * that a power loss cut short says nothing, as if it were not there, and is counted.
 */
async function* readOtherHeads(
  context: CommandContext,
  paths: readonly string[],
  onTorn: () => void,
): AsyncGenerator<string | undefined> {
  for (const path of paths) {
    for await (const line of readLines(createReadStream(resolve(context.cwd, path)), RECORD_BYTES_MAX)) {
      const text = line === undefined ? undefined : utf8Text(line);
      if (text?.startsWith("{") !== true) {
        yield text;
        continue;
      }
      const record = readJson(text);
      if (record === undefined) onTorn();
      // That entries were lost is nobody's signature: it is for the server, and --admit-loss here.
      else if (!isJsonObject(record) || !Object.hasOwn(record, "loss")) yield jwsOf(record);
    }
  }
}

function jwsOf(record: JsonValue): string | undefined {
  const head = isJsonObject(record) ? record.head : undefined;
  const jws = isJsonObject(head) ? head.jws : undefined;
  return typeof jws === "string" ? jws : undefined;
}

function readTrust(values: CommandValues): RootTrust | undefined {
  const rootThumbprints = [...new Set(listOption(values, "root"))];
  for (const thumbprint of rootThumbprints) {
    if (!thumbprintShape.safeParse(thumbprint).success) {
      throw new UsageError(`--root=${thumbprint} is no thumbprint: 43 characters of base64url`);
    }
  }
  const isChainOnly = values["chain-only"] === true;
  const needRoots = ["threshold", "platform", "heads", "admit-loss"].filter((name) => values[name] !== undefined);
  if (isChainOnly && rootThumbprints.length > 0) throw new UsageError("--chain-only looks at no root key");
  if (rootThumbprints.length === 0) {
    if (needRoots.length > 0) throw new UsageError(`--${needRoots[0]} needs --root=THUMBPRINT`);
    return undefined;
  }
  const threshold = integerOption(values, "threshold") ?? rootThumbprints.length;
  if (threshold < 1 || threshold > rootThumbprints.length) {
    throw new UsageError(`--threshold takes 1 to ${rootThumbprints.length}, the number of root keys given`);
  }
  return { rootThumbprints, threshold };
}

function readHead(text: string | undefined): AuditHead[] {
  if (text === undefined) return [];
  const [, sequence, sha256] = /^(\d{1,15}):([0-9a-f]{64})$/.exec(text) ?? [];
  if (sequence === undefined || sha256 === undefined) throw new UsageError("--head takes SEQUENCE:SHA256");
  return [{ sequence: Number(sequence), sha256 }];
}

const showHead = (head: AuditHead | null): string => (head === null ? "none" : `${head.sequence}:${head.sha256}`);
