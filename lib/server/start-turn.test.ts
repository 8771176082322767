import { expect, it } from "vitest";
import { openStore } from "@/db/open-store";
import { publishers } from "@/db/schema";
import type { Store } from "@/db/store";
import { postgresServer } from "@/db/testing/postgres-server";
import { inStartTurn } from "./start-turn";

const createdAt = new Date(0);
const make = (id: string) => (tx: Parameters<Parameters<Store["transaction"]>[0]>[0]) =>
  tx.db.insert(publishers).values({ id, name: id, createdAt }).onConflictDoNothing().returning({ id: publishers.id });

it("of processes that start at once one makes what is missing, and the others wait, say so, and are let in or told", async () => {
  const url = await (await postgresServer()).createDatabase();
  const open = async () => (await openStore({ location: { kind: "postgres", url }, logger: () => undefined })).store;
  const [one, two] = [await open(), await open()];
  const waited: number[] = [];
  const nobody = { pause: () => Promise.reject(new Error("nobody waits")), onWaiting: () => undefined };
  let finish: () => void = () => undefined;
  const finished = new Promise<void>((resolve) => {
    finish = resolve;
  });
  let reach: () => void = () => undefined;
  const reached = new Promise<void>((resolve) => {
    reach = resolve;
  });
  const first = inStartTurn(
    one,
    async (tx) => {
      const made = await make("pub_one")(tx);
      reach();
      await finished;
      return made;
    },
    nobody,
  );
  await reached;
  const inVain = inStartTurn(two, make("pub_one"), {
    pause: () => Promise.resolve(),
    onWaiting: (seconds) => waited.push(seconds),
  });
  await expect(inVain).rejects.toMatchObject({ code: "unavailable", message: expect.stringContaining("120 s") });
  expect(waited).toEqual([0, 10, 20, 30, 40, 50, 60, 70, 80, 90, 100, 110]);
  const second = inStartTurn(two, make("pub_one"), {
    async pause() {
      finish();
      await first;
    },
    onWaiting: () => undefined,
  });
  expect(await first).toEqual([{ id: "pub_one" }]);
  expect(await second).toEqual([]);
  await one.close();
  await two.close();
});
