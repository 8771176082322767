import type { BundleFault } from "../core/bundle/open-bundle";
import { type CommandFailure, failure } from "./command";

/** A bundle's fault in words for its author. */
export function explainFault(fault: BundleFault): CommandFailure {
  switch (fault.kind) {
    case "archive": {
      const where = fault.entry === undefined ? "" : ` at ${JSON.stringify(fault.entry)}`;
      return failure("BUNDLE_MALFORMED", `the archive is refused${where}: ${fault.fault.replaceAll("_", " ")}`, [
        fault,
      ]);
    }
    case "manifest_missing":
      return failure("BUNDLE_MALFORMED", "there is no manifest.json at the root", [fault]);
    case "manifest_invalid":
      return failure("MANIFEST_INVALID", "manifest.json is not valid", fault.issues);
    case "page_missing":
      return failure("BUNDLE_MALFORMED", `the page ${JSON.stringify(fault.page)} is declared and not there`, [fault]);
    case "script_missing":
      return failure("BUNDLE_MALFORMED", "a script program runs app.js at the root, and there is none", [fault]);
  }
}
