import {
  Ban,
  Building2,
  FileStack,
  KeyRound,
  type LucideIcon,
  Scale,
  ScanSearch,
  Smartphone,
  UserRound,
} from "lucide-react";
import type { PaletteItem } from "@/components/blocks/command-palette";
import { RelativeTime } from "@/components/blocks/relative-time";
import { Tile } from "@/components/ui/tile";
import type { SearchAnswer } from "@/lib/contracts/search";

const ICONS: Record<Exclude<SearchAnswer["kind"], "program">, LucideIcon> = {
  denial: ScanSearch,
  cause: ScanSearch,
  "host-tried": ScanSearch,
  "host-rule": Scale,
  "host-blocked": Ban,
  "host-unknown": ScanSearch,
  capability: Scale,
  "change-set": FileStack,
  key: KeyRound,
  person: UserRound,
  publisher: Building2,
  device: Smartphone,
};

/** What the server answered, each a line that leads to where it is read. */
export function answerItems(answers: readonly SearchAnswer[], go: (href: string) => void): PaletteItem[] {
  return answers.map(({ kind, id, name, detail, since, href }) => {
    const Icon = kind === "program" ? null : ICONS[kind];
    return {
      id: `answer ${kind} ${id}`,
      words: "",
      isAlways: true,
      icon: Icon === null ? <Tile name={name} /> : <Icon size={16} aria-hidden />,
      label: (
        <>
          <bdi>{name}</bdi>{" "}
          <span className="text-muted">
            <bdi>{detail}</bdi>
          </span>
        </>
      ),
      aside: since === null ? null : <RelativeTime at={since} />,
      run: () => go(href),
    };
  });
}
