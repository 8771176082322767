import { NOW, platformClaims, programClaims } from "../cases/policy-claims";
import { craftCompact, craftGeneral } from "../craft/craft-documents";
import { type TestKey, testKey } from "../craft/test-keys";
import { type Document, Script, type Server } from "./script";

type Members = Record<string, unknown>;
type StoredTrust = { keyset: Members; platform: { good: Members }; refusals: string[] };

export const APP = "com.example.notes";
export const OTHER = "com.example.other";
export const DAY = 86_400;
const named = (keys: readonly TestKey[]) => keys.map(({ name, jwk }) => ({ kid: name, jwk }));

/** Keys, documents of a small platform, and devices that are enrolled there. */
export async function createKit() {
  const [a, b, c, policy, rotated, stranger] = (await Promise.all(
    ["root-a", "root-b", "root-c", "policy-1", "policy-2", "stranger"].map(testKey),
  )) as [TestKey, TestKey, TestKey, TestKey, TestKey, TestKey];

  const keysetClaims = (revision: number, changes: Members = {}): Members => ({
    ...{ schema: 1, platform: "super.test", epoch: 3, revision, iat: NOW - DAY, exp: NOW + 100 * DAY },
    ...{ environment: "production", keys: named([policy]), rootKeys: named([a, b, c]), threshold: 2, ...changes },
  });
  const keyset = (revision: number, changes: Members = {}, signers: readonly TestKey[] = [a, b]) =>
    craftGeneral(
      keysetClaims(revision, changes),
      signers.map((key) => ({ key })),
    );
  const platform = (revision: number, changes: Members = {}, key = policy): Document => ({
    jws: craftCompact("bulkhead-platform", { key, payload: platformClaims({ revision, ...changes }) }),
    etag: `"platform-${revision}"`,
  });
  const grants = { "clipboard.read": { consent: "none" }, "storage.local": { consent: "none" } };
  const versions = [{ ...(programClaims().versions as Members[])[0], code: 12, declares: Object.keys(grants) }];
  const hosts = [{ host: "api.example.com", ports: [443], purposes: ["request"] }];
  const program = (revision: number, changes: Members = {}, key = policy): Document => ({
    jws: craftCompact("bulkhead-program", {
      key,
      payload: programClaims({ revision, grants, versions, hosts, ...changes }),
    }),
    etag: `"program-${revision}"`,
  });

  const enrolment = {
    platform: "super.test",
    rootThumbprints: [a.thumbprint, b.thumbprint, c.thumbprint],
    threshold: 2,
  };
  /** A device that was never here, before its first start. */
  const fresh = (changes: Members = {}) => {
    const script = new Script(NOW, { ...enrolment, ...changes });
    script.server = { keysets: { 1: keyset(1) }, platform: platform(40), programs: { [APP]: program(21) }, silent: [] };
    script.open();
    return script;
  };
  /** A device at rest: keyset 1, platform document 40 and program document 21 in force. */
  const synced = () => {
    const script = fresh();
    script.start([APP]);
    script.settle();
    return script;
  };
  /** A device that begins with what another had stored, changed by hand; `changes` are of the server. */
  const reopened = (change: (trust: StoredTrust) => void, changes: Partial<Server> = {}) => {
    const before = fresh();
    Object.assign(before.server, changes);
    before.start([APP]);
    before.settle();
    const trust = structuredClone(before.state().trust) as StoredTrust;
    change(trust);
    const script = new Script(NOW, enrolment);
    script.server = before.server;
    script.open({ state: { trust } });
    script.start([APP]);
    return script;
  };
  return {
    keys: { a, b, c, policy, rotated, stranger },
    named,
    keyset,
    platform,
    program,
    grants,
    hosts,
    fresh,
    synced,
    reopened,
  };
}

export type Kit = Awaited<ReturnType<typeof createKit>>;

/** The server has this platform document now, and says so. */
export function offer(script: Script, document: Document, position: { epoch?: number; revision: number }): void {
  script.server.platform = document;
  const { epoch = 3, revision } = position;
  script.step("stream", { revision: { document: "platform", epoch, revision } });
}

export function offerProgram(script: Script, document: Document, revision: number): void {
  script.server.programs[APP] = document;
  script.step("stream", { revision: { document: "program", appId: APP, epoch: 3, revision } });
}

/** Asks for a call of the public capability and of the restricted one. */
export function askBoth(script: Script): void {
  ask(script, "storage.local.keys");
  ask(script, "clipboard.read");
}

export function ask(script: Script, api: string): void {
  script.step("ask", { appId: APP, versionCode: 12, api, params: {} });
}

export function askHost(script: Script, host: string): void {
  script.step("ask", { appId: APP, versionCode: 12, url: `https://${host}/`, purpose: "request" });
}

/** Starts again from what the disk has, with or without a write that it never answered. */
export function restart(script: Script, more: Members = {}): void {
  script.open({ restart: true, ...more });
  script.mono = 1000;
  script.start([APP], { seed: "f".repeat(32) });
}
