import { beforeAll, describe, it } from "vitest";
import { openPostgresConnection } from "@/db/backup/connection";
import type { PostgresMachine } from "@/db/testing/postgres-machine";
import { atEnd } from "./fault-server";
import {
  endWorld,
  expectRecovery,
  type PostgresWorld,
  ready,
  startPostgresWorld,
  startWork,
  until,
} from "./postgres-world";

let world: PostgresWorld;
beforeAll(async () => {
  world = await startPostgresWorld();
});

/** Work before, under and after a fault, which is over when `heal` has resolved. */
async function under(
  name: string,
  inflict: () => Promise<void> | void,
  heal: () => Promise<void> | void,
  failing: readonly string[],
): Promise<void> {
  const work = startWork(world, name);
  await until(world, () => work.counts.decided >= 2 && work.counts.taken >= 2);
  await inflict();
  const before = work.counts.refused;
  await until(world, () => work.counts.refused >= before + 3);
  await until(world, async () => {
    const { status, failed } = await ready(world);
    return status === 503 && failing.every((check) => failed.includes(check));
  });
  await heal();
  const { decided } = work.counts;
  await until(world, () => work.counts.decided > decided);
  await work.stop();
  await expectRecovery(world);
}

async function alter(setting: string, machine?: PostgresMachine): Promise<void> {
  const admin = await openPostgresConnection(world.directUrl(machine));
  await admin.query(`alter system set ${setting}`);
  await admin.query("select pg_reload_conf()");
  await admin.close();
}

describe("a server on a Postgres, under writes and with an open stream, goes on by itself, and loses nothing that was told", () => {
  it("when it is killed and started again", () =>
    under(
      "killed",
      () => world.machine.kill(),
      () => world.machine.start(),
      ["store_read", "store_write", "announcements"],
    ));

  it("when it is frozen for a while", () =>
    under(
      "frozen",
      () => world.machine.freeze(),
      () => world.machine.thaw(),
      ["store_read", "store_write", "announcements"],
    ));

  it("when it takes no writes for a while", () =>
    under(
      "readonly",
      () => alter("default_transaction_read_only = on"),
      // Of this very session, which would be read-only as well.
      () => alter("default_transaction_read_only = off"),
      ["store_write"],
    ));

  it("when it fails over: connections reach a standby, which then becomes the primary", async () => {
    let standby: PostgresMachine | undefined;
    await under(
      "failover",
      async () => {
        await world.machine.stop();
        standby = await world.machine.copyAsStandby();
        const { remove } = standby;
        atEnd(() => remove());
        await standby.start();
        world.proxy.pointAt(standby.port);
      },
      async () => {
        const admin = await openPostgresConnection(world.directUrl(standby));
        await admin.query("select pg_promote()");
        await admin.close();
      },
      ["store_write", "announcements"],
    );
    await endWorld(world, world.directUrl(standby));
  });
});
