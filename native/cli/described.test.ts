import { execFileSync, spawnSync } from "node:child_process";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { afterAll, describe, expect, it } from "vitest";
import { errorPages, pagesOf } from "../core/errors/error-pages";
import { HOST_ERROR_CODES } from "../host/api/host-error";
import { COMMAND_REFUSALS } from "../host/commands";
import { platformClaims, programClaims } from "../vectors/cases/policy-claims";
import { commands } from "./commands";
import { completionFor, SHELLS } from "./completion";
import { manPages } from "./man-page";
import { createCommandLine } from "./testing/run-command-line";

const submission = {
  ...{
    submissionId: "sub_1",
    appId: "com.example.notes",
    versionCode: 1,
    versionName: "1.0.0",
    sha256: "0".repeat(64),
  },
  ...{ state: "submitted", submittedAt: "2026-01-01T00:00:00Z", listedAt: null, comment: null },
};
const line = createCommandLine({
  env: { BULKHEAD_SERVER: "https://console.test", BULKHEAD_TOKEN: "t" },
  fetch: async () => Response.json(submission),
});
afterAll(() => line.remove());

/** Calls that succeed, in their order: each command that answers in one object. */
const CALLS: readonly (readonly string[])[] = [
  ["init", "notes"],
  ["keygen"],
  ["lint", "notes"],
  ["pack", "notes", "--out", "notes.ma"],
  ["sign", "notes.ma", "--key", "publisher.key.pem"],
  ["verify", "notes.ma", "--key", "publisher.pub.pem"],
  ["submit", "notes.ma"],
  ["status", "sub_1"],
  ["withdraw", "sub_1"],
  ...[
    ["--api", "root.shell"],
    ["--url", "https://a.example/", "--purpose", "request"],
  ].map((asked) => [
    ...["decide", "--program", "program.json", "--platform", "platform.json", "--version-code", "1", ...asked],
  ]),
  ["audit", "verify", "empty.jsonl", "--chain-only"],
  ["explain", "HOST_NOT_ALLOWED"],
  ["completion", "bash"],
];
/** One enrols with a platform, one answers what the machine is like: their own tests have that. */
const ELSEWHERE = ["enroll", "doctor"];

describe("the table of commands", () => {
  it("describes each member of each answer in JSON, and no other", async () => {
    writeFileSync(line.path("program.json"), JSON.stringify(programClaims()));
    writeFileSync(line.path("platform.json"), JSON.stringify(platformClaims()));
    writeFileSync(line.path("empty.jsonl"), "");
    const seen = new Map<string, Set<string>[]>();
    for (const call of CALLS) {
      const { code, stdout, stderr } = await line.run([...call, "--json"]);
      expect([call, code, stderr]).toEqual([call, 0, ""]);
      const command = commands.find(({ name }) => call.join(" ").startsWith(name));
      const name = command?.name ?? "";
      seen.set(name, [...(seen.get(name) ?? []), new Set(Object.keys(JSON.parse(stdout)))]);
    }
    for (const { name, json } of commands) {
      if (json === null || ELSEWHERE.includes(name)) continue;
      const answers = seen.get(name) ?? [];
      expect([name, answers.length > 0]).toEqual([name, true]);
      const described = Object.keys(json);
      for (const members of answers) {
        const needed = described.filter((member) => !member.endsWith("?"));
        expect([name, needed.filter((member) => !members.has(member))]).toEqual([name, []]);
        const known = described.map((member) => member.replace("?", ""));
        expect([name, [...members].filter((member) => !known.includes(member))]).toEqual([name, []]);
      }
    }
  });

  it("says the step after each success, and nothing of it in JSON", async () => {
    for (const call of CALLS.filter(([name]) => !["init", "keygen"].includes(name ?? ""))) {
      const { stderr } = await line.run(call);
      expect([call, stderr]).toEqual([call, expect.stringMatching(/^next: \S/)]);
    }
  });

  it.each(SHELLS)("teaches %s each command and each option", (shell) => {
    const script = completionFor(shell, commands);
    for (const { name, options } of commands) {
      for (const word of [...name.split(" "), ...Object.keys(options)]) expect(script).toContain(word);
    }
  });

  it.each([
    ["init", ["init"]],
    ["audit ", ["verify"]],
    ["keygen --o", ["--out"]],
    ["decide --purpose u", ["upload"]],
    ["run --allow-degraded net", ["netns"]],
    ["explain HOST_NOT_A", ["HOST_NOT_ALLOWED"]],
    ["completion f", ["fish"]],
  ])("completes %j in bash", (typed, wanted) => {
    const words = ["bulkhead", ...typed.split(" ")];
    const quoted = words.map((word) => `'${word}'`).join(" ");
    const ask = `COMP_WORDS=(${quoted}); COMP_CWORD=${words.length - 1}; _bulkhead; printf '%s\\n' "\${COMPREPLY[@]}"`;
    const script = completionFor("bash", commands).replace(/^complete .*$/m, "");
    expect(
      execFileSync("bash", ["-c", `${script}\n${ask}`], { encoding: "utf8" })
        .trim()
        .split("\n"),
    ).toEqual(wanted);
  });

  const thereIs = (shell: string) => spawnSync(shell, ["-c", "exit 0"]).status === 0;
  const answerOf = (shell: string, option: string, text: string) =>
    execFileSync(shell, [option, "-c", text], { encoding: "utf8" });

  it.runIf(thereIs("fish")).each([
    ["bulkhead expl", "explain"],
    ["bulkhead audit ", "verify"],
    ["bulkhead keygen --o", "--out"],
    ["bulkhead run --allow-degraded net", "netns"],
    ["bulkhead explain HOST_NOT_A", "HOST_NOT_ALLOWED"],
  ])("completes %j in fish", (typed, wanted) => {
    writeFileSync(line.path("bulkhead.fish"), completionFor("fish", commands));
    const ask = `source ${line.path("bulkhead.fish")}; complete -C '${typed}'`;
    const offered = answerOf("fish", "--no-config", ask);
    expect(
      offered
        .trim()
        .split("\n")
        .map((text) => text.split("\t")[0]),
    ).toEqual([wanted]);
  });

  it.runIf(thereIs("zsh"))("is read by zsh", () => {
    writeFileSync(line.path("_bulkhead"), completionFor("zsh", commands));
    const ask = `autoload -U compinit; compinit -u -D; source ${line.path("_bulkhead")}; print $_comps[bulkhead]`;
    expect(answerOf("zsh", "-f", ask)).toBe("_bulkhead\n");
  });

  it("makes a manual page of each command, with all of its options", () => {
    const pages = manPages(commands);
    expect(pages.size).toBe(commands.length + 1);
    for (const { name, options, examples } of commands) {
      const page = pages.get(`bulkhead-${name.replace(" ", "-")}.1`)?.replaceAll("\\-", "-") ?? "";
      for (const text of [...Object.keys(options), ...examples.map(({ does }) => does)]) expect(page).toContain(text);
    }
  });
});

describe("an end that is no success", () => {
  const sources = readdirSync("native/cli", { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".ts") && !file.endsWith(".test.ts"))
    .map((file) => readFileSync(`native/cli/${file}`, "utf8"));

  it("has a code that its page explains, wherever it is made", () => {
    const codes = new Set(
      sources.flatMap((text) => [...text.matchAll(/failure\(\s*"(\w+)"/g)].map(([, code]) => code ?? "")),
    );
    expect(codes.size).toBeGreaterThan(10);
    expect([...codes].filter((code) => pagesOf(code).length === 0)).toEqual([]);
    const said = sources.join("\n");
    const own = errorPages().filter(({ list }) => list === "command");
    expect(own.filter(({ code }) => !said.includes(`"${code}"`)).map(({ code }) => code)).toEqual([]);
  });

  it("has a page for each reason why a runtime does not start or do what it was asked, and no page for any other", () => {
    const pages = errorPages().filter(({ list }) => list === "runtime");
    expect(pages.map(({ code }) => code).sort()).toEqual(
      [...new Set([...COMMAND_REFUSALS, ...HOST_ERROR_CODES])].sort(),
    );
  });

  it("is explained by its code in any letter case, and a code that is none by those that are near it", async () => {
    const { stdout } = await line.run(["explain", "host_not_allowed"]);
    expect(stdout).toContain("HOST_NOT_ALLOWED, a refused call");
    expect((await line.run(["explain", "conflict"])).stdout).not.toContain("CONFLICT");
    expect((await line.run(["explain", "HOST_FORBIDDEN"])).stderr).toMatch(/UNKNOWN_CODE.*HOST_NOT_ALLOWED/);
    const all = (await line.run(["explain"])).stdout;
    for (const { code } of errorPages()) expect(all).toContain(`  ${code}`);
  });
});
