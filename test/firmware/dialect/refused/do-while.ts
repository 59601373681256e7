// refuses: do-while
export function count(read: () => boolean): number {
  let all = 0;
  do {
    all++;
  } while (read());
  return all;
}
