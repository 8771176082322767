import type { ReactNode } from "react";

type PageHeadProps = { title: ReactNode; sub?: ReactNode; lead?: ReactNode; state?: ReactNode; actions?: ReactNode };

export function PageHead({ title, sub, lead, state, actions }: PageHeadProps) {
  return (
    <div className="mb-4 flex items-start gap-x-6 gap-y-3 max-two:flex-wrap">
      <div className="flex min-w-0 items-start gap-3">
        {lead}
        <div className="min-w-0">
          <h1 className="flex flex-wrap items-center gap-x-3 text-page wrap-anywhere">
            {title}
            {state !== undefined && <span className="font-normal text-body tracking-normal">{state}</span>}
          </h1>
          {sub !== undefined && <div className="mt-0.5 text-muted">{sub}</div>}
        </div>
      </div>
      {actions && <div className="ml-auto flex shrink-0 flex-wrap gap-2 max-two:ml-0">{actions}</div>}
    </div>
  );
}

/** Facts in a line below a title. */
export function Meta({ children }: { children: ReactNode }) {
  return (
    <div className="flex flex-wrap gap-x-3 text-muted [&>*]:inline-flex [&>*]:items-center [&>*]:gap-1">{children}</div>
  );
}
