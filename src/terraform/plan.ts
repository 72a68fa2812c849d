/**
 * The JSON of `terraform show -json` as resource instances with their values before and after. Knows the format, 0.1 to 1.x;
 * knows no resource type.
 * Source: https://developer.hashicorp.com/terraform/internals/json-format
 */
import { z } from 'zod';
import { type Values, isObject } from './values.ts';

/** One resource or data source, one key of it. */
export interface Instance {
  readonly address: string;
  /** "module.a[0].module.b", or empty for the root. */
  readonly module: string;
  readonly mode: 'managed' | 'data';
  readonly type: string;
  readonly name: string;
  /** Key of count or for_each. */
  readonly key?: string | number;
  readonly provider: string;
  /** What is done with it; "forget" leaves the thing as it is and only takes it out of the state. */
  readonly actions: readonly string[];
  /** An object that a replacement left behind. */
  readonly deposed?: string;
  /** Null where it does not exist on that side. */
  readonly before: Values | null;
  readonly after: Values | null;
  /** `true` stands for what is known after apply only. */
  readonly unknown: unknown;
  readonly previousAddress?: string;
  /** JSON pointer of its record in the file. */
  readonly pointer: string;
}

/** Expressions of a block, as the configuration has them. */
export interface Expression {
  readonly constant_value?: unknown;
  readonly references?: readonly string[];
}

export interface ConfigModule {
  readonly resources?: readonly ConfigResource[] | undefined;
  readonly module_calls?: Readonly<Record<string, ModuleCall>> | undefined;
  readonly outputs?: Readonly<Record<string, { readonly expression?: Expression | undefined }>> | undefined;
  readonly variables?: Readonly<Record<string, { readonly default?: unknown }>> | undefined;
}

export interface ConfigResource {
  readonly address: string;
  readonly mode?: string | undefined;
  readonly type: string;
  readonly name: string;
  readonly expressions?: Readonly<Record<string, unknown>> | undefined;
  readonly for_each_expression?: Expression | undefined;
  readonly count_expression?: Expression | undefined;
}

export interface ModuleCall {
  readonly source?: string | undefined;
  readonly expressions?: Readonly<Record<string, unknown>> | undefined;
  readonly for_each_expression?: Expression | undefined;
  readonly count_expression?: Expression | undefined;
  readonly module?: ConfigModule | undefined;
}

export interface Plan {
  readonly instances: readonly Instance[];
  readonly configuration: ConfigModule;
  readonly providers: Readonly<Record<string, unknown>>;
  /** Values of the root module's variables. */
  readonly variables: Readonly<Record<string, unknown>>;
  /** Changes that Terraform puts off to a later plan, with its reason. */
  readonly deferred: readonly { readonly address: string; readonly reason: string }[];
  /** "plan", or "state" where there is nothing planned. */
  readonly kind: 'plan' | 'state';
}

/** What is no plan, with the reason and the way out. */
export class PlanError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'PlanError';
  }
}

const CHANGE = z.object({
  address: z.string(),
  previous_address: z.string().optional(),
  module_address: z.string().optional(),
  mode: z.string().optional(),
  type: z.string(),
  name: z.string(),
  index: z.union([z.string(), z.number()]).optional(),
  provider_name: z.string().optional(),
  deposed: z.string().optional(),
  change: z.object({
    actions: z.array(z.string()),
    before: z.record(z.string(), z.unknown()).nullish(),
    after: z.record(z.string(), z.unknown()).nullish(),
    after_unknown: z.unknown(),
  }),
});
const STATE_RESOURCE = z.object({
  address: z.string(),
  mode: z.string().optional(),
  type: z.string(),
  name: z.string(),
  index: z.union([z.string(), z.number()]).optional(),
  provider_name: z.string().optional(),
  values: z.record(z.string(), z.unknown()).nullish(),
});
const DOCUMENT = z.object({
  format_version: z.string(),
  resource_changes: z.array(z.unknown()).optional(),
  planned_values: z.object({}).loose().optional(),
  prior_state: z.object({}).loose().optional(),
  values: z.object({}).loose().optional(),
  configuration: z.object({}).loose().optional(),
  variables: z.record(z.string(), z.unknown()).optional(),
  deferred_changes: z.array(z.unknown()).optional(),
  errored: z.boolean().optional(),
});
const VARIABLE = z.object({ value: z.unknown() });
const DEFERRED = z.object({
  reason: z.string().optional(),
  resource_change: z.object({ address: z.string().optional() }).loose().optional(),
});

/** Whether a parsed document is a state as Terraform stores it, which is not the format that it shows. */
export function isRawState(value: unknown): boolean {
  return isObject(value) && typeof value['lineage'] === 'string' && typeof value['serial'] === 'number';
}

export const SHOW_PLAN = 'terraform show -json plan.out > plan.json';
export const SHOW_STATE = 'terraform show -json > state.json';

/** Reads the text of a plan; lines of a wrapper before and after the JSON are tolerated. Throws PlanError. */
export function readPlan(text: string, file: string): Plan {
  if (text.startsWith('PK\u0003\u0004'))
    throw new PlanError(`${file} is the plan as Terraform stores it. Show it as JSON first: ${SHOW_PLAN}`);
  const start = /^\s*\{/.test(text) ? 0 : text.search(/^\s*\{\s*"format_version"/m);
  if (start < 0)
    throw new PlanError(
      `${file} is no Terraform plan: it holds no JSON with a format_version. Write it with: ${SHOW_PLAN}`,
    );
  const value = parsed(text.slice(start));
  if (value === undefined)
    throw new PlanError(`${file}: the JSON of the plan is broken or cut off. Write it again with: ${SHOW_PLAN}`);
  if (isObject(value) && '@level' in value)
    throw new PlanError(
      `${file} is what terraform plan -json logs, which is no plan. Write the plan with: ${SHOW_PLAN}`,
    );
  const plan = planOf(value, file);
  if (plan.kind === 'state')
    throw new PlanError(
      `${file} is a state: it plans nothing. Give a plan (${SHOW_PLAN}), or ask about the state: netaudit reach --snapshot ${file} ...`,
    );
  return plan;
}

/** The first whole JSON value of a text; a wrapper may print lines after it. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    // Terraform writes a plan on one line.
    const line = text.slice(0, text.indexOf('\n', text.indexOf('{')));
    try {
      return JSON.parse(line) as unknown;
    } catch {
      return undefined;
    }
  }
}

/** A parsed document as a plan or a state. Throws PlanError for what is neither. */
export function planOf(value: unknown, file: string): Plan {
  if (isRawState(value))
    throw new PlanError(
      `${file} is the state as Terraform stores it. Show it in the documented format first: ${SHOW_STATE}`,
    );
  const document = DOCUMENT.safeParse(value).data;
  if (document === undefined)
    throw new PlanError(`${file} is no Terraform plan: it has no format_version. Write it with: ${SHOW_PLAN}`);
  if (!/^[01]\./.test(document.format_version))
    throw new PlanError(
      `${file} has format_version ${document.format_version.slice(0, 20)}; netaudit reads 0.x and 1.x.`,
    );
  if (document.errored === true)
    throw new PlanError(`${file} is the plan of a run that failed: Terraform says errored. Plan again.`);
  const isPlan = document.resource_changes !== undefined || document.planned_values !== undefined;
  const state = isPlan
    ? resourcesIn(document.prior_state?.['values'], '/prior_state/values')
    : resourcesIn(document.values, '/values');
  const changes = (document.resource_changes ?? []).map((one, i) => {
    const change = CHANGE.safeParse(one);
    if (!change.success)
      throw new PlanError(
        `${file}#/resource_changes/${i}: ${change.error.issues[0]?.path.join('.') ?? ''} is not what a plan holds there. Write the plan again with a current Terraform.`,
      );
    return instanceOf(change.data, `/resource_changes/${i}`);
  });
  // What a targeted plan leaves out exists all the same.
  const known = new Set(changes.flatMap(({ address, previousAddress }) => [address, previousAddress]));
  const { configuration = {}, variables = {}, deferred_changes: deferred = [] } = document;
  return {
    instances: [...changes, ...state.filter(({ address }) => !known.has(address))].sort(byAddress),
    configuration: configuration['root_module'] ?? {},
    providers: (configuration['provider_config'] ?? {}) as Readonly<Record<string, unknown>>,
    variables: Object.fromEntries(
      Object.entries(variables).map(([name, one]) => [name, VARIABLE.safeParse(one).data?.value]),
    ),
    deferred: deferred.flatMap((one) => {
      const { reason = 'unknown', resource_change: change } = DEFERRED.safeParse(one).data ?? {};
      return change?.address === undefined ? [] : [{ address: change.address, reason }];
    }),
    kind: isPlan ? 'plan' : 'state',
  };
}

function byAddress(a: Instance, b: Instance): number {
  return a.address < b.address ? -1 : a.address > b.address ? 1 : 0;
}

function instanceOf(
  {
    address,
    module_address,
    mode,
    type,
    name,
    index,
    provider_name,
    previous_address,
    deposed,
    change,
  }: z.infer<typeof CHANGE>,
  pointer: string,
): Instance {
  const isData = mode === 'data' || /(^|\.)data\./.test(address);
  const before = change.before ?? null;
  return {
    address,
    module: module_address ?? moduleOf(address, type),
    mode: isData ? 'data' : 'managed',
    type,
    name,
    ...(index === undefined ? {} : { key: index }),
    provider: provider_name ?? '',
    actions: change.actions,
    ...(deposed === undefined ? {} : { deposed }),
    // A data source that is read again was there before.
    before: isData ? (change.after ?? null) : before,
    after: change.actions.includes('forget') ? before : (change.after ?? null),
    unknown: change.actions.includes('forget') ? {} : (change.after_unknown ?? {}),
    ...(previous_address === undefined ? {} : { previousAddress: previous_address }),
    pointer,
  };
}

/** All resources of a state, module by module. */
function resourcesIn(values: unknown, at: string): Instance[] {
  const found: Instance[] = [];
  const visit = (module: unknown, pointer: string, depth: number): void => {
    if (!isObject(module) || depth > MOST_MODULES) return;
    const { resources, child_modules: children } = module;
    for (const [i, one] of (Array.isArray(resources) ? (resources as unknown[]) : []).entries()) {
      const resource = STATE_RESOURCE.safeParse(one).data;
      if (resource === undefined) continue;
      const { address, mode, type, name, index, provider_name, values: own } = resource;
      found.push({
        address,
        module: moduleOf(address, type),
        mode: mode === 'data' ? 'data' : 'managed',
        type,
        name,
        ...(index === undefined ? {} : { key: index }),
        provider: provider_name ?? '',
        actions: ['no-op'],
        before: own ?? null,
        after: own ?? null,
        unknown: {},
        pointer: `${pointer}/resources/${i}`,
      });
    }
    for (const [i, child] of (Array.isArray(children) ? (children as unknown[]) : []).entries())
      visit(child, `${pointer}/child_modules/${i}`, depth + 1);
  };
  visit(isObject(values) ? values['root_module'] : undefined, `${at}/root_module`, 0);
  return found;
}

/** Modules within modules, and no more. */
const MOST_MODULES = 50;

/** "module.a[0].aws_vpc.main" -> "module.a[0]". */
function moduleOf(address: string, type: string): string {
  for (const mark of [`data.${type}.`, `${type}.`]) {
    if (address.startsWith(mark)) return '';
    const at = address.indexOf(`.${mark}`);
    if (at > 0) return address.slice(0, at);
  }
  return '';
}
