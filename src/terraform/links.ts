/**
 * What is known after apply only, linked through the configuration: an expression that refers to another resource stands
 * for that resource. Follows variables into the caller and outputs into the module. Where the configuration holds no
 * expression (locals, dynamic blocks, and blocks that the provider takes as attributes) an unknown id must still be that of
 * a resource whose id is not known yet: the only one that can be meant is taken, and nothing where there are several.
 * Source: https://developer.hashicorp.com/terraform/internals/json-format#expression-representation
 */
import { type Standpoint, Configuration, MOST_DEPTH, isExpression, pathOf, referencesIn } from './configuration.ts';
import { IDENTITY, isList, kindOf, standsFor } from './kinds.ts';
import type { Instance, Plan } from './plan.ts';
import { type Values, isObject, text, unknownValue } from './values.ts';

/** A resource that an expression refers to, and which attribute of it. */
interface Target {
  readonly instance: Instance;
  readonly attribute: string;
}

/** Where in a resource's values something stands. */
interface Position {
  readonly path: readonly string[];
  /** Attributes that several blocks leave open while one expression speaks for all of them. */
  readonly crowded: ReadonlySet<string>;
  /** It is one of several, or within one, for which one expression speaks. */
  readonly isElement: boolean;
  /** Its expression speaks for other attributes of its block too. */
  readonly isShared: boolean;
}

const ROOT: Position = { path: [], crowded: new Set(), isElement: false, isShared: false };

/** Fills in the values after apply. */
export class Links {
  private readonly plan: Plan;
  private readonly configuration: Configuration;
  /** Instances by module and "type.name". */
  private readonly byName = new Map<string, Instance[]>();
  private readonly byModule = new Map<string, Instance[]>();
  private readonly filled = new Map<Instance, Values>();
  private readonly filling = new Set<Instance>();
  private readonly idOf: (instance: Instance, values: Values) => string;

  constructor(plan: Plan, idOf: (instance: Instance, values: Values) => string) {
    this.plan = plan;
    this.configuration = new Configuration(plan);
    this.idOf = idOf;
    for (const instance of plan.instances) {
      if (instance.deposed !== undefined) continue;
      push(this.byName, `${instance.module}|${instance.mode} ${instance.type}.${instance.name}`, instance);
      push(this.byModule, instance.module, instance);
    }
  }

  /** The values after apply, with every id that can be told; what can't be is marked (see `unknownValue`). */
  after(instance: Instance): Values {
    const known = this.filled.get(instance);
    if (known !== undefined) return known;
    const plain = instance.after ?? {};
    // A ring of references, which Terraform would refuse.
    if (this.filling.has(instance)) return plain;
    this.filling.add(instance);
    const block = this.configuration.blockOf(instance);
    const values = this.fill(instance, plain, instance.unknown, block?.expressions ?? {}, ROOT) as Values;
    this.filling.delete(instance);
    const whole = { ...values, id: typeof values['id'] === 'string' ? values['id'] : this.idOf(instance, values) };
    this.filled.set(instance, whole);
    return whole;
  }

  /** Whether the configuration writes an attribute of a resource as far as the plan shows it. */
  writes(instance: Instance, attribute: string): boolean {
    const { expressions } = this.configuration.blockOf(instance) ?? {};
    return expressions !== undefined && Object.hasOwn(expressions, attribute);
  }

  private fill(instance: Instance, value: unknown, unknown: unknown, expression: unknown, at: Position): unknown {
    if (at.path.length > MOST_DEPTH) return value;
    if (unknown === true) return this.linked(instance, expression, at);
    // A list of which only the marks are shown.
    if (Array.isArray(unknown) && unknown.includes(true) && (value === undefined || value === null))
      return this.fill(
        instance,
        unknown.map(() => null),
        unknown,
        expression,
        at,
      );
    if (Array.isArray(value)) {
      const marks: readonly unknown[] = Array.isArray(unknown) ? unknown : [];
      // One expression for all blocks, as of an attribute that is written like blocks.
      const crowded = isExpression(expression) ? new Set([...at.crowded, ...crowdedKeys(marks)]) : at.crowded;
      const filled = value.map((one, i) =>
        this.fill(instance, one, marks[i], blockFor(expression, one, i), { ...at, crowded, isElement: true }),
      );
      // An element that is one of a list stands for all that the list may hold.
      return marks.includes(true) ? [...new Set(filled.flat())] : filled;
    }
    if (!isObject(unknown) || !isObject(value)) return value;
    const out: Record<string, unknown> = { ...value };
    for (const [key, mark] of Object.entries(unknown)) {
      if (key === '__proto__' || mark === false || (at.path.length === 0 && key === 'id')) continue;
      const inner =
        isObject(expression) && !isExpression(expression) ? within(expression, key, at.path.length) : expression;
      const own = Object.hasOwn(value, key) ? value[key] : undefined;
      const filled = this.fill(instance, own, mark, inner, {
        path: [...at.path, key],
        crowded: at.crowded,
        isElement: at.isElement && isExpression(expression),
        isShared: isExpression(expression),
      });
      if (filled !== undefined) out[key] = filled;
    }
    return out;
  }

  /** What an unknown value stands for; undefined for what the provider makes up. */
  private linked(instance: Instance, expression: unknown, { path, crowded, isElement, isShared }: Position): unknown {
    if (expression === NOT_WRITTEN) return undefined;
    const attribute = path.at(-1) ?? '';
    const kind = kindOf(attribute);
    const references = referencesIn(expression).filter((one) => one !== '');
    const many = isList(attribute);
    if (references.length === 0) {
      // Within a block whose expressions are not shown it was written; on its own it is what the provider makes up.
      if (kind === undefined || path.length < 2) return undefined;
      return this.candidate(instance, kind, attribute, many);
    }
    const all = this.targets(this.standpointOf(instance), references, 0);
    const ofKind = all.filter((target) => isHeld(attribute, target));
    // What is known already is not what makes one element of several unknown.
    const fresh = ofKind.filter((target) => isNew(target.instance));
    const fitting = isElement && fresh.length > 0 ? fresh : ofKind;
    const unique = [
      ...new Map(fitting.map((target) => [`${target.instance.address} ${target.attribute}`, target])).values(),
    ];
    const values = unique.map((target) => this.valueOf(target)).filter((one) => one !== undefined);
    // A subnet that stands within its network.
    const inline = attribute === 'subnet_id' ? all.flatMap((target) => this.inlineSubnets(target)) : [];
    if (values.length === 0 && inline.length === 1) return inline[0];
    // Which block refers to which of several is not shown.
    const isClear = unique.length < 2 || !crowded.has(attribute);
    if (many && isClear && values.length > 0 && values.length === unique.length && !isPartly(references))
      return [...new Set(values.flat())];
    if (!many && values.length === 1) return values[0];
    if (values.length === 0 && kind !== undefined) {
      // The other targets of a route: what is written leads elsewhere.
      if (isShared && all.length > 0 && fitting.length === 0) return undefined;
      const only = this.candidate(instance, kind, attribute, many);
      if (only !== undefined) return only;
    }
    const written = references
      .filter((one) => !/^(count|each)\./.test(one))
      .slice(0, 3)
      .join(', ');
    if (written === '') return undefined;
    return many ? [unknownValue(written)] : unknownValue(written);
  }

  private standpointOf(instance: Instance): Standpoint {
    const overs = this.configuration.blockOf(instance)?.for_each_expression;
    return { module: instance.module, key: instance.key, overs };
  }

  private valueOf({ instance, attribute }: Target): unknown {
    const values = instance.after === null ? {} : this.after(instance);
    const own = attribute !== '' && Object.hasOwn(values, attribute) ? values[attribute] : undefined;
    if (typeof own === 'string' || typeof own === 'number' || typeof own === 'boolean') return own;
    // Blocks are no value of their own: which attribute of them is meant is told by the expression.
    if (Array.isArray(own)) return own.some(isObject) ? undefined : own;
    const id = text(values, 'id') ?? instance.address;
    return attribute === '' || IDENTITY.test(attribute) ? standsFor(id, attribute) : undefined;
  }

  /** The ids of the subnets that a network writes itself. */
  private inlineSubnets({ instance, attribute }: Target): string[] {
    if (instance.type !== 'azurerm_virtual_network' || attribute !== 'subnet' || instance.after === null) return [];
    const values = this.after(instance);
    const subnets = Array.isArray(values['subnet']) ? values['subnet'].filter(isObject) : [];
    return subnets.map((one) => text(one, 'id') ?? `${text(values, 'id')}/subnets/${text(one, 'name')}`);
  }

  /**
   * The one resource that an unknown id can be: of the kinds that fit, with an id not known yet, in the module or handed to
   * it, and not the resource itself. Several: a mark that names them.
   */
  private candidate(instance: Instance, kind: RegExp, attribute: string, many: boolean): unknown {
    const found = this.candidates(instance.module, 0).filter(
      (one) => one.address !== instance.address && kind.test(one.type) && isNew(one),
    );
    let list = [...new Map(found.map((one) => [one.address, one])).values()];
    if (list.length > 1 && instance.key !== undefined && list.some((one) => one.key === instance.key))
      list = list.filter((one) => one.key === instance.key);
    const [first, second] = list;
    if (first === undefined) return undefined;
    const value =
      second === undefined
        ? standsFor(text(this.after(first), 'id') ?? first.address, '')
        : unknownValue(
            `one of ${list
              .slice(0, 3)
              .map(({ address }) => address)
              .join(', ')}${list.length > 3 ? ', ...' : ''}`,
          );
    return many || isList(attribute) ? [value] : value;
  }

  /** Managed resources of a module, of its callees' outputs, and whatever its caller hands to it. */
  private candidates(module: string, depth: number): readonly Instance[] {
    if (depth > MOST_DEPTH) return [];
    const own = (this.byModule.get(module) ?? []).filter((one) => one.mode === 'managed' && one.after !== null);
    const calls = Object.keys(this.configuration.moduleAt(module)?.module_calls ?? {});
    const outputs = calls.flatMap((call) => {
      const inner = this.configuration.moduleAt(module)?.module_calls?.[call]?.module?.outputs ?? {};
      return Object.keys(inner).flatMap((output) => this.targets({ module }, [`module.${call}.${output}`], depth + 1));
    });
    const caller = this.configuration.callOf(module);
    const handed =
      caller === undefined
        ? []
        : this.targets({ module: caller.module, key: caller.key }, referencesIn(caller.call.expressions), depth + 1);
    return [...own, ...[...outputs, ...handed].map(({ instance }) => instance).filter((one) => one.mode === 'managed')];
  }

  /** The resources that references lead to, seen from where the expression stands. */
  private targets(from: Standpoint, references: readonly string[], depth: number): Target[] {
    if (depth > MOST_DEPTH) return [];
    const longest = references.filter(
      (one) =>
        !references.some((other) => other !== one && (other.startsWith(`${one}.`) || other.startsWith(`${one}[`))),
    );
    return longest.flatMap((reference) => this.target(from, reference, references, depth));
  }

  private target(from: Standpoint, reference: string, beside: readonly string[], depth: number): Target[] {
    if (reference.startsWith('var.')) return this.handed(from, reference, depth);
    if (reference.startsWith('each.value')) return this.eachValue(from, reference, depth);
    if (reference.startsWith('module.')) return this.output(from, reference, beside, depth);
    const parts = /^(data\.)?([a-z][a-z0-9_]*)\.([\w-]+)((?:\[[^\]]*\])?)(?:(?:\[\*\]|\.\*)?\.(.+))?$/.exec(reference);
    if (parts === null || NO_RESOURCES.has(parts[2]!)) return [];
    const [, data, type, name, key = '', attribute = ''] = parts;
    const list = this.byName.get(`${from.module}|${data === undefined ? 'managed' : 'data'} ${type}.${name}`) ?? [];
    return this.chosen(list, key, from, beside).map((instance) => ({
      instance,
      attribute: attribute.split(/[.[]/)[0]!,
    }));
  }

  /** A variable of a module: what its caller gives. */
  private handed(from: Standpoint, reference: string, depth: number): Target[] {
    const caller = this.configuration.callOf(from.module);
    const name = String(pathOf(reference)[1] ?? '');
    const given = caller?.call.expressions;
    if (caller === undefined || given === undefined || !Object.hasOwn(given, name)) return [];
    const there = { module: caller.module, key: caller.key, overs: caller.call.for_each_expression };
    return this.targets(there, referencesIn(given[name]), depth + 1);
  }

  /** The element of what the block is repeated over that has the instance's key. */
  private eachValue(from: Standpoint, reference: string, depth: number): Target[] {
    const [, , attribute] = pathOf(reference);
    return this.targets({ module: from.module }, referencesIn(from.overs), depth + 1)
      .filter(({ instance }) => instance.key === from.key)
      .map((target) => ({ ...target, attribute: typeof attribute === 'string' ? attribute : target.attribute }));
  }

  private output(from: Standpoint, reference: string, beside: readonly string[], depth: number): Target[] {
    const called = /^module\.([\w-]+)((?:\[[^\]]*\])?)\.([\w-]+)(.*)$/.exec(reference);
    if (called === null) return [];
    const [, name, key, output, rest = ''] = called;
    const expression = this.configuration.outputOf(from.module, name!, output!);
    const prefix = from.module === '' ? `module.${name}` : `${from.module}.module.${name}`;
    const modules = this.calledModules(prefix, key ?? '');
    const found = modules.flatMap((module) => this.targets({ module }, referencesIn(expression), depth + 1));
    const [index = this.indexIn(from, beside)] = pathOf(rest);
    if (index === undefined || found.length < 2) return found;
    const keys = found.map(({ instance }) => instance.key);
    if (keys.includes(index)) return found.filter(({ instance }) => instance.key === index);
    // element() begins again at the end of the list.
    return typeof index === 'number' && rest === '' && keys.every((one) => typeof one === 'number')
      ? found.filter(({ instance }) => instance.key === index % found.length)
      : found;
  }

  /** The index that an expression picks an element by, as far as keys and variables tell it. */
  private indexIn(from: Standpoint, beside: readonly string[]): string | number | undefined {
    const written = beside.filter((one) => /^(count\.index|each\.)/.test(one));
    if (written.length === 0) return undefined;
    const value = this.configuration.valueOf({ references: written }, from);
    return typeof value === 'string' || typeof value === 'number' ? value : undefined;
  }

  private calledModules(prefix: string, key: string): readonly string[] {
    const below = [...this.byModule.keys()].flatMap((one) =>
      one === prefix || one.startsWith(`${prefix}.`)
        ? [prefix]
        : one.startsWith(`${prefix}[`)
          ? [one.slice(0, one.indexOf(']', prefix.length) + 1)]
          : [],
    );
    return [...new Set(below)].filter((one) => key === '' || one === `${prefix}${key}`);
  }

  /** Which instances of a counted resource are meant. */
  private chosen(
    list: readonly Instance[],
    key: string,
    from: Standpoint,
    beside: readonly string[],
  ): readonly Instance[] {
    const alive = list.filter((one) => one.after !== null);
    if (key !== '' && key !== '[*]') return alive.filter((one) => key === `[${JSON.stringify(one.key)}]`);
    if (alive.length < 2) return alive;
    const index = beside.find((one) => /^(count\.index|each\.(key|value)|var\.)/.test(one));
    if (index === undefined) return alive;
    const value = this.configuration.valueOf(
      { references: beside.filter((one) => /^(count\.index|each\.|var\.)/.test(one)) },
      from,
    );
    const named = alive.filter((one) => one.key === value);
    if (named.length > 0) return named;
    if (index.startsWith('each.value')) return alive;
    const same = alive.filter((one) => one.key === from.key);
    if (same.length > 0) return same;
    // element() begins again at the end of the list.
    const own = from.key;
    return typeof own === 'number' ? alive.filter((one) => one.key === own % alive.length) : alive;
  }
}

const NO_RESOURCES: ReadonlySet<string> = new Set(['local', 'path', 'terraform', 'count', 'each', 'self', 'var']);

/** Stands for the expression of what a shown block leaves out. */
const NOT_WRITTEN = null;

/** The expression of an attribute. A resource's own may be a block that is not shown; a shown block shows all of its own. */
function within(block: Readonly<Record<string, unknown>>, key: string, depth: number): unknown {
  return Object.hasOwn(block, key) ? block[key] : depth === 0 ? undefined : NOT_WRITTEN;
}

/** The expressions of one block among several: of sets the order is not the configuration's. */
function blockFor(expression: unknown, value: unknown, index: number): unknown {
  if (!Array.isArray(expression)) return expression;
  const list = expression as readonly unknown[];
  const agree = (one: unknown) =>
    !isObject(one) ||
    !isObject(value) ||
    Object.entries(one).every(([key, inner]) => {
      if (!isExpression(inner) || !('constant_value' in inner) || !Object.hasOwn(value, key)) return true;
      const [written, there] = [inner.constant_value, value[key]];
      return typeof written === 'object' || JSON.stringify(written) === JSON.stringify(there);
    });
  return agree(list[index]) ? list[index] : (list.find(agree) ?? list[0]);
}

/** Whether an attribute can hold what a target gives: an id where ids belong, anything else where they don't. */
function isHeld(attribute: string, target: Target): boolean {
  const kind = kindOf(attribute);
  if (kind?.test(target.instance.type) === true) return true;
  if (kind !== undefined)
    return !IDENTITY.test(target.attribute) && /(_id|_ids|_arn|_arns|link|name)$/.test(target.attribute);
  return !/cidr|prefix|range|port|protocol|address/.test(attribute) || !IDENTITY.test(target.attribute);
}

/** Attributes that are not known in more than one of several blocks. */
function crowdedKeys(marks: readonly unknown[]): ReadonlySet<string> {
  const open = marks.flatMap((mark) =>
    isObject(mark) ? Object.keys(mark).filter((key) => (JSON.stringify(mark[key]) ?? '').includes('true')) : [],
  );
  return new Set(open.filter((key, i) => open.indexOf(key) !== i));
}

/** Locals hold something besides what the other references tell. */
function isPartly(references: readonly string[]): boolean {
  return references.some((one) => one.startsWith('local.'));
}

/** Whether only apply will tell the id. */
function isNew({ unknown }: Instance): boolean {
  return isObject(unknown) && unknown['id'] === true;
}

function push(map: Map<string, Instance[]>, key: string, value: Instance): void {
  const list = map.get(key);
  if (list === undefined) map.set(key, [value]);
  else list.push(value);
}
