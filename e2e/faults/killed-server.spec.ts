import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "@playwright/test";
import type { AuditList, AuditVerification } from "@/lib/contracts/audit";
import type { ChangeSetView } from "@/lib/contracts/change-sets";
import type { LimitRow } from "@/lib/contracts/programs";
import type { PublisherView } from "@/lib/contracts/publishers";
import { ConsoleRefusal, type ConsoleSession } from "../../scripts/client/console-session";
import { type RunningServer, startServer } from "../fixtures/running-server";

const APP = "com.example.killed";
const ROUNDS = 8;
const PORT = 4391;

/** The server is killed with signal 9 while people publish, at a different moment of its work each round. */
test("no acknowledged decision or audit entry is lost when the server is killed while publishing", async () => {
  test.setTimeout(240_000);
  const dataDir = mkdtempSync(join(tmpdir(), "bulkhead-killed-"));
  let server: RunningServer = await startServer({ dataDir, port: PORT });
  try {
    let operator = await server.session("operator");
    const publisher = await operator.post<PublisherView>("publishers", { name: "Killed" });
    await operator.post("programs", { appId: APP, name: "Killed", publisherId: publisher.id });
    const acknowledged: ChangeSetView[] = [];
    let max = 1_000_000;
    for (let round = 0; round < ROUNDS; round += 1) {
      // Two at once: a kill meets one in the middle of its commit and the other waiting for it.
      const lower = () => {
        max -= 1;
        return narrow(operator, max);
      };
      await publishUntilKilled(server, [lower, lower], acknowledged, 3 + round * 7);
      server = await startServer({ dataDir, port: PORT });
      operator = await server.session("operator");
      await expectNothingLost(operator, acknowledged);
    }
    expect(acknowledged.length).toBeGreaterThan(ROUNDS);
    const { rows } = await operator.get<{ rows: LimitRow[] }>(`programs/${APP}/limits?range=1h`);
    const last = rows.find((row) => row.name === "memoryBytes")?.value as { max: number } | null;
    const lowestAcknowledged = Math.min(...acknowledged.map(maxOf));
    expect(last?.max).toBeLessThanOrEqual(lowestAcknowledged);
  } finally {
    await server.child.stop();
    rmSync(dataDir, { recursive: true, force: true });
  }
});

function narrow(operator: ConsoleSession, max: number): Promise<ChangeSetView> {
  return operator.post<ChangeSetView>("change-sets/narrow", {
    changes: [{ member: `program:${APP}/limit:memoryBytes`, after: { max, action: "kill" } }],
    reason: "Lowered by the test.",
  });
}

function maxOf(set: ChangeSetView): number {
  const after = set.changes[0]?.after as { max?: number } | undefined;
  return after?.max ?? Number.NaN;
}

/**
 * Publishes until the server is gone, which it is some milliseconds after two of this round were acknowledged. What it
 * answered before counts as acknowledged, for ever.
 */
async function publishUntilKilled(
  server: RunningServer,
  acts: (() => Promise<ChangeSetView>)[],
  acknowledged: ChangeSetView[],
  delayMs: number,
): Promise<void> {
  const enough = acknowledged.length + 2;
  let isKilling = false;
  await Promise.all(
    acts.map(async (act) => {
      while (server.child.process.exitCode === null && server.child.process.signalCode === null) {
        try {
          acknowledged.push(await act());
        } catch (error) {
          if (error instanceof TypeError) return;
          // Two at once may conflict: one of them lowers from a value that is no longer there.
          if (!(error instanceof ConsoleRefusal) || (error.status !== 409 && error.status !== 412)) throw error;
        }
        if (acknowledged.length < enough || isKilling) continue;
        isKilling = true;
        setTimeout(() => server.child.process.kill("SIGKILL"), delayMs);
      }
    }),
  );
  await server.child.ended;
}

async function expectNothingLost(operator: ConsoleSession, acknowledged: ChangeSetView[]): Promise<void> {
  const verification = await operator.get<AuditVerification>("audit/verify");
  expect(verification.isWhole, verification.problem ?? "").toBe(true);
  for (const set of acknowledged.slice(-12)) {
    const found = await operator.get<ChangeSetView>(`change-sets/${set.id}`);
    expect(found.state).toBe("published");
    expect(found.platformPosition).toEqual(set.platformPosition);
    const audit = await operator.get<AuditList>(`audit?changeSetId=${set.id}&action=changeSet.narrow`);
    expect(audit.items).toHaveLength(1);
  }
}
