import { desc, eq } from "drizzle-orm";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { auditEntries, programs, publishers, versions } from "@/db/schema";
import type { AuditAction } from "@/lib/audit/actions";
import { appendAudit } from "@/lib/audit/append-audit";
import type { Actor } from "@/lib/domain/roles";
import { approveChangeSet } from "../change-sets/approve-change-set";
import { proposeChangeSet } from "../change-sets/propose-change-set";
import { publishChangeSet } from "../change-sets/publish-change-set";
import { createEnrolment } from "../devices/create-enrolment";
import { invitePerson } from "../people/invite-person";
import { createPublisherToken, revokePublisherToken } from "../publishers/publisher-tokens";
import { submitBundle } from "../submissions/submit-bundle";
import { openServiceFixture, type PersonActor, type ServiceFixture } from "../testing/service-fixture";
import { exportAuditLog } from "./export-audit-log";
import { listAudit } from "./list-audit";

let held: ServiceFixture;
beforeEach(async () => {
  held = await openServiceFixture();
});
afterEach(() => held.close());

/** The newest entry of this action, but for what ties it to others. */
async function told(of: AuditAction) {
  const newest = held.ctx.store.db.select().from(auditEntries).where(eq(auditEntries.action, of));
  const [entry] = await newest.orderBy(desc(auditEntries.sequence)).limit(1);
  if (entry === undefined) throw new Error("nothing was audited");
  const { action, actor, subject, appId, changeSetId, reason, before, after, requestId } = entry;
  return { action, actor, subject, appId, changeSetId, reason, before, after, requestId };
}
const byPerson = ({ personId, name, role }: PersonActor) => ({ kind: "person", id: personId, name, role });
const NOTHING = { appId: null, changeSetId: null, reason: null, before: null, after: null, requestId: null };
const inSeconds = (seconds: number) => new Date(held.clock.nowMs() + seconds * 1000).toISOString();

describe("the log tells in full", () => {
  it("who exported it", async () => {
    const auditor = await held.person("auditor");
    await (await exportAuditLog(held.ctx, auditor, "req_1")).cancel();
    expect(await told("audit.export")).toMatchObject({ subject: "audit", requestId: "req_1" });
    const { items } = await listAudit(held.ctx, auditor, { action: "audit.export" });
    expect(items[0]?.actor).toEqual({
      ...{ kind: "person", id: auditor.personId, name: auditor.name, nameNow: null },
    });
  });

  it("what an entry is about, and which publisher did it, by the names of then and of today", async () => {
    const auditor = await held.person("auditor");
    const operator = await held.person("operator");
    const proposer = await held.person("operator");
    const security = await held.person("security");
    const { appId, publisher } = await held.program();
    const tools = {
      kind: "publisher",
      publisherId: publisher.id,
      tokenId: "tok_1",
      personId: auditor.personId,
    } as const;
    const add = async (subject: string, actor: Actor = operator) => {
      await held.ctx.store.transaction((tx) => appendAudit(tx, held.ctx, { actor, action: "clock.confirm", subject }));
      held.clock.advance(1);
    };
    const rename = async (name: string) => {
      const registration = { publisherId: publisher.id, name };
      const set = await held.draft(proposer, {
        [`program:${appId}/registration`]: registration,
        [`publisher:${publisher.id}`]: { name },
      });
      await proposeChangeSet(held.ctx, proposer, set.id, { reason: "They asked." });
      await approveChangeSet(held.ctx, security, set.id, { reason: "As they asked." });
      await publishChangeSet(held.ctx, proposer, set.id);
      held.clock.advance(1);
    };
    const draft = await held.draft(operator, { [`program:${appId}/status`]: "suspended" });
    const [[program], [owner]] = await Promise.all([
      held.ctx.store.db.select().from(programs).where(eq(programs.appId, appId)),
      held.ctx.store.db.select().from(publishers).where(eq(publishers.id, publisher.id)),
    ]);
    await add(`change-set:${draft.id}`, tools);
    await add(`program:${appId}/cause:0123456789abcdef`);
    await add(`person:${operator.personId}`);
    await add("device:dev_gone");
    await add("platform");
    const bundle = held.bundle(publisher, { appId, code: 1 });
    const { submissionId } = await submitBundle(held.ctx, publisher.actor, bundle);
    await add(`submission:${submissionId}`);
    await rename("Second name");
    await add(`program:${appId}`, tools);
    await rename("Third name");
    await add(`program:${appId}`, tools);
    const [version] = await held.ctx.store.db.select().from(versions).where(eq(versions.submissionId, submissionId));
    const bundleName = version?.name;
    const items = (await listAudit(held.ctx, auditor, { action: "clock.confirm" })).items.reverse();
    expect(items.map(({ subjectName, subjectNameNow }) => [subjectName, subjectNameNow])).toEqual([
      [String(draft.number), null],
      [program?.name, "Third name"],
      [operator.name, null],
      [null, null],
      [null, null],
      [`${program?.name} ${bundleName}`, `Third name ${bundleName}`],
      ["Second name", "Third name"],
      ["Third name", null],
    ]);
    const byTools = items.filter(({ actor }) => actor.kind === "publisher").map(({ actor }) => actor);
    expect(byTools.map(({ id, name, nameNow }) => [id, name, nameNow])).toEqual([
      [publisher.id, owner?.name, "Third name"],
      [publisher.id, "Second name", "Third name"],
      [publisher.id, "Third name", null],
    ]);
  });

  it("what things were called by the order of the log, whatever the clock said", async () => {
    const auditor = await held.person("auditor");
    const [proposer, security] = [await held.person("operator"), await held.person("security")];
    const { id } = await held.publisher();
    const [before] = await held.ctx.store.db.select().from(publishers).where(eq(publishers.id, id));
    const add = () =>
      held.ctx.store.transaction((tx) =>
        appendAudit(tx, held.ctx, { actor: auditor, action: "clock.confirm", subject: `publisher:${id}` }),
      );
    const set = await held.draft(proposer, { [`publisher:${id}`]: { name: "Second name" } });
    await proposeChangeSet(held.ctx, proposer, set.id, { reason: "They asked." });
    await approveChangeSet(held.ctx, security, set.id, { reason: "As they asked." });
    const nowMs = held.clock.nowMs();
    held.clock.set(nowMs + 60_000);
    await add();
    held.clock.set(nowMs);
    await publishChangeSet(held.ctx, proposer, set.id);
    held.clock.set(nowMs - 60_000);
    await add();
    const { items } = await listAudit(held.ctx, auditor, { action: "clock.confirm" });
    expect(items.map(({ subjectName, subjectNameNow }) => [subjectName, subjectNameNow])).toEqual([
      ["Second name", null],
      [before?.name, "Second name"],
    ]);
  });

  it("which person did it, by the name that was logged and the one of today", async () => {
    const auditor = await held.person("auditor");
    const [proposer, security] = [await held.person("admin"), await held.person("security")];
    const renamed = await held.person("operator");
    const confirm = (actor: Actor) =>
      held.ctx.store.transaction((tx) =>
        appendAudit(tx, held.ctx, { actor, action: "clock.confirm", subject: `person:${renamed.personId}` }),
      );
    await confirm(renamed);
    const { email, role } = renamed;
    const after = { email, name: "Another", role, publisherId: null, state: "active" };
    const set = await held.draft(proposer, { [`person:${renamed.personId}`]: after });
    await proposeChangeSet(held.ctx, proposer, set.id, { reason: "Married." });
    await approveChangeSet(held.ctx, security, set.id, { reason: "Seen." });
    await publishChangeSet(held.ctx, proposer, set.id);
    await confirm({ ...renamed, name: "Another" });
    const { items } = await listAudit(held.ctx, auditor, { action: "clock.confirm" });
    expect(items.map(({ actor }) => [actor.id, actor.name, actor.nameNow])).toEqual([
      [renamed.personId, "Another", null],
      [renamed.personId, renamed.name, "Another"],
    ]);
    expect(items.map(({ subjectName, subjectNameNow }) => [subjectName, subjectNameNow])).toEqual([
      ["Another", null],
      [renamed.name, "Another"],
    ]);
  });

  it("page by page, and names a next page only where there is one", async () => {
    const auditor = await held.person("auditor");
    const add = (count: number) =>
      held.ctx.store.transaction(async (tx) => {
        for (let n = 0; n < count; n += 1) {
          await appendAudit(tx, held.ctx, {
            ...{ actor: { kind: "system", name: "test" }, action: "clock.confirm", subject: "clock" },
          });
        }
      });
    const page = (more: { cursor?: string } = {}) => listAudit(held.ctx, auditor, { action: "clock.confirm", ...more });
    await add(50);
    expect(await page()).toMatchObject({ items: { length: 50 }, nextCursor: null, total: { atLeast: 50 } });
    await add(1);
    const { items, nextCursor, total } = await page();
    expect([items.length, total]).toEqual([50, { atLeast: 51, isExact: true }]);
    expect(await page({ cursor: nextCursor ?? "" })).toMatchObject({ items: { length: 1 }, nextCursor: null });
  });

  it("which device may be enrolled until when", async () => {
    const operator = await held.person("operator");
    await createEnrolment(held.ctx, operator, { deviceName: "Till 7", labels: { region: "eu" } });
    expect(await told("enrolment.create")).toEqual({
      ...NOTHING,
      action: "enrolment.create",
      actor: expect.objectContaining(byPerson(operator)),
      subject: expect.stringMatching(/^enrolment:./),
      after: { deviceName: "Till 7", labels: { region: "eu" }, expiresAt: inSeconds(86_400) },
    });
  });

  it("which token a publisher got and lost", async () => {
    const admin = await held.person("admin");
    const { id: publisherId } = await held.publisher();
    const { id } = await createPublisherToken(held.ctx, admin, { publisherId });
    const of = { ...NOTHING, actor: expect.objectContaining(byPerson(admin)), subject: `publisher:${publisherId}` };
    expect(await told("publisherToken.create")).toEqual({
      ...of,
      action: "publisherToken.create",
      after: { id, expiresAt: inSeconds(90 * 86_400) },
    });
    await revokePublisherToken(held.ctx, admin, { publisherId, tokenId: id });
    expect(await told("publisherToken.revoke")).toEqual({ ...of, action: "publisherToken.revoke", before: { id } });
  });

  it("who invites whom as what, by a set that another approves", async () => {
    const admin = await held.person("admin");
    const invited = { email: "new@harbor.example", name: "New", role: "operator" as const, publisherId: null };
    const { personId, changeSetId } = await invitePerson(held.ctx, admin, invited);
    expect(await told("changeSet.propose")).toMatchObject({
      actor: byPerson(admin),
      changeSetId,
      after: [{ member: `person:${personId}`, value: { ...invited, state: "invited" } }],
    });

    const operator = await held.person("operator");
    await approveChangeSet(held.ctx, operator, changeSetId ?? "", { reason: "Known to us." });
    await publishChangeSet(held.ctx, admin, changeSetId ?? "");
    expect(await told("signIn.give")).toMatchObject({
      subject: `person:${personId}`,
      changeSetId,
      after: { purpose: "invite", givenBy: "two", linkTo: admin.personId, codeTo: operator.personId },
    });
  });

  it("that in set-up one person gave a sign-in alone", async () => {
    await held.close();
    held = await openServiceFixture({ isSetUpComplete: false });
    const admin = await held.person("admin");
    const invited = { email: "new@harbor.example", name: "New", role: "operator" as const, publisherId: null };
    const { personId } = await invitePerson(held.ctx, admin, invited);
    expect(await told("signIn.give")).toMatchObject({
      subject: `person:${personId}`,
      after: { purpose: "invite", givenBy: "one", linkTo: admin.personId, codeTo: admin.personId },
    });
  });
});
