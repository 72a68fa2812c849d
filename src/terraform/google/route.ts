/**
 * Routes, Cloud Routers with their NAT, VPN. A new network gets a default route to the internet unless it says otherwise.
 * Sources: https://registry.terraform.io/providers/hashicorp/google/latest/docs/resources/compute_route,
 * .../compute_router_nat, .../compute_vpn_tunnel
 */
import type { Family } from '../family.ts';
import { type Resource, type Side, isChanged } from '../side.ts';
import { type Json, type Values, block, blocks, filled, flag, isObject, number, text, texts } from '../values.ts';
import {
  NETWORKS,
  SUBNETS,
  foreignNetworks,
  lastOf,
  linkIds,
  linkTo,
  named,
  networkLink,
  regionLink,
  selfLink,
} from './common.ts';

const ROUTERS = ['google_compute_router'];
const TUNNELS = ['google_compute_vpn_tunnel'];
const GATEWAYS = ['google_compute_ha_vpn_gateway'];
const OLD_GATEWAYS = ['google_compute_vpn_gateway'];

export const routeFamily: Family = {
  types: [
    'google_compute_route',
    ...ROUTERS,
    'google_compute_router_nat',
    'google_compute_router_interface',
    'google_compute_router_peer',
    ...TUNNELS,
    ...GATEWAYS,
    ...OLD_GATEWAYS,
    'google_compute_external_vpn_gateway',
    'google_network_connectivity_policy_based_route',
  ],
  ids: linkIds('google_compute_route', ...ROUTERS, ...TUNNELS, ...GATEWAYS, ...OLD_GATEWAYS),
  read: (side) => [
    {
      kind: 'route',
      records: [
        ...side.managed('google_compute_route').map((route) => routeOf(side, route)),
        ...side.managed(...NETWORKS).flatMap(defaultRoute),
        ...unknownRoutes(side),
      ],
      complete: true,
    },
    { kind: 'router', records: side.all(...ROUTERS).flatMap((router) => routerOf(side, router)) },
    { kind: 'vpnTunnel', records: side.managed(...TUNNELS).map((tunnel) => tunnelOf(side, tunnel)) },
    { kind: 'vpnGateway', records: side.managed(...GATEWAYS).map((one) => gatewayOf(side, one)) },
    { kind: 'targetVpnGateway', records: side.managed(...OLD_GATEWAYS).map((one) => gatewayOf(side, one)) },
    {
      kind: 'policyBasedRoute',
      records: side.managed('google_network_connectivity_policy_based_route').map((route) => policyRoute(side, route)),
    },
  ],
};

function routeOf(side: Side, route: Resource): Json {
  const { values } = route;
  const gateway = text(values, 'next_hop_gateway');
  return filled({
    ...named(route),
    network: networkLink(side, values),
    destRange: text(values, 'dest_range'),
    priority: number(values, 'priority') ?? 1000,
    tags: texts(values, 'tags'),
    nextHopGateway: gateway === undefined ? undefined : `projects/p/global/gateways/${lastOf(gateway)}`,
    nextHopInstance: linkTo(side, text(values, 'next_hop_instance'), ['google_compute_instance'], {
      ...values,
      zone: values['next_hop_instance_zone'],
    }),
    nextHopIp: text(values, 'next_hop_ip'),
    nextHopVpnTunnel: linkTo(side, text(values, 'next_hop_vpn_tunnel'), TUNNELS, values),
    nextHopIlb: text(values, 'next_hop_ilb'),
  });
}

function defaultRoute(network: Resource): Json[] {
  if (flag(network.values, 'delete_default_routes_on_create') === true) return [];
  return [
    {
      name: `default-route-${text(network.values, 'name') ?? network.instance.name}`,
      selfLink: `${network.id}/default-route`.replace('/networks/', '/routes/'),
      network: selfLink(network),
      destRange: '0.0.0.0/0',
      priority: 1000,
      nextHopGateway: 'projects/p/global/gateways/default-internet-gateway',
    },
  ];
}

/** Networks that the plan does not make have routes that it does not show. */
function unknownRoutes(side: Side): Json[] {
  return foreignNetworks(side).map((network) => {
    const name = lastOf(network) ?? network;
    side.lacks(`the routes of network ${name}`, `gcloud compute routes list --filter=network:${name} --format=json`);
    return { name: `routes of ${name}`, selfLink: `${network}/unknown-routes`, network, destRange: 'unknown' };
  });
}

/** A router by link or name, and in the region that is named beside it. */
function isOf(router: Resource, values: Values): boolean {
  const word = text(values, 'router');
  const region = lastOf(text(values, 'region'));
  const own = lastOf(text(router.values, 'region')) ?? /\/regions\/([^/]+)/.exec(router.id)?.[1];
  const isNamed = word === router.id || word === selfLink(router) || word === text(router.values, 'name');
  return isNamed && (region === undefined || own === undefined || region === own || own === 'region');
}

function routerOf(side: Side, router: Resource): Json[] {
  const nats = side.managed('google_compute_router_nat').filter(({ values }) => isOf(router, values));
  const own = nats.map((nat) => natOf(side, nat));
  const peers = side.managed('google_compute_router_peer').filter(({ values }) => isOf(router, values));
  for (const peer of peers)
    if (isChanged(peer.instance)) side.lacks(`what the peer of ${peer.instance.address} announces by BGP`, null);
  const planned = side.either('google_compute_router_nat').filter(({ values }) => isOf(router, values));
  const names = new Set(planned.map(({ values, instance }) => text(values, 'name') ?? instance.name));
  const { existing } = router;
  const recorded = existing ?? side.recorded('router', selfLink(router));
  const all = [...blocks(recorded, 'nats').filter((one) => !names.has(text(one, 'name') ?? '')), ...own];
  if (existing === undefined)
    return [{ ...named(router), network: networkLink(side, router.values), region: regionLink(router), nats: all }];
  if (planned.length === 0) return [];
  side.amended.add(selfLink(router));
  return [{ ...existing, nats: all }];
}

function natOf(side: Side, { values, instance }: Resource): Json {
  return filled({
    name: text(values, 'name') ?? instance.name,
    type: text(values, 'type') ?? 'PUBLIC',
    natIpAllocateOption: text(values, 'nat_ip_allocate_option') ?? 'AUTO_ONLY',
    natIps: texts(values, 'nat_ips').map((one) => linkTo(side, one, ['google_compute_address'], values)),
    sourceSubnetworkIpRangesToNat: text(values, 'source_subnetwork_ip_ranges_to_nat'),
    subnetworks: blocks(values, 'subnetwork').map((one) => ({
      name: linkTo(side, text(one, 'name'), SUBNETS, values),
      sourceIpRangesToNat: texts(one, 'source_ip_ranges_to_nat'),
      secondaryIpRangeNames: texts(one, 'secondary_ip_range_names'),
    })),
  });
}

function tunnelOf(side: Side, tunnel: Resource): Json {
  const { values } = tunnel;
  return filled({
    ...named(tunnel),
    region: regionLink(tunnel),
    status: text(values, 'detailed_status') === undefined ? undefined : 'ESTABLISHED',
    vpnGateway: linkTo(side, text(values, 'vpn_gateway'), GATEWAYS, values),
    targetVpnGateway: linkTo(side, text(values, 'target_vpn_gateway'), OLD_GATEWAYS, values),
    router: linkTo(side, text(values, 'router'), ROUTERS, values),
    localTrafficSelector: texts(values, 'local_traffic_selector'),
    remoteTrafficSelector: texts(values, 'remote_traffic_selector'),
  });
}

function gatewayOf(side: Side, gateway: Resource): Json {
  return filled({ ...named(gateway), region: regionLink(gateway), network: networkLink(side, gateway.values) });
}

function policyRoute(side: Side, route: Resource): Json {
  const { values } = route;
  const filter = block(values, 'filter');
  const machines = block(values, 'virtual_machine');
  return filled({
    ...named(route),
    network: networkLink(side, values),
    priority: number(values, 'priority') ?? 1000,
    filter: filled({
      protocolVersion: text(filter, 'protocol_version'),
      srcRange: text(filter, 'src_range'),
      destRange: text(filter, 'dest_range'),
      ipProtocol: text(filter, 'ip_protocol'),
    }),
    nextHopIlbIp: text(values, 'next_hop_ilb_ip'),
    nextHopOtherRoutes: text(values, 'next_hop_other_routes'),
    virtualMachine: machines === undefined ? undefined : { tags: texts(machines, 'tags') },
    interconnectAttachment: isObject(block(values, 'interconnect_attachment')) ? {} : undefined,
  });
}
