import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { startTcpProxy, type TcpProxy } from "@/db/testing/tcp-proxy";
import { comparePositions } from "@/native/core/documents/position";
import { type Child, startChild } from "../../scripts/client/child";
import { lift, suspend } from "./decisions";
import { expectInvariantsOf } from "./expect-invariants";
import { APP, atEnd, freePort, freshFolder } from "./fault-server";
import {
  expectRecovery,
  listenFor,
  type PostgresWorld,
  ready,
  startPostgresWorld,
  startWork,
  until,
} from "./postgres-world";
import { enrolDevice } from "./simulated-device";

let world: PostgresWorld;
beforeAll(async () => {
  world = await startPostgresWorld();
});

type Lean = { url: string; child: Child; proxy: TcpProxy };

/** The policy service alone, beside the server that signs, behind a network of its own. */
async function startLean(): Promise<Lean> {
  const proxy = await startTcpProxy(world.machine.port);
  atEnd(() => proxy.close());
  const url = new URL(world.directUrl());
  url.port = String(proxy.port);
  const child = startChild(
    "dist/sync.mjs",
    ["--port", String(await freePort()), "--data", join(freshFolder(), "lean"), "--development", "--json"],
    {
      cwd: process.cwd(),
      say: () => undefined,
      env: {
        ...process.env,
        DATABASE_URL: url.href,
        BULKHEAD_ACCESS_SECRET_FILE: join(world.server.dataDir, "keys/access.key"),
      },
    },
  );
  atEnd(() => child.stop());
  const { url: listensAt } = (await child.waitFor("listening")) as { url: string };
  return { url: listensAt, child, proxy };
}

describe("a network that takes everything and hands on nothing, between a server and its Postgres", () => {
  it("is answered with 503 and told, under writes and with an open stream, and is nothing when it is over", async () => {
    const work = startWork(world, "swallowed");
    await until(world, () => work.counts.decided >= 2 && work.counts.taken >= 2);
    world.proxy.swallow();
    const before = work.counts.refused;
    await until(world, () => work.counts.refused >= before + 3);
    await until(world, async () => {
      const { status, failed } = await ready(world);
      return status === 503 && ["store_read", "store_write", "announcements"].every((name) => failed.includes(name));
    });
    world.proxy.heal();
    const { decided } = work.counts;
    await until(world, () => work.counts.decided > decided);
    await work.stop();
    await expectRecovery(world);
  });

  it("keeps no suspension from the streams of another process, once it is over", async () => {
    const lean = await startLean();
    let baseUrl = world.server.url;
    const device = await enrolDevice(() => baseUrl, world.server.operator, { name: "elsewhere", appIds: [APP] });
    baseUrl = lean.url;
    expect(await device.pull()).toBe(true);
    const broken: string[] = [];
    const heard = listenFor(device, broken);
    await until(world, () => heard().revision > 0);

    lean.proxy.swallow();
    // Whoever signs reaches the database all the while.
    const suspended = await suspend(world.server.operator, APP);
    world.told.decisions.push(suspended);
    await lean.child.waitFor("listening_lost");
    expect(comparePositions(heard(), suspended.platform)).toBeLessThan(0);
    expect((await fetch(`${lean.url}/api/health`)).status).toBe(200);
    lean.proxy.heal();
    await until(world, () => comparePositions(heard(), suspended.platform) >= 0);
    await until(world, async () => (await device.pull()) && device.platform?.suspended.includes(APP) === true);
    expect(broken).toEqual([]);
    world.told.decisions.push(await lift(world.server, APP));

    // Again, and this time it never comes back: the process ends in order all the same.
    lean.proxy.swallow();
    await lean.child.waitFor("listening_again");
    const hung = fetch(`${lean.url}/api/runtime/v1/platform`).then(
      ({ status }) => status,
      () => "cut",
    );
    await until(world, async () => (await fetch(`${lean.url}/api/ready`)).status === 503);
    lean.child.process.kill("SIGTERM");
    expect(await lean.child.ended).toBe(0);
    expect([503, "cut"]).toContain(await hung);
  });

  it("keeps a server that is asked to stop no longer than five seconds, and leaves nothing half published", async () => {
    world.proxy.swallow();
    const hung = [
      suspend(world.server.operator, APP),
      suspend(world.server.security, APP),
      world.device.report(5),
      world.device.pull(),
    ];
    const outcomes = Promise.allSettled(hung);
    // Seconds later they hang still.
    await until(world, async () => (await ready(world)).failed.includes("store_read"));
    world.server.child.process.kill("SIGTERM");
    // After five seconds it would be 1.
    expect(await world.server.child.ended).toBe(0);
    await outcomes;
    world.proxy.heal();
    await expectInvariantsOf(world.directUrl(), world.told);
  });
});
