// refuses: unreachable
export function read(): number | undefined {
  return
  1;
}
