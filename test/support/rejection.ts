// uvu's `throws` knows no promises: this gives the test what an asynchronous call threw, to assert on.

/** @throws Error when the promise resolves after all. */
export async function getRejection(promise: Promise<unknown>): Promise<unknown> {
  let value: unknown;
  try {
    value = await promise;
  } catch (thrown) {
    return thrown;
  }
  throw new Error(`expected a rejection, got ${JSON.stringify(value)}`);
}
