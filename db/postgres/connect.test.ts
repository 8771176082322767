import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import type { Timers } from "@/lib/platform/timers";
import { openPostgresConnection } from "../backup/connection";
import { manualTime } from "../testing/manual-time";
import { postgresServer } from "../testing/postgres-server";
import { startTcpProxy, type TcpProxy } from "../testing/tcp-proxy";
import { WORK } from "./bounds";
import { connectPostgres, type PostgresConnection } from "./connect";
import { inTransaction } from "./transaction";

const ANSWER_MS = WORK.answerMs ?? 0;

let url: URL;
let proxy: TcpProxy;
const open: PostgresConnection[] = [];
beforeAll(async () => {
  url = new URL(await (await postgresServer()).createDatabase());
  proxy = await startTcpProxy(Number(url.port));
  url.port = String(proxy.port);
});
afterEach(() => {
  for (const connection of open.splice(0)) connection.cut();
  proxy.heal();
});
afterAll(async () => {
  await proxy.close();
});

async function connectWith(bounds: Partial<typeof WORK> = {}, timers?: Timers): Promise<PostgresConnection> {
  const connection = await connectPostgres(url.href, { ...WORK, ...bounds }, timers);
  open.push(connection);
  return connection;
}

describe("a connection to Postgres", () => {
  it("gives a server up that answers nothing any more, and is of no use afterwards", async () => {
    const time = manualTime();
    const connection = await connectWith({}, time.timers);
    const lost = new Promise((resolve) => connection.onLost(resolve));
    proxy.swallow();
    const asked = expect(connection.query("select 1")).rejects.toMatchObject({ code: "ANSWER_TIMEOUT" });
    await time.pass(ANSWER_MS);
    await asked;
    expect(connection.isLost()).toBe(true);
    expect(await lost).toMatchObject({ code: "ANSWER_TIMEOUT" });
    proxy.heal();
    await expect(connection.query("select 1")).rejects.toMatchObject({ code: "ANSWER_TIMEOUT" });
  });

  it("gives up one that lets nobody in", async () => {
    proxy.swallow();
    await expect(connectWith({ connectMs: 50 })).rejects.toMatchObject({ code: "CONNECT_TIMEOUT" });
  });

  it("raises in every statement that waits when it breaks, also when it is cut on our side", async () => {
    for (const [end, code] of [
      [() => proxy.breakAll(), "CONNECTION_LOST"],
      [(connection: PostgresConnection) => connection.cut(), "CONNECTION_CUT"],
    ] as const) {
      const connection = await connectWith();
      await connection.query("select 1");
      const waiting = ["select pg_sleep(60)", "select 1"].map((statement) => connection.query(statement));
      end(connection);
      const outcomes = await Promise.allSettled(waiting);
      for (const outcome of outcomes) expect(outcome).toMatchObject({ status: "rejected", reason: { code } });
    }
  });

  it("lets the server end what takes too long, waits too long for a lock, or does nothing inside a transaction", async () => {
    const connection = await connectWith({ statementMs: 50 });
    await expect(connection.query("select pg_sleep(60)")).rejects.toMatchObject({ code: "57014" });
    expect((await connection.query("select 1 as one")).rows).toEqual([{ one: 1 }]);

    const other = await connectWith({ lockMs: 50 });
    await connection.query("select pg_advisory_lock(1)");
    await expect(other.query("select pg_advisory_lock(1)")).rejects.toMatchObject({ code: "55P03" });

    const idle = await connectWith({ idleInTransactionMs: 50 });
    const lost = new Promise((resolve) => idle.onLost(resolve));
    await idle.query("begin");
    await lost;
    await expect(idle.query("commit")).rejects.toMatchObject({ code: "CONNECTION_LOST" });
  });

  it("waits no longer than half a second to say good-bye where nobody answers that", async () => {
    const connection = await connectWith();
    proxy.swallow();
    await connection.close();
    expect(connection.isLost()).toBe(true);
  });
});

describe("a transaction", () => {
  it("whose connection is lost before the commit raises what the connection raised, and nothing is kept", async () => {
    const admin = await openPostgresConnection(url.href);
    await admin.query("create table kept (id text)");
    const time = manualTime();
    const connection = await connectWith({}, time.timers);
    const work = inTransaction(connection, async (inside) => {
      await inside.query("insert into kept values ('lost')");
      proxy.swallow();
      await Promise.all([inside.query("select 1"), time.pass(ANSWER_MS)]);
    });
    await expect(work).rejects.toMatchObject({ code: "ANSWER_TIMEOUT" });
    proxy.heal();
    expect(await admin.query("select * from kept")).toEqual([]);
    await admin.close();
  });

  it("whose commit is not answered says that its outcome is not known", async () => {
    const time = manualTime();
    const connection = await connectWith({}, time.timers);
    const work = inTransaction(connection, async (inside) => {
      await inside.query("select 1");
      proxy.swallow();
      setImmediate(() => void time.pass(ANSWER_MS));
    });
    await expect(work).rejects.toMatchObject({ code: "OUTCOME_UNKNOWN" });
  });

  it("is refused where it went on after a failed statement: the server kept nothing of it", async () => {
    const connection = await connectWith();
    const work = inTransaction(connection, async (inside) => {
      await inside.query("select no_such_thing()").catch(() => undefined);
      return "done";
    });
    await expect(work).rejects.toMatchObject({ code: "internal" });
    expect((await connection.query("select 1 as one")).rows).toEqual([{ one: 1 }]);
  });

  it("cannot be used after its end", async () => {
    const connection = await connectWith();
    const inside = await inTransaction(connection, async (queryable) => queryable);
    await expect(inside.query("select 1")).rejects.toMatchObject({ code: "internal" });
  });
});
