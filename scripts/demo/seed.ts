import { createHash, createPrivateKey, sign } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { ChangeSetView } from "@/lib/contracts/change-sets";
import type { ProgramList } from "@/lib/contracts/programs";
import type { PublisherList, PublisherView } from "@/lib/contracts/publishers";
import { packBundle } from "@/native/core/bundle/pack-bundle";
import { ConsoleRefusal, type ConsoleSession } from "../client/console-session";
import { publisherKey } from "./publisher-key";
import { SAMPLES, type Sample } from "./samples";

export type SeedSessions = { admin: ConsoleSession; operator: ConsoleSession; security: ConsoleSession };

/**
 * Brings the samples in through the same doors as any other program: publishers are registered, their keys proposed
 * and approved, bundles signed and submitted, versions approved, hosts and limits decided by two people. Keys and tokens
 * are the admin's, who approves nothing, so that the others can. What is there already is left as it is.
 */
export async function seedSamples(options: {
  root: string;
  dataDir: string;
  baseUrl: string;
  sessions: SeedSessions;
  say(text: string): void;
}): Promise<void> {
  const { sessions, say } = options;
  const { items } = await sessions.operator.get<ProgramList>("programs");
  if (!SAMPLES.some(({ appId }) => items.some((program) => program.appId === appId)))
    await reportOften(sessions.operator);
  for (const sample of SAMPLES) {
    if (items.some(({ appId, liveVersion }) => appId === sample.appId && liveVersion !== null)) continue;
    say(`Sample program: ${sample.name}`);
    await bringIn(sample, options);
  }
}

/** One device alone: what it does is seen within seconds, whether or not somebody looks. */
async function reportOften(operator: ConsoleSession): Promise<void> {
  await unlessDone(
    operator.post("change-sets/narrow", {
      changes: [{ member: "platform/telemetry", after: { intervalSeconds: 5, sampling: 100 } }],
      reason: "The demo's one device reports every 5 s.",
    }),
  );
}

/** What a start that was ended half-way did already is left as it is; null then. */
async function unlessDone<T>(step: Promise<T>): Promise<T | null> {
  try {
    return await step;
  } catch (error) {
    if (error instanceof ConsoleRefusal && error.code === "conflict") return null;
    throw error;
  }
}

async function publisherOf(name: string, operator: ConsoleSession): Promise<PublisherView> {
  const made = await unlessDone(operator.post<PublisherView>("publishers", { name }));
  if (made !== null) return made;
  const { items } = await operator.get<PublisherList>(`publishers?q=${encodeURIComponent(name)}`);
  const found = items.find((publisher) => publisher.name === name);
  if (found === undefined) throw new Error(`a publisher is called ${name}, and is not found`);
  return found;
}

/** One of them: with a listed version, and what it is granted at first. */
export async function bringIn(
  sample: Sample,
  { root, dataDir, baseUrl, sessions }: { root: string; dataDir: string; baseUrl: string; sessions: SeedSessions },
): Promise<void> {
  const { admin, operator, security } = sessions;
  const publisher = await publisherOf(sample.publisher, operator);
  const key = publisherKey(join(dataDir, "publishers"), publisher.id);
  await unlessDone(admin.post(`publishers/${publisher.id}/keys`, { publicKeyPem: key.publicKeyPem }));
  await decideTogether(admin, security, `The signing key of ${sample.publisher}, read out by telephone.`);
  await unlessDone(operator.post("programs", { appId: sample.appId, name: sample.name, publisherId: publisher.id }));
  const { token } = await admin.post<{ token: string }>(`publishers/${publisher.id}/tokens`, {});
  const submissionId = await submit(baseUrl, token, readBundle(join(root, sample.folder)), key.privateKeyPem);
  // Its version is there and not live: somebody decided so, or is to decide.
  if (submissionId === null) return;
  await operator.post(`submissions/${submissionId}/approve`, { reason: "Reviewed for the demo." });
  const changes = [
    ...sample.hosts.map((rule) => ({ member: `program:${sample.appId}/host:new`, after: rule })),
    ...Object.entries(sample.limits).map(([name, limit]) => ({
      member: `program:${sample.appId}/limit:${name}`,
      after: limit,
    })),
  ];
  await operator.post("change-sets/edit", { changes });
  await decideTogether(operator, security, `First access of ${sample.name}.`);
}

/** Somebody's draft: proposed, approved by security, published. */
async function decideTogether(proposer: ConsoleSession, security: ConsoleSession, reason: string): Promise<void> {
  const { draft } = await proposer.get<{ draft: ChangeSetView | null }>("change-sets/draft");
  // Published by a start that was ended after it.
  if (draft === null) return;
  await proposer.post(`change-sets/${draft.id}/propose`, { reason });
  await security.post(`change-sets/${draft.id}/approve`, { reason: "Checked." });
  await proposer.post(`change-sets/${draft.id}/publish`, {});
}

function readBundle(folder: string): Uint8Array {
  const files = new Map(readdirSync(folder).map((name) => [name, new Uint8Array(readFileSync(join(folder, name)))]));
  const packed = packBundle(files);
  if (!packed.ok) throw new Error(`${folder} cannot be packed: ${packed.reason}`);
  return packed.bytes;
}

async function submit(
  baseUrl: string,
  token: string,
  bundle: Uint8Array,
  privateKeyPem: string,
): Promise<string | null> {
  const signature = sign("sha256", bundle, createPrivateKey(privateKeyPem));
  const response = await fetch(`${baseUrl}/api/publisher/v1/submissions`, {
    method: "POST",
    headers: {
      authorization: `Bearer ${token}`,
      "content-type": "application/miniapp-pkg+zip",
      "bulkhead-signature": signature.toString("base64url"),
    },
    body: bundle as Uint8Array<ArrayBuffer>,
  });
  if (response.status === 409) return null;
  if (!response.ok) {
    const digest = createHash("sha256").update(bundle).digest("hex");
    throw new ConsoleRefusal(response.status, "submission", `${digest}: ${await response.text()}`);
  }
  return ((await response.json()) as { submissionId: string }).submissionId;
}
