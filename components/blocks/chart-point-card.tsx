import { formatTime, formatWeekday } from "@/lib/format/instant";

type PointCardProps = {
  atMs: number;
  series: readonly { name: string; values: readonly (number | null)[] }[];
  index: number;
  format(value: number): string;
};

/** All series at one point of time, beside the pointer. */
export function PointCard({ atMs, index, series, format }: PointCardProps) {
  return (
    <div className="min-w-36 rounded-panel border border-line bg-surface px-3 py-2 text-label shadow-overlay">
      <p className="pb-1">
        {formatWeekday(atMs)}, {formatTime(atMs)}
      </p>
      {series.map(({ name, values }) => (
        <p key={name} className="flex justify-between gap-6 text-muted">
          {name} <span className="text-ink">{shownValue(values[index], format)}</span>
        </p>
      ))}
    </div>
  );
}

/** A gap is said in words. */
export function shownValue(value: number | null | undefined, format: (value: number) => string): string {
  return value === null || value === undefined ? "no data" : format(value);
}
