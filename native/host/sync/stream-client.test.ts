import { PassThrough } from "node:stream";
import { beforeEach, describe, expect, it } from "vitest";
import { STREAM_PROGRAMS_MAX } from "../../core/wire/stream-programs";
import type { PolicyClient } from "./policy-client";
import { createStreamClient } from "./stream-client";
import { createManualTime, type ManualTime } from "./testing/manual-time";

const A = "com.example.a";
const B = "com.example.b";
const MANY = Array.from({ length: STREAM_PROGRAMS_MAX + 1 }, (_, n) => `com.example.p${n}`);

let time: ManualTime;
let asked: (readonly string[] | null)[];
let streams: PassThrough[];
let told: string[];
beforeEach(() => {
  time = createManualTime(0);
  [asked, streams, told] = [[], [], []];
});

function startStream() {
  const openStream: PolicyClient["openStream"] = async (programs) => {
    const stream = new PassThrough();
    stream.write("event: hello\ndata: {}\n\n");
    asked.push(programs);
    streams.push(stream);
    return { ok: true, status: 200, headers: {}, stream, close: () => void stream.destroy() };
  };
  const tell = (event: string) => () => void told.push(event);
  return createStreamClient({
    // Nothing else is asked of it.
    client: { openStream } as PolicyClient,
    listener: {
      onHello: tell("hello"),
      onRevision: tell("revision"),
      onReportNow: tell("reportNow"),
      onClosed: tell("closed"),
      onRevoked: tell("revoked"),
    },
    timers: time.timers,
    random: () => 1,
    log: () => undefined,
  });
}

describe("a device's stream", () => {
  it("names its programs, and is renewed once and without a wait for those that came to be wanted", async () => {
    const stream = startStream();
    stream.listen([A]);
    await time.pass(0);
    for (const programs of [
      [A, B],
      [A, B, "com.example.c"],
    ])
      stream.listen(programs);
    await time.pass(250);
    expect(asked).toEqual([[A], [A, B, "com.example.c"]]);
    expect(told).toEqual(["hello", "closed", "hello"]);
    expect(streams.map(({ destroyed }) => destroyed)).toEqual([true, false]);
    stream.stop();
  });

  it("is kept when a program is no longer wanted, and when it is wanted again", async () => {
    const stream = startStream();
    stream.listen([A, B]);
    await time.pass(0);
    for (const programs of [[A], [], [B]]) stream.listen(programs);
    await time.pass(1000);
    expect(asked).toEqual([[A, B]]);
    stream.stop();
  });

  it("tells of every program where there are more than may be named, and is not renewed for one more", async () => {
    const stream = startStream();
    stream.listen(MANY);
    await time.pass(0);
    stream.listen([...MANY, A]);
    await time.pass(1000);
    expect(asked).toEqual([null]);
    stream.stop();
  });

  it("names what is wanted by then when it is opened again after a loss", async () => {
    const stream = startStream();
    stream.listen([A]);
    await time.pass(0);
    streams[0]?.end();
    await time.pass(0);
    stream.listen([B]);
    await time.pass(2_000);
    expect(asked).toEqual([[A], [B]]);
    stream.stop();
  });
});
