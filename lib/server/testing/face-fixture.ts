import { createPasswords } from "@/lib/auth/password";
import type { ServiceContext } from "@/lib/services/context";
import { createWatching } from "@/lib/sync/runtime/watching";
import { openRuntimeFixture, type RuntimeFixture } from "@/lib/sync/testing/runtime-fixture";
import { createServerJudge } from "../bundle-opener";
import { boundPort, createNodeHandler, openHttpFace } from "../http-face";
import { createLeanApi } from "../lean-api";
import { createReadiness } from "../readiness/create-readiness";
import { leanChecks } from "../readiness/lean-checks";
import { leanRouteTable } from "../route-table";

export type FaceFixture = RuntimeFixture & {
  baseUrl: string;
  context: ServiceContext;
  close(): Promise<void>;
};

/** The lean face on a port of its own, as `npm run start:sync` serves it. */
export async function openFaceFixture(): Promise<FaceFixture> {
  const fixture = await openRuntimeFixture();
  const context: ServiceContext = {
    store: fixture.store,
    ...fixture.ctx,
    bundles: fixture.bundles,
    judgeBundle: createServerJudge(),
    passwords: createPasswords(),
    watching: createWatching(fixture.store, fixture.clock),
    readiness: createReadiness(leanChecks(fixture.store, fixture.ctx), fixture.ctx),
    config: {
      baseUrl: "http://localhost",
      environment: "development",
      isDevelopmentStore: true,
      version: "0.0.0-test",
      submissionQuota: 1,
      authSecret: "not used by this face, thirty-two bytes",
      oidc: null,
    },
  };
  const face = await openHttpFace("127.0.0.1", 0);
  face.serve(createNodeHandler(context, createLeanApi(context, fixture.api, leanRouteTable, context), null));
  return {
    ...fixture,
    context,
    baseUrl: `http://127.0.0.1:${boundPort(face.server)}`,
    async close() {
      await face.close(0);
      await fixture.close();
    },
  };
}
