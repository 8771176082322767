import { join } from "node:path";
import { eq } from "drizzle-orm";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createBundleFiles, piecesOf } from "@/db/bundles/bundle-files";
import { bundles, programs, publisherKeys, versions } from "@/db/schema";
import { type MemoryJournalFs, memoryJournalFs } from "@/db/testing/memory-journal-fs";
import { SUBMISSION_LIMITS } from "@/lib/domain/submission-limits";
import { judgeBundle } from "@/native/node/judge-bundle";
import type { ServiceContext } from "../context";
import { listVersions } from "../programs/list-versions";
import { refusalOf } from "../testing/refusal-of";
import { openServiceFixture, type ServiceFixture, type TestPublisher } from "../testing/service-fixture";
import { approveSubmission } from "./approve-submission";
import { refuseSubmission, withdrawSubmission } from "./end-submission";
import { submitBundle } from "./submit-bundle";
import { tendBundles } from "./tend-bundles";

const DAY_SECONDS = 86_400;

let held: ServiceFixture;
beforeAll(async () => {
  held = await openServiceFixture();
});
afterAll(async () => held.close());

/** The fixture's store with bundles on a disk of its own. */
function withFiles(more: Partial<ServiceContext> = {}) {
  const fs = memoryJournalFs(undefined, () => held.clock.nowMs());
  const files = createBundleFiles(fs, "bundles");
  const judge: ServiceContext["judgeBundle"] = async ({ path }, seal) =>
    judgeBundle(fs.files.get(path) ?? new Uint8Array(), seal);
  const ctx: ServiceContext = { ...held.ctx, bundles: files, judgeBundle: judge, ...more };
  return { fs, files, ctx };
}
const namesOf = (fs: MemoryJournalFs) => [...fs.files.keys()];
const rowOf = async (sha256: string) =>
  (await held.ctx.store.db.select().from(bundles).where(eq(bundles.sha256, sha256)))[0];
const submissionsOf = (appId: string) => held.ctx.store.db.select().from(versions).where(eq(versions.appId, appId));

describe("a submission's bundle", () => {
  test("is on the disk, byte for byte, once it is acknowledged, and its row has what was found of it", async () => {
    const { fs, files, ctx } = withFiles();
    const { appId, publisher } = await held.program();
    const sent = held.bundle(publisher, { appId, code: 1 });
    const { sha256 } = await submitBundle(ctx, publisher.actor, sent);
    fs.losePower();
    const kept = await files.read(sha256);
    expect(Buffer.from(kept?.content ?? [])).toEqual(Buffer.from(sent.bytes));
    expect(Buffer.from(kept?.signature ?? [])).toEqual(Buffer.from(sent.signatureDer));
    expect(await rowOf(sha256)).toMatchObject({
      content: null,
      state: "kept",
      sizeBytes: sent.bytes.length,
      kid: publisher.kid,
      verifiedAt: new Date(held.clock.nowMs()),
      manifestSha256: expect.stringMatching(/^[0-9a-f]{64}$/),
      entries: 2,
    });
  });

  test("is not taken when the disk does not take it, whichever operation fails", async () => {
    const { appId, publisher } = await held.program();
    const sent = held.bundle(publisher, { appId, code: 1 });
    for (const operation of ["makeFolder", "create", "write", "sync", "close", "rename", "syncFolder"]) {
      const { fs, ctx } = withFiles();
      fs.failWhen((_, name) => name === operation);
      expect((await refusalOf(submitBundle(ctx, publisher.actor, sent))).code, operation).toBe("unavailable");
      expect(await submissionsOf(appId)).toEqual([]);
    }
  });

  test("that was lost or changed comes back by the same bytes, as the same submission", async () => {
    const { fs, files, ctx } = withFiles();
    const { appId, publisher } = await held.program();
    const sent = held.bundle(publisher, { appId, code: 1 });
    const first = await submitBundle(ctx, publisher.actor, sent);
    fs.files.set(join("bundles", `${first.sha256}.ma`), new Uint8Array(sent.bytes.length));
    await tendBundles(ctx);
    expect(await rowOf(first.sha256)).toMatchObject({ state: "changed" });
    const operator = await held.person("operator");
    expect((await listVersions(ctx, operator, appId)).items).toMatchObject([{ signature: "invalid" }]);
    expect(await submitBundle(ctx, publisher.actor, sent)).toEqual(first);
    expect(await rowOf(first.sha256)).toMatchObject({ state: "kept" });
    expect(await files.check(first.sha256)).toBe("kept");
  });
});

describe("the signature of a bundle that was taken in", () => {
  /** The publisher with a second active key. */
  async function withNewKey(publisher: TestPublisher): Promise<TestPublisher> {
    const other = await held.publisher();
    await held.ctx.store.transaction(async ({ db }) => {
      await db.update(publisherKeys).set({ publisherId: publisher.id }).where(eq(publisherKeys.kid, other.kid));
    });
    return { ...publisher, kid: other.kid, privateKey: other.privateKey };
  }
  const signatureOf = (fs: MemoryJournalFs, sha256: string) =>
    Buffer.from(fs.files.get(join("bundles", `${sha256}.ma.sig`)) ?? []);

  test.each(["in its row", "missing", "changed"] as const)(
    "is not overwritten by another publisher that sends the same bytes, where its file is %s",
    async (where) => {
      const { fs, files, ctx } = withFiles();
      const { appId, publisher } = await held.program();
      const stranger = await held.publisher();
      const sent = held.bundle(publisher, { appId, code: 1 });
      const { sha256 } = await submitBundle(ctx, publisher.actor, sent);
      const change =
        where === "in its row" ? { content: sent.bytes } : { state: where, checkedAt: new Date(held.clock.nowMs()) };
      await held.ctx.store.transaction(({ db }) => db.update(bundles).set(change).where(eq(bundles.sha256, sha256)));
      if (where !== "changed") await files.remove(sha256);
      const before = namesOf(fs);
      const theirs = held.bundle(stranger, { appId, code: 1 });
      expect((await refusalOf(submitBundle(ctx, stranger.actor, theirs))).code).toBe("not_found");
      expect(namesOf(fs)).toEqual(before);
      await tendBundles(ctx);
      if (where !== "missing") expect(signatureOf(fs, sha256)).toEqual(Buffer.from(sent.signatureDer));
    },
  );

  test("comes back from its row where the one beside the file was changed, once its file is read again", async () => {
    const { fs, ctx } = withFiles();
    const { appId, publisher } = await held.program();
    const sent = held.bundle(publisher, { appId, code: 1 });
    const { sha256 } = await submitBundle(ctx, publisher.actor, sent);
    const foreign = held.bundle(publisher, { appId, code: 2 }).signatureDer;
    fs.files.set(join("bundles", `${sha256}.ma.sig`), foreign);
    await tendBundles(ctx);
    expect(signatureOf(fs, sha256)).toEqual(Buffer.from(sent.signatureDer));
    expect(await rowOf(sha256)).toMatchObject({ state: "kept" });
  });

  test("comes back into its row from beside the file, and is told where neither is its publisher's", async () => {
    const { fs, ctx } = withFiles();
    const { appId, publisher } = await held.program();
    const sent = held.bundle(publisher, { appId, code: 1 });
    const { sha256 } = await submitBundle(ctx, publisher.actor, sent);
    const foreign = held.bundle(publisher, { appId, code: 2 }).signatureDer;
    const change = (set: Partial<typeof bundles.$inferInsert>) =>
      held.ctx.store.transaction(({ db }) => db.update(bundles).set(set).where(eq(bundles.sha256, sha256)));
    await change({ signature: foreign });
    await tendBundles(ctx);
    expect(Buffer.from((await rowOf(sha256))?.signature ?? [])).toEqual(Buffer.from(sent.signatureDer));
    await change({ signature: foreign, checkedAt: null });
    fs.files.set(join("bundles", `${sha256}.ma.sig`), foreign);
    await tendBundles(ctx);
    expect(await rowOf(sha256)).toMatchObject({ state: "changed" });
  });

  test("stays that of its row when the publisher sends the bytes of a lost file again under a new key", async () => {
    const { fs, files, ctx } = withFiles();
    const { appId, publisher } = await held.program();
    const sent = held.bundle(publisher, { appId, code: 1 });
    const first = await submitBundle(ctx, publisher.actor, sent);
    const rotated = await withNewKey(publisher);
    await files.remove(first.sha256);
    expect(await submitBundle(ctx, rotated.actor, held.bundle(rotated, { appId, code: 1 }))).toEqual(first);
    expect(await files.check(first.sha256)).toBe("kept");
    expect(signatureOf(fs, first.sha256)).toEqual(Buffer.from(sent.signatureDer));
    expect(await rowOf(first.sha256)).toMatchObject({ kid: publisher.kid, state: "kept" });
  });

  test("is that of its row where the same bytes come under two keys at once", async () => {
    const { fs, ctx } = withFiles();
    const { appId, publisher } = await held.program();
    const senders = [publisher, await withNewKey(publisher)];
    const views = await Promise.all(
      senders.map((each) => submitBundle(ctx, each.actor, held.bundle(each, { appId, code: 1 }))),
    );
    expect(views[0]).toEqual(views[1]);
    const sha256 = views[0]?.sha256 ?? "";
    expect(signatureOf(fs, sha256)).toEqual(Buffer.from((await rowOf(sha256))?.signature ?? []));
  });

  test("comes back where bytes that were refused are sent again under a new key, and are not taken", async () => {
    const { fs, ctx } = withFiles();
    const { appId, publisher } = await held.program();
    const sent = held.bundle(publisher, { appId, code: 1 });
    const first = await submitBundle(ctx, publisher.actor, sent);
    await refuseSubmission(ctx, await held.person("operator"), first.submissionId, { reason: "Too loud." });
    const rotated = await withNewKey(publisher);
    await submitBundle(ctx, rotated.actor, held.bundle(rotated, { appId, code: 2 }));
    const again = submitBundle(ctx, rotated.actor, held.bundle(rotated, { appId, code: 1 }));
    expect(await refusalOf(again)).toMatchObject({ details: ["VERSION_NOT_HIGHER"] });
    expect(signatureOf(fs, first.sha256)).toEqual(Buffer.from(sent.signatureDer));
  });
});

describe("a refused submission leaves neither file nor row, nor its code taken", () => {
  type Case = { appId: string; publisher: TestPublisher; ctx: ServiceContext; fs: MemoryJournalFs };
  const send = ({ ctx, publisher, appId }: Case, code = 1) =>
    submitBundle(ctx, publisher.actor, held.bundle(publisher, { appId, code }));
  const REFUSALS: [string, (of: Case) => Promise<unknown>][] = [
    ["of another's program", async (of) => send({ ...of, publisher: await held.publisher() })],
    [
      "of a retired program",
      async (of) => {
        await held.ctx.store.transaction(({ db }) =>
          db.update(programs).set({ status: "retired" }).where(eq(programs.appId, of.appId)),
        );
        return send(of);
      },
    ],
    [
      "under a key that is revoked while it is judged",
      async (of) =>
        send({
          ...of,
          ctx: {
            ...of.ctx,
            async judgeBundle(file, seal, whose) {
              await held.ctx.store.transaction(({ db }) =>
                db.update(publisherKeys).set({ status: "revoked" }).where(eq(publisherKeys.kid, of.publisher.kid)),
              );
              return of.ctx.judgeBundle(file, seal, whose);
            },
          },
        }),
    ],
    [
      "that another signed",
      async ({ ctx, publisher, appId }) => {
        const { signatureDer } = held.bundle(await held.publisher(), { appId, code: 1 });
        return submitBundle(ctx, publisher.actor, { ...held.bundle(publisher, { appId, code: 1 }), signatureDer });
      },
    ],
    [
      "that is no bundle",
      async ({ ctx, publisher }) =>
        submitBundle(ctx, publisher.actor, {
          content: piecesOf(new Uint8Array(5000)),
          signatureDer: new Uint8Array(8),
        }),
    ],
    [
      "that is not judged in time",
      async (of) => send({ ...of, ctx: { ...of.ctx, judgeBundle: () => Promise.reject(new Error("not in time")) } }),
    ],
    [
      "that breaks off",
      async ({ ctx, publisher }) =>
        submitBundle(ctx, publisher.actor, {
          // biome-ignore lint/correctness/useYield: it breaks off before its first byte
          content: (async function* () {
            throw new Error("gone");
          })(),
          signatureDer: new Uint8Array(8),
        }),
    ],
    [
      "whose row is not written",
      async (of) =>
        send({
          ...of,
          ctx: {
            ...of.ctx,
            ids: {
              next: () => {
                throw new Error("no id");
              },
            },
          },
        }),
    ],
  ];

  test.each(REFUSALS)("%s", async (_, refused) => {
    const { fs, ctx } = withFiles();
    const { appId, publisher } = await held.program();
    await expect(refused({ appId, publisher, ctx, fs })).rejects.toThrow();
    expect(namesOf(fs)).toEqual([]);
    expect(await submissionsOf(appId)).toEqual([]);
  });

  test("whose code does not rise, or that passes what may wait, beside those that were taken", async () => {
    const { fs, ctx } = withFiles();
    const { appId, publisher } = await held.program();
    const one = { appId, publisher, ctx, fs };
    for (let code = 1; code <= SUBMISSION_LIMITS.waitingOfProgram; code += 1) await send(one, code);
    const before = namesOf(fs);
    expect(before).toHaveLength(2 * SUBMISSION_LIMITS.waitingOfProgram);
    expect(await refusalOf(send(one, 0))).toMatchObject({ details: ["VERSION_NOT_HIGHER"] });
    expect(await refusalOf(send(one, 50))).toEqual({ code: "limit_exceeded", details: ["waitingOfProgram"] });
    expect(namesOf(fs)).toEqual(before);
    expect(await submissionsOf(appId)).toHaveLength(SUBMISSION_LIMITS.waitingOfProgram);
  });
});

describe("what a publisher has waiting", () => {
  test("is named where it is full, is free again by taking one back, and may be raised", async () => {
    const { ctx } = withFiles();
    const { appId, publisher } = await held.program();
    const sent = (code: number) => held.bundle(publisher, { appId, code });
    const all: string[] = [];
    for (let code = 1; code <= SUBMISSION_LIMITS.waitingOfProgram; code += 1) {
      all.push((await submitBundle(ctx, publisher.actor, sent(code))).submissionId);
    }
    await expect(submitBundle(ctx, publisher.actor, sent(20))).rejects.toMatchObject({
      code: "limit_exceeded",
      message: expect.stringContaining(all[0] ?? ""),
      extra: { limit: "waitingOfProgram", used: 5, max: 5 },
    });
    // The same bytes again are no more than what waits already.
    expect(await submitBundle(ctx, publisher.actor, sent(5))).toMatchObject({ submissionId: all[4] });
    await withdrawSubmission(ctx, publisher.actor, all[2] ?? "");
    await submitBundle(ctx, publisher.actor, sent(20));
    const raised = { ...ctx, config: { ...ctx.config, submissionQuota: 2 } };
    expect(await submitBundle(raised, publisher.actor, sent(21))).toMatchObject({ state: "submitted" });
  });

  test("is not passed by two at once", async () => {
    const { ctx } = withFiles();
    const { appId, publisher } = await held.program();
    const codes = Array.from({ length: SUBMISSION_LIMITS.waitingOfProgram + 3 }, (_, at) => at + 1);
    const results = await Promise.allSettled(
      codes.map((code) => submitBundle(ctx, publisher.actor, held.bundle(publisher, { appId, code }))),
    );
    const taken = results.filter(({ status }) => status === "fulfilled").length;
    expect(taken).toBeGreaterThan(0);
    expect(taken).toBeLessThanOrEqual(SUBMISSION_LIMITS.waitingOfProgram);
    expect(await submissionsOf(appId)).toHaveLength(taken);
  });
});

describe("tending bundles", () => {
  test("removes at once what was taken back, after 30 days what was refused, and keeps what was attested", async () => {
    const { fs, files, ctx } = withFiles();
    const { appId, publisher } = await held.program();
    const operator = await held.person("operator");
    const submit = (code: number) => submitBundle(ctx, publisher.actor, held.bundle(publisher, { appId, code }));
    const [waits, taken, refused, listed] = [await submit(1), await submit(2), await submit(3), await submit(4)];
    await withdrawSubmission(ctx, publisher.actor, taken.submissionId);
    await refuseSubmission(ctx, operator, refused.submissionId, { reason: "Too loud." });
    await approveSubmission(ctx, operator, listed.submissionId, { reason: "Fine." });
    await tendBundles(ctx);
    expect([...(await files.list())].sort()).toEqual([waits.sha256, refused.sha256, listed.sha256].sort());
    held.clock.advance(30 * DAY_SECONDS - 1);
    await tendBundles(ctx);
    expect((await files.list()).has(refused.sha256)).toBe(true);
    held.clock.advance(2);
    await tendBundles(ctx);
    expect([...(await files.list())].sort()).toEqual([waits.sha256, listed.sha256].sort());
    expect(namesOf(fs)).toHaveLength(4);
    expect(await rowOf(refused.sha256)).toMatchObject({ state: "removed", kid: publisher.kid, entries: 2 });
    const states = (await listVersions(ctx, operator, appId)).items.map(({ signature }) => signature);
    expect(states).toEqual(["valid", "bytes_removed", "bytes_removed", "valid"]);
    // Refused bytes may be handed in again.
    expect(await submit(5)).toMatchObject({ state: "submitted" });
  });

  test("removes what a killed submission left once it is old, and nothing that is coming in", async () => {
    const { fs, files, ctx } = withFiles();
    const content = new Uint8Array([1, 2, 3]);
    const staged = await files.stage(piecesOf(content));
    await (await files.stage(piecesOf(content))).keep("a".repeat(64), content);
    await tendBundles(ctx);
    expect(namesOf(fs)).toHaveLength(3);
    held.clock.advance(3601);
    await tendBundles(ctx);
    expect(namesOf(fs)).toEqual([]);
    await staged.drop();
  });

  test("reads files again about once a day, and tells damage once, and that it is over", async () => {
    const logged: string[] = [];
    const { fs, ctx } = withFiles({
      logger: (_, event, more) => void logged.push(`${event} ${more?.sha256} ${more?.state}`),
    });
    const { appId, publisher } = await held.program();
    const sent = held.bundle(publisher, { appId, code: 1 });
    const { sha256 } = await submitBundle(ctx, publisher.actor, sent);
    const path = join("bundles", `${sha256}.ma`);
    await tendBundles(ctx);
    fs.files.delete(path);
    await tendBundles(ctx);
    expect(await rowOf(sha256)).toMatchObject({ state: "kept" });
    held.clock.advance(DAY_SECONDS);
    await tendBundles(ctx);
    held.clock.advance(DAY_SECONDS);
    await tendBundles(ctx);
    expect(await rowOf(sha256)).toMatchObject({ state: "missing", checkedAt: new Date(held.clock.nowMs()) });
    fs.files.set(path, sent.bytes);
    held.clock.advance(DAY_SECONDS);
    await tendBundles(ctx);
    expect(logged.filter((line) => line.includes(sha256))).toEqual([
      `bundle_found ${sha256} missing`,
      `bundle_found ${sha256} kept`,
    ]);
  });

  test.each([
    { what: "read", operation: "stream" },
    { what: "signed", operation: "create" },
  ])("looks at all files though one cannot be $what, which is logged", async ({ operation }) => {
    const logged: unknown[] = [];
    const { fs, ctx } = withFiles({
      logger: (_, event, more) => void (event === "bundle_not_looked_at" && logged.push(more?.sha256)),
    });
    const { appId, publisher } = await held.program();
    const sent: string[] = [];
    for (const code of [1, 2]) {
      const { sha256 } = await submitBundle(ctx, publisher.actor, held.bundle(publisher, { appId, code }));
      sent.push(sha256);
      fs.files.delete(join("bundles", `${sha256}.ma.sig`));
    }
    sent.sort();
    let isOver = false;
    fs.failWhen((_, name) => {
      const isFirst = name === operation && !isOver;
      isOver ||= isFirst;
      return isFirst;
    });
    await tendBundles(ctx);
    const checkedAt = new Date(held.clock.nowMs());
    for (const sha256 of sent) expect(await rowOf(sha256)).toMatchObject({ state: "kept", checkedAt });
    expect(logged).toEqual([sent[0]]);
    expect(namesOf(fs)).toContain(join("bundles", `${sent[1]}.ma.sig`));
  });
});

test("a page of versions reads no file", async () => {
  const { fs, ctx } = withFiles();
  const { appId, publisher } = await held.program();
  for (const code of [1, 2, 3]) await submitBundle(ctx, publisher.actor, held.bundle(publisher, { appId, code }));
  fs.failWhen(() => true);
  const { items } = await listVersions(ctx, await held.person("operator"), appId);
  expect(items.map(({ signature, keyStatus }) => `${signature} ${keyStatus}`)).toEqual(Array(3).fill("valid active"));
  expect(fs.operations).toBe(0);
});
