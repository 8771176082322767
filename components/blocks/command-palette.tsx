"use client";

import { Command } from "cmdk";
import { Search } from "lucide-react";
import { type ReactNode, useEffect, useRef, useState } from "react";
import { Dialog } from "@/components/ui/dialog";
import { Kbd } from "@/components/ui/kbd";

export type PaletteItem = {
  id: string;
  label: ReactNode;
  /** What it is found by. */
  words: string;
  icon?: ReactNode;
  aside?: ReactNode;
  /** Found by whatever is typed, because it was made of it. */
  isAlways?: boolean;
  /** It takes something away: chosen by whoever moves to it, never because it stands first. */
  isDestructive?: boolean;
  run(): void;
};
export type PaletteGroup = { title: string; items: readonly PaletteItem[] };

type CommandPaletteProps = {
  isOpen: boolean;
  onClose(): void;
  text: string;
  onText(text: string): void;
  groups: readonly PaletteGroup[];
  placeholder: string;
  /** More may be found in a moment: Enter then waits for it, and opens the first. */
  isSearching?: boolean;
  /** What is said where nothing was found. */
  nothing?: string;
};

const MOVES = new Set(["ArrowDown", "ArrowUp", "Home", "End"]);

/** cmdk knows items by a text without blanks around, whatever is searched in it. */
const keyOf = ({ isAlways, words, id }: PaletteItem): string =>
  `${isAlways ? "always " : ""}${words.toLowerCase()} ${id}`.trim();

/** Go, act, or paste an id: everything by keyboard. */
export function CommandPalette(props: CommandPaletteProps) {
  const { isOpen, onClose, text, onText, groups, placeholder, isSearching = false, nothing } = props;
  const root = useRef<HTMLDivElement>(null);
  const isEnterWaiting = useRef(false);
  useEffect(() => {
    if (isSearching || !isEnterWaiting.current) return;
    isEnterWaiting.current = false;
    // What was found stands in the list, and is chosen in it, a frame later.
    const frame = requestAnimationFrame(() => {
      root.current?.dispatchEvent(new KeyboardEvent("keydown", { key: "Enter", bubbles: true }));
    });
    return () => cancelAnimationFrame(frame);
  }, [isSearching]);
  const [value, setValue] = useState("");
  const isMoved = useRef(false);
  const destructive = new Set(
    groups.flatMap(({ items }) => items.flatMap((item) => (item.isDestructive ? [keyOf(item)] : []))),
  );
  const chosen = useRef<PaletteItem | null>(null);
  // Once the palette is gone: a dialog that opens now gives the focus back to where it was before the palette.
  const runChosen = () => {
    const item = chosen.current;
    chosen.current = null;
    item?.run();
  };
  return (
    <Dialog isOpen={isOpen} onClose={onClose} onClosed={runChosen} title="Search" isBare isWide>
      <Command
        ref={root}
        label="Search"
        value={value}
        onValueChange={(next) => setValue(destructive.has(next) && !isMoved.current ? "" : next)}
        onPointerMove={() => {
          isMoved.current = true;
        }}
        onKeyDown={(event) => {
          isMoved.current = MOVES.has(event.key) || (isMoved.current && event.key === "Enter");
          isEnterWaiting.current = isSearching && event.key === "Enter";
          if (isEnterWaiting.current) event.preventDefault();
        }}
        filter={(value, search) => (value.startsWith("always ") || value.includes(search.toLowerCase()) ? 1 : 0)}
        className="flex min-h-0 flex-col"
      >
        <div className="flex h-11 items-center gap-3 border-line border-b px-4">
          <Search size={16} aria-hidden className="shrink-0 text-muted" />
          <Command.Input
            value={text}
            onValueChange={(next) => {
              isMoved.current = false;
              onText(next);
            }}
            placeholder={placeholder}
            className="h-full min-w-0 flex-1 bg-transparent font-mono text-body outline-none placeholder:font-sans placeholder:text-muted"
          />
        </div>
        <Command.List className="max-h-96 overflow-y-auto py-2">
          <Command.Empty className="px-4 py-6 text-center text-muted">
            {isSearching ? "Searching…" : (nothing ?? "Nothing by that name.")}
          </Command.Empty>
          {groups
            .filter(({ items }) => items.length > 0)
            .map((group) => (
              <Command.Group
                key={group.title}
                heading={group.title}
                className="[&_[cmdk-group-heading]]:px-4 [&_[cmdk-group-heading]]:py-1.5 [&_[cmdk-group-heading]]:text-label [&_[cmdk-group-heading]]:text-muted"
              >
                {group.items.map((item) => (
                  <Command.Item
                    key={item.id}
                    value={keyOf(item)}
                    onSelect={() => {
                      chosen.current = item;
                      onClose();
                    }}
                    className="flex min-h-8 cursor-pointer items-center gap-3 px-4 data-[selected=true]:edge-accent data-[selected=true]:bg-selected max-phone:min-h-11"
                  >
                    <span className="text-muted">{item.icon}</span>
                    <span className="min-w-0 flex-1 truncate">{item.label}</span>
                    {item.aside !== undefined && (
                      <span className="flex items-center gap-1 text-muted">{item.aside}</span>
                    )}
                  </Command.Item>
                ))}
              </Command.Group>
            ))}
        </Command.List>
        <div className="flex items-center gap-4 border-line border-t px-4 py-2 text-hint text-muted max-phone:hidden">
          <span className="flex items-center gap-1">
            <Kbd>↑</Kbd>
            <Kbd>↓</Kbd> move
          </span>
          <span className="flex items-center gap-1">
            <Kbd>Enter</Kbd> open
          </span>
          <span className="flex items-center gap-1">
            <Kbd>Esc</Kbd> close
          </span>
        </div>
      </Command>
    </Dialog>
  );
}
