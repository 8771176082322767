import { newestPosition } from "@/db/newest-document";
import type { Spread } from "@/lib/contracts/shared";
import type { Actor } from "@/lib/domain/roles";
import { AppError } from "@/lib/platform/errors";
import type { ServiceContext } from "../context";
import { readSpread } from "../devices/spread";
import { requirePermission } from "../require-permission";
import { loadProgram } from "./get-program";

/** Which devices enforce the newest platform revision, which every publish raises; live on a program's page. */
export async function getSpread(context: ServiceContext, actor: Actor, appId: string): Promise<Spread> {
  requirePermission(actor, "console.read");
  const { db } = context.store;
  await loadProgram(db, appId);
  const newest = await newestPosition(db, "platform", "");
  if (newest === null) throw new AppError("not_found", "Nothing was published yet.");
  return readSpread(db, newest, context.clock.nowMs());
}
