// refuses: generator
export function* count(): unknown {
  yield 1;
}
