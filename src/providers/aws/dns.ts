/**
 * Names in Route 53: a record stands for its addresses, for another name, or for a balancer or endpoint that has a name of
 * its own. A private zone's answer goes before a public one's, as it does for hosts in its VPCs.
 * Source: https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/resource-record-sets-values.html
 */
import type { Origin } from '../../model/origin.ts';
import { parseAddress } from '../../net/address.ts';
import type { Estate } from './estate.ts';
import { type Json, isRecord, object, objects, text } from './record.ts';

interface Named {
  readonly words: readonly string[];
  readonly origin: Origin;
  readonly isPrivate: boolean;
}

export function readDnsRecords(estate: Estate): void {
  const { inventory, builder } = estate;
  const zones: Json[] = [
    ...inventory.answers('HostedZones').flatMap(({ records }) => records),
    ...inventory
      .answers('HostedZone@get-hosted-zone')
      .flatMap(({ records }) => records.map((one) => object(one, 'HostedZone') ?? {})),
  ];
  const isPrivate = (id: string | undefined) => {
    const zone = zones.find((one) => bare(text(one, 'Id')) === bare(id));
    const config = zone?.['Config'];
    return isRecord(config) && config['PrivateZone'] === true;
  };
  const found = new Map<string, Named[]>();
  for (const { request, records, document } of inventory.answers('ResourceRecordSets'))
    for (const [i, record] of records.entries()) {
      const name = plain(text(record, 'Name'));
      const words = wordsOf(record);
      if (name === undefined || words.length === 0) continue;
      const pointer = document.placeOf?.(i) ?? `${document.pointer}/${i}`;
      const origin: Origin = { provider: 'aws', kind: 'DNS record', id: name, file: document.file, pointer };
      const one = { words, origin, isPrivate: isPrivate(text(request, 'HostedZoneId') ?? text(request, 'Id')) };
      const list = found.get(name);
      if (list === undefined) found.set(name, [one]);
      else list.push(one);
    }
  for (const [name, all] of found) {
    if (inventory.get('VpcEndpoints', builder.lookup(`dns:${name}`)[0]) !== undefined) continue;
    const inside = all.filter((one) => one.isPrivate);
    const used = inside.length > 0 ? inside : all;
    const standsFor = [...new Set(used.flatMap(({ words }) => words))];
    builder.place(name, [`${name}.`], () => ({
      id: name,
      origin: used[0]!.origin,
      aliases: [`${name}.`],
      interfaces: [],
      standsFor,
    }));
  }
}

/** What a record leads to: addresses, or other names. */
function wordsOf(record: Json): string[] {
  const alias = text(object(record, 'AliasTarget') ?? {}, 'DNSName');
  if (alias !== undefined) return [plain(alias)!.replace(/^dualstack\./, '')];
  const values = objects(record, 'ResourceRecords').flatMap((one) => text(one, 'Value') ?? []);
  const type = text(record, 'Type');
  if (type === 'CNAME') return values.map((value) => plain(value)!);
  return type === 'A' || type === 'AAAA' ? values.filter((value) => parseAddress(value) !== undefined) : [];
}

/** Without the final dot, in lower case, escapes undone. */
function plain(name: string | undefined): string | undefined {
  return name?.replace(/\.$/, '').replaceAll(String.raw`\052`, '*').toLowerCase();
}

function bare(id: string | undefined): string | undefined {
  return id?.replace(/^\/hostedzone\//, '');
}
