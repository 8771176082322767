import { spawnSync } from "node:child_process";
import { createSocket } from "node:dgram";
import { readdirSync, writeFileSync } from "node:fs";
import { connect, Socket } from "node:net";

/**
 * Runs inside the confinement instead of an engine and tries what a program must not be able to do. It answers one line
 * of JSON on descriptor 3: what was reached, by name.
 */
const CHANNEL_DESCRIPTOR = 3;
const ATTEMPT_MS = 500;

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

const report = {
  environment: Object.keys(process.env).filter((name) => name !== "PWD"),
  uid: process.getuid?.() ?? -1,
  root: readdirSync("/"),
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
