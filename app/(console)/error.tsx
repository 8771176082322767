"use client";

import { PageMain } from "@/components/blocks/page-main";
import { PageError, type PageErrorProps } from "../_parts/page-error";

/** Inside the frame: the rooms stay within reach. */
export default function ErrorPage(props: PageErrorProps) {
  return (
    <PageMain>
      <PageError {...props} />
    </PageMain>
  );
}
