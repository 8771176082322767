import type { ReactNode } from "react";
import { classNames } from "@/components/ui/class-names";
import { PartBoundary } from "./part-boundary";

type PanelProps = {
  title?: ReactNode;
  /** What the title is about, beside it. */
  about?: ReactNode;
  /** On a line of its own where the panel is narrow. */
  isAboutLong?: boolean;
  /** At the right of the head. */
  actions?: ReactNode;
  footer?: ReactNode;
  children?: ReactNode;
  /** Pads the content; tables reach the edges. */
  isPadded?: boolean;
  id?: string;
  className?: string;
};

export function Panel({ title, about, isAboutLong, actions, footer, children, isPadded, id, className }: PanelProps) {
  return (
    <section
      id={id}
      className={classNames("@container min-w-0 rounded-panel border border-line bg-surface", className)}
    >
      {title !== undefined && (
        <header
          className={classNames(
            "flex min-h-11 items-center gap-2 px-4 py-1",
            children !== undefined && "border-line border-b",
            isAboutLong && "@max-md:flex-wrap @max-md:gap-y-0 @max-md:py-2",
          )}
        >
          <h2 className={classNames("text-section", isAboutLong && "whitespace-nowrap")}>{title}</h2>
          {about && (
            <span
              className={classNames(
                "min-w-0 truncate text-muted",
                isAboutLong && "@max-md:order-last @max-md:w-full @max-md:whitespace-normal",
              )}
            >
              {about}
            </span>
          )}
          {actions && <span className="ml-auto flex shrink-0 items-center gap-2">{actions}</span>}
        </header>
      )}
      <PartBoundary>{isPadded ? <div className="p-4">{children}</div> : children}</PartBoundary>
      {footer && (
        <footer className="flex min-h-10 items-center gap-3 border-line border-t px-4 py-1 text-muted">{footer}</footer>
      )}
    </section>
  );
}
