import type { Enrolled, EnrolOptions } from "../api/host";
import { probeConfinement } from "../confinement/probe-confinement";
import type { HostLog } from "../ports";
import { openDataDirectory } from "../runtime/data-directory";
import { enrollDevice } from "../runtime/enroll-device";
import { RUNTIME_VERSION } from "../runtime/runtime-version";
import { randomId, systemClock } from "../runtime/system-ports";
import { nodeDurableFiles } from "../state/durable-files";
import type { HttpTransport } from "../sync/http-transport";
import { hostError } from "./host-error";

/** As `enrolDevice`, over a transport of the caller's. */
export async function enrolBy(
  transport: HttpTransport,
  { dataDir, enrolmentFile, log }: EnrolOptions & { log: HostLog },
): Promise<Enrolled> {
  const data = await openDataDirectory({ files: nodeDurableFiles, directory: dataDir, log });
  if (!data) throw hostError("data_directory_in_use");
  try {
    const { layers } = await probeConfinement();
    const enrolled = await enrollDevice({
      ...{ file: enrolmentFile, data, transport, log, randomId },
      runtime: { kind: "linux", version: RUNTIME_VERSION, layers: [...layers] },
      clock: systemClock,
    });
    if (!enrolled.ok) throw hostError(enrolled.reason, enrolled.code);
    const { deviceId, platform, environment } = enrolled;
    return { deviceId, platform, environment };
  } finally {
    await data.release();
  }
}
