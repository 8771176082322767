import type { Database } from "@/db/store";
import type { KeysetClaims } from "@/native/core/shapes/claims";
import { currentKeyset } from "../current-keyset";
import type { PolicySigner } from "../signer";
import { compareKeys } from "./file-keys";
import { KEY_FAULTS } from "./key-faults";
import type { KeyFolder } from "./key-folder";
import { type TrialSignature, trialSignature } from "./trial-signature";

/** A key file that will not sign when it is needed, in words. */
export type FaultyKey = { says: string; remedy: string };

export type JudgedKeys = {
  keyset: KeysetClaims | null;
  /** Whether a suspension would get out now. */
  trial: TrialSignature;
  /** How many policy keys the folder has, and how many of them open and are named by the trusted keyset. */
  files: number;
  usable: number;
  faulty: FaultyKey[];
};

/** Signs a trial text and holds every policy key of the folder against the trusted keyset: at start and in readiness. */
export async function judgeKeys(db: Database, signer: PolicySigner, folder: KeyFolder): Promise<JudgedKeys> {
  const keyset = (await currentKeyset(db))?.claims ?? null;
  const trial = await trialSignature(keyset, signer);
  const states = keyset === null ? [] : await compareKeys(folder, keyset);
  return {
    keyset,
    trial,
    files: states.length,
    usable: states.filter(({ state }) => state === "usable").length,
    faulty: states.flatMap((key) => {
      // A key that no keyset names yet, or any more, is in order.
      if (key.state === "usable" || key.state === "KEY_FOREIGN") return [];
      const { says, remedy } = KEY_FAULTS[key.state];
      return [{ says: `${says} (${key.about})`, remedy }];
    }),
  };
}
