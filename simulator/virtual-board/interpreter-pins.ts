// Owns the pins of the real interpreter, which on a host has none: once it is at its prompt it is given functions that read its inputs from a
// file and write its outputs into files of its folder, and that tell its watches of edges. Until then every input reads 0.
import * as fs from "node:fs";
import * as path from "node:path";
import type { Clock, TimerHandle } from "../board/clock.ts";
import { PIN_COUNT, type Pins } from "../board/pins.ts";
import { TRAP_PINS } from "../case.ts";

export interface InterpreterPins {
  /** The interpreter is about to start. */
  begin(): void;
  /** What it printed; gives what is to be typed now, if anything. */
  hear(text: string): string | undefined;
  end(): void;
}

export interface InterpreterPinsOptions {
  pins: Pins;
  /** The one it runs in. */
  folder: string;
  /** The host's, since the interpreter lives in the host's time. */
  clock: Clock;
}

const INPUT_FILE = "pins";
const LOOK_MS = 50;
const INPUTS = [TRAP_PINS.button, TRAP_PINS.plunger];
const OUTPUTS = [TRAP_PINS.led, TRAP_PINS.buzzer];
/** The end of its greeting: it is at its prompt, and knows of no pins yet. */
const GREETED = "espruino.com/Donate\r\n\r\n>";

/** One line, quiet; the interpreter keeps its watches in the hidden object. */
const PROGRAM = `\x10(function(){var f=require("fs"),g=global,s="${"0".repeat(PIN_COUNT)}";
function put(p,d,h){f.writeFileSync("out"+(p|0),d+" "+h)}
g["digitalRead"]=function(p){return +s[p|0]};
g["digitalWrite"]=function(p,v){put(p,v?1:0,0)};
g["analogWrite"]=function(p,v,o){put(p,v,o&&o.freq||0)};
setInterval(function(){var n=f.readFileSync("${INPUT_FILE}"),m=s,w=g["\\xff"].watches,i;
if(n===m||!n||n.length<${PIN_COUNT})return;s=n;
for(i in w){var p=w[i].pin|0;if(n[p]!==m[p])w[i].callback({state:n[p]==="1",time:getTime(),pin:w[i].pin})}
},${LOOK_MS})})()\n`.replace(/\n(?!$)/g, "");

export function createInterpreterPins({ pins, folder, clock }: InterpreterPinsOptions): InterpreterPins {
  const inputFile = path.join(folder, INPUT_FILE);
  let looking: TimerHandle = 0;
  let heard = "";

  /** Whole or not at all: the interpreter may be reading it. */
  function writeInputs(): void {
    const levels = Array.from({ length: PIN_COUNT }, (_, pin) => pins.read(pin)).join("");
    fs.writeFileSync(`${inputFile}.next`, levels);
    fs.renameSync(`${inputFile}.next`, inputFile);
  }

  function look(): void {
    for (const pin of OUTPUTS) readOutput(path.join(folder, `out${pin}`), pin, pins);
    looking = clock.setTimer(LOOK_MS, look);
  }

  function end(): void {
    clock.clearTimer(looking);
    pins.setEdgeListener(undefined);
    for (const pin of OUTPUTS) fs.rmSync(path.join(folder, `out${pin}`), { force: true });
    pins.powerOff();
  }

  return {
    begin() {
      end();
      heard = "";
      for (const pin of INPUTS) pins.setMode(pin, "input_pullup");
      for (const pin of OUTPUTS) pins.setMode(pin, "output");
      pins.setEdgeListener(writeInputs);
      writeInputs();
      look();
    },
    hear(text) {
      heard = (heard + text).slice(-GREETED.length - text.length);
      const isGreeted = heard.includes(GREETED);
      if (isGreeted) heard = "";
      return isGreeted ? PROGRAM : undefined;
    },
    end,
  };
}

/** Duty and frequency; a file that is being written is read at the next look. */
function readOutput(file: string, pin: number, pins: Pins): void {
  if (!fs.existsSync(file)) return;
  const [duty = Number.NaN, hz = Number.NaN] = fs.readFileSync(file, "latin1").split(" ").map(Number);
  if (!Number.isNaN(duty) && !Number.isNaN(hz)) pins.writeWave(pin, duty, hz);
}
