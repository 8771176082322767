"use client";

import { Columns3 } from "lucide-react";
import { Button } from "@/components/ui/button";
import { Menu } from "@/components/ui/menu";
import type { MenuEntry } from "@/components/ui/menu-frame";
import { usePreferences } from "./preferences";

type ColumnChooserProps = { tableId: string; columns: readonly { id: string; name: string; isFixed?: boolean }[] };

const ROW_HEIGHTS = [28, 32, 40] as const;

/** Which columns a table shows and how high its rows are; remembered. */
export function ColumnChooser({ tableId, columns }: ColumnChooserProps) {
  const { preferences, change } = usePreferences();
  const hidden = preferences.hiddenColumns[tableId] ?? [];
  const toggle = (id: string, isShown: boolean) => {
    const next = isShown ? hidden.filter((name) => name !== id) : [...hidden, id];
    change({ hiddenColumns: { ...preferences.hiddenColumns, [tableId]: next } });
  };
  const entries: MenuEntry[] = [
    { kind: "label", id: "columns", label: "Columns" },
    ...columns
      .filter(({ isFixed }) => !isFixed)
      .map(({ id, name }) => ({
        kind: "check" as const,
        id,
        label: name,
        isChecked: !hidden.includes(id),
        onChange: (isShown: boolean) => toggle(id, isShown),
      })),
    { kind: "separator" },
    {
      kind: "choice",
      id: "row height",
      label: "Row height",
      value: String(preferences.rowHeight),
      options: ROW_HEIGHTS.map((height) => ({ value: String(height), label: `${height} px` })),
      onChange: (chosen) => change({ rowHeight: ROW_HEIGHTS.find((height) => String(height) === chosen) ?? 32 }),
    },
  ];
  return (
    <Menu
      align="end"
      trigger={
        <Button className="max-phone:hidden">
          <Columns3 size={14} aria-hidden />
          {columns.length - hidden.length} of {columns.length}
          <span className="sr-only">columns</span>
        </Button>
      }
      entries={entries}
    />
  );
}
