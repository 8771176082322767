import { eq } from "drizzle-orm";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { people, versions } from "@/db/schema";
import { acceptLink } from "@/lib/auth/accept-link";
import { MEMBER_KINDS } from "@/lib/domain/kinds";
import { formatMember } from "@/lib/domain/member-keys";
import { appIdOf, type Member, type MemberKind, publisherIdOf } from "@/lib/domain/members";
import { memberValue } from "@/lib/domain/policy-state";
import type { Role } from "@/lib/domain/roles";
import { isSameValue } from "@/lib/domain/same-value";
import {
  type ExamplePerson,
  type ExampleWorld,
  type WideningExample,
  wideningExamples,
} from "@/lib/domain/testing/widening-examples";
import { loadState } from "@/lib/services/members/load-state";
import { submitBundle } from "@/lib/services/submissions/submit-bundle";
import { refusalOf } from "@/lib/services/testing/refusal-of";
import {
  openServiceFixture,
  type PersonActor,
  type ServiceFixture,
  type TestPublisher,
} from "@/lib/services/testing/service-fixture";
import { publicJwkFromPem, thumbprint } from "@/native/core/crypto/jwk";
import { nodeCrypto } from "@/native/node/crypto";
import { makeKeyPair } from "@/native/node/make-key-pair";
import { type Answer, type ConsoleFace, openConsoleFace } from "./testing/console-face";

/**
 * Everything that takes two people, tried by HTTP: the list is made of the kinds, so a kind without an example does not
 * compile, and what is in force is looked at after each try, never what the answer says.
 */
// Hundreds of requests a test.
vi.setConfig({ testTimeout: 180_000 });

type Example = WideningExample<MemberKind>;
type Ask = Awaited<ReturnType<ConsoleFace["session"]>>;
type Attacker = { role: Role; ask: Ask; again: Ask };

const ALONE = ["admin", "operator", "security"] as const;
const reason = "Because.";
/** Something that each of them may do alone: it stands beside what they may not. */
const BAIT = "platform/blocked-host:bait.example";

let held: ServiceFixture;
let face: ConsoleFace;
let world: ExampleWorld;
let publisher: TestPublisher;
let alone: Record<(typeof ALONE)[number], Attacker>;
let second: Attacker;
const pems = new Map<string, string>();

beforeAll(async () => {
  held = await openServiceFixture();
  face = await openConsoleFace(held.ctx);
  publisher = await held.publisher();
  const [{ appId }, { appId: otherAppId }] = [await held.program(publisher), await held.program()];
  const { submissionId } = await submitBundle(held.ctx, publisher.actor, held.bundle(publisher, { appId, code: 2 }));
  const [row] = await held.ctx.store.db.select().from(versions).where(eq(versions.submissionId, submissionId));
  if (row === undefined) throw new Error("nothing was handed in");
  const { code, name, sha256, sizeBytes: size, kid, declares } = row;
  const locked = await examplePerson("operator");
  world = {
    appId,
    otherAppId,
    publisherId: publisher.id,
    ruleId: "hr_none",
    newKey: await makeKey(),
    revokedKey: await makeKey(),
    submitted: { code, name, sha256, size, kid, declares },
    people: {
      auditor: await examplePerson("auditor"),
      operator: await examplePerson("operator"),
      disabled: await examplePerson("operator", { state: "disabled" }),
      developer: await examplePerson("developer", { publisherId: (await held.publisher()).id }),
      locked,
    },
  };
  alone = {
    admin: await attacker("admin"),
    operator: await attacker("operator"),
    security: await attacker("security"),
  };
  second = await attacker("operator");
  await prepareStates();
}, 300_000);
afterAll(async () => {
  await face?.close();
  await held?.close();
});

async function examplePerson(role: Role, more: Parameters<ServiceFixture["person"]>[1] = {}): Promise<ExamplePerson> {
  const { personId, email, name } = await held.person(role, more);
  return { personId, value: { email, name, role, publisherId: null, state: "active", ...more } };
}

async function makeKey(): Promise<ExampleWorld["newKey"]> {
  const pem = String(makeKeyPair().publicKey.export({ type: "spki", format: "pem" }));
  const jwk = publicJwkFromPem(pem);
  if (jwk === undefined) throw new Error("the key that was made cannot be read");
  const kid = thumbprint(jwk, nodeCrypto);
  pems.set(kid, pem);
  return { kid, jwk };
}

const attacker = async (role: Role): Promise<Attacker> => attackerOf(await held.person(role));

async function personOf(personId: string): Promise<PersonActor> {
  const [row] = await held.ctx.store.db.select().from(people).where(eq(people.id, personId));
  if (row === undefined) throw new Error("there is no such person");
  const { email, name, role, publisherId } = row;
  return { kind: "person", personId, email, name, role, publisherId, sessionId: "" };
}

async function attackerOf(person: PersonActor): Promise<Attacker> {
  const [ask, again] = [await face.session(person.personId), await face.session(person.personId)].map(
    (session): Ask =>
      (...call) => {
        // Or everything would have been published at once, and nothing could be undone.
        held.clock.advance(1);
        return session(...call);
      },
  ) as [Ask, Ask];
  return { role: person.role, ask, again };
}

const examplesOf = (kind: MemberKind): Example[] => wideningExamples(kind, world);

/** The values before, published by two. */
async function prepareStates(): Promise<void> {
  const { operator, admin, security: approver } = alone;
  const rule = { host: "api.coins.example", ports: [443], purposes: ["request"] };
  const made = await together(operator, approver, [{ member: `program:${world.appId}/host:new`, after: rule }]);
  world.ruleId = made.find((member) => member.includes("/host:"))?.split("/host:")[1] ?? "";
  await proposeKeyTogether(operator, approver, world.revokedKey.kid);
  const { kid, jwk } = world.revokedKey;
  const narrow = [{ member: `publisher:${publisher.id}/key:${kid}`, after: { jwk, status: "revoked" } }];
  await mustAnswer(operator.ask("POST", "change-sets/narrow", { changes: narrow, reason }));
  const lock = { member: `person:${world.people.locked.personId}/sign-in-lock`, after: true };
  await mustAnswer(admin.ask("POST", "change-sets/narrow", { changes: [lock], reason }));
  const missing: { member: string; after: unknown }[] = [];
  for (const { member, before } of MEMBER_KINDS.flatMap(examplesOf)) {
    if (!isSameValue(await publishedValue(member), before))
      missing.push({ member: formatMember(member), after: before });
  }
  await together(operator, approver, missing);
}

async function mustAnswer(asked: Promise<Answer>): Promise<Record<string, unknown>> {
  const { status, body } = await asked;
  if (status >= 300) throw new Error(`answered with ${status}: ${JSON.stringify(body)}`);
  return body as Record<string, unknown>;
}

type Draft = { draft: { id: string; changes: { member: string }[] } | null };

/** Proposed by one, approved and published by another. Answers with the members. */
async function together(
  proposer: Attacker,
  approver: Attacker,
  changes: { member: string; after: unknown }[],
): Promise<string[]> {
  const { draft } = (await mustAnswer(proposer.ask("POST", "change-sets/edit", { changes }))) as Draft;
  await publishTogether(proposer, approver, draft?.id ?? "");
  return draft?.changes.map(({ member }) => member) ?? [];
}

async function publishTogether(proposer: Attacker, approver: Attacker, id: string): Promise<void> {
  await mustAnswer(proposer.ask("POST", `change-sets/${id}/propose`, { reason }));
  await mustAnswer(approver.ask("POST", `change-sets/${id}/approve`, { reason }));
  await mustAnswer(proposer.ask("POST", `change-sets/${id}/publish`));
}

const proposeKey = (by: Attacker, kid: string) =>
  by.ask("POST", `publishers/${publisher.id}/keys`, { publicKeyPem: pems.get(kid) });

async function proposeKeyTogether(proposer: Attacker, approver: Attacker, kid: string): Promise<void> {
  const { draft } = (await mustAnswer(proposeKey(proposer, kid))) as Draft;
  await publishTogether(proposer, approver, draft?.id ?? "");
}

async function publishedValue(member: Member): Promise<unknown> {
  return memberValue(await loadState(held.ctx.store.db, [member]), member);
}

/** Everything that is published, as members and as the documents that devices have. */
async function inForce() {
  const members = MEMBER_KINDS.flatMap(examplesOf).map(({ member }) => member);
  const decided = ({ revision, iat, exp, minRevisions, auditHead, decision, ...content }: Record<string, unknown>) =>
    content;
  const documents = [await held.platformClaims(), await held.programClaims(world.appId)];
  return {
    members: Object.fromEntries(await loadState(held.ctx.store.db, members)),
    documents: documents.map((claims) => decided(claims as unknown as Record<string, unknown>)),
  };
}

const idOf = ({ body }: Answer): string => (body as { id?: string; draft?: { id: string } | null } | null)?.id ?? "";
const draftIdOf = ({ body }: Answer): string => (body as Draft | null)?.draft?.id ?? "";

/** Verbs of their own by which a member of a kind comes into being, beside drafts. None leaves a widening in force. */
const OWN_DOORS = {
  publisher: async () => undefined,
  "publisher-key": async ({ ask }, { member }) => {
    const id = draftIdOf(
      await ask("POST", `publishers/${publisher.id}/keys`, { publicKeyPem: pems.get(kidOf(member)) }),
    );
    if (id === "") return;
    await ask("POST", `change-sets/${id}/narrow`, { reason });
    await ask("POST", `change-sets/${id}/split`, { reason });
    await ask("POST", `change-sets/${id}/discard`);
  },
  registration: async ({ ask }, { after }) => {
    await ask("POST", "programs", { appId: world.appId, ...(after as object) });
  },
  status: async () => undefined,
  version: async ({ ask, role }) => {
    const { submissionId, listingId } = await waitingListing();
    for (const id of [listingId, submissionId]) {
      await ask("POST", `change-sets/${id}/publish`);
      await ask("POST", `change-sets/${id}/narrow`, { reason });
      await ask("POST", `change-sets/${id}/withdraw`);
    }
    // An operator who made nothing of the publisher's is the second person: the publisher proposed it.
    if (role === "operator") return;
    await ask("POST", `submissions/${submissionId}/approve`, { reason });
    await ask("POST", `change-sets/${listingId}/approve`, { reason });
  },
  grant: async () => undefined,
  host: async () => undefined,
  limit: async () => undefined,
  receiver: async () => undefined,
  route: async () => undefined,
  "platform-limit": async () => undefined,
  "blocked-host": async () => undefined,
  "min-runtime": async () => undefined,
  "grace-seconds": async () => undefined,
  telemetry: async () => undefined,
  person: async ({ ask }, { member, after }) => {
    const { email, name, role, publisherId } = after as ExamplePerson["value"];
    await ask("POST", "people", { email, name, role, publisherId });
    await ask("POST", `people/${member.kind === "person" ? member.personId : ""}/link`);
  },
  "sign-in": async ({ ask }, { member }) => {
    const { status } = await ask("POST", `people/${member.kind === "sign-in" ? member.personId : ""}/link`);
    expect(status).toBeGreaterThanOrEqual(400);
  },
  "sign-in-lock": async ({ ask }, { member }) => {
    const { status } = await ask("POST", `people/${member.kind === "sign-in-lock" ? member.personId : ""}/link`);
    expect(status).toBeGreaterThanOrEqual(400);
  },
} satisfies Record<MemberKind, (by: Attacker, example: Example) => Promise<void>>;

const kidOf = (member: Member) => (member.kind === "publisher-key" ? member.kid : "");

async function waitingListing(): Promise<{ submissionId: string; listingId: string }> {
  const { items } = (await mustAnswer(second.ask("GET", "change-sets?state=open"))) as {
    items: { id: string; changes: { member: string }[] }[];
  };
  const member = formatMember({ kind: "version", appId: world.appId, code: world.submitted.code });
  const listing = items.find(({ changes }) => changes.some((change) => change.member === member));
  const rows = await held.ctx.store.db.select().from(versions).where(eq(versions.sha256, world.submitted.sha256));
  return { submissionId: rows[0]?.submissionId ?? "", listingId: listing?.id ?? "" };
}

/** Whatever one person could try with one change. `check` says which way was tried. */
async function tryAlone(by: Attacker, example: Example, check: (way: string, value?: unknown) => Promise<void>) {
  const { ask, again } = by;
  const change = { member: formatMember(example.member), after: example.after };
  const bait = { member: BAIT, after: true };
  const discard = (id: string) => ask("POST", `change-sets/${id}/discard`);

  await ask("POST", "change-sets/narrow", { changes: [change], reason });
  await ask("POST", "change-sets/narrow", { changes: [bait, change], reason });
  await check("at once");
  expect(await publishedValue({ kind: "blocked-host", host: "bait.example" })).toBeNull();

  const id = draftIdOf(await ask("POST", "change-sets/edit", { changes: [change] }));
  if (id !== "") {
    await ask("POST", `change-sets/${id}/publish`);
    await ask("POST", `change-sets/${id}/narrow`, { reason });
    await ask("POST", `change-sets/${id}/split`, { reason });
    await check("as a draft");
    await ask("POST", `change-sets/${id}/propose`, { reason });
    for (const session of [ask, again]) {
      await session("POST", `change-sets/${id}/approve`, { reason, decidedBy: "per_another", personId: "per_another" });
      await session("POST", `submissions/${id}/approve`, { reason });
      await session("POST", `change-sets/${id}/publish`);
    }
    for (const verb of ["narrow", "split", "undo", "edit"])
      await again("POST", `change-sets/${id}/${verb}`, { reason });
    await check("as a proposal of their own");
    await ask("POST", `change-sets/${id}/withdraw`);
    await ask("POST", `change-sets/${id}/publish`);
    await check("as a proposal that was taken back");

    const mixed = draftIdOf(await ask("POST", "change-sets/edit", { changes: [change, bait] }));
    await ask("POST", `change-sets/${mixed}/narrow`, { reason });
    const { body } = await ask("POST", `change-sets/${mixed}/split`, { reason });
    const part = (body as { narrowing?: { id: string } } | null)?.narrowing?.id ?? "";
    await ask("POST", `change-sets/${mixed}/narrow`, { reason });
    await check("in two parts");
    await discard(mixed);
    await ask("POST", `change-sets/${part}/undo`);
    await check("as the rest of two parts");
  }

  if (example.narrower !== undefined) {
    const { narrower } = example;
    const narrowed = idOf(
      await ask("POST", "change-sets/narrow", { changes: [{ ...change, after: narrower }], reason }),
    );
    if (narrowed !== "") {
      await check("from what is narrower", narrower);
      await ask("POST", "change-sets/narrow", { changes: [change], reason });
      const draft = draftIdOf(await ask("POST", "change-sets/edit", { changes: [change] }));
      await ask("POST", `change-sets/${draft}/narrow`, { reason });
      await check("from what is narrower, as a draft", narrower);
      await ask("POST", `change-sets/${narrowed}/undo`);
      await check("by an undo");
      await ask("POST", `change-sets/${draft}/narrow`, { reason });
      await ask("POST", `change-sets/${narrowed}/undo`);
      await check("by a draft from before an undo, and a second undo");
      await discard(draft);
    }
  }

  await OWN_DOORS[example.member.kind](by, example);
  await check("by a door of its own");
}

describe.each(ALONE)("a person of role %s, alone", (role) => {
  test.each(MEMBER_KINDS)("widens no %s", async (kind) => {
    const by = alone[role];
    for (const example of examplesOf(kind)) {
      const before = await inForce();
      await tryAlone(by, example, async (way, value = example.before) => {
        expect(await publishedValue(example.member), `${formatMember(example.member)} ${way}`).toEqual(value);
      });
      expect(await inForce()).toEqual(before);
    }
  });
});

/** Somebody who approves, and is no second person: what they have of the publisher, or of another, is theirs alone. */
const TIED = {
  "whoever made a token of the publisher": async () => {
    const tied = await attacker("operator");
    await mustAnswer(tied.ask("POST", `publishers/${publisher.id}/tokens`));
    return tied;
  },
  "whoever proposed a key of the publisher": async () => {
    const tied = await attacker("operator");
    await proposeKeyTogether(tied, alone.security, (await makeKey()).kid);
    return tied;
  },
  "an operator whom their proposer invents, with half of the invitation": async () => {
    const { admin } = alone;
    const email = "invented@harbor.example";
    const invited = await mustAnswer(admin.ask("POST", "people", { email, name: "Invented", role: "operator" }));
    const [personId, changeSetId] = [String(invited.personId), String(invited.changeSetId)];
    await mustAnswer(second.ask("POST", `change-sets/${changeSetId}/approve`, { reason }));
    await mustAnswer(admin.ask("POST", `change-sets/${changeSetId}/publish`));
    const { link } = await mustAnswer(admin.ask("POST", `people/${personId}/link`));
    expect((await admin.ask("POST", `people/${personId}/code`)).status).toBe(403);
    expect((await second.ask("POST", `people/${personId}/link`)).status).toBe(403);
    const token = String(link).split("/link/")[1] ?? "";
    for (const code of [{}, { code: "" }, { code: "000000" }, { code: token }]) {
      await refusalOf(acceptLink(held.ctx, { token, password: "a password of their own", ...code }));
    }
    // As if a session could begin all the same.
    return attackerOf(await personOf(personId));
  },
} satisfies Record<string, () => Promise<Attacker>>;

describe("what is no second person's", () => {
  test.each(Object.entries(TIED))("%s approves nothing of it with anybody", async (_, make) => {
    const { admin, security } = alone;
    const tied = await make();
    const concerned = MEMBER_KINDS.flatMap(examplesOf).filter(
      ({ member }) => publisherIdOf(member) !== null || appIdOf(member) !== null,
    );
    expect(concerned.length).toBeGreaterThan(9);
    const before = await inForce();
    for (const example of concerned) {
      const change = { member: formatMember(example.member), after: example.after };
      const proposer = example.member.kind === "person" ? admin : security;
      const edited = await proposer.ask("POST", "change-sets/edit", { changes: [change] });
      const id = draftIdOf(edited) || draftIdOf(await proposeKey(proposer, kidOf(example.member)));
      if (id !== "") {
        await mustAnswer(proposer.ask("POST", `change-sets/${id}/propose`, { reason }));
        const { status } = await tied.ask("POST", `change-sets/${id}/approve`, { reason });
        expect([401, 403], `${change.member}: ${status}`).toContain(status);
        await tied.ask("POST", `change-sets/${id}/publish`);
        await proposer.ask("POST", `change-sets/${id}/publish`);
        await proposer.ask("POST", `change-sets/${id}/withdraw`);
      } else expect(example.member.kind, JSON.stringify(edited.body)).toBe("version");
    }
    const { submissionId, listingId } = await waitingListing();
    await tied.ask("POST", `submissions/${submissionId}/approve`, { reason });
    await tied.ask("POST", `change-sets/${listingId}/approve`, { reason });
    expect(await inForce()).toEqual(before);
  });
});

/** Or nothing would come of it because nothing can be done at all. */
describe("two people", () => {
  test.each(MEMBER_KINDS)("who are tied by nothing widen a %s", async (kind) => {
    const { operator, admin } = alone;
    for (const example of examplesOf(kind)) {
      const { member, before, after } = example;
      // An example may follow another of the same member.
      if (!isSameValue(await publishedValue(member), before)) continue;
      const proposer = "personId" in member ? admin : operator;
      if (member.kind === "version") {
        await mustAnswer(
          second.ask("POST", `submissions/${(await waitingListing()).submissionId}/approve`, { reason }),
        );
      } else if (member.kind === "publisher-key" && before === null) {
        await proposeKeyTogether(proposer, second, member.kid);
      } else {
        await together(proposer, second, [{ member: formatMember(member), after }]);
      }
      if (member.kind === "sign-in") await mustAnswer(admin.ask("POST", `people/${member.personId}/link`));
      else expect(await publishedValue(member)).toEqual(after);
    }
  });
});
