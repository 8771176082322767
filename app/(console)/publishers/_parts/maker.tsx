import type { PublisherView } from "@/lib/contracts/publishers";

/** Who made a token or proposed a key, and so does not approve for its publisher. */
export function Maker({ of }: { of: PublisherView["keys"][number]["createdBy"] }) {
  return (
    <span className="min-w-0 truncate text-muted">
      {of === null ? (
        "by nobody known"
      ) : (
        <>
          by <bdi>{of.name}</bdi>
        </>
      )}
    </span>
  );
}
