import NextAuth, { CredentialsSignin, type NextAuthConfig, type NextAuthResult } from "next-auth";
import Credentials from "next-auth/providers/credentials";
import { z } from "zod";
import { type ErrorCode, isAppError } from "@/lib/platform/errors";
import { requestHeaders } from "./actor";
import { clientOrigin } from "./client-origin";
import { type AuthContext, authContext } from "./context";
import { sessionCookie } from "./session-cookie";
import { SESSION_LIFE_MS } from "./session-life";
import { readSessionId } from "./session-reader";
import { type ClientOrigin, type SignedIn, signInWithLink, signInWithPassword, signInWithProvider } from "./sign-in";

const passwordInput = z.object({ email: z.string().min(3).max(254), password: z.string().min(1).max(256) });
const linkInput = z.object({ token: z.string().min(20).max(100) });

const REFUSALS: readonly string[] = ["unauthenticated", "limit_exceeded", "unavailable"] satisfies ErrorCode[];

/** What next-auth tells the page when a credential was refused: the code of our own error, nothing else. */
class Refused extends CredentialsSignin {
  constructor(code: string) {
    super();
    this.code = code;
  }
}

async function refusing(
  signIn: () => Promise<SignedIn>,
): Promise<{ id: string; name: string; email: string; sid: string }> {
  try {
    const { personId, name, email, sessionId } = await signIn();
    return { id: personId, name, email, sid: sessionId };
  } catch (error) {
    if (isAppError(error) && REFUSALS.includes(error.code)) throw new Refused(error.code);
    throw error;
  }
}

/** Where a browser signs in from, and which session of ours it holds. */
async function browserOf(context: AuthContext, headers: Headers): Promise<ClientOrigin> {
  return { ...clientOrigin(headers), heldSessionId: await readSessionId(context, headers.get("cookie")) };
}

/** next-auth, held to the process's container. Its token carries the id of a session row of ours, and decides nothing. */
function configure(context: AuthContext): NextAuthConfig {
  const { config } = context;
  const cookie = sessionCookie(config.baseUrl);
  const provider = config.oidc;
  return {
    secret: config.authSecret,
    trustHost: true,
    basePath: "/api/auth",
    session: { strategy: "jwt", maxAge: SESSION_LIFE_MS / 1000 },
    cookies: { sessionToken: { name: cookie.name, options: cookie.options } },
    pages: { signIn: "/sign-in", error: "/sign-in" },
    providers: [
      Credentials({
        id: "password",
        credentials: { email: {}, password: {} },
        authorize: (input, request) => {
          const parsed = passwordInput.safeParse(input);
          if (!parsed.success) throw new Refused("unauthenticated");
          return refusing(async () =>
            signInWithPassword(context, parsed.data, await browserOf(context, request.headers)),
          );
        },
      }),
      Credentials({
        id: "link",
        credentials: { token: {} },
        authorize: (input, request) => {
          const parsed = linkInput.safeParse(input);
          if (!parsed.success) throw new Refused("unauthenticated");
          return refusing(async () => signInWithLink(context, parsed.data, await browserOf(context, request.headers)));
        },
      }),
      ...(provider === null
        ? []
        : [
            {
              id: "oidc",
              name: provider.name,
              type: "oidc" as const,
              issuer: provider.issuer,
              clientId: provider.clientId,
              clientSecret: provider.clientSecret,
              checks: ["pkce", "state", "nonce"] as ("pkce" | "state" | "nonce")[],
              authorization: { params: { scope: "openid email profile" } },
            },
          ]),
    ],
    callbacks: {
      signIn: ({ account }) => account?.provider !== "oidc" || provider !== null,
      jwt: async ({ token, user, account, profile }) => {
        if (account?.provider === "oidc" && provider !== null) {
          const signedIn = await signInWithProvider(
            context,
            {
              issuer: provider.issuer,
              subject: account.providerAccountId,
              email: typeof profile?.email === "string" ? profile.email : null,
              isEmailVerified: profile?.email_verified === true,
            },
            await browserOf(context, await requestHeaders()),
          );
          return { sid: signedIn.sessionId };
        }
        if (user !== undefined && "sid" in user) return { sid: user.sid };
        return token;
      },
      // The browser reads its session from /api/console/v1/session; this one says nothing.
      session: ({ session }) => ({ expires: session.expires }),
    },
    logger: {
      error: (cause) => {
        if (!(cause instanceof CredentialsSignin)) context.logger("warn", "auth.error", { cause });
      },
      warn: () => undefined,
      debug: () => undefined,
    },
  };
}

let instance: NextAuthResult | undefined;

/** The process's next-auth, made at first use. */
export function nextAuth(): NextAuthResult {
  instance ??= NextAuth(configure(authContext()));
  return instance;
}
