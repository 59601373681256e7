// Owns what may stand in any file, and how files are called.
import { type Finding, findMatches, forEachText, type Rule } from "./rule.ts";

/** The rules and their fixtures speak of what they ban. */
const SPEAKS_OF_BANS = /^test\/tidy/;

const noPromises: Rule = {
  name: "no TODO, FIXME, XXX or HACK",
  reason: "a promise in a comment is kept by nobody and read as if it were",
  instead: "do it, or write an issue that says what is missing and why",
  check: forEachText((path, text) =>
    SPEAKS_OF_BANS.test(path) || path === "package-lock.json"
      ? []
      : findMatches(path, text, /\b(?:TODO|FIXME|XXX|HACK)\b/g, (match) => match),
  ),
};

const KEBAB = /^[a-z0-9]+(?:-[a-z0-9]+)*$/;
const EMPTY_NAMES = ["util", "utils", "helper", "helpers", "manager", "managers", "common", "misc", "shared", "stuff"];
/** Names that others prescribe. */
const PRESCRIBED = /^(?:README|ARCHITECTURE|CHANGELOG|LICENSE|SHA256SUMS|\d{3}_[a-z0-9_]+\.sql|\..*)/;

const namesSayWhat: Rule = {
  name: "files and folders are kebab-case and named after what they hold",
  reason: "utils, helpers, managers and common are names for not having thought of one; everything ends up there",
  instead: "name the idea: the noun the file owns",
  check: (repository) =>
    [...repository.texts.keys()].flatMap((path): Finding[] => {
      const wrong = path.split("/").find((level) => !PRESCRIBED.test(level) && !isGoodName(level));
      return wrong === undefined ? [] : [{ path, line: 1, what: `is called ${wrong}` }];
    }),
};

function isGoodName(level: string): boolean {
  const [name = "", ...endings] = level.split(".");
  return (
    [name, ...endings].every((part) => KEBAB.test(part)) && !name.split("-").some((word) => EMPTY_NAMES.includes(word))
  );
}

const MACHINE_PATH = /(?<![\w.$}])(?:\/(?:home|Users|root|work|tmp|mnt|opt)\/[\w.-]|[A-Z]:\\\\?Users)/g;
const REGISTRY =
  /\bregistry\.(?:npmjs|yarnpkg)\b|\/\/[\w.-]*(?:artifactory|verdaccio|nexus|npm-proxy|registry)[\w.-]*[:/]|(?:^|--|:)registry\s*=/gm;

const noMachines: Rule = {
  name: "no paths of a machine and no hosts of a registry",
  reason: "they are true on one machine and leak what it is",
  instead: "a path relative to the repository, os.tmpdir(), or a value of config.ts; npm knows its own registry",
  check: forEachText((path, text) => [
    ...findMatches(path, text, MACHINE_PATH, (match) => `a path of a machine: ${match}`),
    ...findMatches(path, text, REGISTRY, (match) => `a registry: ${match}`),
  ]),
};

const linesEnd: Rule = {
  name: "every file ends with one line feed, and has no carriage returns",
  reason:
    "a last line without an end shows up in the next person's change, and byte-exact files must not depend on the editor",
  instead: "npm run format",
  check: forEachText((path, text) => {
    const lines = text.split("\n").length;
    const found: Finding[] = [];
    if (text.includes("\r"))
      found.push({ path, line: text.slice(0, text.indexOf("\r")).split("\n").length, what: "CR" });
    if (text !== "" && !text.endsWith("\n")) found.push({ path, line: lines, what: "the last line does not end" });
    if (text.endsWith("\n\n")) found.push({ path, line: lines - 1, what: "empty lines at the end" });
    return found;
  }),
};

const firmwareIsAscii: Rule = {
  name: "firmware sources are ASCII",
  reason: "the interpreter's strings are bytes: a letter outside ASCII is two characters there and one here",
  instead: "write it in ASCII, or as an escape of its bytes",
  check: forEachText((path, text) =>
    path.startsWith("firmware/")
      ? findMatches(path, text, /[^\n -~]/g, (match) => `character ${match.codePointAt(0)?.toString(16)}`)
      : [],
  ),
};

export const TEXT_RULES: Rule[] = [noPromises, namesSayWhat, noMachines, linesEnd, firmwareIsAscii];
