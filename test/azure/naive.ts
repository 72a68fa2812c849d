/**
 * What Azure does with one connection between two machines, told from the raw documents by people's rules: no sets, no graph,
 * nothing of the product. Knows networks, peerings, groups and routes to None or VnetLocal; nothing that forwards.
 */
import type { Json } from './estate.ts';
import type { RandomEstate } from './random-estate.ts';

type Machine = RandomEstate['machines'][number];
export interface Naive {
  readonly verdict: 'reachable' | 'unreachable';
  /** Contested: the documentation contradicts itself. */
  readonly contested: boolean;
}

const list = (value: unknown): Json[] => (Array.isArray(value) ? (value as Json[]) : []);
const number = (address: string) => address.split('.').reduce((sum, part) => sum * 256 + Number(part), 0);
const last = (id: unknown) => String(id).split('/').at(-1)!;
const refOf = (record: Json | undefined, key: string) => {
  const ref = record?.[key] as Json | undefined;
  return ref === undefined ? undefined : last(ref['id']);
};

function within(address: string, prefix: string): boolean {
  const [base, bits = '32'] = prefix.split('/');
  const size = 2 ** (32 - Number(bits));
  return Math.floor(number(address) / size) === Math.floor(number(base!) / size);
}

export function naive(estate: RandomEstate, from: Machine, to: Machine, protocol: string, port: number): Naive {
  const named = (type: string, name: string | undefined) =>
    estate.resources.find((one) => String(one['type']).endsWith(`/${type}`) && one['name'] === name);
  const vnetOf = (index: number) => named('virtualNetworks', `v${index}`)!;
  const subnetOf = ({ vnet, subnet }: Machine) => list(vnetOf(vnet)['subnets']).find((one) => one['name'] === subnet)!;
  const nicOf = ({ name }: Machine) => named('networkInterfaces', `${name}-nic`)!;
  const peeringsOf = (index: number) => list(vnetOf(index)['virtualNetworkPeerings']);
  const peered = (a: number, b: number) => peeringsOf(a).find((one) => refOf(one, 'remoteVirtualNetwork') === `v${b}`);
  const routesOf = (at: Machine) => list(named('routeTables', refOf(subnetOf(at), 'routeTable'))?.['routes']);

  /** Whether a packet from one machine's subnet gets to an address. */
  const routed = (at: Machine, there: Machine): boolean => {
    const candidates = routesOf(at).filter((one) => within(there.address, String(one['addressPrefix'])));
    const length = (one: Json) => Number(String(one['addressPrefix']).split('/')[1] ?? 32);
    const best = candidates.toSorted((a, b) => length(b) - length(a))[0];
    const isOwn = at.vnet === there.vnet;
    const peering = peered(at.vnet, there.vnet);
    const system = isOwn || (peering !== undefined && peering['peeringState'] === 'Connected') ? 16 : 8;
    if (best !== undefined && length(best) >= system) return best['nextHopType'] === 'VnetLocal' && isOwn;
    return system === 16;
  };
  const virtualNetwork = (at: Machine, address: string): boolean =>
    address.startsWith(`10.${at.vnet}.`) ||
    peeringsOf(at.vnet).some(
      (one) =>
        one['peeringState'] === 'Connected' &&
        one['allowVirtualNetworkAccess'] === true &&
        within(address, (one['remoteAddressSpace'] as { addressPrefixes: string[] }).addressPrefixes[0]!),
    ) ||
    routesOf(at).some((one) => within(address, String(one['addressPrefix'])));
  const matches = (word: unknown, at: Machine, address: string): boolean => {
    if (word === '*') return true;
    if (word === 'VirtualNetwork') return virtualNetwork(at, address);
    return word === 'Internet' ? false : within(address, String(word));
  };
  const allows = (group: string | undefined, at: Machine, direction: 'Inbound' | 'Outbound'): boolean => {
    if (group === undefined) return true;
    const rule = list(named('networkSecurityGroups', group)!['securityRules'])
      .filter((one) => one['direction'] === direction)
      .toSorted((a, b) => Number(a['priority']) - Number(b['priority']))
      .find((one) => {
        const [lo, hi = lo] = String(one['destinationPortRange']).split('-');
        const isPort = protocol === 'Icmp' || lo === '*' || (Number(lo) <= port && port <= Number(hi));
        const isProtocol = one['protocol'] === '*' || one['protocol'] === protocol;
        return (
          isPort &&
          isProtocol &&
          matches(one['sourceAddressPrefix'], at, from.address) &&
          matches(one['destinationAddressPrefix'], at, to.address)
        );
      });
    if (rule !== undefined) return rule['access'] === 'Allow';
    return virtualNetwork(at, from.address) && virtualNetwork(at, to.address);
  };
  const levels = (at: Machine) => [
    refOf(subnetOf(at), 'networkSecurityGroup'),
    refOf(nicOf(at), 'networkSecurityGroup'),
  ];
  const works =
    routed(from, to) &&
    routed(to, from) &&
    levels(from).every((group) => allows(group, from, 'Outbound')) &&
    levels(to).every((group) => allows(group, to, 'Inbound'));
  const isBare = [...levels(from), ...levels(to)].every((group) => group === undefined);
  const access = [peered(from.vnet, to.vnet), peered(to.vnet, from.vnet)].some(
    (one) => one?.['allowVirtualNetworkAccess'] === false,
  );
  return { verdict: works ? 'reachable' : 'unreachable', contested: works && isBare && access };
}
