import { classNames } from "./class-names";

const FILLS = { ink: "bg-ink", fill: "bg-fill", blocked: "bg-blocked", faint: "bg-control opacity-45" } as const;

/** A share of a whole as a bar; the number stands beside it. */
export function Meter({
  share,
  tone = "fill",
  isThin,
}: {
  share: number;
  tone?: keyof typeof FILLS;
  isThin?: boolean;
}) {
  const percent = Math.min(100, Math.max(0, share * 100));
  return (
    <span
      aria-hidden
      className={classNames("block w-full overflow-hidden rounded-xs bg-track", isThin ? "h-2" : "h-3")}
    >
      <span className={classNames("block h-full", FILLS[tone])} style={{ width: `${percent}%` }} />
    </span>
  );
}
