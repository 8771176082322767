import { type KeyObject, sign } from "node:crypto";
import { readFileSync } from "node:fs";
import { eq, isNull } from "drizzle-orm";
import { piecesOf } from "@/db/bundles/bundle-files";
import { newestDocument } from "@/db/newest-document";
import { auditEntries, people, platform, publisherKeys, publisherTokens } from "@/db/schema";
import type { TestStoreOptions } from "@/db/testing/with-test-store";
import { createPasswords } from "@/lib/auth/password";
import type { ChangeSetView } from "@/lib/contracts/change-sets";
import type { PersonState } from "@/lib/domain/lifecycles";
import type { Actor, Role } from "@/lib/domain/roles";
import { createWatching } from "@/lib/sync/runtime/watching";
import { openSyncFixture, type SyncFixture } from "@/lib/sync/testing/sync-fixture";
import { packBundle } from "@/native/core/bundle/pack-bundle";
import { thumbprint } from "@/native/core/crypto/jwk";
import { publicKeyShape } from "@/native/core/crypto/public-key";
import type { PlatformClaims, ProgramClaims } from "@/native/core/shapes/claims";
import { nodeCrypto } from "@/native/node/crypto";
import { judgeBundle } from "@/native/node/judge-bundle";
import { makeKeyPair } from "@/native/node/make-key-pair";
import { editDraft } from "../change-sets/edit-draft";
import type { ServiceContext } from "../context";
import { registerProgram } from "../programs/register-program";
import { createPublisher } from "../publishers/create-publisher";
import type { SentBundle } from "../submissions/submit-bundle";

export type PersonActor = Extract<Actor, { kind: "person" }>;
export type PublisherActor = Extract<Actor, { kind: "publisher" }>;

export type TestPublisher = { id: string; actor: PublisherActor; privateKey: KeyObject; kid: string };

export type ServiceFixture = {
  ctx: ServiceContext;
  clock: SyncFixture["clock"];
  /** A person of this role, active unless said otherwise. */
  person(role: Role, more?: { publisherId?: string; state?: PersonState }): Promise<PersonActor>;
  /** A publisher with one active key and one token, both an admin's. */
  publisher(): Promise<TestPublisher>;
  /** A registered program of a publisher, without versions. */
  program(publisher?: TestPublisher): Promise<{ appId: string; publisher: TestPublisher }>;
  /** A signed script bundle, as it is handed in and as bytes. */
  bundle(
    publisher: TestPublisher,
    manifest: { appId: string; code: number; permissions?: string[] },
  ): SentBundle & { bytes: Uint8Array };
  /** Writes changes into the person's draft and answers with it. */
  draft(actor: PersonActor, changes: Record<string, unknown>): Promise<ChangeSetView>;
  /** The claims of the newest signed document. */
  programClaims(appId: string): Promise<ProgramClaims>;
  platformClaims(): Promise<PlatformClaims>;
  /** Actions in the audit log about a change set or a subject, oldest first. */
  audited(about: { changeSetId: string } | { subject: string }): Promise<string[]>;
  close(): Promise<void>;
};

/** The verbs over a store, keys and a clock of their own. Set-up is over unless said otherwise. */
export async function openServiceFixture(
  options: TestStoreOptions & { isSetUpComplete?: boolean } = {},
): Promise<ServiceFixture> {
  const sync = await openSyncFixture(options);
  const ctx: ServiceContext = {
    ...sync.ctx,
    store: sync.store,
    bundles: sync.bundles,
    judgeBundle: async ({ path }, seal) => judgeBundle(readFileSync(path), seal),
    passwords: createPasswords(),
    watching: createWatching(sync.store, sync.clock),
    readiness: {
      read: async () => ({ state: "ok", at: new Date(0).toISOString(), checks: [], jobs: [], threads: [], queues: [] }),
    },
    config: {
      baseUrl: "https://console.test",
      environment: "development",
      isDevelopmentStore: false,
      version: "test",
      submissionQuota: 1,
      authSecret: "0".repeat(32),
      oidc: null,
    },
  };
  let count = 0;
  if (options.isSetUpComplete !== false) {
    await sync.store.transaction(async ({ db }) => {
      await db
        .update(platform)
        .set({ setUpAt: new Date(sync.clock.nowMs()) })
        .where(isNull(platform.setUpAt));
    });
  }

  const fixture: ServiceFixture = {
    ctx,
    clock: sync.clock,
    async person(role, more = {}) {
      count += 1;
      const id = ctx.ids.next("person");
      const { publisherId = null, state = "active" } = more;
      const email = `${role}${count}@harbor.example`;
      const name = `${role} ${count}`;
      await sync.store.transaction(async ({ db }) => {
        const createdAt = new Date(sync.clock.nowMs());
        await db.insert(people).values({ id, email, name, role, publisherId, state, createdAt });
      });
      return { kind: "person", personId: id, name, email, role, publisherId, sessionId: `ses_${count}` };
    },
    async publisher() {
      count += 1;
      const { id } = await createPublisher(ctx, await fixture.person("operator"), { name: `Publisher ${count}` });
      const { privateKey, publicKey } = makeKeyPair();
      const jwk = publicKeyShape.parse(publicKey.export({ format: "jwk" }));
      const kid = thumbprint(jwk, nodeCrypto);
      const { personId } = await fixture.person("admin");
      const tokenId = ctx.ids.next("token");
      await sync.store.transaction(async ({ db }) => {
        const createdAt = new Date(sync.clock.nowMs());
        const made = { publisherId: id, createdAt, createdBy: personId };
        await db.insert(publisherKeys).values({ ...made, kid, jwk, status: "active" });
        const expiresAt = new Date(createdAt.getTime() + 90 * 86_400_000);
        await db.insert(publisherTokens).values({ ...made, id: tokenId, tokenSha256: tokenId, expiresAt });
      });
      return { id, kid, privateKey, actor: { kind: "publisher", publisherId: id, tokenId, personId } };
    },
    async program(publisher) {
      count += 1;
      const owner = publisher ?? (await fixture.publisher());
      const appId = `com.example.program${count}`;
      await registerProgram(ctx, await fixture.person("operator"), { appId, name: appId, publisherId: owner.id });
      return { appId, publisher: owner };
    },
    bundle(publisher, { appId, code, permissions = [] }) {
      const manifest = {
        app_id: appId,
        name: "Coin Jar",
        icons: [],
        pages: [],
        platform_version: { min_code: 1 },
        version: { code, name: `${code}.0` },
        req_permissions: permissions.map((name) => ({ name, reason: "Because it counts coins." })),
        bulkhead_engine: "script",
      };
      const text = (value: string) => new TextEncoder().encode(value);
      const packed = packBundle(
        new Map([
          ["manifest.json", text(JSON.stringify(manifest))],
          ["app.js", text(`console.log(${code});`)],
        ]),
      );
      if (!packed.ok) throw new Error(`the test bundle does not open: ${JSON.stringify(packed.reason)}`);
      const { bytes } = packed;
      const content = { [Symbol.asyncIterator]: () => piecesOf(bytes) };
      return { bytes, content, signatureDer: sign("sha256", bytes, publisher.privateKey) };
    },
    async draft(actor, changes) {
      const input = Object.entries(changes).map(([member, after]) => ({ member, after }));
      const { draft } = await editDraft(ctx, actor, { changes: input });
      if (draft === null) throw new Error("the draft changes nothing");
      return draft;
    },
    programClaims: (appId) => newestClaims<ProgramClaims>(sync, "program", appId),
    platformClaims: () => newestClaims<PlatformClaims>(sync, "platform", ""),
    async audited(about) {
      const rows = await sync.store.db
        .select()
        .from(auditEntries)
        .where(
          "subject" in about
            ? eq(auditEntries.subject, about.subject)
            : eq(auditEntries.changeSetId, about.changeSetId),
        )
        .orderBy(auditEntries.sequence);
      return rows.map((row) => row.action);
    },
    close: () => sync.close(),
  };
  return fixture;
}

async function newestClaims<T>(sync: SyncFixture, kind: "platform" | "program", appId: string): Promise<T> {
  const row = await newestDocument(sync.store.db, kind, appId);
  if (row === null) throw new Error(`no ${kind} document ${appId} was published`);
  return JSON.parse(Buffer.from(row.jws.split(".")[1] ?? "", "base64url").toString("utf8"));
}
