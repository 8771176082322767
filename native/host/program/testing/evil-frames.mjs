import { writeSync } from "node:fs";

/**
 * A compromised engine that speaks to its host: `evil-frames.mjs WAY`. It says that it stands, reads nothing, and then over
 * and over what no engine of ours does. A pipe that is full holds it, as it would any other.
 */
const CHANNEL_DESCRIPTOR = 3;
const CALLS_AT_ONCE = 2_000;
const FRAME_BYTES_MAX = 1024 * 1024;
const BODY_PART_BYTES = 512 * 1024;

function frame(kind, ...parts) {
  const payload = Buffer.concat(parts);
  const head = Buffer.alloc(5);
  head.writeUInt32BE(payload.length + 1);
  head[4] = kind;
  return Buffer.concat([head, payload]);
}
function uint32(value) {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}
function say(bytes) {
  for (let at = 0; at < bytes.length; ) {
    try {
      at += writeSync(CHANNEL_DESCRIPTOR, bytes, at);
    } catch (error) {
      if (error.code !== "EAGAIN") process.exit(1);
    }
  }
}

const READY = frame(0x01);
const name = Buffer.from("device.info");
const nameLength = Buffer.from([0, name.length]);
const call = (id, kind) => frame(kind, uint32(id), nameLength, name);
const longCall = (id, api, params) => {
  const bytes = Buffer.from(api);
  return frame(0x02, uint32(id), Buffer.from([0, bytes.length]), bytes, Buffer.from(params));
};
const LONG_VALUE = `{"key":"long","value":{${Array.from({ length: 50_000 }, (_, at) => `"k${at}":[${at}]`).join()}}}`;
const calls = (kind) => Buffer.concat(Array.from({ length: CALLS_AT_ONCE }, (_, id) => call(id, kind)));

/** What it says after it has said that it stands. */
const WAYS = {
  ready: () => READY,
  dropped: () => frame(0x07, uint32(1)),
  lines: () => frame(0x09, uint32(1)),
  body: () => frame(0x04, uint32(1), Buffer.alloc(512 * 1024)),
  number: () => Buffer.concat(Array.from({ length: CALLS_AT_ONCE }, () => call(1, 0x02))),
  raw: () => Buffer.alloc(64 * 1024, 0xff),
  unknown: () => frame(0x70),
  // allowed, each of them: what it costs is its own share, and what is answered waits with it
  calls: () => calls(0x02),
  asks: () => calls(0x03),
  console: () => frame(0x05, Buffer.from([1]), Buffer.alloc(1000, "x")),
  // allowed as well: as long as lines, values and bodies may be
  long: (round) =>
    Buffer.concat([
      frame(0x05, Buffer.from([1]), Buffer.alloc(FRAME_BYTES_MAX - 2, "x")),
      longCall(3 * round, "storage.local.set", LONG_VALUE),
      longCall(3 * round + 1, "storage.local.get", '{"key":"long"}'),
      ...Array.from({ length: 16 }, () => frame(0x04, uint32(3 * round + 2), Buffer.alloc(BODY_PART_BYTES))),
      longCall(3 * round + 2, "network.request", '{"url":"https://api.allowed.test/","method":"POST"}'),
    ]),
};

const wordsOf = WAYS[process.argv[2]];
const words = wordsOf(0);
say(READY);
for (let round = 0; ; round += 1) say(wordsOf.length === 0 ? words : wordsOf(round));
