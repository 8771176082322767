import type { RequestEnd } from "../../core/device/inputs";
import type { Fetched } from "./policy-client";

/** Longer ones are left out: the next request then asks for all. */
const ETAG_CHARACTERS_MAX = 256;

/** How a request ended, as a device hears it (spec 9.4). */
export function requestEnd(fetched: Fetched): RequestEnd {
  switch (fetched.kind) {
    case "body": {
      const { bytes, etag } = fetched;
      const isKept = etag !== undefined && etag.length <= ETAG_CHARACTERS_MAX;
      return { body: Buffer.from(bytes).toString("base64"), ...(isKept ? { etag } : {}) };
    }
    case "not_modified":
      return { notModified: true };
    case "missing":
      return { missing: true };
    case "failed":
      return failedEnd(fetched);
  }
}

function failedEnd({ outcome, code }: Extract<Fetched, { kind: "failed" }>): RequestEnd {
  switch (outcome.kind) {
    case "revoked":
      return { status: 401, code: "device_revoked" };
    case "network":
      return outcome.reason === "too_large" ? { tooLarge: true } : { failed: outcome.reason };
    case "status": {
      const { status, retryAfterSeconds } = outcome;
      return {
        status,
        ...(code === undefined ? {} : { code }),
        ...(retryAfterSeconds === undefined ? {} : { retryAfterS: retryAfterSeconds }),
      };
    }
  }
}
