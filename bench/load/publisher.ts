import { createPrivateKey, randomBytes, sign } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { packBundle } from "../../native/core/bundle/pack-bundle";
import { serveLoad } from "./load-process";

/** A publisher whose tool submits one bundle after the other, each as large as given. */
export type PublisherOrder = {
  baseUrl: string;
  token: string;
  privateKeyPem: string;
  /** A program's sources; a file of random bytes is added. */
  folder: string;
  megabytes: number;
};
export type PublisherResult = { statuses: Record<string, number>; submitMs: number[] };

const READY_AHEAD = 6;

serveLoad<PublisherOrder, never, PublisherResult>(async ({ baseUrl, token, privateKeyPem, folder, megabytes }) => {
  const key = createPrivateKey(privateKeyPem);
  const sources = new Map(readdirSync(folder).map((name) => [name, new Uint8Array(readFileSync(join(folder, name)))]));
  const manifest = JSON.parse(readFileSync(join(folder, "manifest.json"), "utf8")) as Record<string, unknown>;
  let code = 1;
  /** Packed before it is asked for, so that packing takes no processor while anything is measured. */
  function pack() {
    code += 1;
    const files = new Map(sources);
    files.set("manifest.json", Buffer.from(JSON.stringify({ ...manifest, version: { code, name: `1.0.${code}` } })));
    files.set("level.bin", randomBytes(megabytes * 1024 * 1024 - 64 * 1024));
    const packed = packBundle(files);
    if (!packed.ok) throw new Error(`the bundle cannot be packed: ${packed.reason}`);
    return { bytes: packed.bytes, signature: sign("sha256", packed.bytes, key).toString("base64url") };
  }
  const ahead = Array.from({ length: READY_AHEAD }, pack);
  const result: PublisherResult = { statuses: {}, submitMs: [] };
  let isStopping = false;
  const running = (async () => {
    while (!isStopping) {
      const { bytes, signature } = ahead.shift() ?? pack();
      const from = performance.now();
      const answer = await fetch(`${baseUrl}/api/publisher/v1/submissions`, {
        method: "POST",
        headers: {
          authorization: `Bearer ${token}`,
          "content-type": "application/miniapp-pkg+zip",
          "bulkhead-signature": signature,
        },
        body: bytes as Uint8Array<ArrayBuffer>,
      }).catch(() => null);
      await answer?.arrayBuffer().catch(() => undefined);
      result.submitMs.push(performance.now() - from);
      const status = String(answer?.status ?? 0);
      result.statuses[status] = (result.statuses[status] ?? 0) + 1;
    }
  })();
  return {
    async finish() {
      isStopping = true;
      await running;
      return result;
    },
  };
});
