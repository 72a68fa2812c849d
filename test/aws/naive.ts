/**
 * A plain reading of AWS documents for one TCP port between two interfaces of one VPC, or of two that are peered: rule by rule,
 * address by address, with no sets and none of the product's code. Says nothing where other ways or unknowns come in.
 */
import type { Documents } from '../fuzz/corpus.ts';
import type { Json } from './drawn.ts';

type Verdict = 'reachable' | 'unreachable' | 'partial';

/** Thrown where more than this reading is needed. */
class Beyond extends Error {}

const list = (record: Json | undefined, key: string) => (record?.[key] as Json[] | undefined) ?? [];
const number = (ip: string) => ip.split('.').reduce((sum, part) => sum * 256 + Number(part), 0);

function inside(cidr: unknown, ip: string): boolean {
  if (typeof cidr !== 'string' || cidr.includes(':')) return false;
  const [base, length] = cidr.split('/') as [string, string];
  const size = 2 ** (32 - Number(length));
  return Math.floor(number(base) / size) === Math.floor(number(ip) / size);
}

/** Ports of clients at the edges of every range that the rules name. */
const CLIENTS = [1024, 1025, 8079, 8080, 8081, 32_767, 32_768, 49_151, 49_152, 65_535];

/** Undefined where it is beyond this reading. */
export function naive(files: Documents, from: Json, to: Json, port: number): Verdict | undefined {
  try {
    return verdict(files, from, to, port);
  } catch (error) {
    if (error instanceof Beyond) return undefined;
    throw error;
  }
}

function verdict(files: Documents, from: Json, to: Json, port: number): Verdict {
  const network = files['network.json'] as Json;
  if (!near(network, from['VpcId']).includes(to['VpcId'])) throw new Beyond();
  const [src, dst] = [String(from['PrivateIpAddress']), String(to['PrivateIpAddress'])];
  const isLocal = from['SubnetId'] === to['SubnetId'];
  const ways = isLocal ? [] : [wayOf(network, from, dst), wayOf(network, to, src)];
  if (![from, to].every((one) => isUp(network, one))) return 'unreachable';
  if (!allows(files, from, 'IpPermissionsEgress', dst, port)) return 'unreachable';
  if (!allows(files, to, 'IpPermissions', src, port)) return 'unreachable';
  if (isLocal) return 'reachable';
  if (ways.includes(undefined)) return 'unreachable';
  if (ways[0] !== ways[1]) throw new Beyond();
  if (!passes(network, from, true, dst, port) || !passes(network, to, false, src, port)) return 'unreachable';
  const back = CLIENTS.filter((one) => passes(network, to, true, src, one) && passes(network, from, false, dst, one));
  return back.length === 0 ? 'unreachable' : back.length === CLIENTS.length ? 'reachable' : 'partial';
}

function isUp(network: Json, { Status, Attachment }: Json): boolean {
  if (Status === 'available') return false;
  const id = (Attachment as Json | undefined)?.['InstanceId'];
  const instance = list(network, 'Reservations')
    .flatMap((one) => list(one, 'Instances'))
    .find((one) => one['InstanceId'] === id);
  return instance === undefined || (instance['State'] as Json)['Name'] === 'running';
}

/** Where the longest prefix leads: "local", an active peering between the two, or nowhere. */
function wayOf(network: Json, { SubnetId, VpcId }: Json, dst: string): string | undefined {
  const tables = list(network, 'RouteTables').filter((one) => one['VpcId'] === VpcId);
  const table =
    tables.find((one) => list(one, 'Associations').some((at) => at['SubnetId'] === SubnetId)) ??
    tables.find((one) => list(one, 'Associations').some((at) => at['Main'] === true));
  const length = (route: Json) => Number(String(route['DestinationCidrBlock']).split('/')[1]);
  const routes = list(table, 'Routes');
  if (routes.some((route) => route['DestinationPrefixListId'] === 'pl-own')) throw new Beyond();
  const best = routes
    .filter((route) => inside(route['DestinationCidrBlock'], dst))
    .sort((one, other) => length(other) - length(one))[0];
  if (best === undefined || best['State'] === 'blackhole') return undefined;
  if (best['GatewayId'] === 'local') return 'local';
  const id = best['VpcPeeringConnectionId'];
  const peering = list(network, 'VpcPeeringConnections').find((one) => one['VpcPeeringConnectionId'] === id);
  if (peering === undefined || (peering['Status'] as Json)['Code'] !== 'active') throw new Beyond();
  return String(id);
}

/** A VPC and those that it has active peerings with. */
function near(network: Json, vpc: unknown): unknown[] {
  const ends = list(network, 'VpcPeeringConnections')
    .filter((one) => (one['Status'] as Json)['Code'] === 'active')
    .map((one) => ['RequesterVpcInfo', 'AccepterVpcInfo'].map((side) => (one[side] as Json)['VpcId']));
  return [vpc, ...ends.filter((pair) => pair.includes(vpc)).flat()];
}

function allows(files: Documents, { Groups, VpcId }: Json, key: string, peer: string, port: number): boolean {
  const network = files['network.json'] as Json;
  return (Groups as Json[]).some(({ GroupId }) => {
    const group = list(network, 'SecurityGroups').find((one) => one['GroupId'] === GroupId);
    if (group === undefined) throw new Beyond();
    return list(group, key).some((rule) => {
      const { IpProtocol, FromPort, ToPort } = rule;
      if (IpProtocol !== '-1' && IpProtocol !== 'tcp') return false;
      if (IpProtocol === 'tcp' && (port < Number(FromPort) || Number(ToPort) < port)) return false;
      if (list(rule, 'IpRanges').some(({ CidrIp }) => inside(CidrIp, peer))) return true;
      if (list(rule, 'PrefixListIds').length > 0) {
        const entries = files['list.json'] as Json | undefined;
        if (entries === undefined) throw new Beyond();
        if (list(entries, 'Entries').some(({ Cidr }) => inside(Cidr, peer))) return true;
      }
      return list(rule, 'UserIdGroupPairs').some((pair) => {
        const own = list(network, 'SecurityGroups').find((one) => one['GroupId'] === pair['GroupId']);
        const vpcs = near(network, VpcId);
        // A transit gateway may carry references of others.
        if (!vpcs.includes(own?.['VpcId'])) throw new Beyond();
        if (pair['PeeringStatus'] !== undefined && pair['PeeringStatus'] !== 'active') return false;
        return list(network, 'NetworkInterfaces').some(
          (one) =>
            vpcs.includes(one['VpcId']) &&
            list(one, 'Groups').some(({ GroupId: carried }) => carried === pair['GroupId']) &&
            (list(one, 'PrivateIpAddresses').some(({ PrivateIpAddress }) => PrivateIpAddress === peer) ||
              list(one, 'Ipv4Prefixes').some(({ Ipv4Prefix }) => inside(Ipv4Prefix, peer))),
        );
      });
    });
  });
}

function passes(network: Json, { SubnetId, VpcId }: Json, isOut: boolean, peer: string, port: number): boolean {
  const all = list(network, 'NetworkAcls').filter((one) => one['VpcId'] === VpcId);
  const acl =
    all.find((one) => list(one, 'Associations').some((at) => at['SubnetId'] === SubnetId)) ??
    all.find((one) => one['IsDefault'] === true);
  const first = list(acl, 'Entries')
    .filter((entry) => {
      const { From, To } = (entry['PortRange'] ?? { From: 0, To: 65_535 }) as { From: number; To: number };
      const isMeant = entry['Protocol'] === '-1' || (entry['Protocol'] === '6' && From <= port && port <= To);
      return entry['Egress'] === isOut && isMeant && inside(entry['CidrBlock'], peer);
    })
    .sort((a, b) => Number(a['RuleNumber']) - Number(b['RuleNumber']))[0];
  return first?.['RuleAction'] === 'allow';
}
