import type { versions } from "@/db/schema";
import type { VersionState } from "@/lib/domain/lifecycles";

/** A submission as its publisher sees it. */
export type SubmissionView = {
  submissionId: string;
  appId: string;
  versionCode: number;
  versionName: string;
  sha256: string;
  state: VersionState;
  comment: string | null;
  submittedAt: string;
  listedAt: string | null;
};

export function toSubmissionView(row: typeof versions.$inferSelect): SubmissionView {
  return {
    submissionId: row.submissionId,
    appId: row.appId,
    versionCode: row.code,
    versionName: row.name,
    sha256: row.sha256,
    state: row.state,
    comment: row.comment,
    submittedAt: row.submittedAt.toISOString(),
    listedAt: row.listedAt?.toISOString() ?? null,
  };
}
