import { eq } from "drizzle-orm";
import { devices, usedAssertions } from "@/db/schema";
import type { Store } from "@/db/store";
import { AppError } from "@/lib/platform/errors";
import { ASSERTION_LIFE_SECONDS, TOKEN_ASSERTION_TYPE, tokenAssertionShape } from "@/native/core/wire/device-assertion";
import type { TokenRequest, TokenResponse } from "@/native/core/wire/token";
import { nowSeconds, type SyncContext } from "../context";
import { ACCESS_TOKEN_LIFE_SECONDS, makeAccessToken } from "./access-token";
import { isSignedBy, readAssertion, requireFresh } from "./assertion";

const refused = () => new AppError("unauthenticated", "The assertion is not valid.");

/**
 * Gives a device an access token for a signed assertion that is used for the first time. Refuses `unauthenticated`
 * (unknown device, wrong key, audience or use, a second use), `clock_skew` with the server's time, and
 * `device_revoked`: the last only to the holder of the device's key.
 */
export async function issueToken(
  store: Store,
  ctx: SyncContext,
  options: { platformId: string; accessKey: Buffer },
  request: TokenRequest,
): Promise<TokenResponse> {
  const now = nowSeconds(ctx.clock);
  const assertion = readAssertion(request.assertion);
  const claims = tokenAssertionShape.safeParse(assertion.claims);
  if (!claims.success || assertion.typ !== TOKEN_ASSERTION_TYPE || claims.data.aud !== options.platformId) {
    throw refused();
  }
  const { sub, jti, iat } = claims.data;
  const [device] = await store.db.select().from(devices).where(eq(devices.id, sub));
  if (device === undefined || assertion.kid !== device.thumbprint || !isSignedBy(assertion, device.publicJwk)) {
    throw refused();
  }
  requireFresh(iat, now);
  if (device.revokedAt !== null) throw new AppError("device_revoked", "This device has been revoked.");
  await store.transaction(async (tx) => {
    const used = await tx.db
      .insert(usedAssertions)
      .values({ jti: `${sub}/${jti}`, expiresAt: new Date((iat + ASSERTION_LIFE_SECONDS + 1) * 1000) })
      .onConflictDoNothing()
      .returning({ jti: usedAssertions.jti });
    if (used.length === 0) throw refused();
    await tx.db
      .update(devices)
      .set({ lastSeenAt: new Date(ctx.clock.nowMs()) })
      .where(eq(devices.id, sub));
  });
  return {
    accessToken: makeAccessToken(options.accessKey, sub, now + ACCESS_TOKEN_LIFE_SECONDS),
    expiresInSeconds: ACCESS_TOKEN_LIFE_SECONDS,
    serverTime: now,
  };
}
