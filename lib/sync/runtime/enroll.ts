import { createHash } from "node:crypto";
import { eq } from "drizzle-orm";
import { lockPlatform } from "@/db/lock-platform";
import { devices, enrolmentTokens } from "@/db/schema";
import type { Store, Transaction } from "@/db/store";
import { appendAudit } from "@/lib/audit/append-audit";
import { AppError } from "@/lib/platform/errors";
import { ENROLL_ASSERTION_TYPE, enrollAssertionShape } from "@/native/core/wire/device-assertion";
import type { EnrollRequest, EnrollResponse } from "@/native/core/wire/enroll";
import { nowSeconds, type SyncContext } from "../context";
import { thumbprintOf } from "../keys/thumbprint";
import { isSignedBy, readAssertion, requireFresh } from "./assertion";

/** How long the same token and key get the same answer (spec §4). */
const SAME_ANSWER_MS = 24 * 3_600_000;

type TokenRow = typeof enrolmentTokens.$inferSelect;

/** One text for every reason: an unknown, a used and an expired token look alike. */
const refused = () => new AppError("unauthenticated", "The enrolment token or its proof is not valid.");

/** Refuses where the proof does not cover this very key and token, for this platform and now. */
function requireProof(request: EnrollRequest, platformId: string, now: number): { tokenSha256: string; kid: string } {
  const assertion = readAssertion(request.assertion);
  const claims = enrollAssertionShape.safeParse(assertion.claims);
  const kid = thumbprintOf(request.publicKey);
  const tokenSha256 = createHash("sha256").update(request.token).digest("hex");
  if (!claims.success || assertion.typ !== ENROLL_ASSERTION_TYPE) throw refused();
  if (assertion.kid !== kid || claims.data.sub !== kid || claims.data.aud !== platformId) throw refused();
  if (claims.data.tokenSha256 !== tokenSha256 || !isSignedBy(assertion, request.publicKey)) throw refused();
  requireFresh(claims.data.iat, now);
  return { tokenSha256, kid };
}

async function sameAnswer(tx: Transaction, token: TokenRow, kid: string, nowMs: number): Promise<string> {
  const isTooLate = token.usedAt === null || nowMs - token.usedAt.getTime() >= SAME_ANSWER_MS;
  if (token.usedBy !== kid || token.deviceId === null || isTooLate) throw refused();
  const [device] = await tx.db.select().from(devices).where(eq(devices.id, token.deviceId));
  if (device === undefined || device.revokedAt !== null) throw refused();
  return device.id;
}

async function createDevice(
  tx: Transaction,
  ctx: SyncContext,
  token: TokenRow,
  request: EnrollRequest,
  kid: string,
): Promise<string> {
  const [known] = await tx.db.select({ id: devices.id }).from(devices).where(eq(devices.thumbprint, kid));
  // A key enrols once: what was revoked does not come back under another token.
  if (known !== undefined) throw refused();
  const now = new Date(ctx.clock.nowMs());
  const deviceId = ctx.ids.next("device");
  await tx.db.insert(devices).values({
    id: deviceId,
    name: token.deviceName,
    labels: token.labels,
    publicJwk: request.publicKey,
    thumbprint: kid,
    runtimeKind: request.runtime.kind,
    runtimeVersion: request.runtime.version,
    runtimeLayers: request.runtime.layers,
    enrolledAt: now,
    lastSeenAt: now,
    discarded: {},
  });
  await tx.db
    .update(enrolmentTokens)
    .set({ usedAt: now, usedBy: kid, deviceId })
    .where(eq(enrolmentTokens.id, token.id));
  await appendAudit(tx, ctx, {
    actor: { kind: "device", deviceId },
    action: "device.enrol",
    subject: `device:${deviceId}`,
    after: {
      name: token.deviceName,
      labels: token.labels,
      thumbprint: kid,
      runtime: request.runtime.kind,
      enrolment: token.id,
    },
  });
  tx.announce({ topic: "devices", deviceId, revoked: false });
  return deviceId;
}

/**
 * Enrols a device: its one-time token, and the proof that it holds the key, in one transaction. The same token and key
 * get the same device for 24 h. Refuses `unauthenticated` for everything else, `clock_skew` with the server's time.
 */
export async function enrollDevice(
  store: Store,
  ctx: SyncContext,
  platformId: string,
  request: EnrollRequest,
): Promise<EnrollResponse> {
  const { tokenSha256, kid } = requireProof(request, platformId, nowSeconds(ctx.clock));
  const deviceId = await store.transaction(async (tx) => {
    // First of all locks, as every publish does: enrolment writes an audit entry behind it.
    await lockPlatform(tx);
    const [token] = await tx.db
      .select()
      .from(enrolmentTokens)
      .where(eq(enrolmentTokens.tokenSha256, tokenSha256))
      .for("update");
    if (token === undefined) throw refused();
    if (token.usedAt !== null) return await sameAnswer(tx, token, kid, ctx.clock.nowMs());
    if (token.expiresAt.getTime() <= ctx.clock.nowMs()) throw refused();
    return await createDevice(tx, ctx, token, request, kid);
  });
  return { deviceId, platform: platformId, serverTime: nowSeconds(ctx.clock) };
}
