import type { ComponentProps } from "react";
import { classNames } from "./class-names";

/** Cells of the console's tables: 16 px between columns and at the edges, one line below each row. */
export function Table({ className, ...rest }: ComponentProps<"table">) {
  return <table {...rest} className={classNames("w-full table-fixed border-separate border-spacing-0", className)} />;
}

export function Th({ className, isNumber, ...rest }: ComponentProps<"th"> & { isNumber?: boolean }) {
  return (
    <th
      scope="col"
      {...rest}
      className={classNames(
        "h-8 whitespace-nowrap border-line border-b bg-surface px-2 text-label text-muted",
        isNumber ? "text-right" : "text-left",
        className,
      )}
    />
  );
}

export function Td({ className, isNumber, ...rest }: ComponentProps<"td"> & { isNumber?: boolean }) {
  return (
    <td
      {...rest}
      className={classNames(
        "h-8 truncate border-line border-b px-2 in-[tr:last-child]:border-b-0",
        isNumber && "text-right",
        className,
      )}
    />
  );
}
