import { createHash, randomBytes } from "node:crypto";
import { lockPlatform } from "@/db/lock-platform";
import { enrolmentTokens } from "@/db/schema";
import { appendAudit } from "@/lib/audit/append-audit";
import type { Labels } from "@/lib/domain/labels";
import type { Actor } from "@/lib/domain/roles";
import { AppError } from "@/lib/platform/errors";
import { thumbprint } from "@/native/core/crypto/jwk";
import type { EnrolmentFile } from "@/native/core/wire/enroll";
import { nodeCrypto } from "@/native/node/crypto";
import type { ServiceContext } from "../context";
import { requirePermission } from "../require-permission";

const LIFE_MS = 24 * 60 * 60 * 1000;

/**
 * Makes an enrolment file (spec §4), handed to one device out of band: where the platform is, the root keys to trust,
 * and a one-time token good for 24 h, stored as SHA-256, which fixes the device's name and labels. Raises `unavailable`
 * before there is a keyset, and where the stored ones do not verify. Audited as `enrolment.create`.
 */
export async function createEnrolment(
  ctx: ServiceContext,
  actor: Actor,
  input: { deviceName: string; labels: Labels },
): Promise<{ file: EnrolmentFile; expiresAt: string }> {
  requirePermission(actor, "devices.enrol");
  const { deviceName, labels } = input;
  const token = randomBytes(32).toString("base64url");
  const nowMs = ctx.clock.nowMs();
  const expiresAt = new Date(nowMs + LIFE_MS);
  const id = ctx.ids.next("enrolment");
  return ctx.store.transaction(async (tx) => {
    const place = await lockPlatform(tx);
    const keyset = (await ctx.keysets.require(tx.db)).at(-1);
    if (keyset === undefined) throw new AppError("unavailable", "This platform has no keyset yet.");
    const { rootKeys, threshold } = keyset.claims;
    await tx.db.insert(enrolmentTokens).values({
      id,
      tokenSha256: createHash("sha256").update(token).digest("hex"),
      deviceName,
      labels,
      createdBy: actor.kind === "person" ? actor.personId : actor.kind,
      createdAt: new Date(nowMs),
      expiresAt,
    });
    await appendAudit(tx, ctx, {
      actor,
      action: "enrolment.create",
      subject: `enrolment:${id}`,
      after: { deviceName, labels, expiresAt },
      requestId: ctx.requestId ?? null,
    });
    const rootThumbprints = rootKeys.map(({ jwk }) => thumbprint(jwk, nodeCrypto));
    return {
      file: { url: ctx.config.baseUrl, platform: place.platformId, rootThumbprints, threshold, token },
      expiresAt: expiresAt.toISOString(),
    };
  });
}
