"use client";

import { Menu as MenuIcon } from "lucide-react";
import Link from "next/link";
import { usePathname } from "next/navigation";
import { Fragment, type ReactNode, useState } from "react";
import { Button } from "@/components/ui/button";
import { classNames } from "@/components/ui/class-names";
import { Dialog } from "@/components/ui/dialog";
import { Logo } from "@/components/ui/logo";

export type FrameRoom = {
  href: string;
  /** Where pages of the room stand that do not stand below its address. */
  also?: string;
  label: string;
  icon: ReactNode;
  /** How many things wait for the person there, in figures; null: none. */
  waiting: string | null;
};
export type Crumb = { label: string; href?: string };

type AppFrameProps = {
  brand: ReactNode;
  rooms: readonly FrameRoom[];
  /** Who is signed in, at the bottom of the rail. */
  account: ReactNode;
  /** The environment, first in the bar. */
  place: ReactNode;
  crumbs: readonly Crumb[];
  actions: ReactNode;
  /** Anything but production is striped. */
  isStriped: boolean;
  /** What concerns every page, under the bar. */
  banner?: ReactNode;
  children: ReactNode;
};

/** Rail, bar and the page. The rail is icons below 1100 px, and a menu on a phone. */
export function AppFrame(props: AppFrameProps) {
  const { brand, rooms, account, place, crumbs, actions, isStriped, banner, children } = props;
  const [isMenuOpen, setMenuOpen] = useState(false);
  return (
    <div className="flex min-h-dvh">
      <a
        href="#main"
        className="sr-only focus:not-sr-only focus:fixed focus:top-2 focus:left-2 focus:z-50 focus:rounded-control focus:bg-surface focus:px-3 focus:py-2"
      >
        Skip to the page
      </a>
      <nav
        aria-label="Rooms"
        className="sticky top-0 flex h-dvh w-rail shrink-0 flex-col border-line border-r p-2 max-rail:w-13 max-phone:hidden"
      >
        <Link href="/" className="mb-3 flex h-8 items-center gap-2 rounded-control px-2 font-semibold">
          <Logo />
          <span className="max-rail:sr-only">{brand}</span>
        </Link>
        <RoomList rooms={rooms} />
        <div className="mt-auto">{account}</div>
      </nav>
      <div className="flex min-w-0 flex-1 flex-col">
        <header className="sticky top-0 z-5 flex h-bar items-center gap-2 border-line border-b bg-canvas pr-4 pl-6 max-phone:pr-1 max-phone:pl-1">
          {isStriped && <span aria-hidden className="absolute inset-x-0 top-0 h-[3px] striped" />}
          <Button
            tone="quiet"
            size="icon"
            aria-label="Rooms"
            className="phone:hidden"
            onClick={() => setMenuOpen(true)}
          >
            <MenuIcon size={16} aria-hidden />
          </Button>
          <span className="shrink-0 max-two:max-phone:hidden">{place}</span>
          <Crumbs crumbs={crumbs} />
          <span className="ml-auto flex min-w-0 shrink-0 items-center gap-1">{actions}</span>
        </header>
        {banner}
        <div className="flex min-w-0 flex-1">{children}</div>
      </div>
      <Dialog isOpen={isMenuOpen} onClose={() => setMenuOpen(false)} title={brand}>
        <RoomList rooms={rooms} isInMenu onGo={() => setMenuOpen(false)} />
        {account}
      </Dialog>
    </div>
  );
}

function RoomList({ rooms, isInMenu, onGo }: { rooms: readonly FrameRoom[]; isInMenu?: boolean; onGo?: () => void }) {
  const path = usePathname();
  return (
    <ul className="grid gap-0.5">
      {rooms.map(({ href, also, label, icon, waiting }) => {
        const isBelow = (place: string) => path === place || path.startsWith(`${place}/`);
        const isHere = href === "/" ? path === "/" : isBelow(href) || (also !== undefined && isBelow(also));
        return (
          <li key={href}>
            <Link
              href={href}
              title={label}
              aria-current={isHere ? "page" : undefined}
              {...(onGo === undefined ? {} : { onClick: onGo })}
              className="relative flex h-8 items-center gap-2 rounded-control px-2 text-muted hover:bg-hover aria-[current=page]:bg-pressed aria-[current=page]:font-medium aria-[current=page]:text-ink max-phone:h-11"
            >
              {icon}
              <span className={classNames("flex-1", !isInMenu && "max-rail:sr-only")}>{label}</span>
              {waiting !== null && (
                <b
                  className={classNames(
                    "font-medium text-label text-waiting",
                    !isInMenu && "max-rail:absolute max-rail:top-0 max-rail:right-0.5 max-rail:text-face",
                  )}
                >
                  {waiting}
                  <span className="sr-only"> wait for you</span>
                </b>
              )}
            </Link>
          </li>
        );
      })}
    </ul>
  );
}

function Crumbs({ crumbs }: { crumbs: readonly Crumb[] }) {
  return (
    <nav aria-label="Where you are" className="flex min-w-0 items-center gap-2">
      {crumbs.map(({ label, href }, index) => {
        const isLast = index === crumbs.length - 1;
        return (
          <Fragment key={`${label} ${href}`}>
            <span aria-hidden className={classNames("text-muted", index === 0 ? "max-phone:hidden" : "max-two:hidden")}>
              /
            </span>
            {isLast || href === undefined ? (
              <span aria-current="page" className="truncate font-medium">
                {label}
              </span>
            ) : (
              <Link href={href} className="truncate text-muted hover:text-ink max-two:hidden">
                {label}
              </Link>
            )}
          </Fragment>
        );
      })}
    </nav>
  );
}
