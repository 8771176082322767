"use client";

import { Columns3 } from "lucide-react";
import { Button } from "@/components/ui/button";
import { Menu, MenuCheck, MenuChoice, MenuLabel, MenuSeparator } from "@/components/ui/menu";
import { usePreferences } from "./preferences";

type ColumnChooserProps = { tableId: string; columns: readonly { id: string; name: string; isFixed?: boolean }[] };

/** Which columns a table shows and how high its rows are; remembered. */
export function ColumnChooser({ tableId, columns }: ColumnChooserProps) {
  const { preferences, change } = usePreferences();
  const hidden = preferences.hiddenColumns[tableId] ?? [];
  const toggle = (id: string, isShown: boolean) => {
    const next = isShown ? hidden.filter((name) => name !== id) : [...hidden, id];
    change({ hiddenColumns: { ...preferences.hiddenColumns, [tableId]: next } });
  };
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
    >
      <MenuLabel>Columns</MenuLabel>
      {columns
        .filter(({ isFixed }) => !isFixed)
        .map(({ id, name }) => (
          <MenuCheck key={id} isChecked={!hidden.includes(id)} onChange={(isShown) => toggle(id, isShown)}>
            {name}
          </MenuCheck>
        ))}
      <MenuSeparator />
      <MenuChoice
        label="Row height"
        value={String(preferences.rowHeight)}
        options={[
          { value: "28", label: "28 px" },
          { value: "32", label: "32 px" },
          { value: "40", label: "40 px" },
        ]}
        onChange={(value) => change({ rowHeight: value === "28" ? 28 : value === "40" ? 40 : 32 })}
      />
    </Menu>
  );
}
