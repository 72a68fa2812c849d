/**
 * A Terraform plan as provider documents before and after, and a state as documents: the readers then treat them as any
 * others. Knows which address made which id, so that answers can say where a resource stands in the configuration.
 * Source: https://developer.hashicorp.com/terraform/internals/json-format
 */
import type { SnapshotDocument } from '../snapshot/documents.ts';
import type { Missing } from '../model/origin.ts';
import { addressesIn, existingResources, firstInterfaces, withInterface } from './existing.ts';
import type { Listing, Plugin } from './family.ts';
import { Links } from './links.ts';
import { MadeUp } from './made-up.ts';
import { type TerraformSide, answerIn, briefRecords, identityOf, laidOver, plain, recordsBy } from './overlay.ts';
import type { Instance, Plan } from './plan.ts';
import { isPart, lonely } from './parts.ts';
import { PLUGINS, pluginOf } from './plugins.ts';
import { type Setting, settingOf } from './setting.ts';
import { type Resource, Side, isChanged } from './side.ts';
import { type Json, type Values, filled, flag, isObject, text, unknownIn } from './values.ts';

export { type Instance, type Plan, PlanError, readPlan } from './plan.ts';
export type { TerraformSide } from './overlay.ts';
export { type ReadFolder, Sources } from './source.ts';

/** Resources whose change may change flows, and the network with any of them left as it was. */
export class TerraformPlan {
  readonly plan: Plan;
  readonly file: string;
  private readonly links: Links;
  private readonly madeUp: MadeUp;
  /** Of the one provider whose ids hold its settings. */
  private readonly setting: Setting;
  private readonly existing: readonly SnapshotDocument[];
  private readonly recorded: (kind: string, id: string) => Json | undefined;
  /** What the snapshot holds of things that the plan refers to. */
  private readonly beside: readonly Resource[];
  private readonly old = new Map<Instance, Resource>();
  private readonly now = new Map<Instance, Resource>();

  /** `existing` are the documents of what exists, which the plan is laid over. */
  constructor(plan: Plan, file: string, existing: readonly SnapshotDocument[] = []) {
    this.plan = plan;
    this.file = file;
    this.existing = existing;
    this.recorded = recordsBy(existing);
    this.madeUp = new MadeUp(() => addressesIn(existing));
    const interfaces = firstInterfaces(existing);
    this.setting = settingOf(plan, 'google');
    this.links = new Links(plan, (instance, values) => madeUpId(instance, values, this.setting));
    for (const instance of plan.instances) {
      const seen = (values: Values) => this.resourceOf(instance, withInterface(instance, values, interfaces));
      if (instance.before !== null) this.old.set(instance, seen(instance.before));
      if (instance.after !== null) this.now.set(instance, seen(this.links.after(instance)));
      else if (instance.before !== null && isLeftAlone(instance)) this.now.set(instance, seen(instance.before));
    }
    this.beside =
      existing.length === 0 ? [] : existingResources(existing, [...this.old.values(), ...this.now.values()]);
  }

  /** What is there after apply, with every id that can be told. */
  get resources(): readonly Resource[] {
    return [...this.now.values()];
  }

  /** The same plan laid over what exists. */
  over(existing: readonly SnapshotDocument[]): TerraformPlan {
    return existing.length === 0 ? this : new TerraformPlan(this.plan, this.file, existing);
  }

  /** Instances that the plan changes, in the order of their addresses. */
  get changed(): readonly Instance[] {
    return this.plan.instances.filter(
      (instance) => instance.mode === 'managed' && isRead(instance.type) && isChanged(instance),
    );
  }

  before(): TerraformSide {
    return this.side((instance) => this.old.get(instance));
  }

  /** After apply; `without` are the addresses of changes that are left out. */
  after(without: ReadonlySet<string> = new Set()): TerraformSide {
    return this.side((instance) => (without.has(instance.address) ? this.old : this.now).get(instance));
  }

  /** What the plan itself says that it can't tell, and what it changes that nobody reads though packets may meet it. */
  get doubts(): readonly Missing[] {
    const deferred = this.plan.deferred.map(({ address, reason }) => ({
      what: `${address}, which Terraform puts off to a later plan (${reason})`,
      fetch: null,
    }));
    const unmodelled = this.plan.instances
      .filter((one) => one.mode === 'managed' && isChanged(one) && !isRead(one.type))
      .filter(({ type }) => pluginOf(type)?.unmodelled.test(type) === true)
      .map(({ address }) => ({
        what: `what ${address} does with packets: netaudit does not model it yet`,
        fetch: null,
      }));
    return [...deferred, ...unmodelled, ...this.lonelyParts()];
  }

  /** Parts that the plan makes or takes away and that leave everything as it is: what they belong to is nowhere. */
  private lonelyParts(): Missing[] {
    const parts = this.changed.filter((one) => isPart(one) && (one.before === null) !== (one.after === null));
    if (parts.length === 0) return [];
    const written = (left: Instance | undefined, sides: ReadonlyMap<Instance, Resource>) =>
      JSON.stringify(this.translated((instance) => (instance === left ? undefined : sides.get(instance))).own);
    const whole = { old: written(undefined, this.old), now: written(undefined, this.now) };
    return parts.slice(0, MOST_PARTS).flatMap((part) => {
      const sides = part.after === null ? this.old : this.now;
      const values = sides.get(part)?.values ?? {};
      return written(part, sides) === (part.after === null ? whole.old : whole.now) ? [lonely(part, values)] : [];
    });
  }

  /** Types that are not read, with how many there are. */
  get unread(): readonly { readonly type: string; readonly count: number }[] {
    const counts = new Map<string, number>();
    for (const { type, mode } of this.plan.instances)
      if (mode === 'managed' && !isRead(type)) counts.set(type, (counts.get(type) ?? 0) + 1);
    return [...counts].map(([type, count]) => ({ type, count })).sort((a, b) => (a.type < b.type ? -1 : 1));
  }

  private resourceOf(instance: Instance, values: Values): Resource {
    const id = text(values, 'id') ?? madeUpId(instance, values, this.setting);
    return { instance, values: { ...values, id }, id };
  }

  private side(onThisSide: (instance: Instance) => Resource | undefined): TerraformSide {
    const { own, side, both, here } = this.translated(onThisSide);
    const addresses = addressesOf([...both, ...here]);
    const ids = new Set([
      ...both.flatMap(({ id, values }) => [id, text(values, 'primary_network_interface_id') ?? id]),
      ...side.amended,
    ]);
    const unknown = unknownsIn(own).map((expression) => ({
      what: `${expression}, known only after apply`,
      fetch: null,
    }));
    return {
      documents: laidOver(this.existing, { documents: own, ids }),
      addressOf: (id) => addressIn(addresses, id),
      missing: [...side.missing.values(), ...unknown],
    };
  }

  /** The plan's own documents of one side. */
  private translated(onThisSide: (instance: Instance) => Resource | undefined) {
    const here = this.plan.instances.flatMap((instance) => onThisSide(instance) ?? []);
    const both = [...this.old.values(), ...this.now.values()].filter(({ instance }) => instance.mode === 'managed');
    const side = new Side([...here, ...this.beside], both, {
      madeUp: this.madeUp,
      setting: this.setting,
      isOver: this.existing.length > 0,
      recorded: this.recorded,
      listed: (kind) => this.existing.flatMap((one) => (one.kind === kind ? briefRecords(one) : [])),
      told: (kind, about) => answerIn(this.existing, kind, about),
      writes: (instance, attribute) => this.links.writes(instance, attribute),
    });
    const pointers = new Map([...both, ...here].map(({ id, instance }) => [plain(id), instance.pointer]));
    const own = PLUGINS.flatMap((plugin) => this.documentsOf(plugin, side, pointers));
    return { own, side, both, here };
  }

  private documentsOf(
    { provider, prefix, families }: Plugin,
    side: Side,
    pointers: ReadonlyMap<string, string>,
  ): SnapshotDocument[] {
    if (!side.types.some((type) => type.startsWith(prefix))) return [];
    const whole = new Map<string, Listing>();
    const asked: Listing[] = [];
    for (const listing of families.flatMap((family) => family.read(side))) {
      const known = whole.get(listing.kind);
      if (listing.request !== undefined) asked.push(listing);
      else if (known === undefined) whole.set(listing.kind, listing);
      else
        whole.set(listing.kind, {
          kind: listing.kind,
          records: [...known.records, ...listing.records],
          complete: known.complete === true || listing.complete === true,
        });
    }
    return [...whole.values(), ...asked].flatMap(({ kind, records, request, complete }): SnapshotDocument[] => {
      if (records.length === 0 && complete !== true) return [];
      return [
        {
          provider,
          kind,
          file: this.file,
          pointer: '',
          placeOf: (index) => placeOf(identityOf(kind, records[index]), pointers),
          records: records.map(filled),
          scope: {},
          ...(request === undefined ? {} : { request }),
          ...(records.length === 0 ? { askedNone: true as const } : {}),
        },
      ];
    });
  }
}

/** More parts than this are not looked at one by one. */
const MOST_PARTS = 150;

/** Where the resource stands that a record was made of; of what it brings along, the resource itself. */
function placeOf(id: string | undefined, pointers: ReadonlyMap<string, string>): string {
  for (let at = id; at !== undefined && at !== ''; at = at.slice(0, Math.max(0, at.lastIndexOf('/')))) {
    const pointer = pointers.get(at);
    if (pointer !== undefined) return pointer;
  }
  return '';
}

/** Every spelling of a resource's id -> its address. */
function addressesOf(resources: readonly Resource[]): ReadonlyMap<string, string> {
  const addresses = new Map<string, string>();
  for (const { id, instance, values } of resources) {
    if (instance.mode !== 'managed' || !isRead(instance.type)) continue;
    for (const key of [id, ...['primary_network_interface_id', 'self_link', 'arn'].map((one) => text(values, one))])
      if (key !== undefined) for (const spelled of [key, plain(key)]) addresses.set(spelled, instance.address);
  }
  return addresses;
}

/** The address of an id, or of what a made-up id is a part of: "aws_lb.web/eni0". */
function addressIn(addresses: ReadonlyMap<string, string>, id: string): string | undefined {
  let at = id.replace(/#nic\d+$/, '');
  for (let level = 0; level < MOST_LEVELS; level++) {
    const found = addresses.get(at) ?? addresses.get(plain(at));
    const cut = at.lastIndexOf('/');
    if (found !== undefined || cut <= 0) return found;
    at = at.slice(0, cut);
  }
  return undefined;
}

/** ".../virtualMachineScaleSets/web/virtualMachines/0/networkInterfaces/nic" is a part of the scale set. */
const MOST_LEVELS = 5;

/** What every account or network has anyway: Terraform adopts it and lets go of it, and it stays as it is. */
function isLeftAlone({ type, actions, before }: Instance): boolean {
  return type.startsWith('aws_default_') && actions.includes('delete') && flag(before ?? {}, 'force_destroy') !== true;
}

function isRead(type: string): boolean {
  return pluginOf(type)?.types.has(type) === true;
}

/** What stands for an id that only apply will tell: something that the reader can tell the kind by. */
function madeUpId({ type, address }: Instance, values: Values, setting: Setting): string {
  const known = text(values, 'id');
  if (known !== undefined) return known;
  return pluginOf(type)?.ids[type]?.(values, address, setting) ?? address;
}

/** Names and labels: whoever reads them decides nothing by them. */
const UNDECISIVE: ReadonlySet<string> = new Set(
  'Tags TagSet tags labels name Name GroupName AvailabilityZone DNSName Description description location OwnerId LoadBalancerName TargetGroupName region zone'.split(
    ' ',
  ),
);

/** The expressions that stand in documents in place of values. */
function unknownsIn(documents: readonly SnapshotDocument[]): string[] {
  const found = new Set<string>();
  const visit = (value: unknown, depth: number): void => {
    const expression = unknownIn(value);
    if (expression !== undefined) found.add(expression);
    if (depth > 8 || typeof value !== 'object' || value === null) return;
    if (Array.isArray(value)) for (const one of value) visit(one, depth + 1);
    else if (isObject(value))
      for (const [key, one] of Object.entries(value)) if (!UNDECISIVE.has(key)) visit(one, depth + 1);
  };
  for (const { records } of documents) visit(records, 0);
  return [...found].sort();
}
