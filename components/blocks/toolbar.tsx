import type { ReactNode } from "react";

export function Toolbar({ children }: { children: ReactNode }) {
  return <div className="mb-3 flex flex-wrap items-center gap-2">{children}</div>;
}

/** Two thirds and a sticky third; one below the other where there is no room. */
export function TwoThirds({
  children,
  aside,
  isAsideFirst,
}: {
  children: ReactNode;
  aside: ReactNode;
  isAsideFirst?: boolean;
}) {
  return (
    <div className="@container">
      <div className="grid grid-cols-[minmax(0,1fr)] items-start gap-6 @4xl:grid-cols-[minmax(0,1fr)_var(--spacing-aside)]">
        <div className={`grid min-w-0 gap-4 ${isAsideFirst ? "@max-4xl:order-2" : ""}`}>{children}</div>
        <div className="min-w-0 @4xl:sticky @4xl:top-16">{aside}</div>
      </div>
    </div>
  );
}
