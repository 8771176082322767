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
 * Whether a device is to hand its platform document back (spec 7.9): it says that it applied one that this store never
 * signed, in an epoch that this store can judge. A claim alone changes nothing, and is asked about only while a document
 * would tell something. Of many devices each document is looked for once.
 */
export function createWantsHeld(
  db: Database,
  issued: Position,
): (deviceId: string, told: ToldPosition) => Promise<boolean> {
  const found = new Map<string, Promise<boolean>>();
  let epoch: Promise<number | undefined> | undefined;

  function isIssued(told: Position): Promise<boolean> {
    const key = `${told.epoch}/${told.revision}`;
    const known = found.get(key) ?? issueAt(db, "platform", "", told).then((issue) => issue !== null);
    found.set(key, known);
    return known;
  }

  async function isForeign(told: ToldPosition): Promise<boolean> {
    if (told.hasConflict || isNewerPosition(told, issued)) return true;
    if (isSamePosition(told, issued)) return false;
    // Lost, or taken out of the database, and signed on above it: what it says would be forgotten, and is evidence.
    return !(await isIssued(told));
  }

  return async (deviceId, told) => {
    if (told.revision === 0 || !(await isForeign(told))) return false;
    epoch ??= currentKeyset(db).then((keyset) => keyset?.epoch);
    return (await epoch) === told.epoch && (await isOfInterest(db, deviceId, told));
  };
}
