/**
 * Mistakes that somebody could make: each changes a few words of a source file, as it is loaded, and nothing on disk. What
 * the kernel said must catch every one of them; a mutant whose words are no longer there fails the test and wants new ones.
 */
export interface Mutant {
  readonly name: string;
  readonly file: string;
  /** Words that stand in the file once, and what takes their place. */
  readonly find: string;
  readonly put: string;
}

const ENGINE = 'src/engine';
const AWS = 'src/providers/aws';
const GCP = 'src/providers/gcp';
const AZURE = 'src/providers/azure';

export const MUTANTS: readonly Mutant[] = [
  {
    name: 'the reply is never looked at',
    file: `${ENGINE}/walk.ts`,
    find: 'return merge(space, outcome, route(walk, reply, at, node));',
    put: 'return merge(space, outcome, { ok: asAsked(space, reply.frames, answered, walk.asked), fail: space.none });',
  },
  {
    name: 'rules are read from the last to the first',
    file: `${ENGINE}/compile.ts`,
    find: 'const lines = filter.rules.flatMap((rule)',
    put: 'const lines = filter.rules.toReversed().flatMap((rule)',
  },
  {
    name: 'the shortest prefix wins',
    file: `${ENGINE}/compile.ts`,
    find: '.sort((a, b) => compareRanks(a.rank, b.rank));',
    put: '.sort((a, b) => compareRanks(b.rank, a.rank));',
  },
  {
    name: 'stateful filters forget',
    file: `${ENGINE}/filtering.ts`,
    find: "if (flight.leg === 'return' && filter.state !== undefined && filter.noSession !== 'rules')",
    put: "if (flight.leg === 'return' && filter.state === 'never' && filter.state !== undefined)",
  },
  {
    name: 'what no rule matches passes',
    file: `${ENGINE}/split.ts`,
    find: 'if (!space.isEmpty(rest)) decide(rest, otherwise);',
    put: "if (!space.isEmpty(rest)) decide(rest, 'allow');",
  },
  {
    name: 'a rule that hands on allows',
    file: `${ENGINE}/split.ts`,
    find: "if (rule.action === 'pass') passedOn = space.or(passedOn, share);",
    put: "if (rule.action === 'pass') decide(share, 'allow', rule);",
  },
  {
    name: 'the reply keeps the request’s ports',
    file: 'src/net/fields.ts',
    find: '...(dport === undefined ? {} : { sport: dport }),',
    put: '...(dport === undefined ? {} : { dport }),',
  },
  {
    name: 'a blackhole is passed over',
    file: `${AWS}/route-table.ts`,
    find: 'const entries = routes.flatMap((route, i) =>',
    put: "const entries = routes.filter((route) => text(route, 'State') !== 'blackhole').flatMap((route, i) =>",
  },
  {
    name: 'network ACLs are not met',
    file: `${AWS}/subnet.ts`,
    find: "{ at: 'in', filter: acl.in },\n      { at: 'out', filter: acl.out },",
    put: '',
  },
  {
    name: 'network ACLs keep state',
    file: `${AWS}/network-acl.ts`,
    find: "otherwise: 'deny',\n      defaultText",
    put: "otherwise: 'deny',\n      state: `nacl:${acl.id}`,\n      defaultText",
  },
  {
    name: 'network ACLs are read in the order of the list',
    file: `${AWS}/network-acl.ts`,
    find: '.sort((a, b) => a.number - b.number)',
    put: '',
  },
  {
    name: 'inbound and outbound entries of an ACL are mixed up',
    file: `${AWS}/network-acl.ts`,
    find: "(entry['Egress'] === true) === (direction === 'out')",
    put: "(entry['Egress'] === true) === (direction === 'in')",
  },
  {
    name: 'network ACLs are met inside a subnet',
    file: `${AWS}/subnet.ts`,
    find: "next: { to: 'link', link: lan(id) },\n      rank: [2],",
    put: "next: { to: 'hop', in: hostsDoor(id) },\n      rank: [2],",
  },
  {
    name: 'the internet gateway translates nothing on the way out',
    file: `${AWS}/internet-gateway.ts`,
    find: "rewrites: [{ pairs: { field: 'src', table: pairs } }, ...six],",
    put: 'rewrites: [{}],',
  },
  {
    name: 'a peering leads on beyond the peer',
    file: `${AWS}/peering.ts`,
    find: "    : { to: 'link', link: fabric(to.vpc) };",
    put: "    : { to: 'hop', in: `${known.subnets[0]!.entry.id}#hosts` };",
  },
  {
    name: 'NAT gateways do not translate',
    file: `${AWS}/nat-gateway.ts`,
    find: ', set: { src: own, sport: PORTS } }',
    put: ' }',
  },
  {
    name: 'a group reference forgets peered VPCs',
    file: `${AWS}/security-group.ts`,
    find: 'const peers = new Set([...estate.peersOf(vpc),',
    put: 'const peers = new Set([',
  },
  {
    name: 'only the first security group of an interface counts',
    file: `${AWS}/security-group.ts`,
    find: ': eni.groups.flatMap(',
    put: ': eni.groups.slice(0, 1).flatMap(',
  },
  {
    name: 'outbound rules of security groups are not met',
    file: `${AWS}/network-interface.ts`,
    find: "[{ at: 'out' as const, filter: steps.out }]",
    put: '[]',
  },
  {
    name: 'every subnet uses the main route table',
    file: `${AWS}/route-table.ts`,
    find: 'return this.bySubnet.get(subnet.entry.id) ?? this.main.get(subnet.vpc);',
    put: 'return this.main.get(subnet.vpc);',
  },
  {
    name: 'the last port of a range is left out',
    file: `${AWS}/ip-permission.ts`,
    find: 'dport: [[from, to + 1] as const]',
    put: 'dport: [[from, Math.max(to, from + 1)] as const]',
  },
  {
    name: 'ICMP types are not looked at',
    file: `${AWS}/ip-permission.ts`,
    find: 'const typed = { ...own, icmpType: [[type, type + 1] as const] };',
    put: 'const typed = { ...own };',
  },
  {
    name: 'transit gateways pass over blackholes',
    file: `${AWS}/transit-gateway.ts`,
    find: 'const entries = answers.flatMap(({ records, document }) =>\n      records.flatMap((route, i) =>',
    put: "const entries = answers.flatMap(({ records, document }) =>\n      records.filter((route) => text(route, 'State') !== 'blackhole').flatMap((route, i) =>",
  },
  {
    name: 'priorities are not looked at (Google Cloud)',
    file: `${GCP}/firewall.ts`,
    find: 'a.priority - b.priority || Number(b.denies)',
    put: 'Number(b.denies)',
  },
  {
    name: 'allow wins at equal priority (Google Cloud)',
    file: `${GCP}/firewall.ts`,
    find: 'Number(b.denies) - Number(a.denies)',
    put: 'Number(a.denies) - Number(b.denies)',
  },
  {
    name: 'the order of network policy and rules is the other one (Google Cloud)',
    file: `${GCP}/firewall.ts`,
    find: '...(isBefore ? [...policies(beside), vpc] : [vpc, ...policies(beside)])',
    put: '...(isBefore ? [vpc, ...policies(beside)] : [...policies(beside), vpc])',
  },
  {
    name: 'target tags are not looked at (Google Cloud)',
    file: `${GCP}/firewall.ts`,
    find: '.filter(({ record }) => targets(record, nic))',
    put: '',
  },
  {
    name: 'a source tag stands for every machine (Google Cloud)',
    file: `${GCP}/firewall.ts`,
    find: '.filter(has)\n',
    put: '\n',
  },
  {
    name: 'the group of the interface is not met (Azure)',
    file: `${AZURE}/security-group.ts`,
    find: 'const rules = nsg === undefined ? [] : this.rules(nsg, subnet, direction, origin);',
    put: "const rules = nsg === undefined ? [] : at === 'nic' ? [] : this.rules(nsg, subnet, direction, origin);",
  },
  {
    name: 'priorities are not looked at (Azure)',
    file: `${AZURE}/security-group.ts`,
    find: '.sort((a, b) => a.priority - b.priority)',
    put: '',
  },
  {
    name: 'a route table’s own prefixes do not widen the VirtualNetwork tag (Azure)',
    file: `${AZURE}/service-tag.ts`,
    find: '...learned.ranges,\n      ...this.routed(subnet),',
    put: '...learned.ranges,',
  },
];
