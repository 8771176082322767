import { writeFileSync } from "node:fs";
import { afterAll, describe, expect, it } from "vitest";
import { auditEntrySha256, CHAIN_START } from "../core/audit/verify-chain";
import { nodeCrypto } from "../node/crypto";
import { platformClaims, programClaims, version } from "../vectors/cases/policy-claims";
import { createCommandLine } from "./testing/run-command-line";

const line = createCommandLine();
afterAll(() => line.remove());

describe("decide", () => {
  const hosts = [{ host: "api.example.com", ports: [443], purposes: ["request"] }];
  const program = programClaims({
    hosts,
    versions: [version(12, ["haptics.vibrate"])],
    grants: { "haptics.vibrate": { consent: "none" } },
  });
  writeFileSync(line.path("program.json"), JSON.stringify(program));
  writeFileSync(line.path("platform.json"), JSON.stringify(platformClaims()));
  const policy = ["--program", "program.json", "--platform", "platform.json", "--version-code", "12", "--json"];
  const decide = async (...argv: string[]) => {
    const { code, stdout } = await line.run(["decide", ...policy, ...argv]);
    return { exit: code, ...JSON.parse(stdout) };
  };

  it("answers a host question with code, layer and rule, a refusal too", async () => {
    expect(await decide("--url", "https://api.example.com/", "--purpose", "request")).toEqual({
      exit: 0,
      decision: "allow",
      code: "ALLOWED",
      layer: "host",
      rule: "/hosts/0",
    });
    const denied = await decide("--url", "https://evil.test/", "--purpose", "request");
    expect(denied).toMatchObject({ exit: 0, decision: "deny", code: "HOST_NOT_ALLOWED", layer: "host", rule: null });
  });

  it("explains a refusal: where, what it saw and wanted, and where to read on", async () => {
    const asked = ["--url", "https://api.example.com:8443/", "--purpose", "request"];
    expect(await decide(...asked)).toMatchObject({
      ...{ code: "PORT_NOT_ALLOWED", at: "/hosts/0", seen: 8443, wanted: [443], help: "errors/PORT_NOT_ALLOWED" },
      message: expect.stringContaining("8443"),
    });
    const { stdout } = await line.run(["decide", ...policy.slice(0, -1), ...asked]);
    for (const part of ["PORT_NOT_ALLOWED", "8443", "[443]", "/hosts/0", "bulkhead explain PORT_NOT_ALLOWED"]) {
      expect(stdout).toContain(part);
    }
  });

  it("answers an API question", async () => {
    expect(await decide("--api", "haptics.vibrate")).toMatchObject({
      decision: "allow",
      rule: "/grants/haptics.vibrate",
    });
    expect(await decide("--api", "root.shell")).toMatchObject({ decision: "deny", code: "UNKNOWN_API" });
  });
});

describe("audit verify --chain-only", () => {
  const makeLog = async (count: number) => {
    const entries: Record<string, unknown>[] = [];
    let previousSha256 = CHAIN_START;
    for (let sequence = 1; sequence <= count; sequence += 1) {
      const entry = {
        sequence,
        at: "2026-01-01T00:00:00.000Z",
        action: "grant.added",
        detail: { n: sequence },
        previousSha256,
      };
      const sha256 = await auditEntrySha256(entry, (data) => nodeCrypto.sha256(data));
      entries.push({ ...entry, sha256 });
      previousSha256 = sha256;
    }
    return entries;
  };
  const verify = async (entries: readonly unknown[], ...argv: string[]) => {
    writeFileSync(line.path("audit.jsonl"), entries.map((entry) => `${JSON.stringify(entry)}\n`).join(""));
    const { code, stdout, stderr } = await line.run([
      "audit",
      "verify",
      "audit.jsonl",
      "--chain-only",
      "--json",
      ...argv,
    ]);
    return { exit: code, ...JSON.parse(code === 0 ? stdout : stderr) };
  };

  it("finds an untouched log whole, and says where it ends", async () => {
    const log = await makeLog(5);
    const head = { sequence: 5, sha256: log[4]?.sha256 };
    expect(await verify(log)).toEqual({ exit: 0, isWhole: true, isChainOnly: true, entries: 5, head });
    expect(await verify(log, "--head", `5:${head.sha256}`)).toMatchObject({ exit: 0 });
  });

  it.each([
    [
      "changed",
      3,
      (log: Record<string, unknown>[]) => log.map((entry) => (entry.sequence === 3 ? { ...entry, detail: {} } : entry)),
    ],
    ["taken out", 3, (log: Record<string, unknown>[]) => log.filter(({ sequence }) => sequence !== 3)],
    [
      "put in twice",
      4,
      (log: Record<string, unknown>[]) => log.flatMap((entry) => (entry.sequence === 3 ? [entry, entry] : [entry])),
    ],
    [
      "exchanged for its neighbour",
      2,
      (log: Record<string, unknown>[]) => [0, 2, 1, 3, 4].map((index) => log[index] ?? {}),
    ],
  ])("names the first entry of a log in which one was %s", async (_, firstBadSequence, change) => {
    const found = await verify(change(await makeLog(5)));
    expect(found).toMatchObject({ exit: 1, error: { details: { firstBadSequence } } });
  });

  it("finds a log whose end was cut off by an end known from elsewhere", async () => {
    const log = await makeLog(5);
    const found = await verify(log.slice(0, 4), "--head", `5:${String(log[4]?.sha256)}`);
    expect(found).toMatchObject({ exit: 1, error: { code: "TRUNCATED" } });
  });
});
