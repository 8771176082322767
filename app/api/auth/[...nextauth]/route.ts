import type { NextRequest } from "next/server";
import { nextAuth } from "@/lib/auth/next-auth";

/**
 * What is asked of next-auth from outside. Its other doors stay shut: signing out is a call of ours, which ends the
 * session in the store and not only the cookie.
 */
const OPEN = /^\/api\/auth\/(?:csrf|callback\/(?:password|link|oidc))$/;

const nowhere = () => new Response(null, { status: 404, headers: { "cache-control": "no-store" } });
const isOpen = (request: NextRequest) => OPEN.test(request.nextUrl.pathname);

export const GET = (request: NextRequest) => (isOpen(request) ? nextAuth().handlers.GET(request) : nowhere());
export const POST = (request: NextRequest) => (isOpen(request) ? nextAuth().handlers.POST(request) : nowhere());
