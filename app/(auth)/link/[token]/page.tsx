import type { Metadata } from "next";
import Link from "next/link";
import { buttonLook } from "@/components/ui/button-look";
import { type LinkView, readLink } from "@/lib/auth/accept-link";
import { PASSWORD_LENGTH_MIN } from "@/lib/auth/password";
import { isAppError } from "@/lib/platform/errors";
import { services } from "@/lib/services/context";
import { getPlace } from "@/lib/services/platform/get-place";
import { AcceptForm, ContinueForm } from "./client";

export const metadata: Metadata = { title: "One-time link", robots: { index: false } };

async function findLinkView(token: string): Promise<LinkView | null> {
  try {
    return await readLink(services(), token);
  } catch (error) {
    if (isAppError(error) && error.code === "not_found") return null;
    throw error;
  }
}

/** Looking at a link does not use it up, so that a preview in a messenger does no harm; the button does. */
export default async function LinkPage({ params }: { params: Promise<{ token: string }> }) {
  const { token } = await params;
  const { platformName, environment, version } = await getPlace(services());
  const link = await findLinkView(token);
  return (
    <>
      <main className="grid w-full max-w-86 gap-4 place-self-center pb-16">
        {link === null ? (
          <>
            <h1 className="text-page">This link was used, or has expired</h1>
            <p className="text-muted">
              An admin of {platformName} can make a new one. Whoever starts the server for the first time finds the
              set-up link in its output.
            </p>
            <Link href="/sign-in" className={buttonLook()}>
              Go to sign-in
            </Link>
          </>
        ) : (
          <LinkContent link={link} token={token} platformName={platformName} environment={environment} />
        )}
      </main>
      <p className="py-4 text-hint text-muted">Bulkhead {version}</p>
    </>
  );
}

type LinkContentProps = { link: LinkView; token: string; platformName: string; environment: string };

function LinkContent({ link, token, platformName, environment }: LinkContentProps) {
  const { purpose, person, needsCode } = link;
  if (purpose === "development" && person !== null) {
    return (
      <>
        <div>
          <h1 className="text-page">
            Continue as <bdi>{person.name}</bdi>
          </h1>
          <p className="text-muted">
            {person.role} of {platformName}, {environment}
          </p>
        </div>
        <ContinueForm token={token} />
        <p className="text-muted">This store was made by the demo. A production store has no such links.</p>
      </>
    );
  }
  const title =
    purpose === "setup"
      ? `Set up ${platformName}`
      : purpose === "reset"
        ? "Set a new password"
        : `Join ${platformName}${person === null ? "" : ` as ${person.role}`}`;
  return (
    <>
      <div>
        <h1 className="text-page">{title}</h1>
        <p className="text-muted">
          {purpose === "setup"
            ? "You become the first admin: you keep people, keys and settings, and never approve."
            : `${person?.name ?? ""}, ${person?.email ?? ""}`}
        </p>
      </div>
      <AcceptForm
        token={token}
        isSetup={purpose === "setup"}
        needsCode={needsCode}
        passwordLengthMin={PASSWORD_LENGTH_MIN}
      />
    </>
  );
}
