import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { isAppError } from "@/lib/platform/errors";
import { refusalOf } from "../testing/refusal-of";
import { openServiceFixture, type ServiceFixture } from "../testing/service-fixture";
import { approveChangeSet } from "./approve-change-set";
import { getDraft } from "./get-draft";
import { previewChanges } from "./preview-changes";
import { proposeAtOnce } from "./propose-at-once";

const REASON = "The kitchen needs it.";
const host = (name: string) => ({ host: name, ports: [443], purposes: ["request"] });

let held: ServiceFixture;
beforeAll(async () => {
  held = await openServiceFixture();
});
afterAll(async () => held.close());

const detailsOf = (asked: Promise<unknown>) =>
  asked.then(
    () => [],
    (error: unknown) =>
      isAppError(error) ? error.details.map(({ path, code }) => `${path} ${code}`) : [String(error)],
  );

describe("what is proposed by itself", () => {
  test("waits for another's approval in one act, beside the draft that its proposer has", async () => {
    const { appId } = await held.program();
    const proposer = await held.person("operator");
    const draft = await held.draft(proposer, { [`program:${appId}/grant:nfc.read`]: { consent: "ask" } });
    const changes = ["a.example.com", "b.example.com"].map((name) => ({
      member: `program:${appId}/host:new`,
      after: host(name),
    }));
    const set = await proposeAtOnce(held.ctx, proposer, { changes, reason: REASON });
    expect(set).toMatchObject({ state: "proposed", reason: REASON, isNarrowing: false });
    expect(set.changes).toHaveLength(2);
    expect(await held.audited({ changeSetId: set.id })).toEqual(["changeSet.propose"]);
    expect((await getDraft(held.ctx, proposer)).draft?.id).toBe(draft.id);
    expect((await refusalOf(approveChangeSet(held.ctx, proposer, set.id, { reason: "" }))).details).toEqual([
      "OWN_PROPOSAL",
    ]);
    const approved = await approveChangeSet(held.ctx, await held.person("security"), set.id, { reason: "" });
    expect(approved.state).toBe("approved");
  });

  test("is refused of a role that proposes nothing, and where nothing would change", async () => {
    const { appId } = await held.program();
    const member = `program:${appId}/grant:nfc.read`;
    const auditor = await held.person("auditor");
    const changes = [{ member, after: { consent: "ask" } }];
    expect((await refusalOf(proposeAtOnce(held.ctx, auditor, { changes, reason: REASON }))).code).toBe("forbidden");
    const nothing = { changes: [{ member, after: null }], reason: REASON };
    expect((await refusalOf(proposeAtOnce(held.ctx, await held.person("operator"), nothing))).details).toEqual([
      "NOTHING_CHANGES",
    ]);
  });

  test("names the change and the field of each thing that is wrong, however the rule's id came to be", async () => {
    const { appId } = await held.program();
    const operator = await held.person("operator");
    const member = `program:${appId}/host:new`;
    const wide = [host("a.example.com"), host("*.co.uk")].map((after) => ({ member, after }));
    const input = { changes: wide, reason: REASON };
    expect(await detailsOf(proposeAtOnce(held.ctx, operator, input))).toEqual([
      "/changes/1/after/host WILDCARD_TOO_WIDE",
    ]);
    expect(await detailsOf(previewChanges(held.ctx, operator, input))).toEqual([
      "/changes/1/after/host WILDCARD_TOO_WIDE",
    ]);
    const broken = { changes: [{ member, after: { ...host("https://a.example.com"), ports: [0] } }], reason: REASON };
    expect(await detailsOf(proposeAtOnce(held.ctx, operator, broken))).toEqual([
      "/changes/0/after/host FORMAT",
      "/changes/0/after/ports/0 FORMAT",
    ]);
  });
});
