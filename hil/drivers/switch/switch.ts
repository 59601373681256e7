// Owns what a switch is: something that gives or takes power, of a board or of an access point. The kinds beside it implement it.

export interface Switch {
  /** For messages: "relay 2 of /dev/ttyUSB3". */
  readonly name: string;
  /** Resolves when it is done, as far as can be known. @throws HilError "switch-failed" */
  set(on: boolean): Promise<void>;
  close(): Promise<void>;
}
