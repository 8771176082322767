import { Check } from "lucide-react";
import { type ComponentProps, useId } from "react";

export function Checkbox(props: Omit<ComponentProps<"input">, "type" | "className">) {
  return (
    <span className="relative inline-grid size-4 shrink-0 align-middle">
      <input
        {...props}
        type="checkbox"
        className="peer size-4 appearance-none rounded-tag border border-control bg-surface before:absolute before:-inset-1 checked:border-accent checked:bg-accent disabled:border-line disabled:bg-sunken"
      />
      <Check
        size={12}
        strokeWidth={2.5}
        aria-hidden
        className="pointer-events-none absolute inset-0 m-auto hidden text-accent-ink peer-checked:block"
      />
    </span>
  );
}

/** A checkbox with its words. */
export function CheckboxLine({ children, ...rest }: Omit<ComponentProps<"input">, "type" | "className">) {
  const id = useId();
  return (
    <label htmlFor={id} className="flex min-h-6 cursor-pointer items-center gap-2 max-phone:min-h-11">
      <Checkbox id={id} {...rest} />
      <span className="min-w-0">{children}</span>
    </label>
  );
}
