/**
 * Load balancing: forwarding rules, proxies, maps, services, groups of endpoints, health checks. Terraform's words are the
 * API's own in another spelling, so that most records are made by the table of their fields.
 * Source: https://registry.terraform.io/providers/hashicorp/google/latest/docs/resources/compute_forwarding_rule
 */
import type { Family, Listing } from '../family.ts';
import type { Resource, Side } from '../side.ts';
import { type Json, type Values, block, blocks, filled, flag, number, text, texts, unknownIn } from '../values.ts';
import { SUBNETS, linkIds, linkTo, named, networkLink, regionLink, resourceNamed, selfLink } from './common.ts';
import { addressOf } from './instance.ts';

const ADDRESSES = ['google_compute_address', 'google_compute_global_address'];
const SERVICES = ['google_compute_backend_service', 'google_compute_region_backend_service'];
const MAPS = ['google_compute_url_map', 'google_compute_region_url_map'];
const RULES = ['google_compute_forwarding_rule', 'google_compute_global_forwarding_rule'];
const CHECKS = ['google_compute_health_check', 'google_compute_region_health_check'];
const OLD_CHECKS = {
  httpHealthCheck: 'google_compute_http_health_check',
  httpsHealthCheck: 'google_compute_https_health_check',
};
const PROXIES: Readonly<Record<string, readonly string[]>> = {
  targetHttpProxy: ['google_compute_target_http_proxy', 'google_compute_region_target_http_proxy'],
  targetHttpsProxy: ['google_compute_target_https_proxy', 'google_compute_region_target_https_proxy'],
  targetTcpProxy: ['google_compute_target_tcp_proxy', 'google_compute_region_target_tcp_proxy'],
  targetSslProxy: ['google_compute_target_ssl_proxy'],
};
const POOLS = ['google_compute_target_pool'];
const TARGETS = ['google_compute_target_instance'];
const ENDPOINTS = [
  'google_compute_network_endpoint_group',
  'google_compute_region_network_endpoint_group',
  'google_compute_global_network_endpoint_group',
];
const MACHINES = ['google_compute_instance', 'google_compute_instance_from_template'];
const ALL = [
  ...RULES,
  ...SERVICES,
  ...MAPS,
  ...CHECKS,
  ...Object.values(OLD_CHECKS),
  ...Object.values(PROXIES).flat(),
  ...POOLS,
  ...TARGETS,
  ...ENDPOINTS,
];

export const loadBalancerFamily: Family = {
  types: [...ALL, 'google_compute_network_endpoint', 'google_compute_network_endpoints'],
  ids: linkIds(...ALL),
  read: (side) => [
    { kind: 'forwardingRule', records: side.managed(...RULES).map((rule) => ruleOf(side, rule)) },
    { kind: 'backendService', records: side.managed(...SERVICES).map((service) => serviceOf(side, service)) },
    { kind: 'urlMap', records: side.managed(...MAPS).map((map) => mapOf(side, map)) },
    ...Object.entries(PROXIES).map(([kind, types]) => ({
      kind,
      records: side.managed(...types).map((proxy) =>
        filled({
          ...named(proxy),
          urlMap: linkTo(side, text(proxy.values, 'url_map'), MAPS, proxy.values),
          service: linkTo(side, text(proxy.values, 'backend_service'), SERVICES, proxy.values),
        }),
      ),
    })),
    {
      kind: 'targetPool',
      records: side.managed(...POOLS).map((pool) => ({
        ...named(pool),
        region: regionLink(pool),
        instances: texts(pool.values, 'instances').map((one) => machineNamed(side, one)),
      })),
    },
    {
      kind: 'targetInstance',
      records: side
        .managed(...TARGETS)
        .map((one) =>
          filled({ ...named(one), instance: linkTo(side, text(one.values, 'instance'), MACHINES, one.values) }),
        ),
    },
    { kind: 'healthCheck', records: side.managed(...CHECKS).map(checkOf) },
    ...Object.entries(OLD_CHECKS).map(([kind, type]) => ({
      kind,
      records: side.managed(type).map((check) => filled({ ...named(check), port: number(check.values, 'port') })),
    })),
    { kind: 'networkEndpointGroup', records: side.managed(...ENDPOINTS).map(named) },
    ...side.managed('google_compute_network_endpoint_group').map((group) => endpointsOf(side, group)),
  ],
};

/** "zone/name", a link or a name. */
function machineNamed(side: Side, word: string): string {
  const short = /^([a-z0-9-]+)\/([a-z0-9-]+)$/.exec(word);
  return linkTo(side, short === null ? word : short[2]!, MACHINES) ?? word;
}

function ruleOf(side: Side, rule: Resource): Json {
  const { values } = rule;
  const scheme = text(values, 'load_balancing_scheme') ?? 'EXTERNAL';
  const subnetwork = linkTo(side, text(values, 'subnetwork'), SUBNETS, values);
  const isGlobal = rule.instance.type.includes('global');
  return filled({
    ...named(rule),
    IPAddress: addressIn(side, rule, scheme, subnetwork),
    IPProtocol: text(values, 'ip_protocol') ?? 'TCP',
    ports: texts(values, 'ports'),
    portRange: text(values, 'port_range'),
    allPorts: flag(values, 'all_ports') ?? false,
    allowGlobalAccess: flag(values, 'allow_global_access') ?? false,
    loadBalancingScheme: scheme,
    network: networkLink(side, values) ?? networkLink(side, resourceNamed(side, subnetwork, SUBNETS)?.values),
    subnetwork,
    region: isGlobal ? undefined : regionLink(rule),
    backendService: linkTo(side, text(values, 'backend_service'), SERVICES, values),
    target: linkTo(side, text(values, 'target'), [...POOLS, ...TARGETS, ...Object.values(PROXIES).flat()], values),
    pscConnectionStatus: text(values, 'psc_connection_status'),
  });
}

/** The frontend's address: given, reserved, or the cloud's choice: inside of a subnet where the balancer is internal. */
function addressIn(side: Side, rule: Resource, scheme: string, subnetwork: string | undefined): string | undefined {
  const word = text(rule.values, 'ip_address');
  const dark = unknownIn(word);
  const reserved = side
    .managed(...ADDRESSES)
    .find(({ id, instance, values }) =>
      dark === undefined
        ? word !== undefined && [id, text(values, 'self_link'), text(values, 'name')].includes(word)
        : dark.split(', ').some((one) => one === instance.address || one.startsWith(`${instance.address}.`)),
    );
  if (reserved !== undefined) return addressOf(side, reserved);
  if (word !== undefined && dark === undefined) return word;
  if (!scheme.startsWith('INTERNAL')) return side.madeUp.public(rule.id);
  const subnet = resourceNamed(side, subnetwork, SUBNETS);
  return side.madeUp.private(rule.id, subnet?.id ?? '', text(subnet?.values, 'ip_cidr_range'));
}

function serviceOf(side: Side, service: Resource): Json {
  const { values } = service;
  return filled({
    ...named(service),
    protocol: text(values, 'protocol') ?? 'HTTP',
    portName: text(values, 'port_name') ?? 'http',
    port: number(values, 'port'),
    loadBalancingScheme:
      text(values, 'load_balancing_scheme') ?? (service.instance.type.includes('region') ? 'INTERNAL' : 'EXTERNAL'),
    network: networkLink(side, values),
    region: service.instance.type.includes('region') ? regionLink(service) : undefined,
    healthChecks: texts(values, 'health_checks').map((one) =>
      linkTo(side, one, [...CHECKS, ...Object.values(OLD_CHECKS)], values),
    ),
    backends: blocks(values, 'backend').map((one) => ({ group: groupNamed(side, text(one, 'group')) })),
  });
}

/** A managed group goes by the link of the group that it makes. */
function groupNamed(side: Side, word: string | undefined): string | undefined {
  const group = resourceNamed(side, word, [...ENDPOINTS, 'google_compute_instance_group']);
  return group === undefined ? word : selfLink(group);
}

function mapOf(side: Side, map: Resource): Json {
  const { values } = map;
  const service = (of: Values | undefined, key: string) => linkTo(side, text(of, key), SERVICES, values);
  return filled({
    ...named(map),
    defaultService: service(values, 'default_service'),
    pathMatchers: blocks(values, 'path_matcher').map((matcher) =>
      filled({
        name: text(matcher, 'name'),
        defaultService: service(matcher, 'default_service'),
        pathRules: blocks(matcher, 'path_rule').map((rule) => filled({ service: service(rule, 'service') })),
        routeRules: blocks(matcher, 'route_rules').map((rule) => filled({ service: service(rule, 'service') })),
      }),
    ),
  });
}

const CHECK_BLOCKS: Readonly<Record<string, string>> = {
  tcp_health_check: 'tcpHealthCheck',
  ssl_health_check: 'sslHealthCheck',
  http_health_check: 'httpHealthCheck',
  https_health_check: 'httpsHealthCheck',
  http2_health_check: 'http2HealthCheck',
  grpc_health_check: 'grpcHealthCheck',
};

function checkOf(check: Resource): Json {
  const found = Object.entries(CHECK_BLOCKS).find(([key]) => block(check.values, key) !== undefined);
  const detail = found === undefined ? undefined : block(check.values, found[0]);
  return filled({
    ...named(check),
    ...(found === undefined
      ? {}
      : {
          [found[1]]: filled({ port: number(detail, 'port'), portSpecification: text(detail, 'port_specification') }),
        }),
  });
}

function endpointsOf(side: Side, group: Resource): Listing {
  const name = text(group.values, 'name') ?? group.instance.name;
  const isOf = (values: Values) => {
    const word = text(values, 'network_endpoint_group');
    return word !== undefined && [group.id, selfLink(group), name].includes(word);
  };
  const single = side.managed('google_compute_network_endpoint').filter(({ values }) => isOf(values));
  const several = side.managed('google_compute_network_endpoints').filter(({ values }) => isOf(values));
  return {
    kind: 'networkEndpoints',
    request: { networkEndpointGroup: name },
    records: [
      ...single.map(({ values }) => values),
      ...several.flatMap(({ values }) => blocks(values, 'network_endpoints')),
    ].map((one) => ({
      networkEndpoint: filled({
        instance: linkTo(side, text(one, 'instance'), MACHINES),
        ipAddress: text(one, 'ip_address'),
        port: number(one, 'port') ?? number(group.values, 'default_port'),
      }),
    })),
    complete: true,
  };
}
