import type { ReactNode } from "react";

export function Kbd({ children }: { children: ReactNode }) {
  return (
    <kbd className="inline-grid h-5 min-w-5 place-items-center whitespace-nowrap rounded-tag border border-line bg-sunken px-1 font-medium font-sans text-key text-muted max-phone:hidden">
      {children}
    </kbd>
  );
}
