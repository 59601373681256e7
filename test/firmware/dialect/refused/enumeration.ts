// refuses: enumeration
export enum State {
  Armed,
  Sprung,
}
