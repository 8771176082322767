import { Download } from "lucide-react";
import { Button } from "@/components/ui/button";

/** What a page shows, as a file; the server names it. */
export function ExportLink({ href }: { href: string }) {
  return (
    <Button asChild>
      <a href={href} download>
        <Download size={14} aria-hidden />
        Export
      </a>
    </Button>
  );
}
