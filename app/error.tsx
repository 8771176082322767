"use client";

import { PageError, type PageErrorProps } from "./_parts/page-error";

export default function ErrorPage(props: PageErrorProps) {
  return (
    <main id="main" className="w-full max-w-160 self-start p-6">
      <PageError {...props} />
    </main>
  );
}
