import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { expect, test } from "@playwright/test";
import type { ChangeSetView } from "@/lib/contracts/change-sets";
import type { DenialList } from "@/lib/contracts/programs";
import type { PublisherView } from "@/lib/contracts/publishers";
import { missingLayers } from "@/native/host/confinement/confinement-layers";
import { probeConfinement } from "@/native/host/confinement/probe-confinement";
import type { ConsoleSession } from "../../scripts/client/console-session";
import { type GuideBlock, guideBlocks, isShown } from "../../scripts/docs/guide-blocks";
import { type RunningCommand, runCommand } from "../fixtures/running-command";
import { type RunningServer, startServer } from "../fixtures/running-server";

/** The guide from a denial to a grant, acted out: its commands as typed, its people by the doors that their pages use. */
const APP = "com.example.notes";
const GUIDE = "docs/guides/first-grant.md";

let folder: string;
let server: RunningServer;
let people: Record<"admin" | "operator" | "security", ConsoleSession>;
const running: RunningCommand[] = [];

test.beforeAll(async () => {
  test.setTimeout(120_000);
  folder = mkdtempSync(join(tmpdir(), "bulkhead-grant-"));
  const env = { ...process.env, BULKHEAD_PLATFORM_ID: "harbor", BULKHEAD_PLATFORM_NAME: "Harbor" };
  server = await startServer({ dataDir: join(folder, "console"), port: 0, env });
  people = {
    admin: await server.session("admin"),
    operator: await server.session("operator"),
    security: await server.session("security"),
  };
});

test.afterAll(async () => {
  for (const command of running) await command.stop();
  await server?.child.stop();
  rmSync(folder, { recursive: true, force: true });
});

/** Proposed by one, approved by security, published by who proposed. */
async function decideTogether(proposer: ConsoleSession): Promise<void> {
  const { draft } = await proposer.get<{ draft: ChangeSetView }>("change-sets/draft");
  await proposer.post(`change-sets/${draft.id}/propose`, { reason: "By the guide." });
  await people.security.post(`change-sets/${draft.id}/approve`, { reason: "Checked." });
  await proposer.post(`change-sets/${draft.id}/publish`, {});
}

const isFile = (block: GuideBlock) => block.kind === "file";
const blocksOf = (file: string) => guideBlocks(readFileSync(file, "utf8"));

function write(block: GuideBlock): void {
  if (block.kind !== "file") return;
  const path = join(folder, block.name);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, block.text);
}

test("a program is handed in, runs, is refused, and is granted what it asks for while it runs", async () => {
  test.setTimeout(240_000);
  const { layers } = await probeConfinement();
  const degraded = missingLayers(layers, []).flatMap((name) => ["--allow-degraded", name]);
  const env = { ...process.env, BULKHEAD_TOKEN: "" };
  const type = (words: readonly string[]): RunningCommand => {
    const typed = words.map((word) => word.replace("http://localhost:4180", server.url));
    const more = typed[2] === "run" ? degraded : [];
    const command = runCommand([...typed.slice(2), ...more], { cwd: folder, env });
    running.push(command);
    return command;
  };
  /** One command to its end, and what people see of it. */
  const act = async (words: readonly string[], answer: string): Promise<void> => {
    expect(words.slice(0, 2)).toEqual(["npx", "bulkhead"]);
    const text = await type(words).ended;
    expect([words.join(" "), isShown(text, answer) ? "as shown" : text]).toEqual([words.join(" "), "as shown"]);
  };

  // As the demo has it: one device alone, which is heard of within seconds.
  await people.operator.post("change-sets/narrow", {
    changes: [{ member: "platform/telemetry", after: { intervalSeconds: 5, sampling: 100 } }],
    reason: "The guide's one device reports every 5 s.",
  });
  // What the first guide left: its manifest, and a key.
  for (const block of blocksOf("docs/guides/first-program.md").filter(isFile)) write(block);
  await type(["npx", "bulkhead", "keygen"]).ended;

  const parts = readFileSync(GUIDE, "utf8").split(/^## /m).slice(1);
  const [asks = "", letsIn = "", runs = "", granted = ""] = parts;
  expect(parts.length).toBe(4);
  for (const block of guideBlocks(asks)) {
    write(block);
    if (block.kind === "commands") for (const { words, answer } of block.commands) await act(words, answer);
  }

  const { admin, operator } = people;
  const publisher = await operator.post<PublisherView>("publishers", { name: "Notes & Co" });
  await operator.post("programs", { appId: APP, name: "Notes", publisherId: publisher.id });
  const publicKeyPem = readFileSync(join(folder, "publisher.pub.pem"), "utf8");
  await admin.post(`publishers/${publisher.id}/keys`, { publicKeyPem });
  await decideTogether(admin);
  env.BULKHEAD_TOKEN = (await admin.post<{ token: string }>(`publishers/${publisher.id}/tokens`, {})).token;
  let submissionId = "";
  for (const block of guideBlocks(letsIn)) {
    if (block.kind !== "commands") continue;
    for (const { words, answer } of block.commands) await act(words, answer);
    submissionId = /sub_\w+/.exec((await running.at(-1)?.ended) ?? "")?.[0] ?? "";
  }

  await operator.post(`submissions/${submissionId}/approve`, { reason: "By the guide." });
  const { file } = await operator.post<{ file: unknown }>("enrolments", { deviceName: "Guide", labels: {} });
  writeFileSync(join(folder, "enrolment.json"), JSON.stringify(file), { mode: 0o600 });
  const [enrol, run] = guideBlocks(runs).flatMap((block) => (block.kind === "commands" ? block.commands : []));
  if (enrol === undefined || run === undefined) throw new Error(`${GUIDE} enrols and runs no more`);
  await act(enrol.words, enrol.answer);
  const program = type(run.words);
  await program.until((line) => isShown(line, run.answer));

  await expect
    .poll(async () => (await operator.get<DenialList>(`programs/${APP}/denials?range=1h`)).items[0]?.code)
    .toBe("HOST_NOT_ALLOWED");
  const rule = { host: "api.notes.example", ports: [443], purposes: ["request"] };
  await operator.post("change-sets/edit", { changes: [{ member: `program:${APP}/host:new`, after: rule }] });
  await decideTogether(operator);
  const passed = /^```console\n(.*)\n```$/m.exec(granted)?.[1] ?? "";
  await program.until((line) => isShown(line, passed));
});
