import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { expect } from "vitest";
import { openPostgresConnection } from "@/db/backup/connection";
import { makePostgres, type PostgresMachine } from "@/db/testing/postgres-machine";
import { startTcpProxy, type TcpProxy } from "@/db/testing/tcp-proxy";
import { comparePositions, NO_POSITION, type Position } from "@/native/core/documents/position";
import { ConsoleRefusal } from "../../scripts/client/console-session";
import { type Decided, isExpectedUnderFault, lift, narrowLimit, suspend, widenHost } from "./decisions";
import { expectInvariantsOf } from "./expect-invariants";
import { APP, atEnd, type Faulted, freshFolder, startWithProgram } from "./fault-server";
import { type Acknowledged, enrolDevice, type SimulatedDevice } from "./simulated-device";

/** A server over a Postgres that anything may happen to, behind a network that may fail, with a device that listens. */
export type PostgresWorld = {
  machine: PostgresMachine;
  proxy: TcpProxy;
  server: Faulted;
  device: SimulatedDevice;
  /** As the server reaches the database, and past the network. */
  databaseUrl: string;
  directUrl(machine?: PostgresMachine): string;
  told: { decisions: Decided[]; batches: Acknowledged[] };
  /** What must never happen, in words. */
  broken: string[];
  /** The newest platform document that the device's one stream named. */
  heard(): Position;
};

const DATABASE = "world";

function urlOf(port: number): string {
  return `postgres://postgres@127.0.0.1:${port}/${DATABASE}`;
}

export async function startPostgresWorld(env: Record<string, string> = {}): Promise<PostgresWorld> {
  const machine = await makePostgres();
  atEnd(() => machine.remove());
  await machine.start();
  const admin = await openPostgresConnection(machine.adminUrl);
  await admin.query(`create database ${DATABASE}`);
  await admin.close();
  const proxy = await startTcpProxy(machine.port);
  atEnd(() => proxy.close());
  const databaseUrl = urlOf(proxy.port);
  const server = await startWithProgram(join(freshFolder(), "data"), { DATABASE_URL: databaseUrl, ...env });
  const device = await enrolDevice(() => server.url, server.operator, { name: "survivor", appIds: [APP] });
  expect(await device.pull()).toBe(true);
  const broken: string[] = [];
  return {
    ...{ machine, proxy, server, device, databaseUrl, broken },
    directUrl: (other = machine) => urlOf(other.port),
    told: { decisions: [], batches: [] },
    heard: listenFor(device, broken),
  };
}

/** Keeps one stream open until the end of the test; that it ends is a fault. Answers with what it heard last. */
export function listenFor(device: SimulatedDevice, broken: string[]): () => Position {
  let heard = NO_POSITION;
  const over = new AbortController();
  atEnd(() => over.abort());
  device
    .listen((platform) => {
      if (comparePositions(platform, heard) > 0) heard = platform;
    }, over.signal)
    .catch((error: unknown) => {
      if (!over.signal.aborted) broken.push(`a stream ended: ${String(error)}`);
    });
  return () => heard;
}

/** Waits for something; raises as soon as anything broke. */
export async function until(
  { broken }: Pick<PostgresWorld, "broken">,
  holds: () => Promise<boolean> | boolean,
): Promise<void> {
  while (!(await holds())) {
    if (broken.length > 0) throw new Error(broken.join("\n"));
    await sleep(100);
  }
}

/** Whether somebody was refused as they should be; anything else is told as broken. */
function judge(broken: string[], error: unknown): "refused" | "other" {
  if (!(error instanceof ConsoleRefusal) || !isExpectedUnderFault(error)) {
    broken.push(`a call of the console failed with ${String(error)}`);
    return "other";
  }
  if (error.status !== 503) return "other";
  if (!((error.retryAfterSeconds ?? 0) > 0)) broken.push(`refused without Retry-After: ${error.message}`);
  return "refused";
}

export type Work = {
  /** How many decisions were made, batches taken and calls refused as unavailable, so far. */
  counts: { decided: number; taken: number; refused: number };
  /** Ends it, and waits for what is under way. */
  stop(): Promise<void>;
};

/**
 * Decides, reports, fetches and asks for health until it is stopped. Each call is answered: as asked, or 503 with
 * `Retry-After`; `/api/health` with 200, whatever else.
 */
export function startWork(world: PostgresWorld, round: string): Work {
  const { server, device, broken, told } = world;
  const counts = { decided: 0, taken: 0, refused: 0 };
  let isOver = false;
  const loop = async (turn: (n: number) => Promise<void>) => {
    for (let n = 0; !isOver; n += 1) {
      await turn(n);
      await sleep(20);
    }
  };
  const decide = (make: (n: number) => Promise<Decided>) =>
    loop(async (n) => {
      try {
        told.decisions.push(await make(n));
        counts.decided += 1;
      } catch (error) {
        if (judge(broken, error) === "refused") counts.refused += 1;
      }
    });
  const fetches = (path: string, mayRefuse: boolean) =>
    loop(async () => {
      try {
        const answer = await fetch(`${server.url}${path}`);
        await answer.arrayBuffer();
        if (answer.status === 200) return;
        if (answer.status !== 503 || !mayRefuse) broken.push(`${path} was answered ${answer.status}`);
        else if (answer.headers.get("retry-after") === null) broken.push(`${path} was refused without Retry-After`);
        else counts.refused += 1;
      } catch (error) {
        broken.push(`${path} was not answered: ${String(error)}`);
      }
    });
  const loops = [
    decide((n) => widenHost(server, APP, `h${n}.${round}.example.com`)),
    decide((n) => narrowLimit(server.security, APP, 100_000_000 - told.decisions.length - n)),
    loop(async (n) => {
      const acknowledged = (await device.repeat()) ?? (await device.report(1 + n));
      if (acknowledged === null) return;
      told.batches.push(acknowledged);
      counts.taken += 1;
    }),
    fetches("/api/runtime/v1/platform", true),
    fetches("/api/health", false),
  ];
  return {
    counts,
    async stop() {
      isOver = true;
      await Promise.all(loops);
    },
  };
}

/** Suspends the program, however often it takes; a refusal may have been a commit whose answer was lost. */
async function suspendAtLast({ server, broken, told }: PostgresWorld): Promise<void> {
  for (;;) {
    try {
      told.decisions.push(await suspend(server.operator, APP));
      return;
    } catch (error) {
      if (error instanceof ConsoleRefusal && error.message.includes("NOTHING_CHANGES")) return;
      judge(broken, error);
      await sleep(200);
    }
  }
}

/** After a fault: a suspension is decided, the stream that was open all the time learns of it, and devices have it. */
export async function expectRecovery(world: PostgresWorld): Promise<void> {
  const { device, server, told, broken } = world;
  await suspendAtLast(world);
  await until(world, async () => (await device.pull()) && device.platform?.suspended.includes(APP) === true);
  const { platform } = device;
  await until(world, () => platform !== null && comparePositions(world.heard(), platform) >= 0);
  await until(world, async () => (await fetch(`${server.url}/api/ready`)).status === 200);
  expect(broken).toEqual([]);
  expect(device.refusals).toEqual([]);
  expect(server.child.process.exitCode).toBeNull();
  told.decisions.push(await lift(server, APP));
}

/** Ends the server as an operator does, and holds the invariants against what lies in the database. */
export async function endWorld(world: PostgresWorld, url = world.directUrl()): Promise<void> {
  world.server.child.process.kill("SIGTERM");
  expect(await world.server.child.ended).toBe(0);
  await expectInvariantsOf(url, world.told);
}

/** What `/api/ready` says now. */
export async function ready({ server }: PostgresWorld): Promise<{ status: number; failed: string[] }> {
  const answer = await fetch(`${server.url}/api/ready`);
  const { checks } = (await answer.json()) as { checks: { name: string; state: string }[] };
  return {
    status: answer.status,
    failed: checks.filter(({ state }) => state === "failed").map(({ name }) => name),
  };
}
