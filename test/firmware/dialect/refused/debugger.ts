// refuses: debugger
export function stop(): void {
  debugger;
}
