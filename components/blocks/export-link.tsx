import { Download } from "lucide-react";
import { buttonLook } from "@/components/ui/button-look";

/** What a page shows, as a file; the server names it. */
export function ExportLink({ href }: { href: string }) {
  return (
    <a href={href} download className={buttonLook()}>
      <Download size={14} aria-hidden />
      Export
    </a>
  );
}
