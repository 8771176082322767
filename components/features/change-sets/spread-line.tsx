import { RelativeTime } from "@/components/blocks/relative-time";
import { Measure } from "@/components/features/measures/measure";
import { Meter } from "@/components/ui/meter";
import { State } from "@/components/ui/state";
import type { Spread } from "@/lib/contracts/shared";
import { formatCount } from "@/lib/format/count";
import { formatDuration } from "@/lib/format/duration";
import { formatRevision } from "@/lib/format/revision";
import { isSamePosition, type Position } from "@/native/core/documents/position";

/** Devices that are behind, of which so many are named. */
const NAMED_MAX = 5;

/** As it was counted then; of an earlier decision, where the document was only signed anew since. */
function howLong({ position, devices, mostMs, lastMs }: NonNullable<Spread["applied"]>, at: Position): string {
  const what = isSamePosition(position, at) ? "it" : `revision ${formatRevision(position)}`;
  const last = formatDuration(lastMs);
  if (devices === 1) return `One device applied ${what} ${last} after the publish.`;
  const most = formatDuration(mostMs);
  return `${formatCount(devices)} devices applied ${what}: 95 of 100 within ${most} of the publish, the last after ${last}.`;
}

/** "Reached 198 of 200 devices; 2 last seen 3 h ago." Live: it grows as devices say that they apply it. */
export function SpreadView({ spread }: { spread: Spread }) {
  const { reached, total, position, behind, applied } = spread;
  const shown = behind.slice(0, NAMED_MAX);
  const left = total - reached - shown.length;
  const isWhole = total > 0 && reached === total;
  return (
    <div className="grid gap-2" data-spread={`${reached}/${total}`}>
      <div className="flex flex-wrap items-start gap-x-2">
        <State mark={total === 0 ? "none" : isWhole ? "yes" : "waiting"}>
          Reached <Measure name="reached" of={formatRevision(position)} value={reached} /> of{" "}
          <Measure name="seen" value={total} /> devices
        </State>
        <span className="ml-auto text-muted">platform revision {formatRevision(position)}</span>
      </div>
      <Meter share={total === 0 ? 0 : reached / total} isThin />
      {applied !== null && <p className="text-muted">{howLong(applied, position)}</p>}
      {behind.length > 0 && (
        <ul className="text-muted">
          {shown.map(({ deviceId, name, position: at, lastSeenAt }) => (
            <li key={deviceId} className="flex gap-2">
              <span className="min-w-0 truncate text-ink">{name}</span>
              <span className="ml-auto whitespace-nowrap">
                {at === null ? "nothing applied" : `on ${formatRevision(at)}`},{" "}
                {lastSeenAt === null ? "never seen" : "seen "}
                {lastSeenAt !== null && <RelativeTime at={lastSeenAt} />}
              </span>
            </li>
          ))}
          {left > 0 && <li>and {formatCount(left)} more</li>}
        </ul>
      )}
    </div>
  );
}
