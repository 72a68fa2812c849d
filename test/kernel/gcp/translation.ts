/**
 * A raw Google Cloud snapshot as namespaces: one a machine, one a network, one for the internet. Firewall rules and
 * policies are stateful chains at the machine, in the order of their stages; each machine has a route table of its own,
 * for routes go by its tags. Written from the provider's pages alone; shares nothing with the readers.
 *
 * Proves: levels, gcp-priority, gcp-targets, gcp-sources, gcp-implied, gcp-stateful, gcp-policy-order,
 * gcp-goto-next, gcp-disabled, gcp-subnet-routes, gcp-route-order, gcp-forwarding, gcp-peering,
 * gcp-external-address, gcp-cloud-nat, gcp-alias.
 */
import { internetOf } from '../outside.ts';
import { Plan, type Space } from '../plan.ts';
import type { Files } from '../topology.ts';

interface Instance {
  name: string;
  status: string;
  canIpForward: boolean;
  tags: { items?: string[] };
  serviceAccounts: { email: string }[];
  networkInterfaces: {
    network: string;
    subnetwork: string;
    networkIP: string;
    aliasIpRanges?: { ipCidrRange: string }[];
    accessConfigs: { natIP?: string }[];
  }[];
}
interface Layer4 {
  IPProtocol?: string;
  ipProtocol?: string;
  ports?: string[];
}
interface Firewall {
  name: string;
  network: string;
  direction: string;
  priority: number;
  disabled: boolean;
  allowed?: Layer4[];
  denied?: Layer4[];
  sourceRanges?: string[];
  sourceTags?: string[];
  sourceServiceAccounts?: string[];
  destinationRanges?: string[];
  targetTags?: string[];
  targetServiceAccounts?: string[];
}
interface PolicyRule {
  priority: number;
  direction: string;
  action: string;
  disabled?: boolean;
  targetServiceAccounts?: string[];
  match: { srcIpRanges?: string[]; destIpRanges?: string[]; layer4Configs: Layer4[] };
}
interface Route {
  network: string;
  destRange: string;
  priority: number;
  tags?: string[];
  nextHopGateway?: string;
  nextHopInstance?: string;
  nextHopNetwork?: string;
}
interface Network {
  name: string;
  selfLink: string;
  networkFirewallPolicyEnforcementOrder: string;
  peerings: { name: string; network: string; state: string }[];
}

const LOCAL = 99;

/** All records of a kind; a list in a file is an array of them. */
function ofKind<T>(files: Files, kind: string): T[] {
  return Object.values(files)
    .flat()
    .filter((one) => (one as { kind?: string }).kind === `compute#${kind}`) as T[];
}

export function gcpPlan(files: Files): Plan {
  const plan = new Plan();
  const internet = internetOf(plan);
  const networks = ofKind<Network>(files, 'network');
  const instances = ofKind<Instance>(files, 'instance');
  const routers = new Map(networks.map(({ selfLink }) => [selfLink, plan.router()]));
  const joined = networks.flatMap((a, i) =>
    networks.slice(i + 1).flatMap((b) => (peered(a, b) && peered(b, a) ? [{ a, b }] : [])),
  );
  for (const [i, { a, b }] of joined.entries()) {
    const [left, right] = [routers.get(a.selfLink)!, routers.get(b.selfLink)!];
    plan.wire(left, `p${i}`, right, `p${i}`);
    for (const side of [left, right]) side.rule(200, `iif p${i}`, LOCAL);
  }
  for (const [n, network] of networks.entries()) {
    const router = routers.get(network.selfLink)!;
    plan.wire(internet, `g${n}`, router, 'gw');
    router.rule(200, 'iif gw', LOCAL);
    router.route(LOCAL, '0.0.0.0/0', 'blackhole');
    router.rule(900, 'from all', LOCAL);
    const members = instances.filter((one) => one.networkInterfaces[0]!.network === network.selfLink);
    for (const instance of members) {
      const i = instances.indexOf(instance);
      const nic = instance.networkInterfaces[0]!;
      const machine = plan.machine({
        id: instance.name,
        addresses: [nic.networkIP, ...(nic.aliasIpRanges ?? []).map(({ ipCidrRange }) => ipCidrRange.split('/')[0]!)],
        publics: nic.accessConfigs.flatMap(({ natIP }) => natIP ?? []),
      });
      plan.plug(machine, router, `i${i}`);
      for (const address of machine.host!.addresses) router.route(LOCAL, `${address}/32`, { device: `i${i}` });
      router.rule(200, `iif i${i}`, 1000 + i);
      routesOf(files, network, instance, router, 1000 + i, (peer) =>
        joined.findIndex(
          ({ a, b }) => (a === network && b.selfLink === peer) || (b === network && a.selfLink === peer),
        ),
      );
      firewalls(files, network, instance, machine);
    }
    edge(files, network, n, members, internet, router);
  }
  return plan;
}

function peered(a: Network, b: Network): boolean {
  return a.peerings.some(({ network, state }) => network === b.selfLink && state === 'ACTIVE');
}

/** Subnets of the network and of its peers, then the best static route for each range that this machine may use. */
function routesOf(
  files: Files,
  network: Network,
  instance: Instance,
  router: Space,
  table: number,
  wireTo: (peer: string) => number,
): void {
  const subnets = ofKind<{ network: string; ipCidrRange: string }>(files, 'subnetwork');
  const taken = new Set<string>();
  for (const { network: where, ipCidrRange } of subnets) {
    const wire = wireTo(where);
    if (where !== network.selfLink && wire < 0) continue;
    taken.add(ipCidrRange);
    router.route(table, ipCidrRange, where === network.selfLink ? 'throw' : { device: `p${wire}` });
  }
  const usable = ofKind<Route>(files, 'route')
    .filter((route) => route.network === network.selfLink && route.nextHopNetwork === undefined)
    .filter(({ tags }) => tags === undefined || tags.some((tag) => instance.tags.items?.includes(tag) === true))
    .sort((a, b) => a.priority - b.priority);
  for (const route of usable) {
    if (taken.has(route.destRange)) continue;
    taken.add(route.destRange);
    // A machine that may not forward swallows what is routed to it.
    router.route(table, route.destRange, route.nextHopGateway === undefined ? 'blackhole' : { device: 'gw' });
  }
  if (!taken.has('0.0.0.0/0')) router.route(table, '0.0.0.0/0', 'blackhole');
}

/** External addresses one to one and without memory; Cloud NAT for those that have none, in its region. */
function edge(
  files: Files,
  network: Network,
  n: number,
  members: readonly Instance[],
  internet: Space,
  router: Space,
): void {
  const pairs = members.flatMap(({ networkInterfaces: [nic] }) =>
    nic!.accessConfigs.flatMap(({ natIP }) =>
      natIP === undefined ? [] : [{ inside: nic!.networkIP, outside: natIP }],
    ),
  );
  const natted = members
    .filter(({ networkInterfaces: [nic] }) => nic!.accessConfigs.every(({ natIP }) => natIP === undefined))
    .filter(({ networkInterfaces: [nic] }) => isNatted(files, network, nic!.subnetwork))
    .map(({ networkInterfaces: [nic] }) => nic!.networkIP);
  const map = (from: 'inside' | 'outside', to: 'inside' | 'outside') =>
    pairs.map((pair) => `${pair[from]} : ${pair[to]}`).join(', ');
  for (const { outside } of pairs) internet.route('main', `${outside}/32`, { device: `g${n}` });
  const nat = natAddress(files, network, n);
  if (natted.length > 0) internet.route('main', `${nat}/32`, { device: `g${n}` });
  router.chain('arrive', 'type filter hook prerouting priority -300;', [
    pairs.length > 0 ? `iifname gw ip daddr set ip daddr map { ${map('outside', 'inside')} }` : '',
  ]);
  // Nobody translates it: the network lacks a NAT, the subnet is in none, the machine has no address of its own.
  const untranslated = router.drop(
    [network.name, ...members.map(({ networkInterfaces: [nic] }) => nic!.subnetwork.split('/').at(-1)!)].join(' '),
  );
  const known = [...pairs.map(({ inside }) => inside), ...natted];
  const outward = ofKind<Route & { name: string }>(files, 'route').filter(
    (route) => route.network === network.selfLink && route.nextHopGateway !== undefined,
  );
  // Either is to blame: the route that leads there, or the network, which no peering brings a better one.
  router.chain('edge', 'type filter hook forward priority 20;', [
    `oifname gw ip daddr 10.0.0.0/8 ${router.drop([network.name, ...outward.map(({ name }) => name)].join(' '))}`,
    known.length > 0 ? `oifname gw ip saddr != { ${known.join(', ')} } ${untranslated}` : `oifname gw ${untranslated}`,
  ]);
  if (natted.length > 0)
    router.chain('nat', 'type nat hook postrouting priority 100;', [
      `oifname gw ip saddr { ${natted.join(', ')} } ip protocol { tcp, udp } snat ip to ${nat}:1024-65535`,
      `oifname gw ip saddr { ${natted.join(', ')} } snat ip to ${nat}`,
    ]);
  router.chain('leave', 'type filter hook postrouting priority 300;', [
    pairs.length > 0 ? `oifname gw ip saddr set ip saddr map { ${map('inside', 'outside')} }` : '',
  ]);
}

/** The address that the network's NAT was given; one that no rule names where the provider takes one. */
function natAddress(files: Files, network: Network, n: number): string {
  const given = ofKind<{ network: string; nats: { natIps?: string[] }[] }>(files, 'router')
    .filter((router) => router.network === network.selfLink)
    .flatMap(({ nats }) => nats.flatMap(({ natIps }) => natIps ?? []));
  const named = ofKind<{ selfLink: string; address: string }>(files, 'address');
  return named.find(({ selfLink }) => given.includes(selfLink))?.address ?? `34.2.${n}.250`;
}

function isNatted(files: Files, network: Network, subnetwork: string): boolean {
  const region = subnetwork.slice(0, subnetwork.indexOf('/subnetworks/'));
  return ofKind<{
    network: string;
    region: string;
    nats: { sourceSubnetworkIpRangesToNat: string; subnetworks?: { name: string }[] }[];
  }>(files, 'router').some(
    (router) =>
      router.network === network.selfLink &&
      router.region === region &&
      router.nats.some(
        (one) =>
          one.sourceSubnetworkIpRangesToNat !== 'LIST_OF_SUBNETWORKS' ||
          one.subnetworks?.some(({ name }) => name === subnetwork) === true,
      ),
  );
}

/** Two chains at the machine: rules and policy in the order that the network chooses, then what is implied. */
function firewalls(files: Files, network: Network, instance: Instance, machine: Space): void {
  const accounts = instance.serviceAccounts.map(({ email }) => email);
  const policies = ofKind<{ name: string; associations: { attachmentTarget: string }[]; rules: PolicyRule[] }>(
    files,
    'firewallPolicy',
  ).filter(({ associations }) => associations.some(({ attachmentTarget }) => attachmentTarget === network.selfLink));
  const rules = ofKind<Firewall>(files, 'firewall').filter(
    (rule) => rule.network === network.selfLink && !rule.disabled,
  );
  for (const [direction, hook, end, device] of [
    ['INGRESS', 'input', 'saddr', 'iif'],
    ['EGRESS', 'output', 'daddr', 'oif'],
  ] as const) {
    const classic = rules
      .filter((rule) => rule.direction === direction && concerns(rule, instance, accounts))
      .sort((a, b) => a.priority - b.priority || Number(a.denied === undefined) - Number(b.denied === undefined));
    machine.chain(
      `rules${hook}`,
      '',
      classic.flatMap((rule) => ruleWords(files, rule, end, machine)),
    );
    for (const [i, policy] of policies.entries())
      machine.chain(
        `policy${i}${hook}`,
        '',
        policy.rules
          .filter((rule) => rule.direction === direction && rule.disabled !== true)
          .filter(
            ({ targetServiceAccounts: targets }) =>
              targets === undefined || targets.some((one) => accounts.includes(one)),
          )
          .sort((a, b) => a.priority - b.priority)
          .flatMap((rule) => {
            const verdict =
              rule.action === 'allow' ? 'accept' : rule.action === 'deny' ? machine.drop(policy.name) : 'return';
            const ranges = (direction === 'INGRESS' ? rule.match.srcIpRanges : rule.match.destIpRanges) ?? [
              '0.0.0.0/0',
            ];
            return words(ranges, rule.match.layer4Configs, end, verdict);
          }),
      );
    const jumps = policies.map((_, i) => `jump policy${i}${hook}`);
    machine.chain(hook, `type filter hook ${hook} priority 0;`, [
      `${device} lo accept`,
      'meta nfproto ipv6 accept',
      'ct state established,related accept',
      ...(network.networkFirewallPolicyEnforcementOrder === 'BEFORE_CLASSIC_FIREWALL'
        ? [...jumps, `jump rules${hook}`]
        : [`jump rules${hook}`, ...jumps]),
      direction === 'INGRESS' ? machine.drop(network.name) : 'accept',
    ]);
  }
}

function concerns(
  { targetTags, targetServiceAccounts }: Firewall,
  instance: Instance,
  accounts: readonly string[],
): boolean {
  if (targetTags !== undefined) return targetTags.some((tag) => instance.tags.items?.includes(tag) === true);
  return targetServiceAccounts === undefined || targetServiceAccounts.some((one) => accounts.includes(one));
}

/** Tags and accounts of the source stand for the primary internal addresses of machines in the rule's own network. */
function ruleWords(files: Files, rule: Firewall, end: 'saddr' | 'daddr', machine: Space): string[] {
  const { sourceRanges, sourceTags, sourceServiceAccounts, destinationRanges } = rule;
  const named = ofKind<Instance>(files, 'instance')
    .filter(({ networkInterfaces: [nic] }) => nic!.network === rule.network)
    .filter(
      (one) =>
        sourceTags?.some((tag) => one.tags.items?.includes(tag) === true) === true ||
        sourceServiceAccounts?.some((account) => one.serviceAccounts.some(({ email }) => email === account)) === true,
    )
    .map(({ networkInterfaces: [nic] }) => nic!.networkIP);
  const isAnywhere = sourceRanges === undefined && sourceTags === undefined && sourceServiceAccounts === undefined;
  const ranges =
    end === 'daddr'
      ? (destinationRanges ?? ['0.0.0.0/0'])
      : isAnywhere
        ? ['0.0.0.0/0']
        : [...(sourceRanges ?? []), ...named];
  return words(
    ranges,
    rule.allowed ?? rule.denied ?? [],
    end,
    rule.denied === undefined ? 'accept' : machine.drop(rule.name),
  );
}

const NUMBERS: Readonly<Record<string, string>> = { '6': 'tcp', '17': 'udp', '1': 'icmp' };

function words(
  ranges: readonly string[],
  layer4: readonly Layer4[],
  end: 'saddr' | 'daddr',
  verdict: string,
): string[] {
  return ranges.flatMap((range) =>
    layer4.flatMap(({ IPProtocol, ipProtocol, ports }) => {
      const written = (IPProtocol ?? ipProtocol ?? 'all').toLowerCase();
      const protocol = NUMBERS[written] ?? written;
      const address = `ip ${end} ${range}`;
      if (protocol === 'all') return [`${address} ${verdict}`];
      if (ports === undefined) return [`${address} meta l4proto ${protocol} ${verdict}`];
      return ports.map((port) => `${address} ${protocol} dport ${port} ${verdict}`);
    }),
  );
}
