import { sign as signBytes } from "node:crypto";
import { isAppError } from "@/lib/platform/errors";
import type { KeysetClaims, PublicJwk } from "@/native/core/shapes/claims";
import type { PolicySigner } from "../signer";
import { type KeyFault, keyFault, keyFaultOf } from "./key-faults";
import type { KeyFolder } from "./key-folder";
import { samePublicKey } from "./thumbprint";

export type KeyState = { kid: string; state: "usable" } | { kid: string | null; state: KeyFault; about: string };

/**
 * Each policy key of the folder beside the trusted keyset, newest first: usable, or which fault it has. A file that is
 * no key is named by its name; one broken file says nothing of the others. Never rejects.
 */
export async function compareKeys(folder: KeyFolder, keyset: KeysetClaims): Promise<KeyState[]> {
  const survey = await folder.survey("policy");
  if (!survey.ok) return [{ kid: null, state: "FOLDER_UNREADABLE", about: survey.about }];
  const states: KeyState[] = survey.unreadable.map((name) => ({ kid: null, state: "FOLDER_UNREADABLE", about: name }));
  for (const { kid, jwk } of survey.keys.toReversed()) {
    const trusted = keyset.keys.find((key) => key.kid === kid);
    if (trusted === undefined) states.push({ kid, state: "KEY_FOREIGN", about: kid });
    else if (!samePublicKey(trusted.jwk, jwk)) states.push({ kid, state: "KEY_SWAPPED", about: kid });
    else states.push(await openedState(folder, kid));
  }
  return states;
}

async function openedState(folder: KeyFolder, kid: string): Promise<KeyState> {
  try {
    await folder.open("policy", kid);
    return { kid, state: "usable" };
  } catch (error) {
    return { kid, state: keyFaultOf(error), about: isAppError(error) ? kid : String(error) };
  }
}

/** What to tell of several: the fault nearest to signing, since it is the one to be mended. */
const NEAREST: readonly KeyFault[] = ["KEY_SHUT", "KEY_SWAPPED", "FOLDER_UNREADABLE", "KEY_FOREIGN", "KEY_MISSING"];

/**
 * The policy signer whose keys are files. The newest key of the folder that the trusted keyset also names, and that
 * opens, signs: a rotation makes the key first, and it takes over with the keyset that introduces it. A key that has
 * signed goes on to, from memory, when its file is gone: losing a file must not stop a suspension.
 */
export function createFileSigner(folder: KeyFolder): PolicySigner {
  let last: { kid: string; jwk: PublicJwk } | undefined;
  return {
    async activeKid(keyset) {
      const states = await compareKeys(folder, keyset);
      const kid = states.find((key) => key.state === "usable")?.kid ?? null;
      const trusted = keyset.keys.find((key) => key.kid === kid);
      if (trusted !== undefined) {
        last = trusted;
        return trusted.kid;
      }
      const known = last;
      if (known !== undefined && keyset.keys.some((key) => samePublicKey(key.jwk, known.jwk))) return known.kid;
      const fault = NEAREST.find((code) => states.some(({ state }) => state === code)) ?? "KEY_MISSING";
      const about = states.flatMap((key) => (key.state === fault ? [key.about] : [])).join(", ");
      throw keyFault(fault, about === "" ? {} : { about });
    },
    async sign(kid, data) {
      const key = await folder.open("policy", kid);
      return signBytes("sha256", data, { key, dsaEncoding: "ieee-p1363" });
    },
  };
}
