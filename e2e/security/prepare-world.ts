import { sign } from "node:crypto";
import { expect } from "@playwright/test";
import type { ChangeSetView } from "@/lib/contracts/change-sets";
import type { DeviceList } from "@/lib/contracts/devices";
import type { PublisherView } from "@/lib/contracts/publishers";
import { buildBatch, buildBlocked } from "@/lib/sync/testing/batch-builder";
import { packBundle } from "@/native/core/bundle/pack-bundle";
import { makeKeyPair } from "@/native/node/make-key-pair";
import type { ConsoleSession } from "../../scripts/client/console-session";
import { sendRaw } from "../fixtures/raw-request";
import type { TestActors } from "./actors";

const reason = { reason: "Asked by a test." };

/** One thing of each kind that a page is about, in the states in which somebody could do something with it. */
export type World = {
  appId: string;
  suspendedAppId: string;
  publisherId: string;
  deviceId: string;
  denialId: string;
  personId: string;
  /** Of the operator: waiting, and a draft. Of security: waiting. */
  proposals: { operator: string; security: string };
  draftId: string;
};

export async function prepareWorld(baseUrl: string, { sessions, actors, publisherId }: TestActors): Promise<World> {
  const { admin, operator, security } = sessions;
  const [appId, suspendedAppId] = ["com.example.pages", "com.example.stopped"];
  await operator.post("programs", { appId, name: "Pages", publisherId });
  await operator.post("programs", { appId: suspendedAppId, name: "Stopped", publisherId });
  await narrow(operator, `program:${suspendedAppId}/status`, "suspended");
  await submitVersion(baseUrl, { operator, security, tool: headersOf(actors, "publisher"), publisherId, appId });
  const { items } = await operator.get<DeviceList>("devices");
  const { personId } = await sessions.auditor.get<{ personId: string }>("session");
  const grant = { consent: "ask" };
  return {
    appId,
    suspendedAppId,
    publisherId,
    deviceId: items[0]?.id ?? "",
    denialId: await tellDenial(baseUrl, headersOf(actors, "device"), operator, appId),
    personId,
    proposals: {
      operator: await propose(operator, { [`program:${appId}/grant:nfc.read`]: grant }),
      security: await propose(security, { [`program:${appId}/grant:contacts.read`]: grant }),
    },
    draftId: (await draft(admin, { [`program:${suspendedAppId}/status`]: "active" })).id,
  };
}

function headersOf(actors: TestActors["actors"], speaksFor: "device" | "publisher"): Record<string, string> {
  const actor = actors.find((candidate) => candidate.speaksFor === speaksFor);
  if (actor === undefined) throw new Error(`no ${speaksFor} was prepared`);
  return actor.headers;
}

async function narrow(by: ConsoleSession, member: string, after: unknown): Promise<void> {
  await by.post("change-sets/narrow", { changes: [{ member, after }], ...reason });
}

async function draft(by: ConsoleSession, changes: Record<string, unknown>): Promise<ChangeSetView> {
  const { draft: made } = await by.post<{ draft: ChangeSetView }>("change-sets/edit", {
    changes: Object.entries(changes).map(([member, after]) => ({ member, after })),
  });
  return made;
}

async function propose(by: ConsoleSession, changes: Record<string, unknown>): Promise<string> {
  const { id } = await draft(by, changes);
  await by.post(`change-sets/${id}/propose`, reason);
  return id;
}

type Submission = {
  operator: ConsoleSession;
  security: ConsoleSession;
  tool: Record<string, string>;
  publisherId: string;
  appId: string;
};

/** A version that waits, signed by a key that two people let in. */
async function submitVersion(baseUrl: string, submission: Submission): Promise<void> {
  const { operator, security, tool, publisherId, appId } = submission;
  const { publicKey, privateKey } = makeKeyPair();
  const publicKeyPem = publicKey.export({ type: "spki", format: "pem" }).toString();
  const { draft: set } = await operator.post<{ draft: ChangeSetView }>(`publishers/${publisherId}/keys`, {
    publicKeyPem,
  });
  await operator.post(`change-sets/${set.id}/propose`, reason);
  await security.post(`change-sets/${set.id}/approve`, reason);
  await operator.post(`change-sets/${set.id}/publish`, {});
  const { keys } = await operator.get<PublisherView>(`publishers/${publisherId}`);
  expect(keys).toMatchObject([{ status: "active" }]);
  const text = (value: string) => new TextEncoder().encode(value);
  const manifest = {
    ...{ app_id: appId, name: "Pages", icons: [], pages: [], platform_version: { min_code: 1 } },
    ...{ version: { code: 1, name: "1.0" }, req_permissions: [], bulkhead_engine: "script" },
  };
  const packed = packBundle(
    new Map([
      ["manifest.json", text(JSON.stringify(manifest))],
      ["app.js", text("console.log(1);")],
    ]),
  );
  if (!packed.ok) throw new Error("the test bundle cannot be packed");
  const answer = await sendRaw(baseUrl, {
    method: "POST",
    path: "/api/publisher/v1/submissions",
    headers: {
      ...tool,
      "content-type": "application/miniapp-pkg+zip",
      "bulkhead-signature": sign("sha256", packed.bytes, privateKey).toString("base64url"),
    },
    body: packed.bytes,
  });
  if (answer.status >= 300) throw new Error(`the version was answered with ${answer.status}: ${answer.text}`);
}

/** A denial that a device told, once the console knows it. */
async function tellDenial(
  baseUrl: string,
  device: Record<string, string>,
  operator: ConsoleSession,
  appId: string,
): Promise<string> {
  const now = Math.floor(Date.now() / 1000);
  const event = buildBlocked(now, { appId });
  const answer = await sendRaw(baseUrl, {
    method: "POST",
    path: "/api/runtime/v1/telemetry",
    headers: { ...device, "content-type": "application/json" },
    body: JSON.stringify(buildBatch(now, { events: [event] })),
  });
  if (answer.status >= 300) throw new Error(`the batch was answered with ${answer.status}: ${answer.text}`);
  const denialId = String(event.denialId);
  await expect
    .poll(async () => (await operator.get<{ items: unknown[] }>(`programs/${appId}/denials?range=1h`)).items.length)
    .toBeGreaterThan(0);
  return denialId;
}
