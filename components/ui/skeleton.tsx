import { classNames } from "./class-names";

/** A line to come. Seen only after 200 ms. */
export function Skeleton({ className }: { className?: string }) {
  return <span aria-hidden className={classNames("appear-late block h-2 rounded-full bg-track", className)} />;
}
