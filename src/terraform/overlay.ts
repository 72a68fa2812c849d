/**
 * A plan laid over what exists: records of the snapshot that Terraform manages give way to the plan's, and what a data
 * source says of a resource gives way to the snapshot's own record of it.
 */
import { briefList, briefsOf } from '../snapshot/brief-list.ts';
import type { SnapshotDocument } from '../snapshot/documents.ts';
import { keysOfRecord } from '../snapshot/record-table.ts';
import type { Missing } from '../model/origin.ts';
import { type Json, isObject } from './values.ts';

/** One side of a plan, over what exists. */
export interface TerraformSide {
  readonly documents: readonly SnapshotDocument[];
  /** The address of the resource with this id, real or made up, or of the one that this is a part of. */
  readonly addressOf: (id: string) => string | undefined;
  /** What this side refers to and nothing holds. */
  readonly missing: readonly Missing[];
}

/** Field that is a record's own id, by kind, where it is not `id`. */
const ID_FIELDS: Readonly<Record<string, string>> = {
  Vpcs: 'VpcId',
  Subnets: 'SubnetId',
  SecurityGroups: 'GroupId',
  NetworkAcls: 'NetworkAclId',
  RouteTables: 'RouteTableId',
  InternetGateways: 'InternetGatewayId',
  EgressOnlyInternetGateways: 'EgressOnlyInternetGatewayId',
  NatGateways: 'NatGatewayId',
  NetworkInterfaces: 'NetworkInterfaceId',
  Instances: 'InstanceId',
  Addresses: 'AllocationId',
  VpcPeeringConnections: 'VpcPeeringConnectionId',
  VpcEndpoints: 'VpcEndpointId',
  VpnGateways: 'VpnGatewayId',
  VpnConnections: 'VpnConnectionId',
  CustomerGateways: 'CustomerGatewayId',
  TransitGateways: 'TransitGatewayId',
  TransitGatewayVpcAttachments: 'TransitGatewayAttachmentId',
  TransitGatewayAttachments: 'TransitGatewayAttachmentId',
  TransitGatewayRouteTables: 'TransitGatewayRouteTableId',
  LoadBalancers: 'LoadBalancerArn',
  LoadBalancerDescriptions: 'LoadBalancerName',
  TargetGroups: 'TargetGroupArn',
  Listeners: 'ListenerArn',
  'Rules@describe-rules': 'RuleArn',
  'PrefixLists@describe-managed-prefix-lists': 'PrefixListId',
  'PrefixLists@describe-prefix-lists': 'PrefixListId',
};

/** The documents of the snapshot and of one side of the plan, together. `ids`: of what the plan's own records replace. */
export function laidOver(
  snapshot: readonly SnapshotDocument[],
  side: { readonly documents: readonly SnapshotDocument[]; readonly ids: ReadonlySet<string> },
): readonly SnapshotDocument[] {
  if (snapshot.length === 0) return side.documents;
  const managed = new Set([...side.ids].map(plain));
  const told = new Set(
    side.documents.flatMap(({ kind, request }) => (request === undefined ? [] : [subjectOf(kind, request)])),
  );
  const ours = new Set(
    side.documents.flatMap(({ kind, records }) => records.flatMap((one) => identityOf(kind, one) ?? [])),
  );
  const existing = new Set<string>();
  const kept = snapshot.flatMap((document): SnapshotDocument[] => {
    // What the plan answers about something that it manages replaces the older answer.
    if (document.request !== undefined && told.has(subjectOf(document.kind, document.request))) return [];
    return [
      only(document, (id) => {
        if (id === undefined) return true;
        if (ours.has(id)) existing.add(id);
        return !managed.has(id);
      }),
    ];
  });
  const added = side.documents.map((document) =>
    document.request === undefined
      ? only(document, (id) => id === undefined || managed.has(id) || !existing.has(id))
      : document,
  );
  // "None" in the plan says nothing of what exists beside it.
  return [...kept, ...added.filter((document) => document.records.length > 0 || document.request !== undefined)];
}

/** The parts of a document's records that stand in memory, as ordinary objects. */
export function briefRecords({ records }: SnapshotDocument): Json[] {
  return briefsOf(records).flatMap((brief) => (isObject(brief) ? [ordinary(brief) as Json] : []));
}

/** A value whose objects may be rows of tables, with ordinary ones instead. */
function ordinary(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(ordinary);
  if (!isObject(value)) return value;
  return Object.fromEntries(keysOfRecord(value).map((key) => [key, ordinary(value[key])]));
}

/** Finds the record of a thing in a snapshot; each kind is indexed when it is first asked for. */
export function recordsBy(snapshot: readonly SnapshotDocument[]): (kind: string, id: string) => Json | undefined {
  const kinds = new Map<string, Map<string, () => unknown>>();
  const indexed = (kind: string) => {
    const found = new Map<string, () => unknown>();
    for (const document of snapshot)
      if (document.kind === kind)
        for (const [i, brief] of briefsOf(document.records).entries()) {
          const id = identityOf(kind, brief);
          if (id !== undefined) found.set(id, () => document.records[i]);
        }
    kinds.set(kind, found);
    return found;
  };
  return (kind, id) => {
    const record = (kinds.get(kind) ?? indexed(kind)).get(plain(id))?.();
    return isObject(record) ? record : undefined;
  };
}

/** The records of a snapshot's answers to a call about one thing; undefined where it was not asked. */
export function answerIn(
  snapshot: readonly SnapshotDocument[],
  kind: string,
  about: string,
): readonly Json[] | undefined {
  const subject = `${kind} ${about}`;
  const answers = snapshot.filter(
    (one) => one.kind === kind && one.request !== undefined && subjectOf(kind, one.request) === subject,
  );
  return answers.length === 0 ? undefined : answers.flatMap(({ records }) => records.filter(isObject) as Json[]);
}

/** What a call was about, whoever was called and where. */
function subjectOf(kind: string, request: Readonly<Record<string, unknown>>): string {
  const about = Object.entries(request).find(([key, value]) => typeof value === 'string' && !CALL.has(key));
  return `${kind} ${typeof about?.[1] === 'string' ? about[1] : ''}`;
}

const CALL: ReadonlySet<string> = new Set(['service', 'operation', 'region', 'Region', 'project', 'zone', 'account']);

/** The document without some records; the same one where none goes. */
function only(document: SnapshotDocument, keep: (id: string | undefined) => boolean): SnapshotDocument {
  const { kind, records } = document;
  const briefs = briefsOf(records);
  const places: number[] = [];
  for (const [i, brief] of briefs.entries()) if (keep(identityOf(kind, brief))) places.push(i);
  if (places.length === briefs.length) return document;
  const at = (index: number) => places[index] ?? index;
  return {
    ...document,
    // What was listed and is gone is known to be gone.
    ...(places.length === 0 ? { askedNone: true as const } : {}),
    // Records that don't stand in memory stay where they are.
    records: briefList(
      places.map((i) => briefs[i]),
      (index) => records[at(index)],
    ),
    placeOf: (index) => document.placeOf?.(at(index)) ?? `${document.pointer}/${at(index)}`,
  };
}

/** The id of a record, as ids are compared; undefined for a record without one. */
export function identityOf(kind: string, record: unknown): string | undefined {
  const id = idOf(kind, record);
  return id === undefined ? undefined : plain(id);
}

/** The id of a record as it is written. */
export function idOf(kind: string, record: unknown): string | undefined {
  if (typeof record !== 'object' || record === null) return undefined;
  const fields = record as Readonly<Record<string, unknown>>;
  const id = fields[ID_FIELDS[kind] ?? ''] ?? fields['selfLink'] ?? fields['id'];
  return typeof id === 'string' ? id : undefined;
}

/** An id in the one spelling that ids are compared in. */
export function plain(id: string): string {
  const at = id.indexOf('projects/');
  return (at < 0 ? id : id.slice(at)).toLowerCase();
}
