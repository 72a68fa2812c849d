/**
 * Which VPCs a transit gateway joins: those of which one is associated with a route table that the other is in. Knows no
 * routes: a VPC whose ranges another one has already is not propagated, and is the one that is looked for here.
 * Source: https://docs.aws.amazon.com/vpc/latest/tgw/tgw-vpc-attachments.html
 */
import type { Entry, Inventory } from './inventory.ts';
import { object, objects, text } from './record.ts';
import { ASSOCIATIONS, ROUTES } from './transit-gateway-table.ts';

/** One VPC at one gateway. */
interface Attachment {
  readonly vpc: string;
  readonly gateway: string;
  /** The table that its packets are routed by; undefined where the snapshot does not tell. */
  readonly table: string | undefined;
  /** The tables that lead to it; undefined where the snapshot does not tell. */
  readonly listed: ReadonlySet<string> | undefined;
}

export class TransitNeighbours {
  private readonly byVpc = new Map<string, Attachment[]>();
  private readonly byGateway = new Map<string, Attachment[]>();

  constructor(inventory: Inventory) {
    const tables = tablesIn(inventory);
    const listed = listedIn(inventory);
    for (const [id, { vpc, gateway }] of vpcsIn(inventory)) {
      const leading = listed === undefined ? undefined : (listed.get(id) ?? new Set<string>());
      const attachment: Attachment = { vpc, gateway, table: tables.get(id), listed: leading };
      push(this.byVpc, vpc, attachment);
      push(this.byGateway, gateway, attachment);
    }
  }

  /** VPCs that a VPC gets to by a transit gateway, or that get to it. */
  of(vpc: string): readonly string[] {
    return (this.byVpc.get(vpc) ?? []).flatMap((own) =>
      (this.byGateway.get(own.gateway) ?? [])
        .filter((far) => far.vpc !== vpc && areJoined(own, far))
        .map((far) => far.vpc),
    );
  }
}

/** VPCs by the attachment that joins them to a gateway: both listings tell of them. */
function vpcsIn(inventory: Inventory): ReadonlyMap<string, Pick<Attachment, 'vpc' | 'gateway'>> {
  const found = new Map<string, Pick<Attachment, 'vpc' | 'gateway'>>();
  const add = ({ id, record }: Entry, vpc: string | undefined) => {
    const gateway = text(record, 'TransitGatewayId');
    const isThere = (text(record, 'State') ?? 'available') === 'available';
    if (vpc !== undefined && gateway !== undefined && isThere) found.set(id, { vpc, gateway });
  };
  for (const entry of inventory.all('TransitGatewayVpcAttachments')) add(entry, text(entry.record, 'VpcId'));
  for (const entry of inventory.all('TransitGatewayAttachments'))
    if (text(entry.record, 'ResourceType') === 'vpc') add(entry, text(entry.record, 'ResourceId'));
  return found;
}

/** The table that routes what comes from an attachment, by attachment. */
function tablesIn(inventory: Inventory): ReadonlyMap<string, string> {
  const tables = new Map<string, string>();
  for (const { id, record } of inventory.all('TransitGatewayAttachments')) {
    const table = text(object(record, 'Association') ?? {}, 'TransitGatewayRouteTableId');
    if (table !== undefined) tables.set(id, table);
  }
  for (const { request, records } of inventory.answers(ASSOCIATIONS))
    for (const record of records) {
      const [table, id] = [text(request, 'TransitGatewayRouteTableId'), text(record, 'TransitGatewayAttachmentId')];
      if (table !== undefined && id !== undefined) tables.set(id, table);
    }
  return tables;
}

/** Attachments by the tables that lead to them: by propagation, or by a route. Undefined where neither is in the snapshot. */
function listedIn(inventory: Inventory): Map<string, Set<string>> | undefined {
  const answers = inventory.answers('TransitGatewayRouteTablePropagations');
  if (answers.length === 0) return undefined;
  const listed = new Map<string, Set<string>>();
  for (const { request, records } of answers)
    for (const record of records) {
      const [table, id] = [text(request, 'TransitGatewayRouteTableId'), text(record, 'TransitGatewayAttachmentId')];
      if (table === undefined || id === undefined || (text(record, 'State') ?? 'enabled') !== 'enabled') continue;
      listed.set(id, (listed.get(id) ?? new Set()).add(table));
    }
  for (const { request, records } of inventory.answers(ROUTES))
    for (const record of records)
      for (const target of objects(record, 'TransitGatewayAttachments')) {
        const [table, id] = [text(request, 'TransitGatewayRouteTableId'), text(target, 'TransitGatewayAttachmentId')];
        if (table !== undefined && id !== undefined) listed.set(id, (listed.get(id) ?? new Set()).add(table));
      }
  return listed;
}

function areJoined(a: Attachment, b: Attachment): boolean {
  if (a.table === undefined || b.table === undefined) return true;
  if (a.listed === undefined || b.listed === undefined) return a.table === b.table;
  return a.listed.has(b.table) || b.listed.has(a.table);
}

function push(lists: Map<string, Attachment[]>, key: string, one: Attachment): void {
  const list = lists.get(key);
  if (list === undefined) lists.set(key, [one]);
  else list.push(one);
}
