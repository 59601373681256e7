// Databases as the cloud's rooms have them, with one of the two walls between tenants taken away: the conditions of the queries, or
// PostgreSQL's own. What then still keeps tenants apart is the other one.
import {
  BinaryOperationNode,
  ColumnNode,
  type KyselyPlugin,
  OperationNodeTransformer,
  OperatorNode,
  type RawNode,
  ReferenceNode,
  type RootOperationNode,
  ValueNode,
} from "kysely";
import { createDatabase, type DatabaseOptions, type TraplineDatabase } from "../../../../cloud/db/connection.ts";

export type CreateDatabase = typeof createDatabase;

export interface ForgetfulPlugin extends KyselyPlugin {
  /** How many conditions on the tenant were left out so far. */
  forgotten(): number;
}

/** Leaves every `tenant_id = ...` out of the conditions of every query, joins among them. */
export function createForgetfulPlugin(): ForgetfulPlugin {
  const forgetter = new TenantForgetter();
  return {
    transformQuery: ({ node }): RootOperationNode => forgetter.transformNode(node),
    transformResult: async ({ result }) => result,
    forgotten: () => forgetter.forgotten,
  };
}

const TEXT_OF_CONDITION = /(?<!current_)\btenant_id"?\s*=/;

class TenantForgetter extends OperationNodeTransformer {
  forgotten = 0;

  protected override transformBinaryOperation(node: BinaryOperationNode): BinaryOperationNode {
    if (!isOnTenant(node)) return super.transformBinaryOperation(node);
    this.forgotten += 1;
    const one = () => ValueNode.createImmediate(1);
    return BinaryOperationNode.create(one(), OperatorNode.create("="), one());
  }

  /** A condition that is written as text cannot be taken out, and must not be missed. */
  protected override transformRaw(node: RawNode): RawNode {
    if (node.sqlFragments.some((text) => TEXT_OF_CONDITION.test(text)))
      throw new Error(`a condition on the tenant in text: ${node.sqlFragments.join("?")}`);
    return super.transformRaw(node);
  }
}

function isOnTenant(node: BinaryOperationNode): boolean {
  const { leftOperand, operator } = node;
  if (!OperatorNode.is(operator) || operator.operator !== "=" || !ReferenceNode.is(leftOperand)) return false;
  return ColumnNode.is(leftOperand.column) && leftOperand.column.column.name === "tenant_id";
}

/** PostgreSQL's wall alone: people's requests and what traps say are asked without the tenant in their conditions. */
export function createForgetful(plugin: ForgetfulPlugin): CreateDatabase {
  return (options) => {
    const whole = createDatabase(options);
    const forgetful = createDatabase({ ...options, plugins: [plugin] });
    return {
      ...whole,
      withTenant: forgetful.withTenant,
      ingest: forgetful.ingest,
      stop: async () => void (await Promise.all([whole.stop(), forgetful.stop()])),
    };
  };
}

/** The conditions' wall alone: whatever is asked, the owner asks, whom no policy keeps from anything. */
export function createUnwalled(ownerUrl: string): CreateDatabase {
  return (options) => createDatabase(asOwner(options, ownerUrl));
}

/** Neither wall, to see that there is something to see. */
export function createOpen(ownerUrl: string, plugin: ForgetfulPlugin): CreateDatabase {
  return (options) => createForgetful(plugin)(asOwner(options, ownerUrl));
}

function asOwner(options: DatabaseOptions, ownerUrl: string): DatabaseOptions {
  return { ...options, urls: { app: ownerUrl, ingest: ownerUrl, system: ownerUrl } };
}

export type { TraplineDatabase };
