/**
 * Everything that the documents hold, by kind and id, once: duplicates merged, contradictions judged, bad records noted.
 * Knows where each record stands. Knows nothing of what records mean for packets.
 */
import type { NetworkBuilder } from '../../model/builder.ts';
import type { ProviderDocument } from '../../model/finding.ts';
import type { Origin } from '../../model/origin.ts';
import { briefsOf } from '../../snapshot/brief-list.ts';
import { type RecordTable, tableOf } from '../../snapshot/record-table.ts';
import { type Json, isRecord, nameTagOf, tagsOf, text } from './record.ts';

/** Kind as the documents name it -> the field that is its id, and what people call it. */
const KINDS: Readonly<Record<string, { readonly id: string; readonly called: string; readonly also?: string }>> = {
  Vpcs: { id: 'VpcId', called: 'VPC' },
  Subnets: { id: 'SubnetId', called: 'subnet' },
  SecurityGroups: { id: 'GroupId', called: 'security group' },
  SecurityGroupRules: { id: 'SecurityGroupRuleId', called: 'security group rule' },
  SecurityGroupVpcAssociations: { id: 'GroupId', called: 'security group association' },
  NetworkAcls: { id: 'NetworkAclId', called: 'network ACL' },
  RouteTables: { id: 'RouteTableId', called: 'route table' },
  NetworkInterfaces: { id: 'NetworkInterfaceId', called: 'network interface' },
  Instances: { id: 'InstanceId', called: 'instance' },
  InternetGateways: { id: 'InternetGatewayId', called: 'internet gateway' },
  EgressOnlyInternetGateways: { id: 'EgressOnlyInternetGatewayId', called: 'egress-only internet gateway' },
  NatGateways: { id: 'NatGatewayId', called: 'NAT gateway' },
  Addresses: { id: 'PublicIp', called: 'elastic address' },
  VpcPeeringConnections: { id: 'VpcPeeringConnectionId', called: 'peering connection' },
  TransitGateways: { id: 'TransitGatewayId', called: 'transit gateway' },
  // A peering attachment has one id at both gateways, and an association at each.
  TransitGatewayAttachments: {
    id: 'TransitGatewayAttachmentId',
    called: 'transit gateway attachment',
    also: 'TransitGatewayId',
  },
  TransitGatewayVpcAttachments: { id: 'TransitGatewayAttachmentId', called: 'transit gateway attachment' },
  TransitGatewayRouteTables: { id: 'TransitGatewayRouteTableId', called: 'transit gateway route table' },
  VpnConnections: { id: 'VpnConnectionId', called: 'VPN connection' },
  VpnGateways: { id: 'VpnGatewayId', called: 'virtual private gateway' },
  VpcEndpoints: { id: 'VpcEndpointId', called: 'VPC endpoint' },
  LoadBalancers: { id: 'LoadBalancerArn', called: 'load balancer' },
  LoadBalancerDescriptions: { id: 'LoadBalancerName', called: 'classic load balancer' },
  TargetGroups: { id: 'TargetGroupArn', called: 'target group' },
  'PrefixLists@describe-managed-prefix-lists': { id: 'PrefixListId', called: 'prefix list' },
  'PrefixLists@describe-prefix-lists': { id: 'PrefixListId', called: 'prefix list' },
};

/** One record with its place and whose it is. */
export interface Entry {
  readonly id: string;
  readonly record: Json;
  /** The parts of the record that stand in memory (all of it, for most kinds); the record itself may have to be read. */
  readonly brief: Json;
  readonly origin: Origin;
  /** The Name tag, or the name field that its kind has. */
  readonly name: string | undefined;
  readonly tags: Readonly<Record<string, string>>;
  readonly account: string | undefined;
  readonly region: string | undefined;
  readonly collectedAt: string | undefined;
}

/** An entry straight from a document: large estates hold many, so what few ask for is worked out when it is asked for. */
class DocumentEntry implements Entry {
  readonly id: string;
  readonly brief: Json;
  private readonly document: ProviderDocument;
  private readonly index: number;
  private known: string | undefined | null = null;

  constructor(id: string, brief: Json, document: ProviderDocument, index: number) {
    this.id = id;
    this.brief = brief;
    this.document = document;
    this.index = index;
  }

  get record(): Json {
    const record = this.document.records[this.index];
    return isRecord(record) ? record : this.brief;
  }

  get origin(): Origin {
    const { name, document } = this;
    return {
      provider: 'aws',
      kind: KINDS[document.kind]!.called,
      id: this.id,
      ...(name === undefined ? {} : { name }),
      file: document.file,
      pointer: pointerOf(document, this.index),
    };
  }

  /** Kept, since every name is compared with each word that a question uses. */
  get name(): string | undefined {
    if (this.known === null) {
      const { brief } = this;
      this.known =
        nameTagOf(brief) ??
        text(brief, 'GroupName') ??
        text(brief, 'PrefixListName') ??
        text(brief, 'LoadBalancerName');
    }
    return this.known;
  }

  get tags(): Readonly<Record<string, string>> {
    return tagsOf(this.brief);
  }

  get account(): string | undefined {
    return text(this.brief, 'OwnerId') ?? this.document.scope.account;
  }

  get region(): string | undefined {
    return this.document.scope.region;
  }

  get collectedAt(): string | undefined {
    return this.document.collectedAt;
  }
}

/** Answers that are about something named in the request: entries of a prefix list, routes of a transit gateway table. */
export interface Answer {
  readonly request: Json;
  readonly records: readonly Json[];
  readonly document: ProviderDocument;
}

export class Inventory {
  private readonly kinds = new Map<string, Map<string, Entry>>();
  private readonly sorted = new Map<string, readonly Entry[]>();
  private readonly indexes = new Map<string, ReadonlyMap<string | undefined, readonly Entry[]>>();
  private readonly searchable = new Map<string, Searchable>();
  private readonly asked = new Map<string, ProviderDocument[]>();

  constructor(documents: readonly ProviderDocument[], builder: NetworkBuilder) {
    for (const document of documents) {
      const list = this.asked.get(document.kind);
      if (list === undefined) this.asked.set(document.kind, [document]);
      else list.push(document);
      const kind = KINDS[document.kind];
      if (kind !== undefined)
        for (const [index, brief] of briefsOf(document.records).entries())
          this.add(document, kind, index, brief, builder);
    }
  }

  /** All entries of a kind, sorted by id. */
  all(kind: string): readonly Entry[] {
    const known = this.sorted.get(kind);
    if (known !== undefined) return known;
    const list = [...(this.kinds.get(kind)?.values() ?? [])].sort((a, b) => (a.id < b.id ? -1 : 1));
    this.sorted.set(kind, list);
    return list;
  }

  get(kind: string, id: string | undefined): Entry | undefined {
    return id === undefined ? undefined : this.kinds.get(kind)?.get(id);
  }

  /** The entries in whose records a text may stand: all that hold it, and some that don't. */
  *holding(kind: string, word: string): Iterable<Entry> {
    let known = this.searchable.get(kind);
    if (known === undefined) this.searchable.set(kind, (known = searchableIn(this.kinds.get(kind)?.values() ?? [])));
    for (const table of known.tables)
      for (const row of table.holding(word)) {
        const entry = this.get(kind, text(row as Json, KINDS[kind]!.id));
        if (entry !== undefined) yield entry;
      }
    yield* known.others;
  }

  /** Whether any document of the kind is there, even an empty one. */
  knows(kind: string): boolean {
    return this.asked.has(kind);
  }

  answers(kind: string): readonly Answer[] {
    return (this.asked.get(kind) ?? []).map((document) => ({
      request: document.request ?? {},
      records: document.records.filter(isRecord),
      document,
    }));
  }

  /** Entries of a kind by what their records hold under a key, sorted by id; indexed once. */
  where(kind: string, key: string, value: string): readonly Entry[] {
    const name = `${kind} ${key}`;
    let index = this.indexes.get(name);
    if (index === undefined) {
      index = Map.groupBy(this.all(kind), ({ record }) => text(record, key));
      this.indexes.set(name, index);
    }
    return index.get(value) ?? [];
  }

  /** Adds what another document says of something (an instance's interfaces); what is there already stays. */
  addMissing(kind: string, entry: Entry): void {
    const entries = this.kinds.get(kind) ?? new Map<string, Entry>();
    this.kinds.set(kind, entries);
    if (entries.has(entry.id)) return;
    entries.set(entry.id, entry);
    this.sorted.delete(kind);
    this.searchable.delete(kind);
    this.indexes.clear();
  }

  private add(
    document: ProviderDocument,
    kind: { id: string; called: string; also?: string },
    index: number,
    record: unknown,
    builder: NetworkBuilder,
  ): void {
    const id = isRecord(record) ? text(record, kind.id) : undefined;
    if (!isRecord(record) || id === undefined) {
      builder.note({
        file: document.file,
        pointer: pointerOf(document, index),
        message: `this ${kind.called} has no ${kind.id} and was left out`,
      });
      return;
    }
    const entry = new DocumentEntry(id, record, document, index);
    const entries = this.kinds.get(document.kind) ?? new Map<string, Entry>();
    this.kinds.set(document.kind, entries);
    const key = kind.also === undefined ? id : `${id} ${text(record, kind.also) ?? ''}`;
    const known = entries.get(key);
    entries.set(key, known === undefined ? entry : newer(known, entry, kind.called, builder));
  }
}

/** Entries whose records are rows of tables that can be searched, and the others. */
interface Searchable {
  readonly tables: ReadonlySet<RecordTable>;
  readonly others: readonly Entry[];
}

function searchableIn(entries: Iterable<Entry>): Searchable {
  const tables = new Set<RecordTable>();
  const others: Entry[] = [];
  for (const entry of entries) {
    const table = tableOf(entry.brief);
    if (table === undefined) others.push(entry);
    else tables.add(table);
  }
  return { tables, others };
}

function pointerOf(document: ProviderDocument, index: number): string {
  return document.placeOf?.(index) ?? `${document.pointer}/${index}`;
}

/** Two records of one id: the same (merged), or the newer one with a note, or a contradiction that names both files. */
function newer(a: Entry, b: Entry, called: string, builder: NetworkBuilder): Entry {
  if (canonical(a.record) === canonical(b.record)) return a;
  if (a.collectedAt === undefined || b.collectedAt === undefined || a.collectedAt === b.collectedAt) {
    builder.contradiction(`${called} ${a.id}`, [a.origin.file, b.origin.file]);
    return a;
  }
  const [older, latest] = a.collectedAt < b.collectedAt ? [a, b] : [b, a];
  builder.note({
    file: older.origin.file,
    pointer: older.origin.pointer,
    resource: a.id,
    message: `${called} ${a.id} is described differently in ${latest.origin.file}, which is newer and was used`,
  });
  return latest;
}

/** The record as text, whatever the order of its keys. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_, one: unknown) =>
    isRecord(one) ? Object.fromEntries(Object.entries(one).sort(([a], [b]) => (a < b ? -1 : 1))) : one,
  );
}
