"use client";

import { Slot } from "radix-ui";
import { type ComponentProps, useId, useState } from "react";
import { classNames } from "./class-names";

const TONES = {
  plain: "border-control bg-surface text-ink hover:bg-sunken",
  quiet: "border-transparent bg-transparent text-muted hover:bg-hover hover:text-ink",
  primary: "border-accent bg-accent text-accent-ink hover:brightness-95",
  danger: "border-control bg-surface text-danger hover:bg-tint-danger",
  "danger-fill": "border-danger bg-danger text-danger-ink hover:brightness-95",
} as const;

const SIZES = {
  regular: "h-8 px-3 max-phone:h-11 max-phone:px-4",
  small: "h-7 px-2 max-phone:h-11 max-phone:px-4",
  icon: "size-8 max-phone:size-11",
  "icon-small": "size-7 max-phone:size-11",
  "icon-tiny": "size-6 max-phone:size-11",
} as const;

type ButtonProps = ComponentProps<"button"> & {
  tone?: keyof typeof TONES;
  size?: keyof typeof SIZES;
  isWide?: boolean;
  /** Draws the child, for example a link, as a button. */
  asChild?: boolean;
  /**
   * Why it cannot be pressed now; null: it can. It stays where Tab finds it, and says why to whoever comes there by
   * keyboard, touch, mouse or reader.
   */
  why?: string | null | undefined;
  /** What it is doing, in the place of its words, while it does: "Publishing…". */
  busy?: string | false | undefined;
};

export function Button({ why = null, ...rest }: ButtonProps) {
  const id = useId();
  const [isTold, setTold] = useState(false);
  if (why === null || rest.disabled === true || rest.busy) return <BareButton {...rest} />;
  return (
    <span className={classNames("group relative inline-flex", rest.isWide && "w-full")}>
      <BareButton
        {...rest}
        aria-disabled
        aria-describedby={id}
        onClick={(event) => {
          event.preventDefault();
          setTold(true);
        }}
        onBlur={() => setTold(false)}
      />
      <span
        id={id}
        role="tooltip"
        className={classNames(
          "pointer-events-none absolute right-0 bottom-full z-20 mb-1.5 w-max max-w-64 whitespace-normal rounded-control border border-control bg-surface px-2 py-1 text-left text-hint text-ink shadow-overlay",
          isTold ? "" : "invisible group-focus-within:visible group-hover:visible",
        )}
      >
        {why}
      </span>
    </span>
  );
}

function BareButton({ tone = "plain", size = "regular", isWide, asChild, busy, className, ...rest }: ButtonProps) {
  const Root = asChild ? Slot.Root : "button";
  return (
    <Root
      {...(asChild ? {} : { type: rest.type ?? "button" })}
      {...rest}
      {...(busy ? { "aria-disabled": true, "aria-busy": true, children: busy, onClick: refuse } : {})}
      className={classNames(
        "inline-flex shrink-0 select-none items-center justify-center gap-1.5 whitespace-nowrap rounded-control border font-medium text-body transition-colors",
        "disabled:pointer-events-none disabled:border-line disabled:bg-sunken disabled:text-muted",
        "aria-disabled:cursor-default aria-disabled:border-line aria-disabled:bg-sunken aria-disabled:text-muted aria-disabled:hover:brightness-100",
        TONES[tone],
        SIZES[size],
        isWide && "w-full",
        className,
      )}
    />
  );
}

/** A form is not sent twice, and focus does not fall off a button that is at work. */
function refuse(event: { preventDefault(): void }): void {
  event.preventDefault();
}
