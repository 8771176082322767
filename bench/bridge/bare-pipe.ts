import { Socket } from "node:net";
import { createFrameReader, encodeFrame, FROM_PROGRAM, uint16, uint32 } from "../../native/host/bridge/frame-codec";

/**
 * The bare end of a pipe: speaks in the frames of a program on descriptor 3 and does nothing else. Its first call is an
 * invitation; for each answer it calls anew, one at a time.
 */
const stream = new Socket({ fd: 3, readable: true, writable: true });
const name = new TextEncoder().encode("device.info");
const reader = createFrameReader();
let lastId = 0;

function call(): void {
  lastId += 1;
  stream.write(encodeFrame(FROM_PROGRAM.call, uint32(lastId), uint16(name.length), name, "{}"));
}

stream.on("data", (bytes: Buffer) => {
  reader.add(bytes);
  for (let frame = reader.next(); frame !== undefined; frame = reader.next()) {
    if (frame === "malformed") process.exit(1);
    call();
  }
});
stream.on("close", () => process.exit(0));
call();
