import { ChevronDown } from "lucide-react";
import type { ComponentProps } from "react";
import { classNames } from "./class-names";

/** The system's own list of choices: works with every keyboard, reader and phone. */
export function Select({ className, children, ...rest }: ComponentProps<"select">) {
  return (
    <span className={classNames("relative block", className)}>
      <select
        {...rest}
        className="h-8 w-full appearance-none rounded-control border border-control bg-surface pr-8 pl-2.5 text-body text-ink disabled:border-line disabled:bg-sunken disabled:text-muted max-phone:h-11"
      >
        {children}
      </select>
      <ChevronDown
        size={14}
        aria-hidden
        className="pointer-events-none absolute top-1/2 right-2.5 -translate-y-1/2 text-muted"
      />
    </span>
  );
}
