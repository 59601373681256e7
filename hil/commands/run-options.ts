// Owns what a run may be told on the command line, and how the same is told again for one suite on one board.

export interface RunFlags {
  /** A bench's file; the virtual bench without one. */
  bench?: string;
  board: string[];
  /** `key=value`, or `key` alone. */
  label: string[];
  suite: string[];
  /** How often everything is run on each board. */
  repeat: number;
  /** Virtual boards, instead of what the bench says. */
  boards?: number;
  /** A firmware broken on purpose, to see the bench notice. */
  fault?: string;
  failFast?: boolean;
  record?: boolean;
  json?: boolean;
  /** For whoever else wants the boards meanwhile. */
  reason?: string;
  /** Where results go, instead of a folder of its own beneath the state folder. */
  out?: string;
}

/** What a person types to see one failure again. */
export function createRepeatCommand(flags: Pick<RunFlags, "bench" | "fault" | "boards">) {
  return (suite: string, board: string): string => {
    const words = ["npm run hil -- run"];
    if (flags.bench !== undefined) words.push("--bench", quote(flags.bench));
    if (flags.fault !== undefined) words.push("--fault", quote(flags.fault));
    if (flags.boards !== undefined) words.push("--boards", String(flags.boards));
    words.push("--board", quote(board), "--suite", quote(suite));
    return words.join(" ");
  };
}

/** As a shell takes it for one word. */
export function quote(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}
