// refuses: function-in-block
export function choose(loud: boolean): string {
  if (loud) {
    function shout(): string {
      return "!";
    }
    return shout();
  }
  return "";
}
