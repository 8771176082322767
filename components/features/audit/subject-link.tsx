import Link from "next/link";
import { cutMiddle } from "@/lib/format/identifier";

/** What an entry is about: `program:com.x`, `changeSet:cs_…`; a link where the console has a page of it. */
export function SubjectLink({ subject, changeSetId }: { subject: string; changeSetId: string | null }) {
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
    <>
      {kind} <code title={subject}>{kind === "program" ? id : cutMiddle(id, 8, 4)}</code>
    </>
  );
  return href === null ? (
    <span>{text}</span>
  ) : (
    <Link href={href} className="hover:underline">
      {text}
    </Link>
  );
}
