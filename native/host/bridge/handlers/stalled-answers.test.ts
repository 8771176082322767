import type { TLSSocket } from "node:tls";
import { afterEach, expect, it } from "vitest";
import { acceptDevelopmentHosts } from "../../egress/development-hosts";
import { createEgress } from "../../egress/perform-request";
import { newTestAuthority } from "../../egress/testing/local-upstream";
import { startRawUpstream } from "../../egress/testing/raw-upstream";
import type { CallOutcome } from "../capability-registry";
import { networkRequestHandler } from "./network-request";

const LARGE_BYTES = 1024 * 1024;
const closing: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

const answerOf =
  (bytes: number, sent = bytes) =>
  (socket: TLSSocket) => {
    socket.write(`HTTP/1.1 200 OK\r\ncontent-length: ${bytes}\r\n\r\n`);
    socket.write(Buffer.alloc(sent, "x"));
  };
const UPSTREAMS: Readonly<Record<string, (socket: TLSSocket) => void>> = {
  // the beginning of a large one, and nothing more
  "stalls.example.test": answerOf(LARGE_BYTES, LARGE_BYTES / 2),
  "large.example.test": answerOf(LARGE_BYTES),
  "small.example.test": answerOf(10),
};

/** An egress to the upstreams above, which tells when an answer asks for room. */
async function openEgress() {
  const authority = newTestAuthority();
  const started = await Promise.all(
    Object.entries(UPSTREAMS).map(([host, answer]) => startRawUpstream({ host, authority, answer })),
  );
  for (const { close } of started) closing.push(close);
  const hosts = acceptDevelopmentHosts(
    started.map(({ developmentHost }) => developmentHost),
    "development",
  );
  if (!hosts.ok) throw new Error(hosts.reason);
  const egress = createEgress({
    resolve: async () => [],
    isPublicAddress: () => false,
    findDevelopmentHost: hosts.find,
    telemetry: { addToMinute: () => undefined, recordEvent: () => undefined },
    policyNow: () => 1000,
  });
  return egress;
}

/** One program, as its session calls the handler: what is held for an answer is let go once the answer was taken. */
function openProgram(appId: string, egress: Awaited<ReturnType<typeof openEgress>>) {
  const asked: string[] = [];
  const handler = networkRequestHandler({
    ...{ appId, versionCode: 1 },
    egress: {
      request: (request) =>
        egress.request({
          ...request,
          roomForBody() {
            asked.push(new URL(request.url).hostname);
            return request.roomForBody();
          },
        }),
    },
    decideHop: () => ({ decision: "allow", code: "ALLOWED", layer: "host", rule: "/hosts/0", pins: [] }),
  }).apis["network.request"];
  const request = async (host: string, signal = new AbortController().signal): Promise<string | number> => {
    const after: (() => void)[] = [];
    const outcome: CallOutcome | undefined = await handler?.({
      params: { url: `https://${host}/` },
      bytesOf: () => undefined,
      decision: { decision: "allow", code: "ALLOWED", layer: "grant", rule: null },
      signal,
      afterAnswer: (run) => after.push(run),
    });
    for (const run of after) run();
    if (outcome?.outcome === "value") return outcome.body?.length ?? 0;
    return outcome?.outcome === "failed" ? outcome.reason : "denied";
  };
  return { request, asked };
}

it("a large answer that stalls keeps its program's other large ones waiting, and nothing else of it or of others", async () => {
  const egress = await openEgress();
  const slow = openProgram("com.example.slow", egress);
  const good = openProgram("com.example.good", egress);
  const gone = new AbortController();
  const stalled = slow.request("stalls.example.test", gone.signal);
  await expect.poll(() => slow.asked).toEqual(["stalls.example.test"]);
  const waits = slow.request("large.example.test");
  await expect.poll(() => slow.asked).toEqual(["stalls.example.test", "large.example.test"]);

  expect(await slow.request("small.example.test")).toBe(10);
  expect(await good.request("large.example.test")).toBe(LARGE_BYTES);
  expect(await Promise.race([waits, "waits"])).toBe("waits");

  // however it ends, what it held is the next one's
  gone.abort();
  expect(await stalled).toBe("aborted");
  expect(await waits).toBe(LARGE_BYTES);
  expect(egress.inFlight).toBe(0);
});
