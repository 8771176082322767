import { Agent, get, type IncomingMessage } from "node:http";
import table from "../../native/catalog/public-suffixes.json";
import { compilePolicy } from "../../native/core/decide/compile-policy";
import { type PublicSuffixes, readPublicSuffixes } from "../../native/core/decide/public-suffixes";
import { type DocumentPosition, verifyDocument } from "../../native/core/documents/verify-document";
import type { KeysetClaims } from "../../native/core/shapes/claims";
import { nodeCrypto } from "../../native/node/crypto";
import { startLightDevice } from "./light-device";

/**
 * The simulated devices, in a process of their own: each has a stream and fetches both documents by itself. The first ones
 * do all that a device does with them; the others read how new they are.
 */
export type FleetOrder = {
  baseUrl: string;
  platform: string;
  appId: string;
  keyset: KeysetClaims;
  accessTokens: string[];
  /** How many of them verify and compile what they fetch. */
  verifying: number;
};
/**
 * `connected` once, with how long the slowest stream took to open, then `applied` once for each platform revision that
 * every device has applied: milliseconds since the first of them had, and of CPU that this process has used in all.
 */
export type FleetReport =
  | { event: "connected"; slowestMs: number }
  | { event: "applied"; revision: number; spreadMs: number; cpuMs: number }
  | { event: "failed"; reason: string };

const report = (message: FleetReport) => process.send?.(message);
const failed = (error: Error) => report({ event: "failed", reason: error.message });

/** A connection that the server let go of just as it was used again is no answer: what a device tries anew is asked anew. */
function fetchText(url: string, agent: Agent, token: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const request = get(url, { agent, headers: { authorization: `Bearer ${token}` } }, (response) => {
      let text = "";
      response.setEncoding("utf8");
      response.on("data", (chunk: string) => {
        text += chunk;
      });
      response.on("end", () => {
        if (response.statusCode === 200) resolve(text);
        else reject(new Error(`${url}: ${response.statusCode}`));
      });
      response.on("error", reject);
    });
    request.on("error", (error: NodeJS.ErrnoException) => {
      if (request.reusedSocket && error.code === "ECONNRESET") resolve(fetchText(url, agent, token));
      else reject(error);
    });
  });
}

/** Calls back for each `revision` of the platform; programs are told before it, so one pull covers both. */
function listen(stream: IncomingMessage, onPlatform: () => void): void {
  let rest = "";
  stream.setEncoding("utf8");
  stream.on("data", (chunk: string) => {
    rest += chunk;
    const frames = rest.split("\n\n");
    rest = frames.pop() ?? "";
    if (frames.some((frame) => frame.startsWith("event: revision") && frame.includes('"platform"'))) onPlatform();
  });
}

async function startDevice(
  order: FleetOrder,
  token: string,
  suffixes: PublicSuffixes,
  onApplied: (revision: number) => void,
): Promise<{ openedMs: number }> {
  const { baseUrl, platform, appId, keyset } = order;
  const agent = new Agent({ keepAlive: true, maxSockets: 2 });
  const stored: { platform?: DocumentPosition; program?: DocumentPosition } = {};
  const common = { keyset, platform, crypto: nodeCrypto, publicSuffixes: suffixes };

  async function pull(): Promise<void> {
    const [programText, platformText] = await Promise.all([
      fetchText(`${baseUrl}/api/runtime/v1/programs/${appId}`, agent, token),
      fetchText(`${baseUrl}/api/runtime/v1/platform`, agent, token),
    ]);
    const now = Math.floor(Date.now() / 1000);
    const program = verifyDocument({
      ...common,
      jws: programText,
      type: "bulkhead-program",
      appId,
      now,
      ...(stored.program === undefined ? {} : { stored: stored.program }),
    });
    const whole = verifyDocument({
      ...common,
      jws: platformText,
      type: "bulkhead-platform",
      now,
      ...(stored.platform === undefined ? {} : { stored: stored.platform }),
    });
    if (program.result !== "accepted" || whole.result !== "accepted") {
      throw new Error(`refused: ${program.code}, ${whole.code}`);
    }
    const position = ({ claims, payloadSha256 }: (typeof program | typeof whole)["document"]): DocumentPosition => ({
      epoch: claims.epoch,
      revision: claims.revision,
      sha256: payloadSha256,
    });
    stored.program = position(program.document);
    stored.platform = position(whole.document);
    compilePolicy(program.document.claims, whole.document.claims);
    onApplied(whole.document.claims.revision);
  }

  const from = performance.now();
  await new Promise<void>((resolve, reject) => {
    const headers = { authorization: `Bearer ${token}` };
    get(`${baseUrl}/api/runtime/v1/stream?programs=${appId}`, { agent, headers }, (response) => {
      if (response.statusCode !== 200) reject(new Error(`stream: ${response.statusCode}`));
      listen(response, () => void pull().catch(failed));
      resolve();
    }).on("error", reject);
  });
  const openedMs = performance.now() - from;
  await pull();
  return { openedMs };
}

async function start(order: FleetOrder): Promise<void> {
  const suffixes = readPublicSuffixes(table);
  const port = Number(new URL(order.baseUrl).port);
  const reached = new Map<number, { devices: number; first: number }>();
  const onApplied = (revision: number) => {
    const known = reached.get(revision) ?? { devices: 0, first: performance.now() };
    known.devices += 1;
    reached.set(revision, known);
    if (known.devices === order.accessTokens.length) {
      const { user, system } = process.cpuUsage();
      report({
        event: "applied",
        revision,
        spreadMs: performance.now() - known.first,
        cpuMs: (user + system) / 1000,
      });
    }
  };
  let slowestMs = 0;
  // A few at a time: the publishes are what is measured.
  for (let next = 0; next < order.accessTokens.length; next += 20) {
    const part = order.accessTokens.slice(next, next + 20);
    const started = await Promise.all(
      part.map((token, offset) =>
        next + offset < order.verifying
          ? startDevice(order, token, suffixes, onApplied)
          : startLightDevice({ port, appId: order.appId, token }, { applied: onApplied, failed }),
      ),
    );
    slowestMs = Math.max(slowestMs, ...started.map(({ openedMs }) => openedMs));
  }
  report({ event: "connected", slowestMs });
}

process.once("message", (order: FleetOrder) => {
  start(order).catch(failed);
});
