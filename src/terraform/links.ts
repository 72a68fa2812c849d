/**
 * What is known after apply only, linked through the configuration: an expression that refers to another resource's id
 * stands for that resource. Follows variables into the caller and outputs into the module; locals are in no plan, so there
 * the only resource of the kind in the module is taken, and nothing where there are several.
 * Source: https://developer.hashicorp.com/terraform/internals/json-format#expression-representation
 */
import type { ConfigModule, ConfigResource, Expression, Instance, Plan, Values } from './plan.ts';

/** An expression that leads to nothing that the plan holds. */
export interface Unlinked {
  readonly address: string;
  readonly attribute: string;
  readonly expression: string;
}

/** A resource that an expression refers to, and which attribute of it. */
interface Target {
  readonly instance: Instance;
  readonly attribute: string;
}

/** Kinds that an attribute can hold, for expressions that refer to several things. */
const KINDS: Readonly<Record<string, RegExp>> = {
  vpc_id: /^aws_(default_)?vpc$/,
  gateway_id: /^aws_(internet_gateway|vpn_gateway|vpc_endpoint)$/,
  nat_gateway_id: /^aws_nat_gateway$/,
  egress_only_gateway_id: /^aws_egress_only_internet_gateway$/,
  vpc_peering_connection_id: /^aws_vpc_peering_connection/,
  transit_gateway_id: /^aws_ec2_transit_gateway$/,
  transit_gateway_route_table_id: /^aws_ec2_transit_gateway_route_table$/,
  transit_gateway_attachment_id: /^aws_ec2_transit_gateway_.*attachment/,
  vpc_endpoint_id: /^aws_vpc_endpoint$/,
  network_interface_id: /network_interface$/,
  route_table_id: /route_table$/,
  subnet_id: /subnet(work)?$/,
  subnet_ids: /subnet(work)?$/,
  allocation_id: /^aws_eip$/,
  security_group_id: /security_group$/,
  source_security_group_id: /security_group$/,
  referenced_security_group_id: /security_group$/,
  security_groups: /security_group$/,
  vpc_security_group_ids: /security_group$/,
  network_acl_id: /network_acl$/,
  network_security_group_id: /^azurerm_network_security_group$/,
  public_ip_address_id: /^azurerm_public_ip$/,
  network: /^google_compute_network$/,
  subnetwork: /^google_compute_subnetwork$/,
};

const PLURAL = /(_ids|_groups|^subnets|subnet_ids|_addresses|^ports|^security_groups|_lists|_tables|^routes)$/;
/** Attributes that stand for the resource itself. */
const IDENTITY = /^(id|arn|self_link|name|key|default_.*_id|main_route_table_id)$/;
const MOST_DEPTH = 20;

export class Links {
  readonly unlinked: Unlinked[] = [];
  private readonly plan: Plan;
  /** Instances by module and "type.name". */
  private readonly byName = new Map<string, Instance[]>();
  private readonly byModule = new Map<string, Instance[]>();
  private readonly filled = new Map<Instance, Values>();
  private readonly filling = new Set<Instance>();
  private readonly idOf: (instance: Instance, values: Values) => string;

  constructor(plan: Plan, idOf: (instance: Instance, values: Values) => string) {
    this.plan = plan;
    this.idOf = idOf;
    for (const instance of plan.instances) {
      const key = `${instance.module}|${instance.mode === 'data' ? 'data.' : ''}${instance.type}.${instance.name}`;
      push(this.byName, key, instance);
      push(this.byModule, instance.module, instance);
    }
  }

  /** The values after apply, with every id that can be told. */
  after(instance: Instance): Values {
    const known = this.filled.get(instance);
    if (known !== undefined) return known;
    const plain = instance.after ?? {};
    if (this.filling.has(instance)) return plain;
    this.filling.add(instance);
    const config = this.configOf(instance);
    const values = this.fill(instance, plain, instance.unknown, config?.expressions ?? {}, []) as Values;
    this.filling.delete(instance);
    const whole = { ...values, id: typeof values['id'] === 'string' ? values['id'] : this.idOf(instance, values) };
    this.filled.set(instance, whole);
    return whole;
  }

  /** Whether the configuration writes an attribute; undefined where there is no configuration. */
  writes(instance: Instance, attribute: string): boolean | undefined {
    const config = this.configOf(instance);
    return config === undefined
      ? undefined
      : config.expressions !== undefined && Object.hasOwn(config.expressions, attribute);
  }

  private fill(
    instance: Instance,
    value: unknown,
    unknown: unknown,
    expression: unknown,
    path: readonly string[],
  ): unknown {
    if (path.length > MOST_DEPTH) return value;
    if (unknown === true) return this.linked(instance, expression, path);
    if (Array.isArray(value)) {
      const marks: readonly unknown[] = Array.isArray(unknown) ? unknown : [];
      return value.map((one, i) =>
        this.fill(
          instance,
          one,
          marks[i],
          Array.isArray(expression) ? (expression[i] ?? expression[0]) : expression,
          path,
        ),
      );
    }
    if (!isObject(unknown)) return value;
    if (!isObject(value)) return value;
    const out: Record<string, unknown> = { ...value };
    for (const [key, mark] of Object.entries(unknown)) {
      if (key === '__proto__' || mark === false) continue;
      const inner = isObject(expression) && !isExpression(expression) ? expression[key] : expression;
      if (path.length === 0 && key === 'id') continue;
      const own = Object.hasOwn(value, key) ? value[key] : undefined;
      const filled = this.fill(instance, own, mark, inner, [...path, key]);
      if (filled !== undefined) out[key] = filled;
    }
    return out;
  }

  /** What an unknown value stands for; undefined for what the provider makes up. */
  private linked(instance: Instance, expression: unknown, path: readonly string[]): unknown {
    const attribute = path.at(-1) ?? '';
    const references = referencesIn(expression);
    const kind = KINDS[attribute];
    // Old plans leave out the expressions of blocks that are attributes: a route's only gateway is the one.
    if (references.length === 0)
      return kind === undefined || path[0] !== 'route' ? undefined : this.guessed(instance, kind);
    const all = this.targets(instance, references, 0);
    const fitting =
      kind === undefined
        ? all
        : all.filter((target) => kind.test(target.instance.type) || !IDENTITY.test(target.attribute));
    const unique = [
      ...new Map(fitting.map((target) => [`${target.instance.address} ${target.attribute}`, target])).values(),
    ];
    const values = unique.map((target) => this.valueOf(target)).filter((one) => one !== undefined);
    if (PLURAL.test(attribute)) {
      if (values.length > 0) return values.flat();
    } else if (values.length === 1) return values[0];
    const guess = kind === undefined || values.length > 1 ? undefined : this.guessed(instance, kind);
    if (guess !== undefined) return PLURAL.test(attribute) ? [guess] : guess;
    // Blocks whose unknown attribute is simply not the one that is written (a route's other targets).
    if (kind !== undefined && all.length > 0 && fitting.length === 0) return undefined;
    const written = references
      .filter((one) => !one.startsWith('count.') && !one.startsWith('each.'))
      .slice(0, 3)
      .join(', ');
    // What no reader asks for need not be known.
    if (written === '' || (kind === undefined && !/cidr|prefix|port|protocol|address/.test(attribute)))
      return undefined;
    this.unlinked.push({ address: instance.address, attribute: path.join('.'), expression: written });
    return PLURAL.test(attribute) ? [`unknown:${written}`] : `unknown:${written}`;
  }

  private valueOf({ instance, attribute }: Target): unknown {
    const values = instance.after === null ? {} : this.after(instance);
    const own = attribute === '' ? undefined : values[attribute];
    if (typeof own === 'string' || typeof own === 'number') return own;
    if (Array.isArray(own)) return own;
    return attribute === '' || IDENTITY.test(attribute) ? this.identity(instance, attribute) : undefined;
  }

  private identity(instance: Instance, attribute = 'id'): string {
    const own = (instance.after === null ? instance.before : this.after(instance))?.['id'];
    const id = typeof own === 'string' ? own : instance.address;
    return /^(default_|main_)/.test(attribute) ? `${id}/${attribute.replace(/_id$/, '')}` : id;
  }

  /** The only resource of a kind in the instance's own module, or the only one with its key. */
  private guessed(instance: Instance, kind: RegExp): string | undefined {
    const all = (this.byModule.get(instance.module) ?? []).filter(
      (one) => one.mode === 'managed' && kind.test(one.type) && one.after !== null,
    );
    const [first, second] =
      all.length > 1 && instance.key !== undefined ? all.filter((one) => one.key === instance.key) : all;
    return first === undefined || second !== undefined ? undefined : this.identity(first);
  }

  /** The resources that references lead to, seen from an instance's module and with its key. */
  private targets(from: Instance, references: readonly string[], depth: number): Target[] {
    if (depth > MOST_DEPTH) return [];
    const longest = references.filter(
      (one) =>
        !references.some((other) => other !== one && (other.startsWith(`${one}.`) || other.startsWith(`${one}[`))),
    );
    return longest.flatMap((reference) => this.target(from, reference, references, depth));
  }

  private target(from: Instance, reference: string, beside: readonly string[], depth: number): Target[] {
    if (reference.startsWith('var.')) {
      const call = this.callerOf(from.module);
      const name = reference.slice(4).split(/[.[]/)[0]!;
      const expression = call?.expressions[name];
      if (call === undefined || expression === undefined) return [];
      return this.targets(
        { ...from, module: call.module, ...(call.key === undefined ? {} : { key: call.key }) },
        referencesIn(expression),
        depth + 1,
      );
    }
    if (reference.startsWith('each.value')) {
      const over = referencesIn(this.configOf(from)?.for_each_expression);
      const attribute = reference.split('.')[2];
      return this.targets(from, over, depth + 1)
        .filter(({ instance }) => instance.key === from.key)
        .map((target) => ({ ...target, attribute: attribute ?? target.attribute }));
    }
    const called = /^module\.([\w-]+)((?:\[[^\]]*\])?)\.([\w-]+)/.exec(reference);
    if (called !== null) {
      const [, name, key, output] = called;
      const inner = this.moduleAt(from.module)?.module_calls?.[name!]?.module;
      const expression = inner?.outputs?.[output!]?.expression;
      const prefix = from.module === '' ? `module.${name}` : `${from.module}.module.${name}`;
      const modules = [...this.byModule.keys()].filter(
        (one) => one === prefix || (one.startsWith(`${prefix}[`) && (key === '' || one === `${prefix}${key}`)),
      );
      return modules.flatMap((module) => this.targets({ ...from, module }, referencesIn(expression), depth + 1));
    }
    const parts = /^(data\.)?([a-z][a-z0-9_]*)\.([\w-]+)((?:\[[^\]]*\])?)(?:(?:\[\*\]|\.\*)?\.(.+))?$/.exec(reference);
    if (parts === null || ['local', 'path', 'terraform', 'count', 'each', 'self'].includes(parts[2]!)) return [];
    const [, data = '', type, name, key = '', attribute = ''] = parts;
    const list = this.byName.get(`${from.module}|${data}${type}.${name}`) ?? [];
    return this.chosen(list, key, from, beside).map((instance) => ({
      instance,
      attribute: attribute.split(/[.[]/)[0]!,
    }));
  }

  /** Which instances of a counted resource are meant. */
  private chosen(
    list: readonly Instance[],
    key: string,
    from: Instance,
    beside: readonly string[],
  ): readonly Instance[] {
    const alive = list.filter((one) => one.after !== null);
    if (key !== '' && key !== '[*]') return alive.filter((one) => key === `[${JSON.stringify(one.key)}]`);
    if (alive.length < 2) return alive;
    const own = from.key;
    if (own === undefined || !beside.some((one) => one.startsWith('count.') || one.startsWith('each.'))) return alive;
    const same = alive.filter((one) => one.key === own);
    if (same.length > 0) return same;
    return typeof own === 'number' ? alive.filter((one) => one.key === own % alive.length) : alive;
  }

  private configOf({ module, mode, type, name }: Instance): ConfigResource | undefined {
    return this.moduleAt(module)?.resources?.find(
      (one) => one.type === type && one.name === name && ((one.mode ?? 'managed') === 'data') === (mode === 'data'),
    );
  }

  private moduleAt(module: string): ConfigModule | undefined {
    let at: ConfigModule | undefined = this.plan.configuration;
    for (const name of namesIn(module)) at = at?.module_calls?.[name]?.module;
    return at;
  }

  /** The call that made a module: its expressions, and whose module it stands in. */
  private callerOf(
    module: string,
  ): { module: string; expressions: Readonly<Record<string, unknown>>; key?: string | number } | undefined {
    const last = /^(?:(.*)\.)?module\.([\w-]+)(?:\[(.*?)\])?$/.exec(module);
    if (last === null) return undefined;
    const [, parent = '', name, key] = last;
    const call = this.moduleAt(parent)?.module_calls?.[name!];
    if (call?.expressions === undefined) return undefined;
    const index = key === undefined ? undefined : /^\d+$/.test(key) ? Number(key) : key.replaceAll('"', '');
    return { module: parent, expressions: call.expressions, ...(index === undefined ? {} : { key: index }) };
  }
}

/** "module.a[0].module.b" -> ["a", "b"]. */
export function namesIn(module: string): string[] {
  return [...module.matchAll(/(?:^|\.)module\.([\w-]+)/g)].map((found) => found[1]!);
}

/** All references of an expression, blocks within blocks included. */
function referencesIn(expression: unknown, depth = 0): readonly string[] {
  if (depth > MOST_DEPTH) return [];
  if (Array.isArray(expression)) return expression.flatMap((one) => referencesIn(one, depth + 1));
  if (!isObject(expression)) return [];
  const own = (expression as Expression).references;
  if (Array.isArray(own)) return own.filter((one) => typeof one === 'string');
  return Object.values(expression).flatMap((one) => referencesIn(one, depth + 1));
}

function isExpression(value: Readonly<Record<string, unknown>>): boolean {
  return 'references' in value || 'constant_value' in value;
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function push(map: Map<string, Instance[]>, key: string, value: Instance): void {
  const list = map.get(key);
  if (list === undefined) map.set(key, [value]);
  else list.push(value);
}
