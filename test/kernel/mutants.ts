/**
 * Mistakes that somebody could make: each changes a few words of the source as it is loaded, and nothing on disk. What the
 * kernel said must catch every one of them. A mutant whose words are no longer there wants new ones.
 */
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

interface Mutant {
  readonly name: string;
  /** The room of the source; files may move within it. */
  readonly room: string;
  /** Words that stand in the room once, and what takes their place. */
  readonly find: string;
  readonly put: string;
}

const ROOT = fileURLToPath(new URL('../../', import.meta.url));

/** The file that holds a mutant's words, if exactly one does and holds them once. */
export function fileOf({ room, find }: Mutant): string | undefined {
  const files = readdirSync(join(ROOT, room), { recursive: true, encoding: 'utf8' }).filter((name) =>
    name.endsWith('.ts'),
  );
  const holding = files.flatMap((name) =>
    readFileSync(join(ROOT, room, name), 'utf8')
      .split(find)
      .slice(1)
      .map(() => `${room}/${name}`),
  );
  return holding.length === 1 ? holding[0] : undefined;
}

const ENGINE = 'src/engine';
const AWS = 'src/providers/aws';
const GCP = 'src/providers/gcp';
const AZURE = 'src/providers/azure';

export const MUTANTS: readonly Mutant[] = [
  {
    name: 'the reply is never looked at',
    room: ENGINE,
    find: 'return merge(space, outcome, route(walk, reply, at, node));',
    put: 'return merge(space, outcome, { ok: asAsked(space, reply.frames, answered, walk.asked), fail: space.none });',
  },
  {
    name: 'rules are read from the last to the first',
    room: ENGINE,
    find: 'const lines = filter.rules.flatMap((rule)',
    put: 'const lines = filter.rules.toReversed().flatMap((rule)',
  },
  {
    name: 'the shortest prefix wins',
    room: ENGINE,
    find: '.sort((a, b) => compareRanks(a.rank, b.rank));',
    put: '.sort((a, b) => compareRanks(b.rank, a.rank));',
  },
  {
    name: 'stateful filters forget',
    room: ENGINE,
    find: "if (flight.leg === 'return' && filter.state !== undefined && filter.noSession !== 'rules')",
    put: "if (flight.leg === 'return' && filter.state === 'never' && filter.state !== undefined)",
  },
  {
    name: 'what no rule matches passes',
    room: ENGINE,
    find: 'if (!space.isEmpty(rest)) decide(rest, otherwise);',
    put: "if (!space.isEmpty(rest)) decide(rest, 'allow');",
  },
  {
    name: 'a rule that hands on allows',
    room: ENGINE,
    find: "if (rule.action === 'pass') passedOn = space.or(passedOn, share);",
    put: "if (rule.action === 'pass') decide(share, 'allow', rule);",
  },
  {
    name: 'the reply keeps the request’s ports',
    room: 'src/net',
    find: '...(dport === undefined ? {} : { sport: dport }),',
    put: '...(dport === undefined ? {} : { dport }),',
  },
  {
    name: 'a blackhole is passed over',
    room: AWS,
    find: 'const entries = routes.flatMap((route, i) =>',
    put: "const entries = routes.filter((route) => text(route, 'State') !== 'blackhole').flatMap((route, i) =>",
  },
  {
    name: 'network ACLs are not met',
    room: AWS,
    find: "{ at: 'in', filter: acl.in },\n      { at: 'out', filter: acl.out },",
    put: '',
  },
  {
    name: 'network ACLs keep state',
    room: AWS,
    find: "defaultText: `no ${direction === 'in' ? 'inbound' : 'outbound'} rule allows it",
    put: "state: `nacl:${acl.id}`, defaultText: `no ${direction === 'in' ? 'inbound' : 'outbound'} rule allows it",
  },
  {
    name: 'network ACLs are read in the order of the list',
    room: AWS,
    find: '.sort((a, b) => a.number - b.number)',
    put: '',
  },
  {
    name: 'inbound and outbound entries of an ACL are mixed up',
    room: AWS,
    find: "({ entry }) => (entry['Egress'] === true) === (direction === 'out')",
    put: "({ entry }) => (entry['Egress'] === true) === (direction === 'in')",
  },
  {
    name: 'network ACLs are met inside a subnet',
    room: AWS,
    find: "next: { to: 'link', link: lan(id) },\n      rank: [3],",
    put: "next: { to: 'hop', in: hostsDoor(id) },\n      rank: [3],",
  },
  {
    name: 'the internet gateway translates nothing on the way out',
    room: AWS,
    find: "rewrites: [{ pairs: { field: 'src', table: pairs } }, ...six, { match: [{ mark: MACHINE }] }],",
    put: 'rewrites: [{}],',
  },
  {
    name: 'a peering leads on beyond the peer',
    room: AWS,
    find: "    : { to: 'link', link: fabric(to.vpc) };",
    put: "    : { to: 'hop', in: `${known.subnets[0]!.entry.id}#hosts` };",
  },
  {
    name: 'NAT gateways do not translate',
    room: AWS,
    find: ', set: { src: own, sport: PORTS, mark: [[0, 1]] } }',
    put: ' }',
  },
  {
    name: 'a group reference forgets peered VPCs',
    room: AWS,
    find: 'const peers = new Set([...estate.peersOf(vpc),',
    put: 'const peers = new Set([',
  },
  {
    name: 'only the first security group of an interface counts',
    room: AWS,
    find: ': eni.groups.flatMap(',
    put: ': eni.groups.slice(0, 1).flatMap(',
  },
  {
    name: 'outbound rules of security groups are not met',
    room: AWS,
    find: "[{ at: 'out' as const, filter: steps.out }]",
    put: '[]',
  },
  {
    name: 'every subnet uses the main route table',
    room: AWS,
    find: 'return this.bySubnet.get(subnet.entry.id) ?? this.main.get(subnet.vpc);',
    put: 'return this.main.get(subnet.vpc);',
  },
  {
    name: 'the last port of a range is left out',
    room: AWS,
    find: 'dport: [[from, to + 1] as const]',
    put: 'dport: [[from, Math.max(to, from + 1)] as const]',
  },
  {
    name: 'ICMP types are not looked at',
    room: AWS,
    find: 'const typed = { ...own, icmpType: [[type, type + 1] as const] };',
    put: 'const typed = { ...own };',
  },
  {
    name: 'transit gateways pass over blackholes',
    room: AWS,
    find: 'const routes = answers.flatMap(({ records, document }) =>\n      records.flatMap((route, i) =>',
    put: "const routes = answers.flatMap(({ records, document }) =>\n      records.filter((route) => text(route, 'State') !== 'blackhole').flatMap((route, i) =>",
  },
  {
    name: 'priorities are not looked at (Google Cloud)',
    room: GCP,
    find: 'a.priority - b.priority || Number(b.denies)',
    put: 'Number(b.denies)',
  },
  {
    name: 'allow wins at equal priority (Google Cloud)',
    room: GCP,
    find: 'Number(b.denies) - Number(a.denies)',
    put: 'Number(a.denies) - Number(b.denies)',
  },
  {
    name: 'the order of network policy and rules is the other one (Google Cloud)',
    room: GCP,
    find: '...(isBefore ? [...policies(beside), vpc] : [vpc, ...policies(beside)])',
    put: '...(isBefore ? [vpc, ...policies(beside)] : [...policies(beside), vpc])',
  },
  {
    name: 'target tags are not looked at (Google Cloud)',
    room: GCP,
    find: 'isFor(record, direction) && isTarget(record, nic)',
    put: 'isFor(record, direction)',
  },
  {
    name: 'a source tag stands for every machine (Google Cloud)',
    room: GCP,
    find: 'network.nics.filter(has)',
    put: 'network.nics',
  },
  {
    name: 'the group of the interface is not met (Azure)',
    room: AZURE,
    find: ': this.rules(nsg, subnet, direction, origin);',
    put: ": at === 'subnet' ? this.rules(nsg, subnet, direction, origin) : [{ origin, action: 'allow', match: [{}], text: '' }];",
  },
  {
    name: 'priorities are not looked at (Azure)',
    room: AZURE,
    find: '.sort((a, b) => a.priority - b.priority)',
    put: '',
  },
  {
    name: 'a route table’s own prefixes do not widen the VirtualNetwork tag (Azure)',
    room: AZURE,
    find: '...learned.ranges,\n      ...this.routed(subnet),',
    put: '...learned.ranges,',
  },
];
