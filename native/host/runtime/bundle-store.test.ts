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

function openStore(documents: readonly ProgramClaims[]) {
  const recordEvent = vi.fn();
  const open = vi.fn(() => Promise.reject(new BundleNotOpened("not opened in time")));
  const { get: getBundle } = createBundleStore({
    files: { read: async (path: string) => (path.endsWith(".sig") ? signature : bytes) } as unknown as DurableFiles,
    directory: "/",
    client: { bundle: () => Promise.reject(new Error("nothing is fetched")) },
    documentsOf: () => documents,
    telemetry: { recordEvent, addToMinute: () => undefined },
    log: () => undefined,
    open,
    crypto: { ...nodeCrypto, verify: () => true },
  });
  return { get: () => getBundle("com.example.notes", 1), open, recordEvent };
}

it("says nothing of a bundle that was not opened in time: it is not there yet, and is tried again", async () => {
  const { get, recordEvent } = openStore([program]);
  expect(await get()).toEqual({ ok: false, reason: "bundle_not_opened", retry: true });
  expect(recordEvent).not.toHaveBeenCalled();
});

it("starts nothing that a newer document takes back, although it is not stored and so not in force", async () => {
  const [key] = program.publisherKeys;
  const revoked = openStore([program, { ...program, publisherKeys: [{ ...key, status: "revoked" }] } as ProgramClaims]);
  expect(await revoked.get()).toEqual({ ok: false, reason: "key_revoked", retry: false });
  const delisted = openStore([program, { ...program, versions: [] }]);
  expect(await delisted.get()).toEqual({ ok: false, reason: "version_not_listed", retry: true });
  expect([revoked.open, delisted.open].map(({ mock }) => mock.calls.length)).toEqual([0, 0]);
});
