import { describe, expect, it } from "vitest";
import { checkSockets, socketsOf } from "./check-sockets";

describe("a socket", () => {
  it.each([
    ['import { connect } from "node:net";', "net"],
    ['import { connect } from "tls";', "tls"],
    ['import { type IncomingMessage, request } from "node:http";', "http"],
    ['const { request } = await import("node:https");', "https"],
    ['import http2 from "node:http2";', "http2"],
    ['export { createSocket } from "node:dgram";', "dgram"],
    ['import { lookup } from "node:dns/promises";', "dns/promises"],
    ['import { Agent } from "undici";', "undici"],
    ["const answer = await fetch(url);", "fetch"],
    ["const answer = await globalThis.fetch(url);", "fetch"],
    ["return { fetch: globalThis.fetch };", "fetch"],
    ["const client = connect({ url, fetch });", "fetch"],
    ["const get = fetch;", "fetch"],
    ["const socket = new WebSocket(url);", "WebSocket"],
    ['const stream = new EventSource("/stream");', "EventSource"],
    ["navigator.sendBeacon(url);", "sendBeacon"],
  ])("is seen however it is opened: %s", (source, way) => {
    expect(socketsOf(source)).toEqual([way]);
    expect(checkSockets([{ file: "lib/services/x.ts", source }], [])).toHaveLength(1);
    expect(checkSockets([{ file: "lib/services/x.test.ts", source }], [])).toEqual([]);
  });

  it.each([
    'import type { IncomingMessage } from "node:http";',
    'export type { Socket } from "node:net";',
    "const answer = await context.fetch(url);",
    "type Context = { get: typeof globalThis.fetch };",
    '// devices fetch(…) new tokens\nconst text = "they fetch it";',
    'request.headers.get("sec-fetch-site")',
  ])("is not taken for one where none is opened: %s", (source) => {
    expect(socketsOf(source)).toEqual([]);
  });

  it("is opened in the rooms named for it, the way that is named, and no name stays when it is needed no more", () => {
    const rules = [{ at: "r/egress/", ways: ["net"], why: "the way out" }] as const;
    const egress = { file: "r/egress/x.ts", source: 'import { connect } from "node:net";' };
    expect(checkSockets([egress], rules)).toEqual([]);
    expect(checkSockets([egress, { ...egress, file: "r/bridge/x.ts" }], rules)).toHaveLength(1);
    expect(checkSockets([egress, { file: "r/egress/y.ts", source: 'import "node:tls";' }], rules)).toHaveLength(1);
    expect(checkSockets([], rules)).toHaveLength(1);
  });
});
