"use client";

import Link from "next/link";
import { usePathname } from "next/navigation";
import { useEffect, useRef } from "react";

export type TabLink = { href: string; label: string; count?: number | null };

/** Tabs are links: each has its own address. */
export function Tabs({ label, tabs }: { label: string; tabs: readonly TabLink[] }) {
  const path = usePathname();
  const nav = useRef<HTMLElement>(null);
  // Where they are wider than the window, the one that is open is in sight.
  useEffect(() => {
    const open = [...(nav.current?.children ?? [])].find((tab) => tab.getAttribute("href") === path);
    open?.scrollIntoView({ block: "nearest", inline: "nearest" });
  }, [path]);
  return (
    <nav
      ref={nav}
      aria-label={label}
      className="-mx-6 mb-4 flex gap-1 overflow-x-auto border-line border-b px-4 max-phone:-mx-4 max-phone:px-2"
    >
      {tabs.map(({ href, label: text, count }) => (
        <Link
          key={href}
          href={href}
          aria-current={path === href ? "page" : undefined}
          className="inline-flex h-tab shrink-0 items-center gap-1.5 px-2 text-muted -outline-offset-2 hover:text-ink aria-[current=page]:font-medium aria-[current=page]:text-ink aria-[current=page]:shadow-[inset_0_-2px_var(--color-ink)] max-phone:h-11"
        >
          {text}
          {count !== undefined && count !== null && count > 0 && <span className="text-label">{count}</span>}
        </Link>
      ))}
    </nav>
  );
}
