import { classNames } from "./class-names";

/** The first letter of a program's name, where a picture would be another party's. */
export function Tile({ name, isLarge }: { name: string; isLarge?: boolean }) {
  return (
    <span
      aria-hidden
      className={classNames(
        "inline-grid shrink-0 place-items-center border border-line bg-sunken font-semibold text-muted",
        isLarge ? "size-8 rounded-panel text-section" : "size-5 rounded-tag text-key max-phone:hidden",
      )}
    >
      {(name.trim()[0] ?? "?").toUpperCase()}
    </span>
  );
}
