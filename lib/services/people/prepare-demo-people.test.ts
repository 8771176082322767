import { expect, test } from "vitest";
import { people } from "@/db/schema";
import { openServiceFixture } from "../testing/service-fixture";
import { prepareDemoPeople } from "./prepare-demo-people";

test("a development store gets one person a role, two operators, and a fresh link for the first of each by name", async () => {
  const fixture = await openServiceFixture({ isSetUpComplete: false });
  try {
    await expect(prepareDemoPeople(fixture.ctx)).rejects.toMatchObject({ code: "internal" });
    const ctx = { ...fixture.ctx, config: { ...fixture.ctx.config, isDevelopmentStore: true } };
    const links = await prepareDemoPeople(ctx);
    const named = links.map(({ role, name }) => `${role}: ${name}`);
    expect(named).toEqual([
      "admin: Ravi Menon",
      "operator: Mara Lindqvist",
      "security: Ines Duarte",
      "auditor: Ada Whitfield",
    ]);
    const again = await prepareDemoPeople(ctx);
    expect(again.map(({ role, name }) => `${role}: ${name}`)).toEqual(named);
    expect(new Set([...links, ...again].map(({ url }) => url)).size).toBe(8);
    expect(links.every(({ url }) => /^https:\/\/console\.test\/link\/\S{20,}$/.test(url))).toBe(true);
    const rows = await ctx.store.db.select().from(people);
    expect(rows.map(({ email, state }) => `${email} ${state}`).sort()).toEqual([
      "ada.whitfield@harbor.example active",
      "ines.duarte@harbor.example active",
      "mara.lindqvist@harbor.example active",
      "ravi.menon@harbor.example active",
      "teo.okafor@harbor.example active",
    ]);
  } finally {
    await fixture.close();
  }
});
