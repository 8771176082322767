import { spawnSync } from "node:child_process";
import { createSocket } from "node:dgram";
import { fstatSync, readdirSync, type Stats, writeFileSync } from "node:fs";
import { connect, Socket } from "node:net";
import { totalmem } from "node:os";

/**
 * Runs inside the confinement instead of an engine and tries what a program must not be able to do. It answers one line
 * of JSON on descriptor 3: what was reached, by name.
 */
const CHANNEL_DESCRIPTOR = 3;
const ATTEMPT_MS = 500;
const DESCRIPTORS_LOOKED_AT = 1024;

function outcome(work: () => void): string {
  try {
    work();
    return "reached";
  } catch (error) {
    return error instanceof Error && "code" in error ? String(error.code) : "refused";
  }
}

function connectTcp(host: string): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect({ host, port: 9 });
    const answer = (text: string): void => {
      socket.destroy();
      resolve(text);
    };
    socket.setTimeout(ATTEMPT_MS, () => answer("timeout"));
    socket.on("connect", () => answer("reached"));
    socket.on("error", (error: NodeJS.ErrnoException) => answer(error.code ?? "refused"));
  });
}

function sendUdp(): Promise<string> {
  return new Promise((resolve) => {
    const socket = createSocket("udp4");
    socket.on("error", (error: NodeJS.ErrnoException) => resolve(error.code ?? "refused"));
    socket.send("probe", 9, "127.0.0.1", (error) => {
      resolve(error === null ? "reached" : ((error as NodeJS.ErrnoException).code ?? "refused"));
    });
  });
}

/**
 * Descriptors above the channel that are a file, a folder, a device, a socket, or a pipe whose other end is not here: what
 * Node opens for itself is none of these.
 */
function foreignDescriptors(): number[] {
  const foreign = new Set<number>();
  const pipes = new Map<number, number>();
  for (let descriptor = CHANNEL_DESCRIPTOR + 1; descriptor < DESCRIPTORS_LOOKED_AT; descriptor += 1) {
    const state = statOf(descriptor);
    if (state === undefined) continue;
    if (state.isFIFO()) {
      if (!pipes.delete(state.ino)) pipes.set(state.ino, descriptor);
    } else if (state.isFile() || state.isDirectory() || state.isSocket() || state.isBlockDevice()) {
      foreign.add(descriptor);
    }
  }
  return [...foreign, ...pipes.values()];
}

function statOf(descriptor: number): Stats | undefined {
  try {
    return fstatSync(descriptor);
  } catch {
    // not open: that is what is asked
    return undefined;
  }
}

const report = {
  descriptors: foreignDescriptors(),
  monotonicSeconds: process.hrtime()[0],
  memoryOfMachine: totalmem(),
  list: outcome(() => readdirSync("/")),
  environment: Object.keys(process.env).filter((name) => name !== "PWD"),
  uid: process.getuid?.() ?? -1,
  write: outcome(() => writeFileSync("/written-by-probe", "x")),
  spawn: outcome(() => {
    const { error } = spawnSync(process.execPath, ["--version"]);
    if (error) throw error;
  }),
  tcp: await connectTcp("127.0.0.1"),
  udp: await sendUdp(),
};
const channel = new Socket({ fd: CHANNEL_DESCRIPTOR, readable: true, writable: true });
channel.write(`${JSON.stringify(report)}\n`);
// lives until the host has looked at it from outside and hangs up
channel.resume();
channel.on("close", () => process.exit(0));
