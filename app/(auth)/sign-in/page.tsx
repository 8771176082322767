import type { Metadata } from "next";
import { redirect } from "next/navigation";
import { findActor } from "@/lib/auth/actor";
import { readReturnPath } from "@/lib/domain/return-path";
import { services } from "@/lib/services/context";
import { getPlace } from "@/lib/services/platform/get-place";
import { SignInForm } from "./client";

export const metadata: Metadata = { title: "Sign in" };

type SignInPageProps = { searchParams: Promise<{ notice?: string; error?: string; to?: string | string[] }> };

export default async function SignInPage({ searchParams }: SignInPageProps) {
  const { notice, error, to: asked } = await searchParams;
  const to = readReturnPath(typeof asked === "string" ? asked : null);
  if ((await findActor()) !== null) redirect(to);
  const context = services();
  const { platformName, environment, version } = await getPlace(context);
  return (
    <>
      <main className="grid w-full max-w-86 gap-4 place-self-center pb-16">
        <div>
          <h1 className="text-page">Sign in to {platformName}</h1>
          <p className="text-muted">{environment}</p>
          {to !== "/" && (
            <p className="mt-2 text-muted wrap-anywhere">
              You come back to <code>{to}</code>.
            </p>
          )}
        </div>
        <SignInForm
          to={to}
          provider={context.config.oidc?.name ?? null}
          notice={notice === "password-set" ? "Your password is set. Sign in with it." : null}
          refusal={error === undefined ? null : "This account is not known here."}
        />
        <p className="text-muted">No account? An admin of {platformName} invites you; there is no sign-up.</p>
      </main>
      <p className="py-4 text-hint text-muted">Bulkhead {version}</p>
    </>
  );
}
