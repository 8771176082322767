import { readdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { type Actor, ROLE_PERMISSIONS } from "@/lib/domain/roles";
import { isAppError } from "@/lib/platform/errors";
import { requirePermission } from "./require-permission";

const HERE = fileURLToPath(new URL(".", import.meta.url));
type Verb = (context: unknown, actor: Actor, ...input: unknown[]) => Promise<unknown>;

/** Functions that take the context and an actor, whoever calls them. */
async function verbs(): Promise<Map<string, Verb>> {
  const found = new Map<string, Verb>();
  const files = readdirSync(HERE, { recursive: true, encoding: "utf8" });
  for (const file of files.filter((name) => /(?<!\.test)\.ts$/.test(name) && !/(^|\/)testing\//.test(name))) {
    const exported: Record<string, unknown> = await import(/* @vite-ignore */ /* of lib/services */ join(HERE, file));
    for (const [name, value] of Object.entries(exported)) {
      const takesActor = typeof value === "function" && /^(?:async )?function \w+\(\w+, actor\b/.test(value.toString());
      if (takesActor) found.set(name, value as Verb);
    }
  }
  return found;
}

class Touched extends Error {}

/** Whatever is asked of it, somebody got past the check. */
const untouchable: unknown = new Proxy(
  {},
  {
    get() {
      throw new Touched("the context was used before the permission was asked for");
    },
  },
);

const nobody: Actor = {
  kind: "person",
  personId: "per_1",
  name: "Nobody",
  email: "nobody@example.test",
  role: "developer",
  // Of no publisher, a developer sees nothing.
  publisherId: null,
  sessionId: "ses_1",
};

const BY_MEMBER = "the kind of each member says who may write it";
const PART = "a part of verbs that ask";
const OWN = "about nobody but who asks";
const PUBLISHERS = "of the publishers' door, whose actors are no people, and held to their own programs";
/** What asks for no permission, and why. */
const OTHERWISE: Readonly<Record<string, string>> = {
  editDraft: BY_MEMBER,
  narrowAtOnce: BY_MEMBER,
  proposeAtOnce: BY_MEMBER,
  readChanges: BY_MEMBER,
  writeDraft: PART,
  auditSet: PART,
  listWaitingFor: PART,
  listHalvesFor: PART,
  readWaiting: PART,
  listSuspended: PART,
  listEnding: PART,
  getSession: OWN,
  switchPerson: OWN,
  readQuota: PUBLISHERS,
  listOwnDenials: PUBLISHERS,
  getSubmission: PUBLISHERS,
  submitBundle: PUBLISHERS,
  withdrawSubmission: PUBLISHERS,
};

/** What developers may ask, held to their own publisher's programs. */
const PORTAL = [
  "getPortalPlace",
  "listPortalPrograms",
  "getPortalProgram",
  "readPortalQuota",
  "listPortalDenials",
  "getPortalDenial",
  "readPortalPublished",
];

const answerOf = (verb: Verb, actor: Actor): Promise<string> =>
  Promise.resolve()
    .then(() => verb(untouchable, actor, {}, {}, {}))
    .then(
      () => "answered",
      (error: unknown) => (isAppError(error) ? error.code : "went on"),
    );

describe("every verb", () => {
  it("refuses whoever has no permission at all before it looks at anything, but for those that say why not", async () => {
    const all = await verbs();
    const openTo = async (actor: Actor) => {
      const open: string[] = [];
      for (const [name, verb] of all) if ((await answerOf(verb, actor)) !== "forbidden") open.push(name);
      return open.sort();
    };
    expect(await openTo(nobody)).toEqual(Object.keys(OTHERWISE).sort());
    expect(ROLE_PERMISSIONS.developer).toEqual(["portal.read"]);
    expect(await openTo({ ...nobody, publisherId: "pub_1" })).toEqual([...Object.keys(OTHERWISE), ...PORTAL].sort());
    expect(all.size).toBeGreaterThan(60);
  });
});

describe("a permission", () => {
  const asks = (actor: Actor) => () => requirePermission(actor, "audit.read", "people.manage");

  it("is had by a role that has one of those that are asked for, and by the system", () => {
    expect(asks({ ...nobody, role: "auditor" })).not.toThrow();
    expect(asks({ kind: "system", name: "job" })).not.toThrow();
  });

  it.each<Actor>([
    nobody,
    { kind: "device", deviceId: "dev_1" },
    { kind: "publisher", publisherId: "pub_1", tokenId: "tok_1", personId: "per_1" },
  ])("is not had by others: $kind", (actor) => {
    expect(asks(actor)).toThrow(expect.objectContaining({ code: "forbidden" }));
  });
});
