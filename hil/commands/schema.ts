// Owns the command that prints what a bench file may say, for editors and for the file beside the benches.
import { EXIT } from "../error.ts";
import { printBenchSchema } from "../resources/bench-schema.ts";
import type { CommandIo } from "./command-io.ts";

export async function runSchema(_options: object, io: Pick<CommandIo, "write">): Promise<number> {
  io.write(printBenchSchema().trimEnd());
  return EXIT.passed;
}
