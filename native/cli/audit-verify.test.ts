import { writeFileSync } from "node:fs";
import { afterAll, describe, expect, it } from "vitest";
import { headOf, rootTrust, SignedLog } from "../core/audit/testing/signed-log";
import { createCommandLine } from "./testing/run-command-line";

const line = createCommandLine();
afterAll(() => line.remove());

const { rootThumbprints } = await rootTrust();
const ROOTS = rootThumbprints.map((thumbprint) => `--root=${thumbprint}`);

async function writeLog(): Promise<SignedLog> {
  const log = new SignedLog();
  await log.append("platform.initialise");
  await log.publishKeyset();
  await log.publish(["com.example.notes"]);
  await log.append("session.signIn");
  await log.signHead();
  await log.append("session.signOut");
  return log;
}

const lines = (records: readonly unknown[]) => records.map((record) => `${JSON.stringify(record)}\n`).join("");

async function verify(records: readonly unknown[] | string, ...argv: string[]) {
  writeFileSync(line.path("audit.jsonl"), typeof records === "string" ? records : lines(records));
  const { code, stdout, stderr } = await line.run(["audit", "verify", "audit.jsonl", "--json", ...argv]);
  return { exit: code, ...JSON.parse(code === 0 ? stdout : stderr) };
}

describe("audit verify", () => {
  it("finds an export whole by the root keys alone, and says up to where something signed vouches for it", async () => {
    const log = await writeLog();
    expect(await verify(log.records(), ...ROOTS, "--platform=super.test")).toMatchObject({
      exit: 0,
      isWhole: true,
      entries: log.end,
      vouchedSequence: log.end - 1,
      keysets: 1,
      heads: 3,
      documents: 3,
    });
    const { code, stdout } = await line.run(["audit", "verify", "audit.jsonl", ...ROOTS]);
    expect(code).toBe(0);
    expect(stdout).toContain("the last 1 are not yet");
  });

  it.each([
    ["other root keys", [`--root=${"A".repeat(43)}`], "KEYSET_REFUSED"],
    ["more signatures than there are", [...ROOTS, `--root=${"A".repeat(43)}`], "KEYSET_REFUSED"],
    ["another platform", [...ROOTS, "--platform=other.test"], "KEYSET_REFUSED"],
  ])("verifies nothing by %s", async (_, argv, code) => {
    const found = await verify((await writeLog()).records(), ...argv);
    expect(found.exit).toBe(1);
    expect(found.error.details.findings.map(({ problem }: { problem: string }) => problem)).toContain(code);
  });

  it("without root keys checks the chain, says that this proves nothing, and does not succeed unless that is asked for", async () => {
    const records = (await writeLog()).records();
    expect(await verify(records)).toMatchObject({ exit: 1, error: { code: "NOT_PROVEN" } });
    expect(await verify(records, "--chain-only")).toMatchObject({ exit: 0, isChainOnly: true });
    const { stdout } = await line.run(["audit", "verify", "audit.jsonl", "--chain-only"]);
    expect(stdout).toContain("proves nothing against somebody who could rewrite the log");
  });

  it("says of an export of an older version what to do, and takes nothing for whole", async () => {
    const log = await writeLog();
    const found = await verify(log.entries, ...ROOTS);
    expect(found).toMatchObject({ exit: 1, error: { code: "KEYSET_MISSING" } });
    expect(found.error.message).toContain("export it anew");
    expect(await verify("", ...ROOTS)).toMatchObject({ exit: 1, error: { code: "KEYSET_MISSING" } });
  });

  it("finds by heads that were kept elsewhere what an export without them does not show", async () => {
    const log = await writeLog();
    const day = `${log.file.join("\n")}\n`;
    writeFileSync(line.path("day.txt"), day);
    expect(await verify(log.records(), ...ROOTS, "--heads=day.txt")).toMatchObject({ exit: 0 });
    const { table, entries, documents } = log;
    log.entries = entries.slice(0, -3);
    log.table = log.file = log.journal = table.filter((jws) => (headOf(jws).sequence ?? 0) <= log.end);
    log.documents = documents.slice(0, -2);
    const found = await verify(log.records(), ...ROOTS, "--heads=day.txt");
    // The last entry that is left stands behind the last head that is.
    expect(found).toMatchObject({ exit: 1, error: { code: "TRUNCATED", details: { firstBadSequence: log.end } } });
    writeFileSync(
      line.path("day.jsonl"),
      lines([...table.map((jws) => ({ head: { sequence: 0, jws } })), { loss: { fromSequence: 3 } }]),
    );
    expect(await verify(log.records(), ...ROOTS, "--heads=day.jsonl")).toMatchObject({ exit: 1 });
    const whole = await writeLog();
    writeFileSync(line.path("torn.jsonl"), `${lines([{ head: { jws: whole.file[0] } }])}{"head":{"jw\n`);
    expect(await verify(whole.records(), ...ROOTS, "--heads=torn.jsonl")).toMatchObject({ exit: 0, tornLines: 1 });
    writeFileSync(line.path("odd.jsonl"), lines([{ head: "..." }]));
    expect(await verify(whole.records(), ...ROOTS, "--heads=odd.jsonl")).toMatchObject({ exit: 1 });
    writeFileSync(line.path("spoilt.txt"), `${whole.file.join("\n")}\ntorn\n`);
    expect(await verify(whole.records(), ...ROOTS, "--heads=spoilt.txt")).toMatchObject({ exit: 1 });
  });

  it.each([
    ["a line that is no JSON", "{"],
    ["a line that is nothing", ""],
    ["a record of a kind that nobody knows", JSON.stringify({ note: "trust me" })],
    ["a head with a member more", JSON.stringify({ head: "", kept: [], sha256: "" })],
    ["a head kept where nobody keeps one", JSON.stringify({ head: "", kept: ["cloud"] })],
    ["a list", "[]"],
  ])("never passes over %s, and names the line", async (_, text) => {
    const records = (await writeLog()).records();
    const found = await verify(`${lines(records.slice(0, 1))}${text}\n${lines(records.slice(1))}`, ...ROOTS);
    expect(found).toMatchObject({ exit: 1, error: { details: { findings: [{ problem: "RECORD", line: 2 }] } } });
    const inEntries = await verify(`${lines(records.slice(0, -1))}${text}\n${lines(records.slice(-1))}`, ...ROOTS);
    expect(inEntries.exit).toBe(1);
    expect(inEntries.error.details.findings[0].line).toBe(records.length);
  });

  it("shows what strangers wrote into a log as text, never as commands to the terminal", async () => {
    const log = await writeLog();
    await log.append("document.publish", {
      platform: { epoch: 1, revision: 9 },
      programs: [{ appId: "\u001b[2Jcom.example\u202e", epoch: 1, revision: 1, sha256: "0".repeat(64) }],
    });
    await log.signHead();
    writeFileSync(line.path("audit.jsonl"), lines(log.records()));
    const { code, stderr } = await line.run(["audit", "verify", "audit.jsonl", ...ROOTS]);
    expect(code).toBe(1);
    expect(stderr).toContain("DOCUMENT_MISSING");
    for (const acting of ["\u001b", "\u202e"]) expect(stderr).not.toContain(acting);
  });

  it.each([
    [["--threshold=3", ...ROOTS]],
    [["--threshold=0", ...ROOTS]],
    [["--root=short"]],
    [["--threshold=1"]],
    [["--heads=day.txt"]],
    [["--chain-only", ...ROOTS]],
    [["--head=12"]],
    [["--heads=nowhere.txt", ...ROOTS]],
  ])("refuses the wrong call %j before it reads anything", async (argv) => {
    const found = await verify([], ...argv);
    expect(found).toMatchObject({ exit: 2, error: { code: "USAGE" } });
  });

  it("sets aside what the log itself calls lost only where that is asked for", async () => {
    const log = await writeLog();
    log.entries = log.entries.slice(0, 4);
    log.documents = log.documents.slice(0, 1);
    const isLeft = (jws: string) => (headOf(jws).sequence ?? 0) <= log.end;
    log.table = log.table.filter(isLeft);
    log.journal = log.journal.filter(isLeft);
    await log.append("store.restore");
    await log.append("continuity.resume", { floor: { epoch: 1, revision: 2 } });
    await log.publish([]);
    expect(await verify(log.records(), ...ROOTS)).toMatchObject({ exit: 1, error: { code: "REWRITTEN" } });
    const admitted = await verify(log.records(), ...ROOTS, "--admit-loss");
    expect(admitted).toMatchObject({ exit: 0, isWhole: true, lost: 2, vouchedSequence: log.end });
  });
});
