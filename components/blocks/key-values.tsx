import { Fragment, type ReactNode } from "react";

type KeyValuesProps = { items: readonly (readonly [string, ReactNode])[]; isNarrow?: boolean };

/** Facts, one a line. */
export function KeyValues({ items, isNarrow }: KeyValuesProps) {
  return (
    <dl
      className={
        isNarrow
          ? "grid items-baseline grid-cols-[88px_minmax(0,1fr)] gap-x-3 gap-y-1"
          : "grid items-baseline grid-cols-[120px_minmax(0,1fr)] gap-x-3 gap-y-1"
      }
    >
      {items.map(([name, value]) => (
        <Fragment key={name}>
          <dt className="text-muted">{name}</dt>
          <dd className="min-w-0 wrap-anywhere">{value}</dd>
        </Fragment>
      ))}
    </dl>
  );
}
