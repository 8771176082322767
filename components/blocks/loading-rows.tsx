import { Skeleton } from "@/components/ui/skeleton";

const WIDTHS = ["w-2/5", "w-1/3", "w-1/2", "w-1/4", "w-2/5", "w-1/3"] as const;

/** The rows to come, at their height. */
export function LoadingRows({ rows = 5, isTall }: { rows?: number; isTall?: boolean }) {
  return (
    <div role="status" aria-label="Loading">
      {Array.from({ length: rows }, (_, index) => (
        <div
          // biome-ignore lint/suspicious/noArrayIndexKey: placeholders have no identity
          key={index}
          className={`flex items-center gap-6 border-line border-b px-4 last:border-b-0 ${isTall ? "h-13" : "h-8"}`}
        >
          <Skeleton className={WIDTHS[index % WIDTHS.length] ?? "w-1/3"} />
          <Skeleton className="w-16" />
          <Skeleton className="ml-auto w-10" />
        </div>
      ))}
    </div>
  );
}
