/**
 * Networks, subnets and peerings. A network in auto mode has a subnet in every region, with a range that is the same for
 * everybody; those of the regions that the plan uses are written down.
 * Sources: https://registry.terraform.io/providers/hashicorp/google/latest/docs/resources/compute_network,
 * https://cloud.google.com/vpc/docs/subnets#ip-ranges
 */
import type { Family } from '../family.ts';
import { type Resource, type Side, isChanged } from '../side.ts';
import { type Json, type Values, blocks, filled, flag, text } from '../values.ts';
import {
  NETWORKS,
  SUBNETS,
  lastOf,
  linkIds,
  linkTo,
  named,
  networkLink,
  regionLink,
  regionOf,
  regionOfZone,
  resourceNamed,
  selfLink,
} from './common.ts';

const PEERING = 'google_compute_network_peering';

export const networkFamily: Family = {
  types: [
    ...NETWORKS,
    ...SUBNETS,
    PEERING,
    'google_compute_network_peering_routes_config',
    'google_compute_shared_vpc_host_project',
    'google_compute_shared_vpc_service_project',
  ],
  ids: linkIds(...NETWORKS, ...SUBNETS),
  read: (side) => [
    { kind: 'network', records: side.all(...NETWORKS).flatMap((network) => networkOf(side, network)) },
    {
      kind: 'subnetwork',
      records: [
        ...side.all(...SUBNETS).flatMap((subnet) => (subnet.existing === undefined ? [subnetOf(side, subnet)] : [])),
        ...autoSubnets(side),
      ],
    },
  ],
};

function networkOf(side: Side, network: Resource): Json[] {
  const { values, existing } = network;
  const own = peerings(side, network);
  const recorded = existing ?? side.recorded('network', selfLink(network));
  const planned = side
    .either(PEERING)
    .filter((one) => linkTo(side, text(one.values, 'network'), NETWORKS, one.values) === selfLink(network));
  const names = new Set(planned.map((one) => text(one.values, 'name') ?? one.instance.name));
  const accepted = recorded === undefined ? undefined : acceptedBy(side, network, recorded);
  const others = (accepted ?? blocks(recorded, 'peerings')).filter((one) => !names.has(text(one, 'name') ?? ''));
  if (existing !== undefined) {
    if (planned.length === 0 && accepted === undefined) return [];
    side.amended.add(selfLink(network));
    return [{ ...existing, peerings: [...others, ...own] }];
  }
  return [
    {
      ...named(network),
      networkFirewallPolicyEnforcementOrder:
        text(values, 'network_firewall_policy_enforcement_order') ?? 'AFTER_CLASSIC_FIREWALL',
      routingConfig: { routingMode: text(values, 'routing_mode') ?? 'REGIONAL' },
      peerings: [...others, ...own],
    },
  ];
}

function subnetOf(side: Side, subnet: Resource): Json {
  const { values, instance } = subnet;
  if (text(values, 'ip_cidr_range') === undefined && isChanged(instance))
    side.lacks(`the range of ${instance.address}, known only after apply`, null);
  return filled({
    ...named(subnet),
    network: networkLink(side, values),
    ipCidrRange: text(values, 'ip_cidr_range'),
    region: regionLink(subnet),
    purpose: text(values, 'purpose') ?? 'PRIVATE',
    privateIpGoogleAccess: flag(values, 'private_ip_google_access') ?? false,
    ipv6CidrRange: text(values, 'ipv6_cidr_range'),
    externalIpv6Prefix: text(values, 'external_ipv6_prefix'),
    internalIpv6Prefix: text(values, 'internal_ipv6_prefix'),
    secondaryIpRanges: blocks(values, 'secondary_ip_range').map((range) => ({
      rangeName: text(range, 'range_name'),
      ipCidrRange: text(range, 'ip_cidr_range'),
    })),
  });
}

/** The ranges of auto mode networks, all /20. */
const AUTO: Readonly<Record<string, string>> = {
  'asia-east1': '10.140.0.0',
  'asia-east2': '10.170.0.0',
  'asia-northeast1': '10.146.0.0',
  'asia-northeast2': '10.174.0.0',
  'asia-northeast3': '10.178.0.0',
  'asia-south1': '10.160.0.0',
  'asia-southeast1': '10.148.0.0',
  'asia-southeast2': '10.184.0.0',
  'australia-southeast1': '10.152.0.0',
  'europe-central2': '10.186.0.0',
  'europe-north1': '10.166.0.0',
  'europe-west1': '10.132.0.0',
  'europe-west2': '10.154.0.0',
  'europe-west3': '10.156.0.0',
  'europe-west4': '10.164.0.0',
  'europe-west6': '10.172.0.0',
  'northamerica-northeast1': '10.162.0.0',
  'northamerica-northeast2': '10.188.0.0',
  'southamerica-east1': '10.158.0.0',
  'us-central1': '10.128.0.0',
  'us-east1': '10.142.0.0',
  'us-east4': '10.150.0.0',
  'us-west1': '10.138.0.0',
  'us-west2': '10.168.0.0',
  'us-west3': '10.180.0.0',
  'us-west4': '10.182.0.0',
};

interface AutoSubnet {
  readonly link: string;
  readonly cidr: string | undefined;
}

/** The subnet of a network in auto mode in a region; undefined for networks whose subnets are made one by one. */
export function autoSubnet(network: Resource | undefined, region: string): AutoSubnet | undefined {
  if (network === undefined || network.instance.mode !== 'managed') return undefined;
  if (flag(network.values, 'auto_create_subnetworks') === false) return undefined;
  const range = AUTO[region];
  const project = /projects\/([^/]+)\//.exec(network.id)?.[1] ?? 'project';
  const name = text(network.values, 'name') ?? network.instance.name;
  return {
    link: `projects/${project}/regions/${region}/subnetworks/${name}`,
    cidr: range === undefined ? undefined : `${range}/20`,
  };
}

function autoSubnets(side: Side): Json[] {
  const regions = new Set([
    ...(side.setting.region === undefined ? [] : [side.setting.region]),
    ...[
      'google_compute_instance',
      'google_compute_instance_from_template',
      'google_compute_instance_group_manager',
    ].flatMap((type) =>
      side.managed(type).map((one) => regionOfZone(lastOf(text(one.values, 'zone')) ?? side.setting.zone ?? '')),
    ),
    ...side.managed('google_compute_router').map(regionOf),
  ]);
  return side.managed(...NETWORKS).flatMap((network) =>
    [...regions].sort().flatMap((region): Json[] => {
      const subnet = autoSubnet(network, region);
      if (subnet?.cidr === undefined) return [];
      return [
        {
          name: lastOf(subnet.link),
          selfLink: subnet.link,
          network: selfLink(network),
          ipCidrRange: subnet.cidr,
          region: `projects/p/regions/${region}`,
          purpose: 'PRIVATE',
        },
      ];
    }),
  );
}

function peerings(side: Side, network: Resource): Json[] {
  const end = (values: Values, key: string) => linkTo(side, text(values, key), NETWORKS, values);
  const mine = selfLink(network);
  const all = side.managed(PEERING);
  return all
    .filter(({ values }) => end(values, 'network') === mine)
    .map(({ values, instance }) => {
      const far = end(values, 'peer_network');
      const peer = resourceNamed(side, far, NETWORKS);
      const twin = all.some(
        (other) => end(other.values, 'network') === far && end(other.values, 'peer_network') === mine,
      );
      const isThere = twin || blocks(peer?.existing, 'peerings').some((one) => isSame(one['network'], mine));
      const name = text(values, 'name') ?? instance.name;
      const flags = side
        .naming('google_compute_network_peering_routes_config', 'peering', name)
        .find((one) => end(one.values, 'network') === mine)?.values;
      if (!isThere && peer === undefined && isChanged(instance))
        side.lacks(`whether the other side of ${instance.address} has its half of the peering`, null);
      const known = text(values, 'state');
      return filled({
        name,
        network: far,
        // A half that comes with the plan makes both active, whatever was read before.
        state: isThere ? 'ACTIVE' : peer?.instance.mode === 'managed' ? 'INACTIVE' : (known ?? 'INACTIVE'),
        exportCustomRoutes: flag(flags, 'export_custom_routes') ?? flag(values, 'export_custom_routes') ?? false,
        importCustomRoutes: flag(flags, 'import_custom_routes') ?? flag(values, 'import_custom_routes') ?? false,
        exportSubnetRoutesWithPublicIp: flag(values, 'export_subnet_routes_with_public_ip') ?? true,
        importSubnetRoutesWithPublicIp: flag(values, 'import_subnet_routes_with_public_ip') ?? false,
        stackType: text(values, 'stack_type') ?? 'IPV4_ONLY',
      });
    });
}

/** Halves of a network of the snapshot that the plan's halves make active; undefined where there are none. */
function acceptedBy(side: Side, network: Resource, existing: Json): Values[] | undefined {
  const halves = side
    .managed('google_compute_network_peering')
    .filter(({ values }) => linkTo(side, text(values, 'peer_network'), NETWORKS, values) === selfLink(network))
    .map(({ values }) => linkTo(side, text(values, 'network'), NETWORKS, values));
  const listed = blocks(existing, 'peerings');
  const isMet = (one: Values) => halves.some((half) => half !== undefined && isSame(one['network'], half));
  return listed.some(isMet) ? listed.map((one) => (isMet(one) ? { ...one, state: 'ACTIVE' } : one)) : undefined;
}

function isSame(url: unknown, link: string): boolean {
  return typeof url === 'string' && (url === link || url.endsWith(`/${link}`) || link.endsWith(`/${url}`));
}
