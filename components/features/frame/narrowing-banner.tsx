"use client";

import { useQuery } from "@tanstack/react-query";
import { TriangleAlert } from "lucide-react";
import { Sentence } from "@/components/ui/sentence";
import { TextLink } from "@/components/ui/text-link";
import { readinessQuery } from "@/lib/queries/readiness";
import { whyNoSuspension, whyUnread } from "./why-no-suspension";

/** Says on every page that a suspension would fail now, before somebody needs one. Draws nothing otherwise. */
export function NarrowingBanner() {
  const { data, error } = useQuery(readinessQuery());
  const why = error === null ? data && whyNoSuspension(data) : whyUnread(error);
  if (why == null) return null;
  return (
    <div
      role="alert"
      className="flex items-start gap-3 border-edge-danger border-b bg-tint-danger px-6 py-2.5 max-phone:px-4"
    >
      <TriangleAlert size={16} aria-hidden className="mt-0.5 shrink-0 text-danger" />
      <p className="min-w-0 flex-1 wrap-anywhere">
        <strong>A suspension would fail now:</strong> <Sentence text={why.says} />{" "}
        {why.remedy !== null && <Sentence text={why.remedy} />}{" "}
        <TextLink href="/readiness" className="whitespace-nowrap underline">
          See readiness
        </TextLink>
      </p>
    </div>
  );
}
