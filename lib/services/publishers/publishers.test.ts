import { eq } from "drizzle-orm";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { publisherTokens } from "@/db/schema";
import { makeKeyPair } from "@/native/node/make-key-pair";
import { approveChangeSet } from "../change-sets/approve-change-set";
import { narrowAtOnce } from "../change-sets/narrow";
import { proposeChangeSet } from "../change-sets/propose-change-set";
import { publishChangeSet } from "../change-sets/publish-change-set";
import { registerProgram } from "../programs/register-program";
import { refusalOf } from "../testing/refusal-of";
import { openServiceFixture, type ServiceFixture } from "../testing/service-fixture";
import { createPublisher } from "./create-publisher";
import { listOwnDenials, readQuota } from "./own-programs";
import { proposeKey } from "./propose-key";
import { createPublisherToken, readPublisherToken, revokePublisherToken } from "./publisher-tokens";

const REASON = { reason: "A new partner." };

let held: ServiceFixture;
beforeAll(async () => {
  held = await openServiceFixture();
});
afterAll(async () => held.close());

function pem(namedCurve?: "P-384"): string {
  return String(makeKeyPair(namedCurve).publicKey.export({ type: "spki", format: "pem" }));
}

describe("a publisher", () => {
  test("has a name of its own, in any letter case", async () => {
    const operator = await held.person("operator");
    await createPublisher(held.ctx, operator, { name: "Plateful" });
    expect(await refusalOf(createPublisher(held.ctx, operator, { name: "PLATEFUL" }))).toEqual({
      code: "conflict",
      details: ["TAKEN"],
    });
    expect((await refusalOf(createPublisher(held.ctx, operator, { name: " " }))).code).toBe("invalid_input");
  });

  test("is made by operators alone, and audited", async () => {
    for (const role of ["admin", "security", "developer", "auditor"] as const) {
      const refusal = await refusalOf(createPublisher(held.ctx, await held.person(role), { name: `By ${role}` }));
      expect(refusal.code).toBe("forbidden");
    }
  });
});

describe("a publisher's key", () => {
  test("takes a proposer and another, and then stands in each program's document", async () => {
    const { appId, publisher } = await held.program();
    const operator = await held.person("operator");
    const { draft } = await proposeKey(held.ctx, operator, { publisherId: publisher.id, publicKeyPem: pem() });
    expect(draft).toMatchObject({ isNarrowing: false, changes: [{ kind: "publisher-key", direction: "widens" }] });
    const id = draft?.id ?? "";
    await proposeChangeSet(held.ctx, operator, id, REASON);
    const insider = await held.person("security", { publisherId: publisher.id });
    expect((await refusalOf(approveChangeSet(held.ctx, insider, id, REASON))).details).toEqual(["OWN_PUBLISHER"]);
    expect((await held.programClaims(appId)).publisherKeys).toHaveLength(1);
    await approveChangeSet(held.ctx, await held.person("security"), id, REASON);
    await publishChangeSet(held.ctx, operator, id);
    expect((await held.programClaims(appId)).publisherKeys).toHaveLength(2);
  });

  test("that was revoked comes back only by two", async () => {
    const { appId, publisher } = await held.program();
    const security = await held.person("security");
    const [key] = (await held.programClaims(appId)).publisherKeys;
    const member = `publisher:${publisher.id}/key:${publisher.kid}`;
    const value = (status: string) => ({ jwk: key?.jwk, status });
    await narrowAtOnce(held.ctx, security, { changes: [{ member, after: value("revoked") }], ...REASON });
    const again = narrowAtOnce(held.ctx, security, { changes: [{ member, after: value("active") }], ...REASON });
    expect((await refusalOf(again)).details).toEqual(["KEY_ADDED"]);
  });

  test.each([
    ["of another curve", () => pem("P-384")],
    ["that is no PEM", () => "-----BEGIN NOTHING-----"],
    ["whose point is not on the curve", () => offCurve()],
  ])("%s is refused", async (_title, make) => {
    const publisher = await held.publisher();
    const operator = await held.person("operator");
    const refusal = await refusalOf(
      proposeKey(held.ctx, operator, { publisherId: publisher.id, publicKeyPem: make() }),
    );
    expect(refusal).toEqual({ code: "invalid_input", details: ["FORMAT"] });
    await expect(
      proposeKey(held.ctx, operator, { publisherId: publisher.id, publicKeyPem: make() }),
    ).rejects.toMatchObject({ details: [{ path: "/publicKeyPem" }] });
  });

  test("belongs to one publisher", async () => {
    const [publisher, other] = [await held.publisher(), await held.publisher()];
    const operator = await held.person("operator");
    const key = pem();
    const { draft } = await proposeKey(held.ctx, operator, { publisherId: publisher.id, publicKeyPem: key });
    await proposeChangeSet(held.ctx, operator, draft?.id ?? "", REASON);
    await approveChangeSet(held.ctx, await held.person("security"), draft?.id ?? "", REASON);
    await publishChangeSet(held.ctx, operator, draft?.id ?? "");
    const refusal = await refusalOf(proposeKey(held.ctx, operator, { publisherId: other.id, publicKeyPem: key }));
    expect(refusal.details).toContain("KEY_TAKEN");
  });

  test("of a publisher that is not there is refused", async () => {
    const operator = await held.person("operator");
    const refusal = await refusalOf(proposeKey(held.ctx, operator, { publisherId: "pub_nobody", publicKeyPem: pem() }));
    expect(refusal.details).toContain("UNKNOWN_PUBLISHER");
  });
});

/** A PEM of the right form around a point that is not on P-256. */
function offCurve(): string {
  const der = makeKeyPair().publicKey.export({ type: "spki", format: "der" });
  der.fill(7, der.length - 32);
  const lines = der.toString("base64").match(/.{1,64}/g) ?? [];
  return `-----BEGIN PUBLIC KEY-----\n${lines.join("\n")}\n-----END PUBLIC KEY-----\n`;
}

describe("a publisher's token", () => {
  test("speaks for its publisher until it is revoked or 90 days old, and is stored as a hash alone", async () => {
    const publisher = await held.publisher();
    const operator = await held.person("operator");
    const made = await createPublisherToken(held.ctx, operator, { publisherId: publisher.id });
    const actor = await readPublisherToken(held.ctx, made.token);
    expect(actor).toEqual({
      kind: "publisher",
      publisherId: publisher.id,
      tokenId: made.id,
      personId: operator.personId,
    });
    const [row] = await held.ctx.store.db.select().from(publisherTokens).where(eq(publisherTokens.id, made.id));
    expect(JSON.stringify(row)).not.toContain(made.token);
    await revokePublisherToken(held.ctx, operator, { publisherId: publisher.id, tokenId: made.id });
    expect(await readPublisherToken(held.ctx, made.token)).toBeNull();
    const old = await createPublisherToken(held.ctx, operator, { publisherId: publisher.id });
    held.clock.advance(90 * 86_400);
    expect(await readPublisherToken(held.ctx, old.token)).toBeNull();
    expect(await held.audited({ subject: `publisher:${publisher.id}` })).toEqual([
      "publisherToken.create",
      "publisherToken.revoke",
      "publisherToken.create",
    ]);
  });

  test("of one publisher is not revoked by way of another", async () => {
    const [publisher, other] = [await held.publisher(), await held.publisher()];
    const operator = await held.person("operator");
    const { id, token } = await createPublisherToken(held.ctx, operator, { publisherId: publisher.id });
    const refusal = await refusalOf(revokePublisherToken(held.ctx, operator, { publisherId: other.id, tokenId: id }));
    expect(refusal.code).toBe("not_found");
    expect(await readPublisherToken(held.ctx, token)).not.toBeNull();
  });

  test("that nobody made speaks for nobody", async () => {
    for (const token of ["", "bhpub_", `bhpub_${"a".repeat(43)}`, "x".repeat(500)]) {
      expect(await readPublisherToken(held.ctx, token)).toBeNull();
    }
  });
});

test("a publisher asks after its own programs alone", async () => {
  const { appId, publisher } = await held.program();
  const { appId: another } = await held.program();
  const { limits } = await readQuota(held.ctx, publisher.actor, appId);
  expect(limits.length).toBeGreaterThan(0);
  expect(await listOwnDenials(held.ctx, publisher.actor, appId)).toEqual({ items: [] });
  expect((await refusalOf(readQuota(held.ctx, publisher.actor, another))).code).toBe("not_found");
  expect((await refusalOf(listOwnDenials(held.ctx, publisher.actor, another))).code).toBe("not_found");
});

describe("a registration", () => {
  test("allows nothing, gives the program a first document, and is audited", async () => {
    const { appId } = await held.program();
    const claims = await held.programClaims(appId);
    expect(claims).toMatchObject({ revision: 1, status: "active", versions: [], grants: {}, hosts: [] });
  });

  test("is made once, for a publisher that exists, by operators alone", async () => {
    const { appId, publisher } = await held.program();
    const operator = await held.person("operator");
    const input = { appId, name: "Again", publisherId: publisher.id };
    expect(await refusalOf(registerProgram(held.ctx, operator, input))).toEqual({
      code: "conflict",
      details: ["TAKEN"],
    });
    const unknown = { appId: "com.example.fresh", name: "Fresh", publisherId: "pub_nobody" };
    expect((await refusalOf(registerProgram(held.ctx, operator, unknown))).details).toEqual(["UNKNOWN_PUBLISHER"]);
    const security = await held.person("security");
    expect((await refusalOf(registerProgram(held.ctx, security, { ...input, appId: "com.example.x" }))).code).toBe(
      "forbidden",
    );
  });
});
