/** Random whole networks of every provider with the ends that can be asked about, and changes whose effect has a direction. */
import type { Random } from '../random.ts';
import { PROVIDERS } from '../kernel/providers.ts';
import type { Documents } from './corpus.ts';

type Json = Record<string, unknown>;

export interface World {
  readonly provider: string;
  readonly files: Documents;
  /** Names of machines, and the internet. */
  readonly ends: readonly string[];
}

export function drawWorld(random: Random, provider = random.pick(PROVIDERS)): World {
  const files = provider.network(random);
  const ends = provider.plan(files).hosts.map(({ id }) => id);
  return { provider: provider.name, files, ends };
}

/** The snapshot with one more rule that allows, or denies, something; AWS groups can only allow. */
export function withRule(random: Random, world: World, action: 'allow' | 'deny'): Documents {
  const files = structuredClone(world.files) as Record<string, unknown>;
  const allow = action === 'allow';
  const port = random.pick([22, 80, 443, 5432, 53]);
  const protocol = random.pick(['tcp', 'udp']);
  const range = random.pick([
    '0.0.0.0/0',
    '10.0.0.0/8',
    '203.0.113.0/24',
    '10.0.0.0/24',
    '10.30.0.0/16',
    '10.10.0.0/24',
  ]);
  if (world.provider === 'gcp') {
    const rules = files['firewall-rules.json'] as Json[];
    const incoming = random.chance(0.6);
    rules.push({
      kind: 'compute#firewall',
      name: 'added',
      selfLink: 'https://www.googleapis.com/compute/v1/projects/acme/global/firewalls/added',
      network: random.pick(rules)['network'],
      direction: incoming ? 'INGRESS' : 'EGRESS',
      priority: random.pick([0, 100, 999, 1000, 1001, 65534]),
      disabled: false,
      [allow ? 'allowed' : 'denied']: [
        random.chance(0.3) ? { IPProtocol: 'all' } : { IPProtocol: protocol, ports: [String(port)] },
      ],
      [incoming ? 'sourceRanges' : 'destinationRanges']: [range],
    });
  } else if (world.provider === 'azure') {
    const group = random.pick(files['nsgs.json'] as Json[]) as Json | undefined;
    const rules = (group?.['securityRules'] ?? []) as Json[];
    const direction = random.pick(['Inbound', 'Outbound']);
    const taken = new Set(rules.filter((rule) => rule['direction'] === direction).map((rule) => rule['priority']));
    let priority = 100 + random.below(3900);
    while (taken.has(priority)) priority++;
    rules.push({
      name: 'added',
      priority,
      direction,
      access: allow ? 'Allow' : 'Deny',
      protocol: random.chance(0.3) ? '*' : protocol,
      sourceAddressPrefix: random.pick(['*', range, 'VirtualNetwork']),
      sourcePortRange: '*',
      destinationAddressPrefix: random.pick(['*', range]),
      destinationPortRange: '*',
    });
  } else if (allow && random.chance(0.5)) {
    const group = random.pick((files['security-groups.json'] as { SecurityGroups: Json[] }).SecurityGroups);
    (group[random.pick(['IpPermissions', 'IpPermissionsEgress'])] as Json[]).push({
      IpProtocol: random.chance(0.3) ? '-1' : protocol,
      FromPort: port,
      ToPort: port,
      IpRanges: [{ CidrIp: range }],
      Ipv6Ranges: [],
      PrefixListIds: [],
      UserIdGroupPairs: [],
    });
  } else {
    const acl = random.pick((files['network-acls.json'] as { NetworkAcls: Json[] }).NetworkAcls);
    const entries = acl['Entries'] as Json[];
    const taken = new Set(entries.map((entry) => entry['RuleNumber']));
    let number = 1 + random.below(1200);
    while (taken.has(number)) number++;
    entries.push({
      RuleNumber: number,
      Egress: random.chance(0.5),
      RuleAction: action,
      Protocol: random.chance(0.3) ? '-1' : protocol === 'tcp' ? '6' : '17',
      CidrBlock: range,
      PortRange: random.chance(0.5) ? { From: port, To: port } : { From: 1024, To: 65535 },
    });
  }
  return files;
}

/** Every IPv4 range of a rule as its two halves; nothing else changes. */
export function withSplitRanges(world: World): Documents {
  const halves = (range: unknown): string[] => {
    const found = /^(\d+)\.(\d+)\.(\d+)\.(\d+)\/(\d+)$/.exec(String(range));
    if (found === null || Number(found[5]) > 31) return [String(range)];
    const length = Number(found[5]) + 1;
    const low = found.slice(1, 5).reduce((sum, part) => sum * 256 + Number(part), 0);
    return [low, low + 2 ** (32 - length)].map(
      (at) => `${[24, 16, 8, 0].map((shift) => Math.floor(at / 2 ** shift) % 256).join('.')}/${length}`,
    );
  };
  const each = (value: unknown): unknown => {
    if (Array.isArray(value))
      return value.flatMap((one: unknown) => {
        const record = one as Json;
        if (record !== null && typeof record === 'object' && 'CidrIp' in record)
          return halves(record['CidrIp']).map((CidrIp) => ({ CidrIp }));
        // An entry of an ACL has one range: two entries with neighbouring numbers.
        if (record !== null && typeof record === 'object' && 'RuleNumber' in record) {
          const number = Number(record['RuleNumber']);
          const parts =
            number >= 32767 || record['CidrBlock'] === undefined ? [record['CidrBlock']] : halves(record['CidrBlock']);
          return parts.map((CidrBlock, i) => ({
            ...record,
            ...(CidrBlock === undefined ? {} : { CidrBlock }),
            RuleNumber: number >= 32767 ? number : number * 2 + i,
          }));
        }
        return [each(one)];
      });
    if (value === null || typeof value !== 'object') return value;
    return Object.fromEntries(
      Object.entries(value).map(([key, inside]) =>
        RANGE_LISTS.has(key) ? [key, (inside as unknown[]).flatMap(halves)] : [key, each(inside)],
      ),
    );
  };
  return each(world.files) as Documents;
}

const RANGE_LISTS = new Set([
  'sourceRanges',
  'destinationRanges',
  'srcIpRanges',
  'destIpRanges',
  'sourceAddressPrefixes',
  'destinationAddressPrefixes',
]);

/** The same files under other names, with the records of each in another order. */
export function shuffled(random: Random, files: Documents): Documents {
  const mix = <T>(list: readonly T[]): T[] =>
    list
      .map((one) => [random.next(), one] as const)
      .sort((a, b) => a[0] - b[0])
      .map(([, one]) => one);
  const content = (value: unknown): unknown => {
    if (Array.isArray(value)) return mix(value);
    if (value === null || typeof value !== 'object') return value;
    return Object.fromEntries(
      mix(Object.entries(value)).map(([key, inside]) => [
        key,
        Array.isArray(inside) ? mix(inside as unknown[]) : inside,
      ]),
    );
  };
  const entries = Object.entries(files);
  const names = mix(entries.map((_, i) => `${i}.json`));
  return Object.fromEntries(entries.map(([, value], i) => [names[i]!, content(value)]));
}

/** The same snapshot with other ids and names, in another alphabetical order; also says how a word is called now. */
export function renamed(world: World): { files: Documents; rename: (word: string) => string } {
  const pattern =
    world.provider === 'aws'
      ? /\b(vpc|subnet|sg|eni|i|acl|rtb|igw|eigw|nat|pcx|tgw|tgw-rtb|tgw-attach|pl|rtbassoc|aclassoc|eipalloc)-0[0-9a-f]{16,17}\b/g
      : /\b(vm|net|sub|vnet|snet|nsg|nsgnic|nic-vm|ip-vm|ip-nat|rt|nat|asg|router|policy|nat-ip)-\d+(-\d+)*\b/g;
  const rename = (word: string) =>
    word.replaceAll(pattern, (id) => {
      const kind = id.slice(0, id.search(world.provider === 'aws' ? /-0/ : /-\d/));
      let mixed = 7;
      for (const letter of id) mixed = (Math.imul(mixed, 31) + letter.charCodeAt(0)) >>> 0;
      const digits = `${mixed.toString(16).padStart(8, '0')}${id.length.toString(16).padStart(2, '0')}`;
      return world.provider === 'aws' ? `${kind}-0${digits.repeat(2).slice(0, 16)}` : `${kind}-x${digits}`;
    });
  return { files: JSON.parse(rename(JSON.stringify(world.files))) as Documents, rename };
}
