/**
 * What a host of a subnet does with a packet: services of the network itself, which neither groups nor ACLs filter;
 * neighbours directly; the rest to the subnet's router.
 * Sources: https://docs.aws.amazon.com/vpc/latest/userguide/vpc-network-acls.html, .../AmazonDNS-concepts.html
 */
import type { Match, NextHop, RouteEntry } from '../../model/network.ts';
import type { Origin } from '../../model/origin.ts';
import { familyOf, formatAddress, parseAddress, parseCidr } from '../../net/address.ts';
import type { Estate, SubnetFacts } from './estate.ts';
import type { Entry } from './inventory.ts';
import { object, text } from './record.ts';
import { hostsDoor, lan, latticeDoor, uplink } from './subnet-names.ts';

const METADATA = ['169.254.169.254', 'fd00:ec2::254'];
const RESOLVERS = ['169.254.169.253', 'fd00:ec2::253'];

const SERVICES = [
  ...METADATA.map((address) => ({ address, name: 'instance metadata' })),
  ...RESOLVERS.map((address) => ({ address, name: 'Amazon DNS' })),
  { address: '169.254.169.123', name: 'Amazon Time Sync' },
  { address: 'fd00:ec2::123', name: 'Amazon Time Sync' },
  { address: '169.254.170.2', name: 'task metadata' },
  { address: '169.254.169.250', name: 'licence activation' },
  { address: '169.254.169.251', name: 'licence activation' },
].map(({ address, name }) => service(parseAddress(address)!, name));

interface Service {
  readonly name: string;
  readonly match: Match;
  readonly text: string;
}

function service(address: bigint, name: string): Service {
  return {
    name,
    match: { dst: [[address, address + 1n]] },
    text: `${formatAddress(address)}: ${name}, which no group and no ACL filters`,
  };
}

// One object for all subnets, so that it is compiled once.

/** Addresses of VPC Lattice: groups and ACLs filter them like any others. */
const LATTICE: Match = { dst: [parseCidr('fd00:ec2:80::/64')!, parseCidr('169.254.171.0/24')!] };
const LINK_LOCAL: Match = { dst: [parseCidr('169.254.0.0/16')!] };
const ANYTHING: Match = {};

/** The uplink of a subnet's hosts; `without` is an instance that has its metadata service switched off. */
export function uplinkEntries(estate: Estate, subnet: SubnetFacts, without?: Entry): RouteEntry[] {
  const { id } = subnet.entry;
  const origin: Origin = { ...subnet.entry.origin, implicit: true };
  const entries: RouteEntry[] = services(estate, subnet).map(({ name, match, text }) => ({
    origin,
    match,
    next: serviceHop(estate, subnet, name, without),
    rank: [0],
    text,
  }));
  // Nothing routes link-local addresses any further, and no route to them can be added.
  entries.push(
    {
      origin,
      match: LATTICE,
      next: { to: 'hop', in: latticeDoor(id) },
      rank: [1],
      text: '169.254.171.0/24: VPC Lattice',
    },
    {
      origin,
      match: LINK_LOCAL,
      next: {
        to: 'drop',
        code: 'aws-no-such-address',
        why: 'link-local addresses are not routed',
        by: subnet.entry.origin,
      },
      rank: [2],
      text: '169.254.0.0/16 is not routed',
    },
  );
  for (const cidr of subnet.cidrs)
    entries.push({
      origin,
      match: { dst: [cidr] },
      next: { to: 'link', link: lan(id) },
      rank: [3],
      text: 'a neighbour in the subnet',
    });
  entries.push({
    origin,
    match: ANYTHING,
    next: { to: 'hop', in: hostsDoor(id) },
    rank: [4],
    text: 'the subnet router',
  });
  return entries;
}

/** The uplink of a machine: its subnet's, or one of its own where its metadata service is off. */
export function uplinkOf(estate: Estate, subnet: string, instance: Entry | undefined): string {
  const options = instance === undefined ? undefined : object(instance.brief, 'MetadataOptions');
  const facts = estate.subnets.get(subnet);
  if (instance === undefined || facts === undefined || text(options ?? {}, 'HttpEndpoint') !== 'disabled')
    return uplink(subnet);
  const id = `${uplink(subnet)}!${instance.id}`;
  const origin: Origin = { ...facts.entry.origin, implicit: true };
  estate.builder.table(id, () => ({ id, origin, entries: uplinkEntries(estate, facts, instance) }));
  return id;
}

function serviceHop(estate: Estate, subnet: SubnetFacts, name: string, without: Entry | undefined): NextHop {
  if (name === 'instance metadata' && without !== undefined)
    return {
      to: 'drop',
      code: 'aws-metadata-disabled',
      why: `the metadata service of ${without.id} is switched off`,
      by: without.origin,
    };
  if (name !== 'Amazon DNS') return { to: 'local' };
  const support = estate.inventory
    .answers('EnableDnsSupport')
    .filter(({ request }) => text(request, 'VpcId') === subnet.vpc)
    .flatMap(({ records }) => records)
    .map((record) => object(record, 'EnableDnsSupport')?.['Value'])
    .find((value) => typeof value === 'boolean');
  if (support === false)
    return {
      to: 'drop',
      code: 'aws-dns-support-off',
      why: `DNS support of ${subnet.vpc} is switched off`,
      by: estate.vpcs.get(subnet.vpc)?.entry.origin ?? subnet.entry.origin,
    };
  return support === true
    ? { to: 'local' }
    : {
        to: 'local',
        assumes: [
          {
            code: 'aws-dns-support',
            resource: subnet.vpc,
            message: `DNS support (enableDnsSupport) of ${subnet.vpc} is on, as it is by default; the snapshot does not say`,
          },
        ],
      };
}

function services(estate: Estate, subnet: SubnetFacts): readonly Service[] {
  const resolvers = (estate.vpcs.get(subnet.vpc)?.cidrs ?? [])
    .filter(([lo]) => familyOf(lo) === 4)
    .map(([lo]) => service(lo + 2n, 'Amazon DNS'));
  return [...SERVICES, ...resolvers];
}
