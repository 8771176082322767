import { eq } from "drizzle-orm";
import { readPlatformMembersOf } from "@/db/published-members";
import { devices, programs } from "@/db/schema";
import type { Database, Watched } from "@/db/store";
import type { Reporting } from "@/lib/contracts/reporting";
import { PLATFORM_DEFAULTS } from "@/lib/domain/platform-defaults";
import type { Actor } from "@/lib/domain/roles";
import { AppError } from "@/lib/platform/errors";
import type { ServiceContext } from "../context";
import { requirePermission } from "../require-permission";

/** Devices that report this often need not be asked. */
const LIVE_SECONDS = 5;

/**
 * How often devices report; a program or a device that is named counts as looked at for the next 30 s (spec 7.17), by
 * whoever may read telemetry, and four things a session. Raises `not_found` for what is not there.
 */
export async function readReporting(
  context: ServiceContext,
  actor: Actor,
  { appId, deviceId }: { appId?: string | undefined; deviceId?: string | undefined },
): Promise<Reporting> {
  requirePermission(actor, "console.read");
  if (deviceId !== undefined) requirePermission(actor, "devices.read");
  const { db } = context.store;
  const named: Watched[] = [
    ...(appId === undefined ? [] : [{ appId }]),
    ...(deviceId === undefined ? [] : [{ deviceId }]),
  ];
  const [decided] = await readPlatformMembersOf(db, "telemetry");
  const documentSeconds = (decided?.value ?? PLATFORM_DEFAULTS.telemetry).intervalSeconds;
  const presentSeconds = Math.max(documentSeconds, context.watching.everySeconds() ?? 0);
  let isLive = false;
  for (const watched of named) {
    await requireThere(db, watched);
    if (presentSeconds <= LIVE_SECONDS) isLive = true;
    else if (actor.kind === "person" && (await context.watching.look(watched, actor.sessionId))) isLive = true;
  }
  return { documentSeconds, presentSeconds, isLive };
}

async function requireThere(db: Database, watched: Watched): Promise<void> {
  const found =
    "appId" in watched
      ? await db.select({ id: programs.appId }).from(programs).where(eq(programs.appId, watched.appId))
      : await db.select({ id: devices.id }).from(devices).where(eq(devices.id, watched.deviceId));
  if (found.length === 0) throw new AppError("not_found", "There is nothing here.");
}
