/**
 * A plan laid over what exists: records of the snapshot that Terraform manages give way to the plan's, and what a data
 * source says of a resource gives way to the snapshot's own record of it.
 */
import { briefList, briefsOf } from '../snapshot/brief-list.ts';
import type { SnapshotDocument } from '../snapshot/documents.ts';
import type { Missing } from '../model/origin.ts';

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

function subjectOf(kind: string, request: Readonly<Record<string, unknown>>): string {
  return `${kind} ${Object.values(request).find((value) => typeof value === 'string') ?? ''}`;
}

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
  if (typeof record !== 'object' || record === null) return undefined;
  const fields = record as Readonly<Record<string, unknown>>;
  const id = fields[ID_FIELDS[kind] ?? ''] ?? fields['selfLink'] ?? fields['id'];
  return typeof id === 'string' ? plain(id) : undefined;
}

/** An id in the one spelling that ids are compared in. */
export function plain(id: string): string {
  const at = id.indexOf('projects/');
  return (at < 0 ? id : id.slice(at)).toLowerCase();
}
