import { RelativeTime } from "@/components/blocks/relative-time";
import { Callout } from "@/components/ui/callout";
import { CopyButton } from "@/components/ui/copy-button";
import { Mark } from "@/components/ui/mark";

/** A link that is shown this one time; it is handed over by whatever way both trust. */
export function OneTimeLink({ link, expiresAt }: { link: string; expiresAt: string | null }) {
  return (
    <Callout icon={<Mark name="yes" />}>
      <p className="font-medium">Shown this one time; hand it over yourself</p>
      <p className="flex items-center gap-1">
        <code className="min-w-0 wrap-anywhere">{link}</code>
        <CopyButton text={link} label="link" />
      </p>
      {expiresAt !== null && (
        <p className="text-muted">
          Ends <RelativeTime at={expiresAt} />, or when it is used.
        </p>
      )}
    </Callout>
  );
}
