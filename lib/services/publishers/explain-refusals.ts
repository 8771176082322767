import type { events } from "@/db/schema";
import type { Database } from "@/db/store";
import { type DocumentPair, replayAsDecided } from "@/lib/domain/denials/replay";
import type { DecisionCode } from "@/native/core/codes";
import { API_CODES, EGRESS_CODES, HOST_CODES } from "@/native/core/codes";
import { describeCode, describeTrace, type Explained } from "@/native/core/decide/describe-refusal";
import { toDenialRow } from "../denials/denial-row";
import { shownRule } from "../denials/shown-rule";
import { toldByEvent } from "../denials/told-refusal";
import { platformClaimsAt, programClaimsAt } from "../programs/newest-claims";

type EventRow = typeof events.$inferSelect;

/** Pairs of documents that are read: those of the newest refusals. */
const PAIRS_MAX = 8;
const CODES: ReadonlySet<string> = new Set([...API_CODES, ...HOST_CODES, ...EGRESS_CODES]);

/**
 * What each refusal says of itself, as the program was told (spec 5.55): by the documents that its device named, where they decide the same;
 * else by its code alone. Places in the platform's document are named as far as its publisher may see them.
 */
export async function explainRefusals(db: Database, rows: readonly EventRow[]): Promise<(Explained | null)[]> {
  const pairs = new Map<string, DocumentPair | null>();
  const explained: (Explained | null)[] = [];
  for (const row of rows) {
    const { programPosition, platformPosition } = toDenialRow(row, { program: "", device: "" });
    const key = JSON.stringify([row.appId, programPosition, platformPosition]);
    if (!pairs.has(key) && pairs.size < PAIRS_MAX && programPosition !== null && platformPosition !== null) {
      const program = await programClaimsAt(db, row.appId ?? "", programPosition);
      const platform = await platformClaimsAt(db, platformPosition);
      pairs.set(
        key,
        program === null || platform === null ? null : { program: program.claims, platform: platform.claims },
      );
    }
    explained.push(explain(row, pairs.get(key) ?? null));
  }
  return explained;
}

function explain(row: EventRow, documents: DocumentPair | null): Explained | null {
  const { code } = row;
  // Safe: it stands in one of the closed lists.
  const known = code !== null && CODES.has(code) ? (code as DecisionCode) : null;
  if (known === null) return null;
  const told = toldByEvent(row);
  const again =
    told === null || documents === null ? null : replayAsDecided(told, documents, Math.floor(row.at.getTime() / 1000));
  if (again === null || again.code !== known) return describeCode(known);
  const checks = again.checks.flatMap((check) => (check.state === "not_recorded" ? [] : [check]));
  const explained = describeTrace({ ...again, checks });
  return { ...explained, at: shownRule(explained.at) };
}
