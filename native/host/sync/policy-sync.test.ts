import { afterEach, describe, expect, it, vi } from "vitest";
import type { HostEvent } from "../ports";
import { openDeviceStore } from "../state/device-store";
import { createPolicyTime } from "../state/policy-time";
import { createMemoryFiles } from "../state/testing/memory-files";
import { newTrustRecord } from "../state/trust-record";
import { createPolicyClient } from "./policy-client";
import { openPolicyKeeper } from "./policy-keeper";
import { createPolicySync } from "./policy-sync";
import { createFakeServer, ok, refusal } from "./testing/fake-server";
import { createManualTime, settle } from "./testing/manual-time";
import { APP, createSigningPlatform, DAY, NOW, newKey, PLATFORM, verifier } from "./testing/signing-platform";

const log = () => undefined;
const platform = createSigningPlatform();
const until = (check: () => void) => vi.waitFor(check, { interval: 2, timeout: 20_000 });
const stopping: (() => void)[] = [];
afterEach(() => {
  for (const stop of stopping.splice(0)) stop();
});

async function startDevice() {
  const time = createManualTime((NOW + 60) * 1000);
  const server = createFakeServer(() => Math.floor(time.clock.nowMs() / 1000));
  server.keysets.set(1, await platform.keyset());
  server.platform = await platform.platform({ revision: 5 });
  server.programs.set(APP, await platform.program({ revision: 3 }));
  const store = await openDeviceStore({ files: createMemoryFiles(), directory: "/state", log });
  const record = newTrustRecord({
    url: "https://platform.test",
    platform: PLATFORM,
    rootThumbprints: [...platform.rootThumbprints],
    threshold: 1,
    deviceId: "dev_1",
  });
  await store.commit(record);
  const events: HostEvent[] = [];
  const keeper = await openPolicyKeeper({
    store,
    record,
    verifier,
    time: createPolicyTime(time.clock),
    telemetry: { addToMinute: () => undefined, recordEvent: (event) => events.push(event) },
    onNarrowed: () => undefined,
    log,
  });
  let ids = 0;
  const client = createPolicyClient({
    transport: server.transport,
    url: "https://platform.test/",
    platform: PLATFORM,
    key: newKey(),
    deviceId: "dev_1",
    clock: time.clock,
    randomId: () => `identifier-of-16-${ids++}`,
  });
  const onApplied = vi.fn();
  const onClosedEarly = vi.fn();
  const onRevoked = vi.fn();
  const sync = createPolicySync({
    client,
    keeper,
    programs: () => [APP],
    onApplied,
    onClosedEarly,
    onRevoked,
    timers: time.timers,
    monotonicMs: () => time.clock.monotonicMs(),
    random: () => 0.5,
    log,
  });
  stopping.push(() => sync.stop());
  const inForce = () => ({
    platform: keeper.inForce.platform?.revision,
    program: keeper.inForce.programs.get(APP)?.revision,
  });
  return { time, server, keeper, sync, events, inForce, onApplied, onClosedEarly, onRevoked };
}

describe("the first round", () => {
  it("asks for exactly what is needed, in order, and applies it as one", async () => {
    const { server, sync, inForce, onApplied } = await startDevice();
    await sync.refresh();
    expect(server.requests).toEqual([
      "GET /keyset",
      "GET /keyset/2",
      "GET /platform",
      "POST /token",
      `GET /programs/${APP}`,
    ]);
    expect(inForce()).toEqual({ platform: 5, program: 3 });
    expect(onApplied).toHaveBeenCalledTimes(1);
  });

  it("asks for nothing but the keyset while that is not signed by the roots", async () => {
    const { server, sync, inForce } = await startDevice();
    server.keysets.set(1, await createSigningPlatform().keyset());
    await sync.refresh();
    expect(inForce()).toEqual({ platform: undefined, program: undefined });
  });

  it("walks every step of the keyset, expired ones too, and stops at the last", async () => {
    const { server, sync, keeper } = await startDevice();
    await sync.refresh();
    server.keysets.set(2, await platform.keyset({ revision: 2, iat: NOW - 100 * DAY, exp: NOW - DAY }));
    server.keysets.set(3, await platform.keyset({ revision: 3 }));
    server.keysets.set(5, await platform.keyset({ revision: 5 }));
    await sync.refresh();
    expect(keeper.latest.keyset?.revision).toBe(3);
  });

  it("says 304 to what is known, and nothing is applied again", async () => {
    const { sync, onApplied } = await startDevice();
    await sync.refresh();
    await sync.refresh();
    expect(onApplied).toHaveBeenCalledTimes(1);
  });
});

describe("a stream that tells of a new revision", () => {
  it("has the named documents fetched first and everything applied as one", async () => {
    const { server, sync, inForce, onApplied, onClosedEarly } = await startDevice();
    await sync.refresh();
    sync.start();
    await settle();
    onApplied.mockClear();
    server.platform = await platform.platform({ revision: 6, minRevisions: { [APP]: 4 } });
    server.programs.set(APP, await platform.program({ revision: 4 }));
    const seen: unknown[] = [];
    onClosedEarly.mockImplementation(() => seen.push(inForce()));
    server.push("revision", { kind: "platform", epoch: 1, revision: 6 });
    await until(() => expect(onApplied).toHaveBeenCalled());
    expect(seen).toEqual([{ platform: 5, program: 3 }]);
    expect(inForce()).toEqual({ platform: 6, program: 4 });
    expect(onApplied).toHaveBeenCalledTimes(1);
  });

  it("has a program's document alone fetched and applied where only that is new", async () => {
    const { server, sync, inForce, onApplied } = await startDevice();
    await sync.refresh();
    sync.start();
    await settle();
    onApplied.mockClear();
    server.programs.set(APP, await platform.program({ revision: 4 }));
    server.requests.length = 0;
    server.push("revision", { kind: "program", appId: APP, epoch: 1, revision: 4 });
    await until(() => expect(inForce().program).toBe(4));
    expect(server.requests).toEqual([`GET /programs/${APP}`]);
    expect(onApplied).toHaveBeenCalledTimes(1);
  });

  it("is a pointer and no more: what is known, or of a stranger, is not fetched", async () => {
    const { server, sync } = await startDevice();
    await sync.refresh();
    sync.start();
    await settle();
    server.requests.length = 0;
    server.push("revision", { kind: "platform", epoch: 1, revision: 5 });
    server.push("revision", { kind: "program", appId: APP, epoch: 1, revision: 2 });
    server.push("revision", { kind: "program", appId: "com.example.other", epoch: 9, revision: 9 });
    server.push("revision", { kind: "nonsense" });
    server.push("unknown", "x");
    await settle();
    expect(server.requests).toEqual([]);
  });
});

describe("a program's document that does not come", () => {
  it("holds the platform document up for 5 seconds; its suspensions and blocked hosts for none", async () => {
    const { server, sync, time, keeper, inForce, onApplied, onClosedEarly } = await startDevice();
    await sync.refresh();
    sync.start();
    await settle();
    onApplied.mockClear();
    onClosedEarly.mockClear();
    server.intercept = (_, path) => (path.startsWith("/programs") ? new Promise(() => undefined) : undefined);
    server.platform = await platform.platform({
      revision: 6,
      minRevisions: { [APP]: 4 },
      suspended: ["com.example.bad"],
      blockedHosts: ["evil.test"],
    });
    server.push("revision", { kind: "platform", epoch: 1, revision: 6 });
    await until(() => expect(onClosedEarly).toHaveBeenCalledTimes(1));
    expect(keeper.inForce.heldSuspensions.has("com.example.bad")).toBe(true);
    expect(keeper.inForce.platform?.blockedHosts).toEqual(["evil.test"]);
    expect(inForce()).toEqual({ platform: 5, program: 3 });
    await time.pass(4900);
    expect(onApplied).not.toHaveBeenCalled();
    await time.pass(200);
    expect(onApplied).toHaveBeenCalledTimes(1);
    expect(inForce()).toEqual({ platform: 6, program: 3 });
  });

  it("does not hold up the next platform document's suspension", async () => {
    const { server, sync, keeper } = await startDevice();
    await sync.refresh();
    sync.start();
    await settle();
    server.intercept = (_, path) => (path.startsWith("/programs") ? new Promise(() => undefined) : undefined);
    server.platform = await platform.platform({ revision: 6, minRevisions: { [APP]: 4 } });
    server.push("revision", { kind: "platform", epoch: 1, revision: 6 });
    await until(() => expect(keeper.latest.platform?.revision).toBe(6));
    server.platform = await platform.platform({ revision: 7, minRevisions: { [APP]: 4 }, suspended: [APP] });
    server.push("revision", { kind: "platform", epoch: 1, revision: 7 });
    await until(() => expect(keeper.inForce.heldSuspensions.has(APP)).toBe(true));
  });
});

describe("a platform that fails", () => {
  it.each([
    ["unreachable", () => ({ ok: false, reason: "unreachable" }) as const],
    ["over its limits", () => refusal(503, "unavailable", {}, { "retry-after": "1" })],
    ["a captive portal", () => ok("<html>")],
    ["endless", () => ({ ok: false, reason: "too_large" }) as const],
    ["of another place", async () => ok(await platform.platform({ revision: 9, platform: "other" }))],
  ])("being %s leaves the last good documents, and is heard again later", async (_title, answer) => {
    const { server, sync, time, inForce } = await startDevice();
    await sync.refresh();
    server.intercept = (_, path) => (path.startsWith("/platform") ? answer() : undefined);
    server.platform = await platform.platform({ revision: 6 });
    await sync.refresh();
    expect(inForce()).toEqual({ platform: 5, program: 3 });
    sync.start();
    await settle();
    server.intercept = undefined;
    await time.pass(400_000);
    await until(() => expect(inForce()).toEqual({ platform: 6, program: 3 }));
  });

  it("by closing its stream is asked again with growing waits, each spread over its whole length", async () => {
    const { server, sync, time } = await startDevice();
    await sync.refresh();
    server.intercept = (_, path) => (path === "/stream" ? { ok: false, reason: "unreachable" } : undefined);
    sync.start();
    await settle();
    const countStreams = () => server.requests.filter((request) => request === "GET /stream").length;
    const counts: number[] = [];
    for (let second = 0; second < 20; second++) {
      await time.pass(1000);
      counts.push(countStreams());
    }
    expect(counts[0]).toBeLessThanOrEqual(3);
    expect(counts.at(-1)).toBeLessThanOrEqual(7);
    expect(counts.at(-1)).toBeGreaterThanOrEqual(4);
    server.intercept = undefined;
    await time.pass(60_000);
    expect(sync.isConnected).toBe(true);
  });

  it("by falling silent is left after three missed heartbeats", async () => {
    const { server, sync, time } = await startDevice();
    await sync.refresh();
    sync.start();
    await settle();
    expect(server.openStreams).toBe(1);
    const before = server.requests.filter((request) => request === "GET /stream").length;
    await time.pass(46_000);
    expect(server.requests.filter((request) => request === "GET /stream").length).toBe(before + 1);
  });
});

describe("a device that was revoked", () => {
  it.each([
    ["by its stream", (server: ReturnType<typeof createFakeServer>) => server.push("revoked")],
    [
      "by an answer",
      (server: ReturnType<typeof createFakeServer>) => {
        server.intercept = (_, path) => (path === "/platform" ? undefined : refusal(401, "device_revoked"));
        server.endStreams();
      },
    ],
  ])("%s opens no stream again and goes on enforcing", async (_title, revoke) => {
    const { server, sync, time, inForce, onRevoked } = await startDevice();
    await sync.refresh();
    sync.start();
    await settle();
    revoke(server);
    await time.pass(5000);
    expect(sync.isRevoked).toBe(true);
    expect(onRevoked).toHaveBeenCalledTimes(1);
    const streams = server.requests.filter((request) => request === "GET /stream").length;
    await time.pass(120_000);
    expect(server.requests.filter((request) => request === "GET /stream").length).toBe(streams);
    expect(inForce()).toEqual({ platform: 5, program: 3 });
  });
});

describe("stopping", () => {
  it("leaves no timer, whatever was under way", async () => {
    const { server, sync, time } = await startDevice();
    await sync.refresh();
    sync.start();
    await settle();
    server.intercept = (_, path) => (path.startsWith("/programs") ? { ok: false, reason: "unreachable" } : undefined);
    server.platform = await platform.platform({ revision: 6, minRevisions: { [APP]: 4 } });
    server.push("revision", { kind: "platform", epoch: 1, revision: 6 });
    await settle();
    sync.stop();
    await settle();
    expect(time.pending).toBe(0);
  });
});
