"use client";

import { ArrowDown, ArrowUp } from "lucide-react";
import { useRouter } from "next/navigation";
import { type ReactNode, useLayoutEffect, useRef } from "react";
import { classNames } from "@/components/ui/class-names";
import { Table, Td, Th } from "@/components/ui/table";
import { usePreferences } from "./preferences";
import { FIRST_ROW_INDEX, HEAD_ROW_INDEX, rowCountOf } from "./row-indices";
import { useShortcut } from "./shortcuts";
import { useRowWindow } from "./use-row-window";

export type Column<Row> = {
  id: string;
  head: ReactNode;
  cell(row: Row): ReactNode;
  /** In pixels; without one the column takes what is left. */
  width?: number;
  isNumber?: boolean;
  /** Columns of a higher number give way first where there is no room. 1, the default, always stays. */
  priority?: 1 | 2 | 3 | 4;
  sort?: "asc" | "desc" | null;
  onSort?(): void;
  cellClass?(row: Row): string | undefined;
};

export type RowGroup = { key: string; title: ReactNode; count: number };

type DataTableProps<Row> = {
  /** Names the table for remembered columns. */
  id: string;
  caption: string;
  columns: readonly Column<Row>[];
  rows: readonly Row[];
  /** How many the list has, where it is read page by page; null where nobody counted them. Without it `rows` are all. */
  total?: number | null;
  keyOf(row: Row): string;
  /** Rows of a table in groups, in order. */
  groups?: readonly RowGroup[];
  groupOf?(row: Row): string;
  selectedKey?: string | null;
  onSelect?(row: Row): void;
  /** The page that Enter opens. */
  hrefOf?(row: Row): string;
  /** Rows of two lines are 52 px high; others follow the person's choice. */
  isTall?: boolean;
};

const HEAD = "sticky top-bar z-1 bg-surface";
const GIVES_WAY = { 1: "", 2: "@max-xl:hidden", 3: "@max-3xl:hidden", 4: "@max-5xl:hidden" } as const;

/**
 * Rows of one kind: sticky head, j/k to move, o to open, Enter for the whole page. Put it in a `Panel`. Of a long table the
 * rows in view are drawn (`useRowWindow`).
 */
export function DataTable<Row>(props: DataTableProps<Row>) {
  const { id, caption, columns, rows, keyOf, selectedKey, onSelect, hrefOf, isTall } = props;
  const { preferences } = usePreferences();
  const router = useRouter();
  const body = useRef<HTMLTableSectionElement>(null);
  const hidden = preferences.hiddenColumns[id] ?? [];
  const shown = columns.filter((column) => !hidden.includes(column.id));
  const isActive = onSelect !== undefined || hrefOf !== undefined;

  const items = itemsOf(props);
  const tabStop = selectedKey ?? (rows[0] === undefined ? null : keyOf(rows[0]));
  const wanted = useRef<string | null>(null);
  const { pieces, redraw } = useRowWindow(
    body,
    items.map(({ key }) => key),
    [tabStop, wanted.current].filter((key) => key !== null),
  );

  const focusRow = (key: string) => {
    const row = body.current?.querySelector<HTMLElement>(`tr[data-row="${CSS.escape(key)}"]`);
    row?.focus();
    return row != null;
  };
  useLayoutEffect(() => {
    if (wanted.current !== null && focusRow(wanted.current)) wanted.current = null;
  });
  const move = (step: number) => {
    const order = items.flatMap((item) => (item.row === undefined ? [] : item.key));
    const focused = document.activeElement?.closest("tr[data-row]");
    const isHere = focused instanceof HTMLElement && body.current?.contains(focused) === true;
    const from = order.indexOf((isHere ? focused.dataset.row : selectedKey) ?? "");
    const next = order[Math.min(order.length - 1, Math.max(0, from < 0 ? 0 : from + step))];
    if (next === undefined || focusRow(next)) return;
    // It stands out of view, and is drawn to be gone to.
    wanted.current = next;
    redraw();
  };
  const openFocused = () => {
    const row = document.activeElement?.closest("tr[data-row]");
    if (row instanceof HTMLElement && body.current?.contains(row)) row.click();
  };
  useShortcut("j", "Next row", () => move(1), isActive);
  useShortcut("k", "Previous row", () => move(-1), isActive);
  useShortcut("o", "Open the row", openFocused, isActive);

  const { total = items.length } = props;
  // Where all rows stand in the page, it is plain how many they are.
  const isPart = pieces !== null || total === null || total > items.length;
  const indexOf = (item: number) => (isPart ? item + FIRST_ROW_INDEX : undefined);

  const height = isTall ? "h-13" : { 28: "h-7", 32: "h-8", 40: "h-10" }[preferences.rowHeight];
  const open = (row: Row) => {
    if (onSelect !== undefined) onSelect(row);
    else if (hrefOf !== undefined) router.push(hrefOf(row));
  };
  const renderRow = (key: string, row: Row, rowIndex: number | undefined) => {
    const isSelected = key === selectedKey;
    return (
      <tr
        key={key}
        data-row={key}
        aria-rowindex={rowIndex}
        tabIndex={isActive ? (key === tabStop ? 0 : -1) : undefined}
        aria-selected={isActive ? isSelected : undefined}
        onClick={(event) => {
          if (event.target instanceof Element && event.target.closest("a,button,input,label") !== null) return;
          if (isActive) open(row);
        }}
        onKeyDown={(event) => {
          if (event.target !== event.currentTarget) return;
          if (event.key === "ArrowDown" || event.key === "ArrowUp") {
            event.preventDefault();
            move(event.key === "ArrowDown" ? 1 : -1);
          }
          if (event.key === "Enter") {
            if (hrefOf !== undefined) router.push(hrefOf(row));
            else open(row);
          }
        }}
        className={classNames(
          "-outline-offset-2",
          isActive && "cursor-pointer hover:bg-hover",
          isSelected && "bg-selected [&>td:first-child]:edge-accent",
        )}
      >
        <EdgeCell />
        {shown.map((column) => (
          <Td
            key={column.id}
            isNumber={column.isNumber === true}
            className={classNames(height, GIVES_WAY[column.priority ?? 1], column.cellClass?.(row))}
          >
            {column.cell(row)}
          </Td>
        ))}
        <EdgeCell />
      </tr>
    );
  };

  const renderItem = (item: Item<Row>, rowIndex: number | undefined) =>
    item.row === undefined ? (
      <tr
        key={item.key}
        aria-rowindex={rowIndex}
        className="[&>*]:h-7 [&>*]:border-line [&>*]:border-b [&>*]:bg-sunken"
      >
        {/* No span, and no column's cell: a column may have given way. The words run on over the empty cells. */}
        <th scope="rowgroup" className="relative z-1 p-0 text-left text-label text-muted">
          <span className="absolute inset-y-0 left-4 flex items-center whitespace-nowrap">{item.title}</span>
        </th>
        {shown.map((column) => (
          <td key={column.id} aria-hidden className={GIVES_WAY[column.priority ?? 1]} />
        ))}
        <td aria-hidden />
      </tr>
    ) : (
      renderRow(item.key, item.row, rowIndex)
    );

  return (
    <Table
      {...(isActive ? { role: "grid" } : {})}
      aria-label={caption}
      aria-rowcount={isPart ? rowCountOf(items.length, total) : undefined}
    >
      <thead>
        <tr aria-rowindex={isPart ? HEAD_ROW_INDEX : undefined}>
          <td aria-hidden className={`${HEAD} w-2 rounded-tl-panel border-line border-b p-0`} />
          {shown.map((column) => (
            <Th
              key={column.id}
              isNumber={column.isNumber === true}
              aria-sort={column.sort === "asc" ? "ascending" : column.sort === "desc" ? "descending" : undefined}
              style={column.width === undefined ? undefined : { width: column.width }}
              className={`${HEAD} ${GIVES_WAY[column.priority ?? 1]}`}
            >
              <SortHead column={column} />
            </Th>
          ))}
          <td aria-hidden className={`${HEAD} w-2 rounded-tr-panel border-line border-b p-0`} />
        </tr>
      </thead>
      <tbody ref={body}>
        {pieces === null
          ? items.map((item, index) => renderItem(item, indexOf(index)))
          : pieces.map((piece) => {
              if (piece.is === "gap") return <GapRow key={`gap ${piece.from}`} height={piece.height} />;
              const item = items[piece.index];
              return item && renderItem(item, indexOf(piece.index));
            })}
      </tbody>
    </Table>
  );
}

type Item<Row> = { key: string; row: Row; title?: undefined } | { key: string; row?: undefined; title: ReactNode };

/** What stands in the body, in order: rows, each group of them under its title. */
function itemsOf<Row>({
  rows,
  keyOf,
  groups,
  groupOf,
}: Pick<DataTableProps<Row>, "rows" | "keyOf" | "groups" | "groupOf">): Item<Row>[] {
  const toItem = (row: Row): Item<Row> => ({ key: keyOf(row), row });
  if (groups === undefined || groupOf === undefined) return rows.map(toItem);
  return groups
    .filter(({ count }) => count > 0)
    .flatMap(({ key, title }) => [
      { key: `group ${key}`, title },
      ...rows.filter((row) => groupOf(row) === key).map(toItem),
    ]);
}

/** The room of rows that are not drawn. */
function GapRow({ height }: { height: number }) {
  return (
    <tr aria-hidden>
      <td className="p-0" style={{ height }} />
    </tr>
  );
}

/** The padding at an edge, whichever column is the first or last that is still shown. */
function EdgeCell() {
  return <td aria-hidden className="border-line border-b p-0 in-[tr:last-child]:border-b-0" />;
}

function SortHead<Row>({ column }: { column: Column<Row> }) {
  if (column.onSort === undefined) return column.head;
  const Arrow = column.sort === "asc" ? ArrowUp : ArrowDown;
  return (
    <button
      type="button"
      onClick={column.onSort}
      className="inline-flex h-7 items-center gap-1 hover:text-ink max-phone:h-11"
    >
      {column.head}
      {column.sort && <Arrow size={12} aria-hidden />}
    </button>
  );
}
