import { createPrivateKey, sign } from "node:crypto";
import type { ChangeInput } from "@/lib/contracts/change-sets";
import { approveChangeSet } from "@/lib/services/change-sets/approve-change-set";
import { proposeAtOnce } from "@/lib/services/change-sets/propose-at-once";
import { proposeChangeSet } from "@/lib/services/change-sets/propose-change-set";
import { publishChangeSet } from "@/lib/services/change-sets/publish-change-set";
import { createPublisher } from "@/lib/services/publishers/create-publisher";
import { proposeKey } from "@/lib/services/publishers/propose-key";
import { createPublisherToken, readPublisherToken } from "@/lib/services/publishers/publisher-tokens";
import { approveSubmission } from "@/lib/services/submissions/approve-submission";
import { submitBundle } from "@/lib/services/submissions/submit-bundle";
import { packBundle } from "@/native/core/bundle/pack-bundle";
import { publisherKey } from "../publisher-key";
import type { PastProgram, Release } from "./cast";
import type { Past, PersonActor } from "./open-past";

export type PastPublisher = { id: string; name: string; token: string; privateKeyPem: string };

/** Registers a publisher, with a key that two people put in and a token for its tools. */
export async function bringPublisher({ context, person }: Past, name: string, keysDir: string): Promise<PastPublisher> {
  const { id } = await createPublisher(context, person("Mara"), { name });
  const { publicKeyPem, privateKeyPem } = publisherKey(keysDir, id);
  const { draft } = await proposeKey(context, person("Ravi"), { publisherId: id, publicKeyPem });
  if (draft === null) throw new Error("the key is new");
  await proposeChangeSet(context, person("Ravi"), draft.id, {
    reason: `The signing key of ${name}, read out by telephone.`,
  });
  await approveChangeSet(context, person("Ines"), draft.id, { reason: "Heard and compared." });
  await publishChangeSet(context, person("Ravi"), draft.id);
  const { token } = await createPublisherToken(context, person("Ravi"), { publisherId: id });
  return { id, name, token, privateKeyPem };
}

/** Proposes, and waits; answers with the change set's id. */
export async function propose(
  { context }: Past,
  who: PersonActor,
  reason: string,
  changes: readonly ChangeInput[],
): Promise<string> {
  return (await proposeAtOnce(context, who, { changes, reason })).id;
}

/** Approves what waits, and publishes it in the name of whoever proposed it. */
export async function settle(
  { context }: Past,
  id: string,
  by: { approver: PersonActor; publisher: PersonActor; reason: string },
): Promise<void> {
  await approveChangeSet(context, by.approver, id, { reason: by.reason });
  await publishChangeSet(context, by.publisher, id);
}

/** Hands a release in, as its publisher's tools do; answers with the submission's id. */
export async function submitRelease(
  { context }: Past,
  publisher: PastPublisher,
  program: PastProgram,
  release: Release,
): Promise<string> {
  const actor = await readPublisherToken(context, publisher.token);
  if (actor === null) throw new Error("the token was just made");
  const bytes = packRelease(program, release);
  const content = (async function* () {
    yield bytes;
  })();
  const signatureDer = sign("sha256", bytes, createPrivateKey(publisher.privateKeyPem));
  return (await submitBundle(context, actor, { content, signatureDer })).submissionId;
}

export async function listRelease(past: Past, submissionId: string, reason: string): Promise<void> {
  await approveSubmission(past.context, past.person("Teo"), submissionId, { reason });
}

function packRelease({ appId, name }: PastProgram, release: Release): Uint8Array {
  const manifest = {
    ...{ app_id: appId, name, icons: [], pages: [], platform_version: { min_code: 1 } },
    version: { code: release.code, name: release.name },
    req_permissions: release.permissions,
    bulkhead_engine: "script",
    bulkhead_network: release.network.map(({ host, reason, purposes = ["request"] }) => ({
      host,
      ports: [443],
      purposes,
      reason,
    })),
    bulkhead_optional: { capabilities: [], hosts: release.optionalHosts ?? [] },
  };
  const calls = release.habits.map(({ api, url }) => `// ${api}${url === undefined ? "" : ` ${url}`}`);
  const code = `${calls.join("\n")}\nconsole.log(${JSON.stringify(`${name} ${release.name}`)});\n`;
  const text = (value: string) => new TextEncoder().encode(value);
  const packed = packBundle(
    new Map([
      ["manifest.json", text(JSON.stringify(manifest, null, 2))],
      ["app.js", text(code)],
    ]),
  );
  if (!packed.ok) throw new Error(`${appId} cannot be packed: ${JSON.stringify(packed.reason)}`);
  return packed.bytes;
}
