// Owns the requests of the page: JSON in and out, a problem as ApiError, a bound on every wait, and what the cloud's clock says. The
// session travels in a cookie that no script can read.

const REQUEST_MS_MAX = 15_000;
/** The Date header counts whole seconds, so a smaller difference means nothing. */
const SKEW_MS_MIN = 2_000;

export class ApiError extends Error {
  /**
   * @param {number} status 0: there was no answer
   * @param {{ code?: string, title?: string, detail?: string, errors?: { field: string, message: string }[] }} problem
   * @param {number | null} retryAfterS
   */
  constructor(status, problem, retryAfterS) {
    super(problem.title ?? `status ${status}`);
    this.name = "ApiError";
    this.status = status;
    this.code = problem.code ?? "";
    this.title = problem.title ?? `The cloud answered with status ${status}`;
    this.detail = problem.detail ?? "";
    this.errors = problem.errors ?? [];
    this.retryAfterS = retryAfterS;
  }
}

/**
 * @typedef {object} Api
 * @property {(path: string) => Promise<any>} get
 * @property {(path: string, body?: object) => Promise<any>} post
 * @property {(path: string) => Promise<any>} remove
 * @property {(token: string) => Promise<void>} exchangeToken for a session cookie
 * @property {() => number} now milliseconds of the cloud's clock, as far as it is known
 */

/**
 * Every method rejects with ApiError.
 * @param {{ onSignedOut: () => void }} hooks called when a session has ended
 * @returns {Api}
 */
export function createApi({ onSignedOut }) {
  let skewMs = 0;

  /**
   * @param {string} method
   * @param {string} path below /api/v1
   * @param {{ body?: object, token?: string }} [extra]
   */
  async function send(method, path, { body, token } = {}) {
    const response = await ask(method, path, body, token);
    const told = Date.parse(response.headers.get("date") ?? "");
    const differenceMs = told - Date.now();
    skewMs = Math.abs(differenceMs) >= SKEW_MS_MIN ? differenceMs : 0;
    const content = await readJson(response);
    if (response.ok) return content;
    const retryAfter = response.headers.get("retry-after");
    const error = new ApiError(response.status, content ?? {}, retryAfter === null ? null : Number(retryAfter));
    if (error.code === "unauthenticated" && token === undefined) onSignedOut();
    throw error;
  }

  return {
    get: (path) => send("GET", path),
    post: (path, body) => send("POST", path, { body }),
    remove: (path) => send("DELETE", path),
    exchangeToken: (token) => send("POST", "/session-cookie", { token }),
    now: () => Date.now() + skewMs,
  };
}

/**
 * @param {string} method
 * @param {string} path
 * @param {object | undefined} body
 * @param {string | undefined} token
 */
async function ask(method, path, body, token) {
  /** @type {Record<string, string>} */
  const headers = { accept: "application/json" };
  if (body !== undefined) headers["content-type"] = "application/json";
  if (token !== undefined) headers.authorization = `Bearer ${token}`;
  const signal = AbortSignal.timeout(REQUEST_MS_MAX);
  try {
    return await fetch(`/api/v1${path}`, { method, headers, body: body && JSON.stringify(body), signal });
  } catch {
    throw new ApiError(0, { code: "no-answer" }, null);
  }
}

/**
 * Null for no content, and for what is no JSON: then the status has to say it all.
 * @param {Response} response
 */
async function readJson(response) {
  try {
    const text = await response.text();
    return text === "" ? null : JSON.parse(text);
  } catch {
    if (response.ok) throw new ApiError(0, { code: "no-answer" }, null);
    return null;
  }
}
