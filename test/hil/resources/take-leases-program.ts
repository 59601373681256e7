// Takes leases at given moments, together with other processes that want the same ones, and tells which it got. It holds them until its
// input ends. Arguments: folder, owner, moment of the first in milliseconds since 1970, milliseconds between two, count.
import { createWallClock } from "../../../hil/clock.ts";
import { createLeases } from "../../../hil/resources/leases.ts";
import { createProcesses } from "../../../hil/resources/processes.ts";

const [folder = "", owner = "", first = "", between = "", count = ""] = process.argv.slice(2);
const leases = createLeases({ folder, owner, clock: createWallClock(), processes: createProcesses() });
const won: number[] = [];
for (let round = 0; round < Number(count); round += 1) {
  const at = Number(first) + round * Number(between);
  while (Date.now() < at);
  try {
    leases.take({ mac: `24:0a:c4:00:00:${String(round).padStart(2, "0")}`, name: `board-${round}` }, "a race");
    won.push(round);
  } catch (thrown) {
    if (!(thrown instanceof Error) || !("code" in thrown) || thrown.code !== "board-taken") throw thrown;
  }
}
console.log(JSON.stringify(won));
process.stdin.once("end", () => process.exit(0)).resume();
