"use client";

import { useState } from "react";
import { createPortal } from "react-dom";
import { ExportLink } from "@/components/blocks/export-link";
import { FilterBar } from "@/components/blocks/filter-bar";
import { PageHead } from "@/components/blocks/page-head";
import { PageMain } from "@/components/blocks/page-main";
import { Toolbar } from "@/components/blocks/toolbar";
import { useUrlState } from "@/components/blocks/use-url-state";
import { AuditLog } from "@/components/features/audit/audit-log";
import { auditRoutes } from "@/lib/http/addresses";
import { pathOf } from "@/lib/http/route-address";
import { VerifyBanner } from "./_parts/verify-banner";
import { AUDIT_FIELDS, readAuditFilter } from "./search-params";

export function AuditClient() {
  const { params, change } = useUrlState();
  const filter = readAuditFilter(Object.fromEntries(params));
  const [side, setSide] = useState<HTMLElement | null>(null);
  return (
    <>
      <PageMain>
        <PageHead
          title="Audit"
          sub="Every decision, who made it, and on whose approval. Nothing can be changed or deleted."
        />
        <div className="mb-4">
          <VerifyBanner />
        </div>
        <Toolbar>
          <FilterBar
            label="Filter entries"
            fields={AUDIT_FIELDS.map((name) => ({ name }))}
            freeField="q"
            value={Object.fromEntries(Object.entries(filter).map(([name, value]) => [name, String(value)]))}
            onChange={change}
            placeholder="Add a filter, for example action:changeSet.publish"
          />
          <ExportLink href={pathOf(auditRoutes.exportAudit)} />
        </Toolbar>
        <AuditLog filter={filter} renderSide={(panel) => side && createPortal(panel, side)} />
      </PageMain>
      <div ref={setSide} className="contents" />
    </>
  );
}
