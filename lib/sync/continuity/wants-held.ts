import { issueAt } from "@/db/newest-document";
import type { Database } from "@/db/store";
import { isNewerPosition, isSamePosition, type Position } from "@/native/core/documents/position";
import { currentKeyset } from "../current-keyset";
import { isOfInterest } from "./learn-held";

/** What a batch says of the platform document that its device holds. */
export type ToldPosition = Position & {
  /** The device refused a document because it holds another one of the same revision. */
  hasConflict: boolean;
};

/**
 * Whether the device is to hand its platform document back (spec 7.9): it says that it applied one that this store never
 * signed, in an epoch that this store can judge. A claim alone changes nothing, and is asked about only while a document
 * would tell something.
 */
export async function wantsHeld(
  db: Database,
  deviceId: string,
  told: ToldPosition,
  issued: Position,
): Promise<boolean> {
  if (told.revision === 0 || !(await isForeign(db, told, issued))) return false;
  const keyset = await currentKeyset(db);
  return keyset?.epoch === told.epoch && (await isOfInterest(db, deviceId, told));
}

async function isForeign(db: Database, told: ToldPosition, issued: Position): Promise<boolean> {
  if (told.hasConflict || isNewerPosition(told, issued)) return true;
  if (isSamePosition(told, issued)) return false;
  // Lost, or taken out of the database, and signed on above it: what it says would be forgotten, and is evidence.
  return (await issueAt(db, "platform", "", told)) === null;
}
