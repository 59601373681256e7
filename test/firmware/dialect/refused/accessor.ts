// refuses: accessor
export const trap = {
  get state(): string {
    return "armed";
  },
};
