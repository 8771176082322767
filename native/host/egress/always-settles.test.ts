import type { TLSSocket } from "node:tls";
import { gzipSync } from "node:zlib";
import { afterEach, describe, expect, it } from "vitest";
import type { EgressDecision, EgressRequest } from "../ports";
import { acceptDevelopmentHosts } from "./development-hosts";
import { createEgress, type EgressOptions } from "./perform-request";
import { newTestAuthority } from "./testing/local-upstream";
import { type RawUpstream, startRawUpstream } from "./testing/raw-upstream";

const HOST = "api.example.test";
const URL = `https://${HOST}/`;
const ALLOW: EgressDecision = { decision: "allow", code: "ALLOWED", layer: "host", rule: "/hosts/0", pins: [] };
const PATIENT = { connectMs: 60_000, totalMs: 90_000, bodyBytes: 64 * 1024, recheckMs: 60_000 };
const SHORT = { ...PATIENT, totalMs: 300 };
const authority = newTestAuthority();
const closing: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

async function upstream(answer: (socket: TLSSocket) => void): Promise<RawUpstream> {
  const started = await startRawUpstream({ host: HOST, authority, answer });
  closing.push(started.close);
  return started;
}

function egressTo(given: RawUpstream | undefined, more: Partial<EgressOptions> = {}) {
  const hosts = acceptDevelopmentHosts(given ? [given.developmentHost] : [], "development");
  if (!hosts.ok) throw new Error(hosts.reason);
  return createEgress({
    resolve: async () => [],
    isPublicAddress: () => false,
    findDevelopmentHost: hosts.find,
    telemetry: { addToMinute: () => undefined, recordEvent: () => undefined },
    policyNow: () => 1000,
    bounds: PATIENT,
    ...more,
  });
}

const requestFor = (url: string, signal = new AbortController().signal): EgressRequest => ({
  ...{ appId: "com.example.app", versionCode: 1, url, method: "GET", headers: {}, signal },
  purpose: "request",
  decide: () => ALLOW,
  roomForBody: async () => undefined,
});

/** Says it over and over until the other end hears no more. */
function repeat(socket: TLSSocket, text: string): void {
  const pump = (): void => {
    if (socket.destroyed || !socket.writable) return;
    if (socket.write(text)) setImmediate(pump);
    else socket.once("drain", pump);
  };
  pump();
}

const CHUNKED = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n";

describe("a request whose other side answers with what is no answer", () => {
  it.each<[string, (socket: TLSSocket) => void]>([
    ["101, another protocol", (s) => s.write("HTTP/1.1 101 X\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n")],
    ["101 without a protocol", (s) => s.write("HTTP/1.1 101 X\r\n\r\n")],
    ["100 without end", (s) => repeat(s, "HTTP/1.1 100 Continue\r\n\r\n")],
    ["103 without end", (s) => repeat(s, "HTTP/1.1 103 Early Hints\r\nlink: <x>\r\n\r\n")],
    ["a header without end", (s) => repeat(s.write("HTTP/1.1 200 OK\r\n") ? s : s, "x-more: and more\r\n")],
    ["trailers without end", (s) => repeat(s.write(`${CHUNKED}0\r\n`) ? s : s, "x-more: and more\r\n")],
    ["an extension of a chunk without end", (s) => repeat(s.write(`${CHUNKED}5;`) ? s : s, "x".repeat(4096))],
    ["an end of its half alone", (s) => s.end()],
    ["an end within its header", (s) => s.end("HTTP/1.1 200 OK\r\nx-a: ")],
    ["an end within its body", (s) => s.end("HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nabc")],
    ["an end within a chunk", (s) => s.end(`${CHUNKED}5\r\nab`)],
    ["an end within what is packed", (s) => s.end(half(gzipSync("a long text that is packed".repeat(20))))],
    ["a break within its body", (s) => s.write(`${CHUNKED}5\r\nab`, () => s.destroy())],
    ["what is no HTTP", (s) => s.end("hello\r\n\r\n")],
  ])("ends as a bad one: %s", async (_, answer) => {
    const egress = egressTo(await upstream(answer));
    expect(await egress.request(requestFor(URL))).toEqual({ outcome: "failed", reason: "bad_response" });
    expect(egress.inFlight).toBe(0);
  });
});

function half(packed: Buffer): Buffer {
  const head = `HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: ${packed.length}\r\n\r\n`;
  return Buffer.concat([Buffer.from(head), packed.subarray(0, packed.length / 2)]);
}

describe("a request whose other side stalls", () => {
  it.each<[string, (socket: TLSSocket) => void]>([
    ["before its answer", () => undefined],
    ["after an interim answer", (s) => s.write("HTTP/1.1 103 Early Hints\r\n\r\n")],
    ["within its header", (s) => s.write("HTTP/1.1 200 OK\r\nx-a: ")],
    ["within its body", (s) => s.write("HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nabc")],
    ["within a chunk", (s) => s.write(`${CHUNKED}5\r\nab`)],
    ["within its trailers", (s) => s.write(`${CHUNKED}0\r\nx-a: `)],
    ["within what is packed", (s) => s.write(half(gzipSync("a long text that is packed".repeat(20))))],
    ["and never reads", (s) => s.pause()],
  ])("ends when its time is over: %s", async (_, answer) => {
    const egress = egressTo(await upstream(answer), { bounds: SHORT });
    expect(await egress.request(requestFor(URL))).toEqual({ outcome: "failed", reason: "timeout" });
    expect(egress.inFlight).toBe(0);
  });

  it("ends with the program that asked, whatever was being waited for", async () => {
    const gone = new AbortController();
    const stalls = await upstream(() => gone.abort());
    const egress = egressTo(stalls);
    expect(await egress.request(requestFor(URL, gone.signal))).toEqual({ outcome: "failed", reason: "aborted" });
    expect(egress.inFlight).toBe(0);
  });

  it("ends in time where names never come", async () => {
    const egress = egressTo(undefined, {
      resolve: () => new Promise(() => undefined),
      bounds: { ...PATIENT, connectMs: 50 },
    });
    expect(await egress.request(requestFor(URL))).toEqual({ outcome: "failed", reason: "connect_timeout" });
    expect(egress.inFlight).toBe(0);
  });
});
