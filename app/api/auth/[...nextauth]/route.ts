import type { NextRequest } from "next/server";
import { nextAuth } from "@/lib/auth/next-auth";
import { errorResponse } from "@/lib/http/error-response";
import { AppError } from "@/lib/platform/errors";
import { randomIds } from "@/lib/platform/ids";
import { stderrLogger } from "@/lib/platform/logger";

/**
 * What is asked of next-auth from outside. Its other doors stay shut: signing out is a call of ours, which ends the
 * session in the store and not only the cookie.
 */
const OPEN = /^\/api\/auth\/(?:csrf|callback\/(?:password|link|oidc))$/;

const nowhere = () =>
  errorResponse(new AppError("not_found", "There is nothing here."), randomIds.next("request"), stderrLogger);
const isOpen = (request: NextRequest) => OPEN.test(request.nextUrl.pathname);

export const GET = (request: NextRequest) => (isOpen(request) ? nextAuth().handlers.GET(request) : nowhere());
export const POST = (request: NextRequest) => (isOpen(request) ? nextAuth().handlers.POST(request) : nowhere());
