import type { DocumentCode } from "../codes";
import type { AuditProblem } from "./problems";

export type LogFinding = {
  problem: AuditProblem;
  /** The first entry that may be wrong because of it; null where no entry can be told. */
  sequence: number | null;
  /** The record, counted from 1, in which it was found; null for what all of them together show. */
  line: number | null;
  /** Why a signed thing was refused (spec §4). */
  code?: Exclude<DocumentCode, "ACCEPTED">;
  /** Which one. */
  detail?: string;
};

/** Most findings that are told one by one. */
const FINDINGS_MAX = 100;

const IN_ITSELF: readonly AuditProblem[] = ["MALFORMED", "SEQUENCE", "DIGEST"];

/** What is wrong with a log: the first findings, those of the lowest entries always among them, and how many there are. */
export class LogFindings {
  total = 0;
  private readonly kept: LogFinding[] = [];

  add(finding: LogFinding): void {
    this.total += 1;
    if (this.kept.length < FINDINGS_MAX) this.kept.push(finding);
    else if (placeOf(finding) < Math.min(...this.kept.map(placeOf))) this.kept[FINDINGS_MAX - 1] = finding;
  }

  /**
   * Something is wrong and nothing signed vouches for this entry or any behind it, so what was found there may come from a
   * change of this one. Entries that are wrong in themselves stay where they are.
   */
  lowerTo(unvouched: number): void {
    for (const finding of this.kept) {
      if (IN_ITSELF.includes(finding.problem) || finding.sequence === null) continue;
      finding.sequence = Math.min(finding.sequence, unvouched);
    }
  }

  /** By entry; what names none comes last. */
  list(): LogFinding[] {
    return this.kept.toSorted((a, b) => (placeOf(a) === placeOf(b) ? 0 : placeOf(a) - placeOf(b)));
  }
}

const placeOf = ({ sequence }: LogFinding): number => sequence ?? Number.POSITIVE_INFINITY;
