// Owns the shape every state machine of the firmware has: a pure function of state and input, which answers the next state and, as
// data, what shall be done. Each state carries `wakeAt`, when it wants to hear that time has passed; 0 is never.

export interface Outcome<S, E> {
  state: S;
  effects: E[];
}
