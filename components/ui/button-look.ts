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

export type ButtonLook = {
  tone?: keyof typeof TONES | undefined;
  size?: keyof typeof SIZES | undefined;
  isWide?: boolean | undefined;
};

/** How a button looks, for what leads elsewhere and so is a link. */
export const buttonLook = ({ tone = "plain", size = "regular", isWide = false }: ButtonLook = {}): string =>
  classNames(
    "inline-flex shrink-0 select-none items-center justify-center gap-1.5 whitespace-nowrap rounded-control border font-medium text-body transition-colors",
    "disabled:pointer-events-none disabled:border-line disabled:bg-sunken disabled:text-muted",
    "aria-disabled:cursor-default aria-disabled:border-line aria-disabled:bg-sunken aria-disabled:text-muted aria-disabled:hover:brightness-100",
    TONES[tone],
    SIZES[size],
    isWide && "w-full",
  );
