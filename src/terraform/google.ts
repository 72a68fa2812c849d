/**
 * google_* resources as the documents that the Compute Engine API would answer with, the default routes included that a new
 * network gets.
 * Source: https://registry.terraform.io/providers/hashicorp/google/latest/docs
 */
import { type Documents, type Resource, type Side, blocks, flag, number, text, texts } from './side.ts';
import type { Values } from './plan.ts';

type Json = Record<string, unknown>;

export function googleDocuments(side: Side): Documents {
  const networks = side.all('google_compute_network');
  const link = (url: string | undefined, kind: 'networks' | 'subnetworks', near?: Values) =>
    linkTo(side, url, kind, near);
  return {
    network: networks.map(
      (network): Json => ({
        ...named(network),
        networkFirewallPolicyEnforcementOrder:
          text(network.values, 'network_firewall_policy_enforcement_order') ?? 'AFTER_CLASSIC_FIREWALL',
        routingConfig: { routingMode: text(network.values, 'routing_mode') ?? 'REGIONAL' },
        peerings: peerings(side, network),
      }),
    ),
    subnetwork: side.all('google_compute_subnetwork').map(
      (subnet): Json => ({
        ...named(subnet),
        network: link(text(subnet.values, 'network'), 'networks', subnet.values),
        ipCidrRange: text(subnet.values, 'ip_cidr_range'),
        region: `projects/p/regions/${text(subnet.values, 'region') ?? regionIn(subnet.id) ?? ''}`,
        purpose: text(subnet.values, 'purpose') ?? 'PRIVATE',
        privateIpGoogleAccess: flag(subnet.values, 'private_ip_google_access') ?? false,
        secondaryIpRanges: blocks(subnet.values, 'secondary_ip_range').map((range) => ({
          rangeName: text(range, 'range_name'),
          ipCidrRange: text(range, 'ip_cidr_range'),
        })),
      }),
    ),
    instance: side
      .managed('google_compute_instance', 'google_compute_instance_from_template')
      .map((vm) => instanceOf(side, vm, link)),
    firewall: side.managed('google_compute_firewall').map(
      (rule): Json => ({
        ...named(rule),
        network: link(text(rule.values, 'network'), 'networks', rule.values),
        direction: text(rule.values, 'direction') ?? 'INGRESS',
        priority: number(rule.values, 'priority') ?? 1000,
        disabled: flag(rule.values, 'disabled') ?? false,
        sourceRanges: texts(rule.values, 'source_ranges'),
        destinationRanges: texts(rule.values, 'destination_ranges'),
        sourceTags: texts(rule.values, 'source_tags'),
        targetTags: texts(rule.values, 'target_tags'),
        sourceServiceAccounts: texts(rule.values, 'source_service_accounts'),
        targetServiceAccounts: texts(rule.values, 'target_service_accounts'),
        ...protocols(rule.values, 'allow', 'allowed'),
        ...protocols(rule.values, 'deny', 'denied'),
      }),
    ),
    route: routes(side, networks, link),
    router: routers(side, link),
    address: side
      .managed('google_compute_address', 'google_compute_global_address')
      .map(
        (address): Json => ({ ...named(address), address: text(address.values, 'address') ?? side.publicAddress() }),
      ),
  };
}

function named({ id, instance, values }: Resource): Json {
  return {
    name: text(values, 'name') ?? instance.name,
    selfLink: text(values, 'self_link') ?? id,
    labels: values['labels'] ?? {},
  };
}

function protocols(values: Values, block: string, field: string): Json {
  const list = blocks(values, block);
  return list.length === 0
    ? {}
    : { [field]: list.map((one) => ({ IPProtocol: text(one, 'protocol') ?? 'all', ports: texts(one, 'ports') })) };
}

/** A reference as the link of what it names: by link, id or bare name. */
function linkTo(
  side: Side,
  word: string | undefined,
  kind: 'networks' | 'subnetworks',
  near: Values | undefined,
): string | undefined {
  if (word === undefined) return undefined;
  if (word.includes('/')) return word;
  const type = kind === 'networks' ? 'google_compute_network' : 'google_compute_subnetwork';
  const found = side.all(type).find(({ values }) => text(values, 'name') === word);
  const project = text(near, 'project') ?? 'project';
  return found === undefined
    ? kind === 'networks'
      ? `projects/${project}/global/networks/${word}`
      : word
    : (text(found.values, 'self_link') ?? found.id);
}

function regionIn(url: string): string | undefined {
  return /\/regions\/([^/]+)/.exec(url)?.[1];
}

function instanceOf(
  side: Side,
  vm: Resource,
  link: (url: string | undefined, kind: 'networks' | 'subnetworks', near?: Values) => string | undefined,
): Json {
  const subnets = side.all('google_compute_subnetwork');
  return {
    ...named(vm),
    status:
      text(vm.values, 'current_status') ??
      (text(vm.values, 'desired_status') === 'TERMINATED' ? 'TERMINATED' : 'RUNNING'),
    canIpForward: flag(vm.values, 'can_ip_forward') ?? false,
    tags: { items: texts(vm.values, 'tags') },
    serviceAccounts: blocks(vm.values, 'service_account').flatMap((account) =>
      text(account, 'email') === undefined ? [] : [{ email: text(account, 'email') }],
    ),
    networkInterfaces: blocks(vm.values, 'network_interface').map((nic, i): Json => {
      const subnetwork = link(text(nic, 'subnetwork'), 'subnetworks', vm.values);
      const subnet = subnets.find((one) => one.id === subnetwork || text(one.values, 'self_link') === subnetwork);
      const network =
        link(text(nic, 'network'), 'networks', vm.values) ??
        link(text(subnet?.values, 'network'), 'networks', vm.values);
      // A network without a subnet named: the one of the VM's region.
      const home =
        subnet ?? subnets.find((one) => link(text(one.values, 'network'), 'networks', one.values) === network);
      side.use(home?.id ?? '', text(nic, 'network_ip'));
      return {
        name: text(nic, 'name') ?? `nic${i}`,
        network,
        subnetwork: subnetwork ?? (home === undefined ? undefined : (text(home.values, 'self_link') ?? home.id)),
        networkIP: text(nic, 'network_ip') ?? side.freeAddress(home?.id ?? '', text(home?.values, 'ip_cidr_range')),
        accessConfigs: blocks(nic, 'access_config').map((config) => ({
          natIP: text(config, 'nat_ip') ?? side.publicAddress(),
        })),
        aliasIpRanges: blocks(nic, 'alias_ip_range').map((range) => ({ ipCidrRange: text(range, 'ip_cidr_range') })),
        ipv6AccessConfigs: blocks(nic, 'ipv6_access_config').map((config) => ({
          externalIpv6: text(config, 'external_ipv6'),
        })),
      };
    }),
  };
}

function routes(
  side: Side,
  networks: readonly Resource[],
  link: (url: string | undefined, kind: 'networks' | 'subnetworks', near?: Values) => string | undefined,
): Json[] {
  const own = side.managed('google_compute_route').map((route): Json => {
    const { values } = route;
    const gateway = text(values, 'next_hop_gateway');
    return {
      ...named(route),
      network: link(text(values, 'network'), 'networks', values),
      destRange: text(values, 'dest_range'),
      priority: number(values, 'priority') ?? 1000,
      tags: texts(values, 'tags'),
      ...(gateway === undefined
        ? {}
        : { nextHopGateway: gateway.includes('/') ? gateway : `projects/p/global/gateways/${gateway}` }),
      ...(text(values, 'next_hop_instance') === undefined
        ? {}
        : { nextHopInstance: text(values, 'next_hop_instance') }),
      ...(text(values, 'next_hop_ip') === undefined ? {} : { nextHopIp: text(values, 'next_hop_ip') }),
      ...(text(values, 'next_hop_vpn_tunnel') === undefined
        ? {}
        : { nextHopVpnTunnel: text(values, 'next_hop_vpn_tunnel') }),
      ...(text(values, 'next_hop_ilb') === undefined ? {} : { nextHopIlb: text(values, 'next_hop_ilb') }),
    };
  });
  const defaults = networks
    .filter(
      ({ instance, values }) => instance.mode === 'managed' && flag(values, 'delete_default_routes_on_create') !== true,
    )
    .map(
      (network): Json => ({
        name: `default-route-${text(network.values, 'name') ?? network.instance.name}`,
        selfLink: `${network.id}/default-route`.replace('/networks/', '/routes/'),
        network: text(network.values, 'self_link') ?? network.id,
        destRange: '0.0.0.0/0',
        priority: 1000,
        nextHopGateway: 'projects/p/global/gateways/default-internet-gateway',
      }),
    );
  return [...own, ...defaults];
}

function routers(
  side: Side,
  link: (url: string | undefined, kind: 'networks' | 'subnetworks', near?: Values) => string | undefined,
): Json[] {
  const nats = side.managed('google_compute_router_nat');
  return side.all('google_compute_router').map((router): Json => {
    const name = text(router.values, 'name') ?? router.instance.name;
    return {
      ...named(router),
      network: link(text(router.values, 'network'), 'networks', router.values),
      region: `projects/p/regions/${text(router.values, 'region') ?? regionIn(router.id) ?? ''}`,
      nats: nats
        .filter(({ values }) => text(values, 'router') === name || text(values, 'router') === router.id)
        .map(({ values, instance }) => ({
          name: text(values, 'name') ?? instance.name,
          natIpAllocateOption: text(values, 'nat_ip_allocate_option') ?? 'AUTO_ONLY',
          natIps: texts(values, 'nat_ips'),
          sourceSubnetworkIpRangesToNat: text(values, 'source_subnetwork_ip_ranges_to_nat'),
          subnetworks: blocks(values, 'subnetwork').map((one) => ({
            name: link(text(one, 'name'), 'subnetworks', values),
            sourceIpRangesToNat: texts(one, 'source_ip_ranges_to_nat'),
            secondaryIpRangeNames: texts(one, 'secondary_ip_range_names'),
          })),
        })),
    };
  });
}

function peerings(side: Side, network: Resource): Json[] {
  const own = (values: Values, key: string) => linkTo(side, text(values, key), 'networks', values);
  const mine = text(network.values, 'self_link') ?? network.id;
  const all = side.managed('google_compute_network_peering');
  return all
    .filter(({ values }) => [mine, network.id].includes(own(values, 'network') ?? ''))
    .map(({ values, instance }) => {
      const peer = own(values, 'peer_network');
      const twin = all.some((other) => own(other.values, 'network') === peer);
      return {
        name: text(values, 'name') ?? instance.name,
        network: peer,
        state: text(values, 'state') ?? (twin ? 'ACTIVE' : 'INACTIVE'),
        exportCustomRoutes: flag(values, 'export_custom_routes') ?? false,
        importCustomRoutes: flag(values, 'import_custom_routes') ?? false,
        exportSubnetRoutesWithPublicIp: flag(values, 'export_subnet_routes_with_public_ip') ?? true,
        importSubnetRoutesWithPublicIp: flag(values, 'import_subnet_routes_with_public_ip') ?? false,
        stackType: text(values, 'stack_type') ?? 'IPV4_ONLY',
      };
    });
}

export const GOOGLE_READ =
  /^google_compute_(network|subnetwork|instance|instance_from_template|firewall|route|router|router_nat|address|global_address|network_peering)$/;
