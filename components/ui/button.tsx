"use client";

import { type ComponentProps, useId, useState } from "react";
import { type ButtonLook, buttonLook } from "./button-look";
import { classNames } from "./class-names";

type ButtonProps = ComponentProps<"button"> &
  ButtonLook & {
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

function BareButton({ tone, size, isWide, busy, className, type = "button", ...rest }: ButtonProps) {
  return (
    <button
      type={type}
      {...rest}
      {...(busy ? { "aria-disabled": true, "aria-busy": true, children: busy, onClick: refuse } : {})}
      className={classNames(buttonLook({ tone, size, isWide }), className)}
    />
  );
}

/** A form is not sent twice, and focus does not fall off a button that is at work. */
function refuse(event: { preventDefault(): void }): void {
  event.preventDefault();
}
