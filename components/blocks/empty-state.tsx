import type { ReactNode } from "react";

/** The name, what will appear here, and the one command or button that makes it appear. */
export function EmptyState({ title, children, action }: { title: string; children: ReactNode; action?: ReactNode }) {
  return (
    <div className="grid justify-items-center gap-1 px-6 py-8 text-center">
      <h3 className="text-section">{title}</h3>
      <div className="max-w-[72ch] text-muted">{children}</div>
      {action !== undefined && <div className="mt-3">{action}</div>}
    </div>
  );
}
