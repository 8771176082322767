import { describe, expect, it } from "vitest";
import type { EgressRequest, EgressResult } from "../../ports";
import { createHopDecision } from "../../program/decide-hop";
import { policyOf } from "../../program/testing/program-bench";
import { networkRequestHandler } from "./network-request";

const NOW = 1_800_000_000;
const ALLOWED = "https://api.allowed.test/";

/** What the handler answers where egress answers so. */
async function answerTo(perform: (request: EgressRequest) => Promise<EgressResult>) {
  const decideHop = createHopDecision({
    versionCode: 3,
    runtime: { kind: "linux", version: "0.1.0" },
    policy: () => policyOf(),
    policyNow: () => NOW,
    consent: () => undefined,
  });
  const after: (() => void)[] = [];
  const handler = networkRequestHandler({
    ...{ appId: "com.example.probe", versionCode: 3, decideHop },
    egress: { request: perform },
  }).apis["network.request"];
  const outcome = await handler?.({
    params: { url: ALLOWED },
    bytesOf: () => undefined,
    decision: { decision: "allow", code: "ALLOWED", layer: "grant", rule: null },
    signal: new AbortController().signal,
    afterAnswer: (run) => after.push(run),
  });
  return { outcome, after };
}
/** Refused at the second redirect, to this URL. */
const refusedAt = (url: string) =>
  answerTo(async (request) => ({
    ...{ outcome: "denied", url, hop: 2 },
    decision: request.decide(url, "request", 2, ALLOWED),
  }));

describe("a refused redirect", () => {
  it("names the hop and its host, with what the check of that hop says", async () => {
    const { outcome } = await refusedAt("https://cdn.other.test/path");
    expect(outcome).toMatchObject({
      decision: { code: "HOST_NOT_ALLOWED" },
      explained: {
        message: expect.stringMatching(/; at redirect 2 to cdn\.other\.test$/),
        ...{ seen: "cdn.other.test", help: "errors/HOST_NOT_ALLOWED" },
      },
    });
  });

  it("names them too where the connection refuses, and the number alone where there is no host", async () => {
    const byConnection = await answerTo(async (request) => ({
      ...{ outcome: "denied", url: "https://api.allowed.test/", hop: 1 },
      decision: { ...request.decide(ALLOWED, "request", 0), decision: "deny", code: "PIN_MISMATCH" },
    }));
    expect(byConnection.outcome).toMatchObject({
      explained: { message: expect.stringMatching(/; at redirect 1 to api\.allowed\.test$/), seen: "api.allowed.test" },
    });
    const { outcome } = await refusedAt("https:///nowhere");
    expect(outcome).toMatchObject({ explained: { message: expect.stringMatching(/; at redirect 2$/) } });
  });
});

describe("large answers of one program", () => {
  it("are held one after the other, until it has taken each", async () => {
    const rooms: string[] = [];
    const perform =
      (name: string) =>
      async (request: EgressRequest): Promise<EgressResult> => {
        await request.roomForBody();
        rooms.push(name);
        return { outcome: "response", url: ALLOWED, status: 200, headers: {}, body: new Uint8Array(1) };
      };
    const first = await answerTo(perform("first"));
    expect(rooms).toEqual(["first"]);
    expect(first.after.length).toBeGreaterThan(0);
  });
});
