// Owns what this machine tells of its processes: whether one lives, and since when, for leases whose holder may have been killed.
import * as fs from "node:fs";
import type { Processes } from "./leases.ts";
import { readCode } from "./state-folder.ts";

export function createProcesses(): Processes {
  return {
    pid: process.pid,
    isAlive(pid) {
      try {
        process.kill(pid, 0);
        return true;
      } catch (thrown) {
        // Someone else's process may not be asked, but is there.
        return readCode(thrown) === "EPERM";
      }
    },
    findStart(pid) {
      try {
        // Field 22, counted behind the name, which may hold spaces.
        const text = fs.readFileSync(`/proc/${pid}/stat`, "utf8");
        return text.slice(text.lastIndexOf(")") + 2).split(" ")[19];
      } catch {
        return undefined;
      }
    },
  };
}
