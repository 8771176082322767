import { eq } from "drizzle-orm";
import { expect, test } from "vitest";
import { sessions } from "@/db/schema";
import { startSession } from "@/lib/auth/sessions";
import { refusalOf } from "../testing/refusal-of";
import { openServiceFixture } from "../testing/service-fixture";
import { switchPerson } from "./switch-person";

test("a switch of person ends the session that asks, audited; where it is refused the session goes on", async () => {
  const { ctx, close, ...fixture } = await openServiceFixture();
  try {
    const [asking, other] = [await fixture.person("operator"), await fixture.person("auditor")];
    const gone = await fixture.person("auditor", { state: "disabled" });
    const origin = { method: "link", address: "192.0.2.1", userAgent: "test" } as const;
    const sessionId = await ctx.store.transaction(({ db }) =>
      startSession(db, ctx.ids, { personId: asking.personId, origin }, ctx.clock.nowMs()),
    );
    const actor = { ...asking, sessionId };
    const development = { ...ctx, config: { ...ctx.config, isDevelopmentStore: true } };
    const endedAt = async () => {
      const [session] = await ctx.store.db.select().from(sessions).where(eq(sessions.id, sessionId));
      return session?.endedAt ?? null;
    };
    expect((await refusalOf(switchPerson(ctx, actor, other.personId))).code).toBe("not_found");
    expect((await refusalOf(switchPerson(development, actor, gone.personId))).code).toBe("not_found");
    expect(await endedAt()).toBeNull();
    await switchPerson(development, actor, other.personId);
    expect(await endedAt()).toEqual(new Date(ctx.clock.nowMs()));
    expect(await fixture.audited({ subject: `person:${other.personId}` })).toEqual(["session.switch"]);
  } finally {
    await close();
  }
});
