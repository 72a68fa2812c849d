/**
 * The configuration part of a plan: where the block of a resource stands, who called its module, which references an
 * expression holds, and what it comes to where that can be told: constants and variables of the root module. Locals are in
 * no plan. Knows no resource type.
 * Source: https://developer.hashicorp.com/terraform/internals/json-format#configuration-representation
 */
import type { ConfigModule, ConfigResource, Expression, Instance, ModuleCall, Plan } from './plan.ts';
import { isObject } from './values.ts';

/** Expressions within expressions, and modules within modules, and no more. */
export const MOST_DEPTH = 20;

/** The call that made a module, and the module that it stands in. */
export interface Call {
  readonly call: ModuleCall;
  /** Address of the calling module; empty for the root. */
  readonly module: string;
  /** Which of the call's instances this is. */
  readonly key?: string | number;
}

/** Whose eyes an expression is read with: module, and the key of the instance in it. */
export interface Standpoint {
  readonly module: string;
  readonly key?: string | number | undefined;
  /** The block that the expression stands in, for each.value. */
  readonly overs?: Expression | undefined;
}

export class Configuration {
  private readonly plan: Pick<Plan, 'configuration' | 'variables'>;
  private readonly blocks = new Map<ConfigModule, ReadonlyMap<string, ConfigResource>>();

  constructor(plan: Pick<Plan, 'configuration' | 'variables'>) {
    this.plan = plan;
  }

  /** The block of a resource; undefined where the plan has no configuration, as for what is only destroyed. */
  blockOf({ module, mode, type, name }: Instance): ConfigResource | undefined {
    const home = this.moduleAt(module);
    if (home === undefined) return undefined;
    let blocks = this.blocks.get(home);
    if (blocks === undefined) {
      const list = Array.isArray(home.resources) ? home.resources.filter(isObject) : [];
      blocks = new Map(
        (list as unknown as ConfigResource[]).map((one) => [`${one.mode ?? 'managed'} ${one.type}.${one.name}`, one]),
      );
      this.blocks.set(home, blocks);
    }
    return blocks.get(`${mode} ${type}.${name}`);
  }

  moduleAt(module: string): ConfigModule | undefined {
    let at: ConfigModule | undefined = this.plan.configuration;
    for (const name of namesIn(module)) at = own(own(at, 'module_calls'), name)?.module;
    return at;
  }

  callOf(module: string): Call | undefined {
    const last = /^(?:(.*)\.)?module\.([\w-]+)(?:\[(.*?)\])?$/s.exec(module);
    if (last === null) return undefined;
    const [, parent = '', name, key] = last;
    const call = own(this.moduleAt(parent)?.module_calls, name!);
    if (call === undefined) return undefined;
    const index = key === undefined ? undefined : /^\d+$/.test(key) ? Number(key) : key.replace(/^"|"$/g, '');
    return { call, module: parent, ...(index === undefined ? {} : { key: index }) };
  }

  /** What an output of a called module is made of. */
  outputOf(module: string, call: string, output: string): Expression | undefined {
    return own(own(this.moduleAt(module)?.module_calls, call)?.module?.outputs, output)?.expression;
  }

  /** What an expression comes to, where only constants, keys and variables take part; undefined where it can't be told. */
  valueOf(expression: unknown, from: Standpoint, depth = 0): unknown {
    if (!isObject(expression) || depth > MOST_DEPTH) return undefined;
    if (Object.hasOwn(expression, 'constant_value')) return expression['constant_value'];
    const references = referencesIn(expression);
    // The longest of "var.a.b", "var.a" is what is meant; the others are its parts.
    const longest = references.filter(
      (one) =>
        !references.some((other) => other !== one && (other.startsWith(`${one}.`) || other.startsWith(`${one}[`))),
    );
    return longest.length === 1 ? this.referred(longest[0]!, from, depth) : undefined;
  }

  /** The value of a reference to a variable or to the current key. */
  private referred(reference: string, from: Standpoint, depth: number): unknown {
    const [first, second, ...rest] = pathOf(reference);
    if (first === 'each' && second === 'key') return from.key;
    if (first === 'count' && second === 'index') return from.key;
    if (first === 'each' && second === 'value') {
      const all = this.valueOf(from.overs, { module: from.module }, depth + 1);
      // Of a set the value is the key.
      return Array.isArray(all) ? from.key : at(at(all, from.key), ...rest);
    }
    if (first !== 'var' || typeof second !== 'string') return undefined;
    if (from.module === '') return at(own(this.plan.variables, second), ...rest);
    const caller = this.callOf(from.module);
    const given = own(caller?.call.expressions, second);
    if (caller === undefined) return undefined;
    if (given === undefined) return at(own(this.moduleAt(from.module)?.variables, second)?.default, ...rest);
    const there = { module: caller.module, key: caller.key, overs: caller.call.for_each_expression };
    return at(this.valueOf(given, there, depth + 1), ...rest);
  }
}

/** "module.a[0].module.b" -> ["a", "b"]. */
export function namesIn(module: string): string[] {
  return [...module.matchAll(/(?:^|\.)module\.([\w-]+)/g)].map((found) => found[1]!);
}

/** All references of an expression, those of blocks within blocks included. */
export function referencesIn(expression: unknown, depth = 0): readonly string[] {
  if (depth > MOST_DEPTH) return [];
  if (Array.isArray(expression)) return expression.flatMap((one) => referencesIn(one, depth + 1));
  if (!isObject(expression)) return [];
  const { references } = expression;
  if (Array.isArray(references)) return references.filter((one) => typeof one === 'string');
  return Object.values(expression).flatMap((one) => referencesIn(one, depth + 1));
}

/** Whether a value is an expression and not a block that holds some. */
export function isExpression(value: unknown): value is Expression {
  return isObject(value) && ('references' in value || 'constant_value' in value);
}

/** 'var.hosts["a"].subnet' -> ["var", "hosts", "a", "subnet"]; keys of lists are numbers. */
export function pathOf(reference: string): readonly (string | number)[] {
  return [...reference.matchAll(/\["((?:[^"\\]|\\.)*)"\]|\[(\d+)\]|([^.[\]]+)/g)].map(([, key, index, name]) =>
    index === undefined ? (key ?? name ?? '') : Number(index),
  );
}

/** A field of a plain object; never one that it inherits. */
function own<T>(of: Readonly<Record<string, T>> | undefined, key: string): T | undefined;
function own<T extends object, K extends keyof T>(of: T | undefined, key: K): T[K] | undefined;
function own(of: object | undefined, key: string): unknown {
  return isObject(of) && Object.hasOwn(of, key) ? of[key] : undefined;
}

function at(value: unknown, ...path: readonly (string | number | undefined)[]): unknown {
  let here = value;
  for (const key of path) {
    if (key === undefined || typeof here !== 'object' || here === null || !Object.hasOwn(here, key)) return undefined;
    here = (here as Readonly<Record<string | number, unknown>>)[key];
  }
  return here;
}
