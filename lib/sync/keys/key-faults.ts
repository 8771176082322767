import { AppError, isAppError } from "@/lib/platform/errors";

/** Why this server cannot sign, and what to do about it: the closed list that start, readiness and refusals share. */
export const KEY_FAULTS = {
  NO_KEYSET: {
    says: "This platform has no keyset yet.",
    remedy: "Publish the first one (docs/guides/root-ceremony.md), or start the server with an empty key folder.",
  },
  FOLDER_UNREADABLE: {
    says: "The key folder, or a key file in it, cannot be read.",
    remedy: "Give the server's user the folder (mode 0700), or restore the file from a backup.",
  },
  KEY_MISSING: {
    says: "The key that must sign is not in the key folder.",
    remedy:
      "Restore it from a backup; where a policy key is lost, make a new one (npm run keys -- policy create) and let the root keys introduce it.",
  },
  KEY_FOREIGN: {
    says: "The trusted keyset names none of the policy keys in the key folder.",
    remedy:
      "Put back the policy-*.json of this platform, or introduce the key that is there by a new keyset (docs/guides/root-ceremony.md).",
  },
  KEY_SWAPPED: {
    says: "A policy key in the key folder is not the one that the trusted keyset names by this id.",
    remedy: "Restore that policy-*.json from a backup.",
  },
  KEY_SHUT: {
    says: "The key does not open: the passphrase is another one, or the file was changed.",
    remedy:
      "Start with the passphrase that it was sealed with (BULKHEAD_KEYS_PASSPHRASE, or keys/protection.key), or restore the file from a backup.",
  },
  SIGNATURE_WRONG: {
    says: "What the policy key signs does not verify by the trusted keyset.",
    remedy: "Restore the key of this platform from a backup; devices would refuse what this one signs.",
  },
  SIGNER_FAILED: {
    says: "The signer does not answer.",
    remedy: "The log has its error; see that it can be reached.",
  },
} as const satisfies Record<string, { says: string; remedy: string }>;

export type KeyFault = keyof typeof KEY_FAULTS;

/** `unavailable`, saying what is wrong with the keys and what to do; nothing was signed. */
export function keyFault(fault: KeyFault, options: { about?: string; cause?: unknown } = {}): AppError {
  const { says, remedy } = KEY_FAULTS[fault];
  const about = options.about === undefined ? "" : ` (${options.about})`;
  return new AppError("unavailable", `${says}${about} Nothing was signed.\n${remedy}`, {
    cause: options.cause,
    details: [{ path: "/keys", code: fault, message: says }],
  });
}

/** The fault that an error tells of; an error of anything else is the signer's own. */
export function keyFaultOf(error: unknown): KeyFault {
  const code = isAppError(error) ? error.details[0]?.code : undefined;
  return code !== undefined && Object.hasOwn(KEY_FAULTS, code) ? (code as KeyFault) : "SIGNER_FAILED";
}
