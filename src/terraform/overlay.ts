/**
 * A plan laid over what exists: records of the snapshot that Terraform manages give way to the plan's, and what a data
 * source says of a resource gives way to the snapshot's own record of it.
 */
import type { SnapshotDocument } from '../snapshot/documents.ts';

/** One side of a plan. */
export interface TerraformSide {
  readonly documents: readonly SnapshotDocument[];
  /** Id (real or made up) -> address of the resource. */
  readonly addresses: ReadonlyMap<string, string>;
  /** Ids of everything that Terraform manages on either side: a snapshot's own records of them are older. */
  readonly ids: ReadonlySet<string>;
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
  LoadBalancers: 'LoadBalancerArn',
  TargetGroups: 'TargetGroupArn',
};

/** The documents of the snapshot and of one side of the plan, together. */
export function laidOver(snapshot: readonly SnapshotDocument[], side: TerraformSide): readonly SnapshotDocument[] {
  if (snapshot.length === 0) return side.documents;
  const managed = new Set([...side.ids].map(plain));
  const existing = new Set(
    snapshot.flatMap((document) => document.records.flatMap((record) => identityOf(document.kind, record) ?? [])),
  );
  const kept = snapshot.map((document) => only(document, (id) => id === undefined || !managed.has(id)));
  const told = side.documents.map((document) =>
    only(document, (id) => id === undefined || managed.has(id) || !existing.has(id)),
  );
  // "None" in the plan says nothing of what exists beside it.
  return [...kept, ...told.filter((document) => document.records.length > 0 || document.request !== undefined)];
}

function only(document: SnapshotDocument, keep: (id: string | undefined) => boolean): SnapshotDocument {
  const places = document.records.flatMap((record, i) => (keep(identityOf(document.kind, record)) ? [i] : []));
  if (places.length === document.records.length) return document;
  const placeOf = (index: number) => document.placeOf?.(index) ?? `${document.pointer}/${index}`;
  return {
    ...document,
    records: places.map((i) => document.records[i]),
    placeOf: (index) => placeOf(places[index] ?? index),
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
