/**
 * The table of Google Cloud calls: lists of a project, by the REST surface. The least-privilege role is printed from it.
 * All of them only read, the POSTs among them too: they are questions with a body.
 * Source: https://docs.cloud.google.com/compute/docs/reference/rest/v1
 */
import type { Json } from '../words.ts';

export type Api = 'compute' | 'cloudresourcemanager' | 'networkconnectivity' | 'networksecurity';

/** One list of a project. */
export interface GcpList {
  readonly api: Api;
  /** Name of the file, and for messages. */
  readonly name: string;
  /** Below the API's root; {project} stands for the project. */
  readonly path: string;
  /** What IAM calls the right. */
  readonly permission: string;
  /** Where the answer's records stand; `scopes` is an aggregated list, by zone and region. */
  readonly records: 'items' | 'scopes' | 'policyBasedRoutes' | 'spokes';
  /** Something else in a snapshot points at what it lists. */
  readonly referred?: true;
  /** What the API calls the list, for answers that are empty and don't say. */
  readonly kind?: string;
}

const aggregated = (name: string, kind: string): GcpList => ({
  api: 'compute',
  name,
  path: `projects/{project}/aggregated/${name}`,
  permission: `compute.${name}.list`,
  records: 'scopes',
  kind: `compute#${kind}AggregatedList`,
});
const global = (name: string, kind: string): GcpList => ({
  api: 'compute',
  name,
  path: `projects/{project}/global/${name}`,
  permission: `compute.${name}.list`,
  records: 'items',
  kind: `compute#${kind}List`,
});

export const GCP_LISTS: readonly GcpList[] = [
  global('networks', 'network'),
  aggregated('subnetworks', 'subnetwork'),
  aggregated('instances', 'instance'),
  global('firewalls', 'firewall'),
  global('firewallPolicies', 'firewallPolicy'),
  global('routes', 'route'),
  aggregated('routers', 'router'),
  aggregated('addresses', 'address'),
  aggregated('vpnTunnels', 'vpnTunnel'),
  aggregated('vpnGateways', 'vpnGateway'),
  aggregated('targetVpnGateways', 'targetVpnGateway'),
  { ...global('externalVpnGateways', 'externalVpnGateway'), referred: true },
  aggregated('interconnectAttachments', 'interconnectAttachment'),
  aggregated('forwardingRules', 'forwardingRule'),
  aggregated('backendServices', 'backendService'),
  aggregated('targetPools', 'targetPool'),
  aggregated('targetInstances', 'targetInstance'),
  aggregated('targetHttpProxies', 'targetHttpProxy'),
  aggregated('targetHttpsProxies', 'targetHttpsProxy'),
  aggregated('targetTcpProxies', 'targetTcpProxy'),
  global('targetSslProxies', 'targetSslProxy'),
  global('targetGrpcProxies', 'targetGrpcProxy'),
  aggregated('urlMaps', 'urlMap'),
  aggregated('healthChecks', 'healthCheck'),
  global('httpHealthChecks', 'httpHealthCheck'),
  global('httpsHealthChecks', 'httpsHealthCheck'),
  aggregated('instanceGroups', 'instanceGroup'),
  { ...aggregated('networkEndpointGroups', 'networkEndpointGroup'), referred: true },
  { ...aggregated('serviceAttachments', 'serviceAttachment'), referred: true },
  {
    api: 'networkconnectivity',
    name: 'policyBasedRoutes',
    path: 'projects/{project}/locations/global/policyBasedRoutes',
    permission: 'networkconnectivity.policyBasedRoutes.list',
    records: 'policyBasedRoutes',
  },
  {
    api: 'networkconnectivity',
    name: 'spokes',
    // Networks are spokes of a hub in the global location alone.
    path: 'projects/{project}/locations/global/spokes',
    permission: 'networkconnectivity.spokes.list',
    records: 'spokes',
    referred: true,
  },
];

/** Rights of the calls that are made for single things, and of finding out what projects there are. */
const MORE = [
  'compute.instanceGroups.get',
  'compute.networkEndpointGroups.get',
  'compute.projects.get',
  'compute.routers.get',
  'compute.regions.list',
  'networksecurity.addressGroups.get',
  'resourcemanager.projects.get',
];
/** Rights at the organisation or folder. */
const ABOVE = [
  'compute.firewallPolicies.list',
  'resourcemanager.folders.get',
  'resourcemanager.folders.list',
  'resourcemanager.hierarchyNodes.listEffectiveTags',
  'resourcemanager.projects.get',
  'resourcemanager.projects.list',
];

/** The least that collecting needs, as a custom role: `gcloud iam roles create netaudit --organization ID --file role.json`. */
export function gcpPolicy(): Json {
  const permissions = [...new Set([...GCP_LISTS.map(({ permission }) => permission), ...MORE, ...ABOVE])].sort();
  return {
    title: 'netaudit collect',
    description: 'Reads network configuration; changes nothing and reads no data.',
    stage: 'GA',
    includedPermissions: permissions,
  };
}
