// refuses: private-name
export class Trap {
  #state = "armed";
  read(): string {
    return this.#state;
  }
}
