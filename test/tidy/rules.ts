// Owns the list of all rules of the house.
import { ACCOUNT_RULES } from "./account-rules.ts";
import { AMBIENT_RULES } from "./ambient-rules.ts";
import { CLOUD_RULES } from "./cloud-rules.ts";
import { CODE_RULES } from "./code-rules.ts";
import { IMPORT_RULES } from "./import-rules.ts";
import { QUERY_RULES } from "./query-rules.ts";
import type { Rule } from "./rule.ts";
import { TEXT_RULES } from "./text-rules.ts";

export const RULES: Rule[] = [
  ...IMPORT_RULES,
  ...CLOUD_RULES,
  ...QUERY_RULES,
  ...AMBIENT_RULES,
  ...CODE_RULES,
  ...TEXT_RULES,
  ...ACCOUNT_RULES,
];
