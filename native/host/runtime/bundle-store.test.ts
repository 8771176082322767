import { createHash } from "node:crypto";
import { expect, it, vi } from "vitest";
import { derFromP1363 } from "../../core/crypto/der";
import type { ProgramClaims } from "../../core/shapes/claims";
import { nodeCrypto } from "../../node/crypto";
import { BundleNotOpened } from "../../node/open-bundle-elsewhere";
import type { DurableFiles } from "../state/durable-files";
import { createBundleStore } from "./bundle-store";

const bytes = Uint8Array.of(1, 2, 3);
const signature = derFromP1363(new Uint8Array(64).fill(1));
const jwk = { kty: "EC", crv: "P-256", x: "", y: "" };
const program = {
  appId: "com.example.notes",
  versions: [{ code: 1, sha256: createHash("sha256").update(bytes).digest("hex"), kid: "k" }],
  publisherKeys: [{ kid: "k", jwk, status: "active" }],
} as unknown as ProgramClaims;

it("says nothing of a bundle that was not opened in time: it is not there yet, and is tried again", async () => {
  const recordEvent = vi.fn();
  const getBundle = createBundleStore({
    files: { read: async (path: string) => (path.endsWith(".sig") ? signature : bytes) } as unknown as DurableFiles,
    directory: "/",
    client: { bundle: () => Promise.reject(new Error("nothing is fetched")) },
    programOf: () => program,
    telemetry: { recordEvent, addToMinute: () => undefined },
    log: () => undefined,
    open: () => Promise.reject(new BundleNotOpened("not opened in time")),
    crypto: { ...nodeCrypto, verify: () => true },
  });
  expect(await getBundle("com.example.notes", 1)).toEqual({ ok: false, reason: "bundle_not_opened", retry: true });
  expect(recordEvent).not.toHaveBeenCalled();
});
