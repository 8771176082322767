import { spawn, spawnSync } from "node:child_process";
import { pathToFileURL } from "node:url";
import { expect, it } from "vitest";
import { manualTime } from "@/db/testing/manual-time";
import { createLogWriter } from "./log-writer";

/** A log whose reader takes as many bytes as the test says. */
function open(bytesMax = 20) {
  const time = manualTime();
  const world = { room: Number.POSITIVE_INFINITY, fault: null as string | null };
  let text = "";
  const writer = createLogWriter(
    (bytes) => {
      if (world.fault !== null) throw Object.assign(new Error("no"), { code: world.fault });
      if (world.room === 0) throw Object.assign(new Error("full"), { code: "EAGAIN" });
      const taken = Math.min(bytes.byteLength, world.room);
      world.room -= taken;
      text += new TextDecoder().decode(bytes.subarray(0, taken));
      return taken;
    },
    time.timers,
    (count) => `lost ${count}\n`,
    bytesMax,
  );
  return { writer, world, time, text: () => text };
}

it("a log that nobody reads holds nobody up: what fits is kept in order, the rest is counted and told in its place", async () => {
  const { writer, world, time, text } = open();
  world.room = 3;
  for (const line of ["one\n", "two\n", "three\n", "four\n", "five\n"]) writer.write(line);
  expect(text()).toBe("one");
  await time.pass(1_000);
  expect(text()).toBe("one");
  world.room = Number.POSITIVE_INFINITY;
  await time.pass(50);
  writer.write("six\n");
  expect(text()).toBe("one\ntwo\nthree\nfour\nlost 1\nsix\n");
});

it("what was lost is told though nothing is written after it", async () => {
  const { writer, world, time, text } = open();
  world.room = 0;
  for (let n = 0; n < 12; n += 1) writer.write(`${n}\n`);
  for (let n = 0; n < 5; n += 1) writer.write("a line\n");
  world.room = Number.POSITIVE_INFINITY;
  await time.pass(50);
  await time.pass(50);
  writer.flush(() => undefined);
  expect(text()).toBe("0\n1\n2\n3\n4\n5\n6\n7\n8\n9\nlost 7\n");
});

it("at the end a slow reader is waited for, and one that does not read for a fifth of a second only", () => {
  const { writer, world, text } = open();
  world.room = 0;
  writer.write("one\n");
  let waitedMs = 0;
  writer.flush((ms) => {
    waitedMs += ms;
    if (waitedMs === 100) world.room = 2;
  });
  expect([text(), waitedMs]).toEqual(["on", 200]);
  writer.flush(() => {
    world.room = 1;
  });
  expect(text()).toBe("one\n");
});

it("a log that is closed, or whose disk is full, is no error of whoever writes, and is counted", () => {
  const { writer, world, text } = open();
  world.fault = "ENOSPC";
  writer.write("one\n");
  writer.write("two\n");
  world.fault = null;
  writer.write("three\n");
  expect(text()).toMatch(/lost \d\nthree\n$/);
});

it("a process whose stderr nobody reads goes on, and says how many lines are missing once somebody does", async () => {
  const logger = JSON.stringify(pathToFileURL("lib/platform/logger.ts").href);
  const script = `
    const { stderrLogger } = await import(${logger});
    for (let n = 0; n < 5000; n += 1) stderrLogger("info", "line", { n, text: "x".repeat(1000) });
    process.stdout.write("went on");
    process.stdin.once("data", () => stderrLogger("info", "last"));`;
  const run = ["--import", "tsx", "--input-type=module", "-e"];
  // What compiles both for the first time inherits stderr, and leaves it one that blocks: so not in the process that is looked at.
  spawnSync(process.execPath, [...run, script], { stdio: "ignore" });
  const child = spawn(process.execPath, [...run, script]);
  await new Promise((resolve) => child.stdout.once("data", resolve));
  let text = "";
  child.stderr.on("data", (data) => {
    text += data;
  });
  child.stdin.end("\n");
  await new Promise((resolve) => child.once("close", resolve));
  const lines = text
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as { event: string; count?: number });
  const written = lines.filter(({ event }) => event === "line" || event === "last").length;
  const lost = lines.reduce((sum, { count = 0 }) => sum + count, 0);
  expect(lost).toBeGreaterThan(0);
  // Where there is no room yet the last is lost too: then it is counted.
  expect(written + lost).toBe(5001);
});
