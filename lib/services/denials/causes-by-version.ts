import { and, eq, isNotNull } from "drizzle-orm";
import { versions } from "@/db/schema";
import type { Database } from "@/db/store";
import type { ToldRefusal } from "@/lib/domain/denials/replay";
import type { DecisionCode } from "@/native/core/codes";
import { causeKey } from "@/native/core/decide/cause-key";
import { addSaturating } from "@/native/core/telemetry/add-saturating";
import { nodeCrypto } from "@/native/node/crypto";
import { createDeviceCount } from "../measures/device-count";
import { addPackedTogether } from "../measures/packed-sketches";
import { liveDetails, oldestDetailsMs, readHoursOf } from "../measures/read-details";

export type VersionCount = { versionCode: number; times: number; devices: number; firstAtMs: number | null };

/**
 * How often each listed version, and the one that told, was refused the same for the same reason in all that is kept. A cause is of
 * one version, so each has a key of its own (spec §5).
 */
export async function causesByVersion(
  db: Database,
  appId: string,
  { versionCode, code, host, port, api }: ToldRefusal,
  nowMs: number,
): Promise<VersionCount[]> {
  const listed = await db
    .select({ code: versions.code })
    .from(versions)
    .where(and(eq(versions.appId, appId), isNotNull(versions.listedAt)));
  const codes = [...new Set([versionCode, ...listed.map((row) => row.code)])];
  const subject = host === null || port === null ? (api ?? "?") : `${host}:${port}`;
  const keys = new Map(
    codes.map((one) => {
      // Safe: a code that no list has makes a key like any other.
      const cause = { appId, versionCode: one, code: code as DecisionCode, subject };
      return [causeKey(cause, nodeCrypto.sha256), one] as const;
    }),
  );
  const counted = new Map(
    codes.map((one) => [one, { times: 0, firstAtMs: Number.POSITIVE_INFINITY, devices: createDeviceCount() }]),
  );
  const asked = { appId, kind: "cause", sinceMs: oldestDetailsMs(nowMs), nowMs, names: [...keys.keys()] } as const;
  const add = (name: string, times: number, atMs: number) => {
    const own = counted.get(keys.get(name) ?? -1);
    if (own === undefined) return undefined;
    own.times = addSaturating(own.times, times);
    own.firstAtMs = Math.min(own.firstAtMs, atMs);
    return own.devices;
  };
  await readHoursOf(db, asked, ({ name, refused, firstAtMs, sketches }) => {
    const own = add(name, refused, firstAtMs);
    if (own !== undefined) addPackedTogether(own, sketches);
  });
  for (const { name, refused, atMs, deviceId } of (await liveDetails(db, asked)).details) {
    add(name, refused, atMs)?.addDevice(deviceId);
  }
  return [...counted].map(([one, { times, firstAtMs, devices }]) => ({
    ...{ versionCode: one, times, devices: devices.count() },
    firstAtMs: Number.isFinite(firstAtMs) ? firstAtMs : null,
  }));
}
