// Owns the short way to built firmware: what is there and still right is taken, else it is made. Only then the build is loaded, which holds a
// compiler and takes its time.
import { type BuildOptions, type BuildResult, findFirmware } from "./built-firmware.ts";

/** As buildFirmware, but what was already built of the same sources with the same tools is left as it is. */
export async function ensureFirmware(options: BuildOptions): Promise<BuildResult & { fresh: boolean }> {
  const found = await findFirmware(options);
  if (found !== undefined) return { ...found, fresh: false };
  const { buildFirmware } = await import("./build.ts");
  return { ...(await buildFirmware(options)), fresh: true };
}
