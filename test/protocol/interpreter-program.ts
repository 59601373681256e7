// Runs on the interpreter, not on Node: answers the questions in the file `questions`, one line each, then says how long
// reading a record takes there, counted in turns of an empty loop.
import { decodeEvent, encodeEvent, openRecord } from "#protocol";
import { answer } from "./interpreter-answers.ts";

declare function print(line: string): void;
declare function getTime(): number;
declare const E: { openFile(path: string, mode: string): { read(bytes: number): string | undefined } };

const ROUNDS = 12;

function answerAll(): void {
  const file = E.openFile("questions", "r");
  let text = "";
  let more = file.read(256);
  while (more) {
    text += more;
    let end = text.indexOf("\n");
    while (end >= 0) {
      print("ANSWER " + answer(text.substring(0, end)));
      text = text.substring(end + 1);
      end = text.indexOf("\n");
    }
    more = file.read(256);
  }
}

/** Seconds of the quickest of some rounds: what it costs when nothing else runs. */
function quickest(work: () => void): number {
  let best = 1000;
  for (let i = 0; i < ROUNDS; i++) {
    const begin = getTime();
    work();
    best = Math.min(best, getTime() - begin);
  }
  return best;
}

function measure(): void {
  let turns = 0;
  const turn =
    quickest(() => {
      for (let i = 0; i < 1000; i++) turns++;
    }) / 1000;
  const event = encodeEvent({ boot: "0000001200abcdef", seq: 17, age: 1, exact: true, kind: "sprung", value: turns });
  const long = '{"v":1,"long":"' + "x".repeat(1007) + '"}';
  print("COST " + event.length + " " + Math.round(quickest(() => decodeEvent(event)) / turn));
  print("COST " + long.length + " " + Math.round(quickest(() => openRecord(long)) / turn));
}

answerAll();
measure();
print("DONE");
