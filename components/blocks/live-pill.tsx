"use client";

import { plural } from "@/lib/format/count";

/** New rows never move the list: they wait behind this pill. */
export function LivePill({ count, onShow }: { count: number; onShow(): void }) {
  if (count === 0) return null;
  return (
    <button
      type="button"
      onClick={onShow}
      aria-label={`Show ${plural(count, "new row")}`}
      className="inline-flex h-6 items-center rounded-full bg-tint-accent px-2.5 text-accent text-label hover:brightness-95 max-phone:h-11"
    >
      {count} new
    </button>
  );
}
