/**
 * The JSON of `terraform show -json` as resource instances with their values before and after. Knows the format, 0.1 to 1.x;
 * knows no resource type.
 * Source: https://developer.hashicorp.com/terraform/internals/json-format
 */
import { z } from 'zod';

export type Values = Readonly<Record<string, unknown>>;

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
  readonly actions: readonly string[];
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
  readonly module?: ConfigModule | undefined;
}

export interface Plan {
  readonly instances: readonly Instance[];
  readonly configuration: ConfigModule;
  readonly providers: Readonly<Record<string, unknown>>;
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
  errored: z.boolean().optional(),
});

/** Whether a parsed document looks like Terraform's. */
export function isTerraform(value: unknown): value is Values {
  return (
    typeof value === 'object' &&
    value !== null &&
    'format_version' in value &&
    ('terraform_version' in value || 'planned_values' in value || 'values' in value || 'resource_changes' in value)
  );
}

/** Reads the text of a plan; a line of a wrapper before the JSON is tolerated. Throws PlanError. */
export function readPlan(text: string, file: string): Plan {
  const start = /^\s*\{/.test(text) ? 0 : text.search(/^\s*\{"?\s*"?format_version|\{\s*"format_version"/m);
  if (start < 0)
    throw new PlanError(
      `${file} is no Terraform plan: it holds no JSON with a format_version. Write it with: terraform show -json plan.out > plan.json`,
    );
  let value: unknown;
  try {
    value = JSON.parse(text.slice(start));
  } catch {
    throw new PlanError(
      `${file}: the JSON of the plan is broken or cut off. Write it again with: terraform show -json plan.out > plan.json`,
    );
  }
  return planOf(value, file);
}

/** A parsed document as a plan. Throws PlanError for what is none. */
export function planOf(value: unknown, file: string): Plan {
  const parsed = DOCUMENT.safeParse(value);
  if (!parsed.success)
    throw new PlanError(
      `${file} is no Terraform plan: it has no format_version. Write it with: terraform show -json plan.out > plan.json`,
    );
  const document = parsed.data;
  if (!/^(0|1)\./.test(document.format_version))
    throw new PlanError(
      `${file} has format_version ${document.format_version.slice(0, 20)}; netaudit reads 0.x and 1.x.`,
    );
  if (document.errored === true)
    throw new PlanError(`${file} is the plan of a run that failed: Terraform says errored. Plan again.`);
  const isPlan = document.resource_changes !== undefined || document.planned_values !== undefined;
  const state = stateResources(isPlan ? (document.prior_state?.['values'] ?? undefined) : document.values);
  const changes = (document.resource_changes ?? []).flatMap((one, i) => {
    const change = CHANGE.safeParse(one);
    if (!change.success)
      throw new PlanError(
        `${file}#/resource_changes/${i}: ${change.error.issues[0]?.path.join('.') ?? ''} is not what a plan holds there. Write the plan again with a current Terraform.`,
      );
    return [instanceOf(change.data, `/resource_changes/${i}`)];
  });
  const known = new Set(changes.map(({ address }) => address));
  const unchanged = state.filter(
    ({ address, mode }) =>
      !known.has(address) && (mode === 'data' || !isPlan || document.resource_changes === undefined),
  );
  const configuration = document.configuration ?? {};
  return {
    instances: [...changes, ...unchanged].sort((a, b) => (a.address < b.address ? -1 : a.address > b.address ? 1 : 0)),
    configuration: configuration['root_module'] ?? {},
    providers: (configuration['provider_config'] ?? {}) as Readonly<Record<string, unknown>>,
    kind: isPlan ? 'plan' : 'state',
  };
}

function instanceOf(
  { address, module_address, mode, type, name, index, provider_name, previous_address, change }: z.infer<typeof CHANGE>,
  pointer: string,
): Instance {
  const isData = mode === 'data' || address.startsWith('data.') || address.includes('.data.');
  return {
    address,
    module: module_address ?? moduleOf(address, type),
    mode: isData ? 'data' : 'managed',
    type,
    name,
    ...(index === undefined ? {} : { key: index }),
    provider: provider_name ?? '',
    actions: change.actions,
    // A data source that is read again was there before.
    before: isData ? (change.after ?? null) : (change.before ?? null),
    after: change.after ?? null,
    unknown: change.after_unknown ?? {},
    ...(previous_address === undefined ? {} : { previousAddress: previous_address }),
    pointer,
  };
}

/** All resources of a state, module by module. */
function stateResources(values: unknown): Instance[] {
  const found: Instance[] = [];
  const visit = (module: unknown, depth: number, at: string): void => {
    if (typeof module !== 'object' || module === null || depth > 50) return;
    const { resources, child_modules: children } = module as { resources?: unknown; child_modules?: unknown };
    for (const [i, one] of (Array.isArray(resources) ? (resources as unknown[]) : []).entries()) {
      const parsed = STATE_RESOURCE.safeParse(one);
      if (!parsed.success) continue;
      const { address, mode, type, name, index, provider_name, values: own } = parsed.data;
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
        pointer: `${at}/resources/${i}`,
      });
    }
    for (const [i, child] of (Array.isArray(children) ? (children as unknown[]) : []).entries())
      visit(child, depth + 1, `${at}/child_modules/${i}`);
  };
  visit((values as { root_module?: unknown } | undefined)?.root_module, 0, '/values/root_module');
  return found;
}

/** "module.a[0].aws_vpc.main" -> "module.a[0]". */
function moduleOf(address: string, type: string): string {
  const at = address.search(new RegExp(`(^|\\.)(data\\.)?${type}\\.`));
  return at <= 0 ? '' : address.slice(0, at);
}
