import { people, platform } from "@/db/schema";
import { appendAudit } from "@/lib/audit/append-audit";
import { createLink } from "@/lib/auth/links";
import { type Actor, ROLES, type Role } from "@/lib/domain/roles";
import { invariant } from "@/lib/platform/errors";
import type { ServiceContext } from "../context";
import { applyMember } from "../members/apply-member";

/** The demo's people, one a role but for operators: two of them, so that one may approve what the other proposes. */
const DEMO_PEOPLE: readonly { name: string; role: Role }[] = [
  { name: "Mara Lindqvist", role: "operator" },
  { name: "Teo Okafor", role: "operator" },
  { name: "Ines Duarte", role: "security" },
  { name: "Ravi Menon", role: "admin" },
  { name: "Ada Whitfield", role: "auditor" },
];

const SYSTEM: Actor = { kind: "system", name: "demo" };

export type DemoLink = { role: Role; name: string; url: string };

/**
 * In a development store alone: makes the demo's people where nobody is yet, ends set-up, and answers with one fresh
 * one-time sign-in link per role. Raises `internal` in any other store.
 */
export async function prepareDemoPeople(context: ServiceContext): Promise<DemoLink[]> {
  invariant(context.config.isDevelopmentStore, "demo people were asked for outside a development store");
  const at = new Date(context.clock.nowMs());
  return context.store.transaction(async (tx) => {
    const known = await tx.db.select().from(people);
    if (known.length === 0) {
      for (const { name, role } of DEMO_PEOPLE) {
        const personId = context.ids.next("person");
        const email = `${name.toLowerCase().replace(" ", ".")}@harbor.example`;
        const value = { email, name, role, publisherId: null, state: "active" as const };
        const member = { kind: "person", personId } as const;
        await applyMember(
          tx.db,
          { member, entry: { kind: "person", member, value } },
          { at, changeSetId: null, proposedBy: null },
        );
        await appendAudit(tx, context, {
          actor: SYSTEM,
          action: "person.invite",
          subject: `person:${personId}`,
          after: value,
        });
      }
      await tx.db.update(platform).set({ setUpAt: at });
      await appendAudit(tx, context, { actor: SYSTEM, action: "setup.complete", subject: "platform" });
    }
    const everybody = await tx.db.select().from(people);
    const links: DemoLink[] = [];
    for (const role of ROLES) {
      const person = everybody
        .filter((candidate) => candidate.role === role && candidate.state === "active")
        .sort((a, b) => (a.name < b.name ? -1 : 1))[0];
      if (person === undefined) continue;
      const { token } = await createLink(tx.db, { purpose: "development", personId: person.id }, at.getTime());
      links.push({ role, name: person.name, url: `${context.config.baseUrl}/link/${token}` });
    }
    return links;
  });
}
