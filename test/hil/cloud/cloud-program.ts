// Owns a bench that does nothing but have a cloud of its own, as a process that a test can kill: folder and database address as arguments.
import { createWallClock } from "../../../hil/clock.ts";
import { openLocalCloud } from "../../../hil/drivers/cloud/open-cloud.ts";
import { createProgramEnvironment } from "../../support/config.ts";

const [folder = "", databaseUrl] = process.argv.slice(2);
const cloud = await openLocalCloud({
  ...{ root: process.cwd(), folder, databaseUrl, host: "127.0.0.1", firmwareKeys: [] },
  environment: createProgramEnvironment(),
  clock: createWallClock(),
  onRemark: (text) => console.error(text),
});
console.log(JSON.stringify({ url: cloud.url }));
