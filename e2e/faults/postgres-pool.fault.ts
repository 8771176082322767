import { beforeAll, expect, it } from "vitest";
import { openPostgresConnection } from "@/db/backup/connection";
import { ConsoleRefusal } from "../../scripts/client/console-session";
import { lift, suspend } from "./decisions";
import { APP } from "./fault-server";
import { endWorld, type PostgresWorld, startPostgresWorld, until } from "./postgres-world";

let world: PostgresWorld;
beforeAll(async () => {
  world = await startPostgresWorld({ BULKHEAD_POSTGRES_CONNECTIONS: "5" });
});

it("a pool whose connections all hang refuses what waits too long, says so once, and leaves decisions theirs", async () => {
  const { server, device, told, broken } = world;
  // A statement of somebody else that keeps what devices report from being written, and pages from reading it.
  const other = await openPostgresConnection(world.directUrl());
  await other.query("begin");
  await other.query("lock table events, telemetry_batches in access exclusive mode");
  const statuses: number[] = [];
  const hung = Array.from({ length: 20 }, async (_, n) => {
    try {
      await (n % 2 === 0 ? server.operator.get("denials") : device.report(1 + n));
    } catch (error) {
      if (!(error instanceof ConsoleRefusal)) return;
      statuses.push(error.status);
      if (error.status !== 503 || error.retryAfterSeconds === null) broken.push(error.message);
    }
  });
  const { child } = server;
  await child.waitFor("store_overloaded");
  // With every other connection taken, and before any of them is free.
  told.decisions.push(await suspend(server.operator, APP));
  expect(await device.pull()).toBe(true);
  expect(device.platform?.suspended).toEqual([APP]);
  expect((await fetch(`${server.url}/api/health`)).status).toBe(200);
  await Promise.all(hung);
  expect(statuses.length).toBeGreaterThan(0);
  await other.query("rollback");
  await other.close();
  // Each thread has a pool of its own, which says once that it is overloaded, and once that this is over.
  const count = (name: string) => server.said.filter(({ event }) => event === name).length;
  await until(world, () => count("store_overload_over") === count("store_overloaded"));
  expect(count("store_overloaded")).toBeLessThan(statuses.length);
  await until(world, async () => (await fetch(`${server.url}/api/ready`)).status === 200);
  told.decisions.push(await lift(server, APP));
  expect(broken).toEqual([]);
  await endWorld(world);
});
