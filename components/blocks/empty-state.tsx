import type { ReactNode } from "react";

type EmptyStateProps = {
  title: string;
  children: ReactNode;
  action?: ReactNode;
  /** It is all that the page has, so its title is the page's. */
  isPage?: boolean;
};

/** The name, what will appear here, and the one command or button that makes it appear. */
export function EmptyState({ title, children, action, isPage }: EmptyStateProps) {
  const Title = isPage ? "h1" : "h3";
  return (
    <div className="grid justify-items-center gap-1 px-6 py-8 text-center">
      <Title className="text-section">{title}</Title>
      <div className="max-w-[72ch] text-muted">{children}</div>
      {action !== undefined && <div className="mt-3">{action}</div>}
    </div>
  );
}
