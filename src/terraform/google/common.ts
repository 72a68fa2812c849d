/** What the families of Google resource types share: links, and the made-up ids that look like them. */
import type { Setting } from '../setting.ts';
import type { Resource, Side } from '../side.ts';
import { type Json, type Values, isObject, lastWord as lastOf, text } from '../values.ts';

/** Collections of the API, by type: where a resource's link stands, and whether it is of the world, a region or a zone. */
const COLLECTIONS: Readonly<Record<string, readonly [collection: string, scope: 'global' | 'regions' | 'zones']>> = {
  google_compute_network: ['networks', 'global'],
  google_compute_firewall: ['firewalls', 'global'],
  google_compute_route: ['routes', 'global'],
  google_compute_subnetwork: ['subnetworks', 'regions'],
  google_compute_instance: ['instances', 'zones'],
  google_compute_instance_from_template: ['instances', 'zones'],
  google_compute_instance_template: ['instanceTemplates', 'global'],
  google_compute_region_instance_template: ['instanceTemplates', 'regions'],
  google_compute_instance_group: ['instanceGroups', 'zones'],
  google_compute_instance_group_manager: ['instanceGroupManagers', 'zones'],
  google_compute_region_instance_group_manager: ['instanceGroupManagers', 'regions'],
  google_compute_network_endpoint_group: ['networkEndpointGroups', 'zones'],
  google_compute_region_network_endpoint_group: ['networkEndpointGroups', 'regions'],
  google_compute_global_network_endpoint_group: ['networkEndpointGroups', 'global'],
  google_compute_router: ['routers', 'regions'],
  google_compute_address: ['addresses', 'regions'],
  google_compute_global_address: ['addresses', 'global'],
  google_compute_forwarding_rule: ['forwardingRules', 'regions'],
  google_compute_global_forwarding_rule: ['forwardingRules', 'global'],
  google_compute_backend_service: ['backendServices', 'global'],
  google_compute_region_backend_service: ['backendServices', 'regions'],
  google_compute_backend_bucket: ['backendBuckets', 'global'],
  google_compute_url_map: ['urlMaps', 'global'],
  google_compute_region_url_map: ['urlMaps', 'regions'],
  google_compute_target_http_proxy: ['targetHttpProxies', 'global'],
  google_compute_target_https_proxy: ['targetHttpsProxies', 'global'],
  google_compute_target_tcp_proxy: ['targetTcpProxies', 'global'],
  google_compute_target_ssl_proxy: ['targetSslProxies', 'global'],
  google_compute_region_target_http_proxy: ['targetHttpProxies', 'regions'],
  google_compute_region_target_https_proxy: ['targetHttpsProxies', 'regions'],
  google_compute_region_target_tcp_proxy: ['targetTcpProxies', 'regions'],
  google_compute_target_pool: ['targetPools', 'regions'],
  google_compute_target_instance: ['targetInstances', 'zones'],
  google_compute_health_check: ['healthChecks', 'global'],
  google_compute_region_health_check: ['healthChecks', 'regions'],
  google_compute_http_health_check: ['httpHealthChecks', 'global'],
  google_compute_https_health_check: ['httpsHealthChecks', 'global'],
  google_compute_vpn_tunnel: ['vpnTunnels', 'regions'],
  google_compute_ha_vpn_gateway: ['vpnGateways', 'regions'],
  google_compute_vpn_gateway: ['targetVpnGateways', 'regions'],
  google_compute_interconnect_attachment: ['interconnectAttachments', 'regions'],
  google_compute_network_firewall_policy: ['firewallPolicies', 'global'],
  google_compute_network_firewall_policy_with_rules: ['firewallPolicies', 'global'],
  google_compute_region_network_firewall_policy: ['firewallPolicies', 'regions'],
  google_compute_region_network_firewall_policy_with_rules: ['firewallPolicies', 'regions'],
};

/** The made-up ids of these types. */
export function linkIds(...types: readonly string[]) {
  return Object.fromEntries(
    types.map((type) => [type, (values: Values, _: string, setting: Setting) => linkFor(type, values, setting)]),
  );
}

function linkFor(type: string, values: Values, setting: Setting): string | undefined {
  const [name, place] = [text(values, 'name'), COLLECTIONS[type]];
  if (name === undefined || place === undefined) return undefined;
  const [collection, scope] = place;
  const project = text(values, 'project') ?? setting.project ?? 'project';
  if (scope === 'global') return `projects/${project}/global/${collection}/${name}`;
  const zone = lastOf(text(values, 'zone')) ?? setting.zone ?? `${setting.region ?? 'region'}-a`;
  const region = lastOf(text(values, 'region')) ?? setting.region ?? regionOfZone(zone);
  return `projects/${project}/${scope}/${scope === 'zones' ? zone : region}/${collection}/${name}`;
}

/** "europe-west3-b" -> "europe-west3". */
export function regionOfZone(zone: string): string {
  return zone.replace(/-[a-z]$/, '');
}

export { lastWord as lastOf } from '../values.ts';

export function selfLink({ id, values }: Resource): string {
  return text(values, 'self_link') ?? id;
}

/** The region of a regional resource. */
export function regionOf({ id, values }: Resource): string {
  const zone = /\/zones\/([^/]+)/.exec(id)?.[1];
  return (
    lastOf(text(values, 'region')) ??
    /\/regions\/([^/]+)/.exec(id)?.[1] ??
    (zone === undefined ? '' : regionOfZone(zone))
  );
}

export function regionLink(resource: Resource): string {
  return `projects/p/regions/${regionOf(resource)}`;
}

export function named(resource: Resource): Json {
  const { instance, values } = resource;
  const labels = values['labels'];
  return {
    name: text(values, 'name') ?? instance.name,
    selfLink: selfLink(resource),
    labels: isObject(labels)
      ? Object.fromEntries(Object.entries(labels).filter(([, value]) => typeof value === 'string'))
      : {},
  };
}

/** A reference as the link of what it names: by link, id or bare name. */
export function linkTo(
  side: Side,
  word: string | undefined,
  types: readonly string[],
  near?: Values,
): string | undefined {
  if (word === undefined) return undefined;
  const found = resourceNamed(side, word, types);
  if (found !== undefined) return selfLink(found);
  if (word.includes('/')) return word;
  const [collection, scope] = COLLECTIONS[types[0] ?? ''] ?? [];
  const project = text(near, 'project') ?? side.setting.project ?? 'project';
  if (scope === 'global') return `projects/${project}/global/${collection}/${word}`;
  const region = lastOf(text(near, 'region')) ?? side.setting.region;
  return scope === 'regions' && region !== undefined
    ? `projects/${project}/regions/${region}/${collection}/${word}`
    : word;
}

/** The resource that a link, an id or a bare name means. */
export function resourceNamed(side: Side, word: string | undefined, types: readonly string[]): Resource | undefined {
  if (word === undefined) return undefined;
  const path = pathOf(word);
  return side
    .all(...types)
    .find((one) =>
      word.includes('/')
        ? pathOf(one.id) === path || pathOf(selfLink(one)) === path
        : one.id === word || text(one.values, 'name') === word,
    );
}

function pathOf(url: string): string {
  const at = url.indexOf('projects/');
  return at < 0 ? url : url.slice(at);
}

export const NETWORKS = ['google_compute_network'] as const;
export const SUBNETS = ['google_compute_subnetwork'] as const;

export function networkLink(side: Side, values: Values | undefined): string | undefined {
  return linkTo(side, text(values, 'network'), NETWORKS, values);
}

/** Networks that the plan's resources stand in and that nothing tells the rules of: neither the plan nor a snapshot. */
export function foreignNetworks(side: Side): readonly string[] {
  if (side.isOver) return [];
  const own = new Set(side.managed(...NETWORKS).map((one) => pathOf(selfLink(one))));
  const named = [
    ...side.all('google_compute_subnetwork', 'google_compute_firewall', 'google_compute_route'),
    ...side.managed('google_compute_router'),
  ].flatMap(({ values }) => networkLink(side, values) ?? []);
  const nics = side
    .managed('google_compute_instance', 'google_compute_instance_from_template', 'google_compute_instance_template')
    .flatMap(({ values }) =>
      Array.isArray(values['network_interface']) ? (values['network_interface'] as Values[]) : [],
    )
    .flatMap((nic) => (text(nic, 'subnetwork') === undefined ? (networkLink(side, nic) ?? []) : []));
  return [...new Set([...named, ...nics].map(pathOf))].filter((one) => !own.has(one)).sort();
}
