import type { ComponentProps } from "react";
import { classNames } from "./class-names";

const CONTROL =
  "w-full min-w-0 rounded-control border border-control bg-surface text-ink placeholder:text-muted disabled:border-line disabled:bg-sunken disabled:text-muted";

export function Input({ className, isMono, ...rest }: ComponentProps<"input"> & { isMono?: boolean }) {
  return (
    <input
      {...rest}
      className={classNames(
        CONTROL,
        "h-8 px-2.5 max-phone:h-11",
        isMono ? "font-mono text-code" : "text-body",
        className,
      )}
    />
  );
}

export function Textarea({ className, isMono, ...rest }: ComponentProps<"textarea"> & { isMono?: boolean }) {
  return (
    <textarea
      rows={3}
      {...rest}
      className={classNames(
        CONTROL,
        "block min-h-16 resize-y px-2.5 py-1.5",
        isMono ? "font-mono text-code" : "text-body",
        className,
      )}
    />
  );
}
