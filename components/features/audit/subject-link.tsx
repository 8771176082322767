import Link from "next/link";
import type { AuditEntryView } from "@/lib/contracts/audit";
import { cutMiddle } from "@/lib/format/identifier";
import { NowCalled } from "./now-called";

/** What a kind of subject is called before its name; others as they stand in the log. */
const KINDS = new Map([
  ["change-set", "Change set"],
  ["submission", "version"],
]);

/** What an entry is about, by its name of then; a link where the console has a page of it. */
export function SubjectLink({
  entry: { subject, subjectName, subjectNameNow, changeSetId },
}: {
  entry: Pick<AuditEntryView, "subject" | "subjectName" | "subjectNameNow" | "changeSetId">;
}) {
  const colon = subject.indexOf(":");
  const kind = colon === -1 ? subject : subject.slice(0, colon);
  const id = colon === -1 ? "" : subject.slice(colon + 1);
  const href =
    kind === "program"
      ? `/programs/${encodeURIComponent(id.split("/", 1)[0] ?? "")}`
      : changeSetId !== null
        ? `/policy/${changeSetId}`
        : null;
  const text = (
    <span title={subject}>
      {KINDS.get(kind) ?? kind}{" "}
      {subjectName === null ? <code>{kind === "program" ? id : cutMiddle(id, 8, 4)}</code> : <bdi>{subjectName}</bdi>}
      <NowCalled name={subjectNameNow} />
      {kind === "program" && id.includes("/cause:") && ", one of its causes"}
    </span>
  );
  return href === null ? (
    text
  ) : (
    <Link href={href} className="hover:underline">
      {text}
    </Link>
  );
}
