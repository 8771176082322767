import { afterAll, beforeAll, expect, it } from "vitest";
import { events } from "@/db/schema";
import { type DenialFixture, HOST, openDenialFixture } from "../denials/testing/denial-fixture";
import { listOwnDenials } from "./own-programs";

let fixture: DenialFixture;

beforeAll(async () => {
  fixture = await openDenialFixture();
});
afterAll(() => fixture.held.close());

it("says why by the documents that the device named, and by its code alone where they decide otherwise", async () => {
  const { held, publisher, appId, tell } = fixture;
  await tell({ refused: 1 });
  const read = async () => (await listOwnDenials(held.ctx, publisher, appId)).items;
  const [item] = await read();
  expect(item?.explained).toMatchObject({ seen: HOST, help: "errors/HOST_NOT_ALLOWED" });
  expect(item?.explained?.message).toContain(HOST);
  await held.ctx.store.transaction(({ db }) => db.update(events).set({ code: "PIN_MISMATCH" }));
  expect((await read())[0]?.explained).toMatchObject({
    ...{ at: null, seen: null, wanted: null, help: "errors/PIN_MISMATCH" },
  });
  await held.ctx.store.transaction(({ db }) => db.update(events).set({ code: "__proto__" }));
  expect((await read())[0]?.explained).toBeNull();
});

it("names places in the platform's document no further than its publisher may see them", async () => {
  const { held, publisher, appId } = fixture;
  await held.ctx.store.transaction(({ db }) => db.update(events).set({ rule: "/blockedHosts/7", layer: "platform" }));
  const read = async () => (await listOwnDenials(held.ctx, publisher, appId)).items[0];
  expect((await read())?.rule).toBe("/blockedHosts");
  await held.ctx.store.transaction(({ db }) => db.update(events).set({ rule: "/minRevisions/com.example.other" }));
  expect((await read())?.rule).toBe("/minRevisions");
  await held.ctx.store.transaction(({ db }) => db.update(events).set({ rule: "/telemetry/sampling" }));
  expect((await read())?.rule).toBeNull();
});
