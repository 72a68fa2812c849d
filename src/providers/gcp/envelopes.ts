/**
 * Which Google Cloud answer a JSON document is: gcloud's arrays, REST lists, aggregated lists by scope, single resources,
 * effective firewalls. A record says its kind, or its link does. A scope that could not be reached is missing, not empty.
 * Source: https://docs.cloud.google.com/compute/docs/reference/rest/v1
 */
import type { Place, Recogniser, Recognition, RecognisedDocument } from '../../snapshot/documents.ts';
import { pointerToken } from '../../snapshot/documents.ts';
import { type Json, isRecord, linkOf } from './record.ts';

/** Kinds that readers use, by the last part of the API's own kind. */
const READ: ReadonlySet<string> = new Set(
  (
    'network subnetwork instance firewall firewallPolicy route router address globalAddress vpnTunnel vpnGateway targetVpnGateway ' +
    'externalVpnGateway interconnectAttachment forwardingRule backendService targetPool targetInstance targetHttpProxy ' +
    'targetHttpsProxy targetTcpProxy targetSslProxy targetGrpcProxy urlMap healthCheck httpHealthCheck httpsHealthCheck ' +
    'instanceGroup networkEndpointGroup serviceAttachment project policyBasedRoute addressGroup tagBinding folder ' +
    'instanceGroupMembers effectiveFirewalls routerStatus peeringRoutes networkEndpoints ancestors backendHealth ' +
    'hub spoke tagValue organization'
  ).split(' '),
);

/** What a collection in a link holds: ".../global/firewalls/x" is a firewall. */
const COLLECTIONS: Readonly<Record<string, string>> = {
  networks: 'network',
  subnetworks: 'subnetwork',
  instances: 'instance',
  firewalls: 'firewall',
  firewallPolicies: 'firewallPolicy',
  routes: 'route',
  routers: 'router',
  addresses: 'address',
  vpnTunnels: 'vpnTunnel',
  vpnGateways: 'vpnGateway',
  targetVpnGateways: 'targetVpnGateway',
  externalVpnGateways: 'externalVpnGateway',
  interconnectAttachments: 'interconnectAttachment',
  forwardingRules: 'forwardingRule',
  backendServices: 'backendService',
  targetPools: 'targetPool',
  targetInstances: 'targetInstance',
  targetHttpProxies: 'targetHttpProxy',
  targetHttpsProxies: 'targetHttpsProxy',
  targetTcpProxies: 'targetTcpProxy',
  targetSslProxies: 'targetSslProxy',
  targetGrpcProxies: 'targetGrpcProxy',
  urlMaps: 'urlMap',
  healthChecks: 'healthCheck',
  instanceGroups: 'instanceGroup',
  instanceGroupManagers: 'instanceGroupManager',
  networkEndpointGroups: 'networkEndpointGroup',
  serviceAttachments: 'serviceAttachment',
  policyBasedRoutes: 'policyBasedRoute',
  addressGroups: 'addressGroup',
  hubs: 'hub',
  spokes: 'spoke',
  tagValues: 'tagValue',
};

/** Answers that are not lists of resources: kind -> what the readers call them. */
const ANSWERS: Readonly<Record<string, string>> = {
  instanceGroupsListInstances: 'instanceGroupMembers',
  regionInstanceGroupsListInstances: 'instanceGroupMembers',
  routerStatusResponse: 'routerStatus',
  exchangedPeeringRoutesList: 'peeringRoutes',
  networkEndpointGroupsListNetworkEndpoints: 'networkEndpoints',
  backendServiceGroupHealth: 'backendHealth',
  targetPoolInstanceHealth: 'backendHealth',
};

/** Answers that tell nothing about who reaches whom; they are named, so that nobody looks for them. */
const NEEDLESS: Readonly<Record<string, string>> = {
  xpnResource: 'which projects share a network is told by the links of their interfaces',
  projectsGetXpnResources: 'which projects share a network is told by the links of their interfaces',
  vmEndpointNatMappingsList: 'which ports a NAT gave to whom decides no verdict',
};

export const gcpRecogniser: Recogniser = {
  provider: 'gcp',
  recognise(value: unknown, _place: Place): Recognition | undefined {
    if (Array.isArray(value)) return ofRecords(value, '', undefined, undefined);
    return isRecord(value) ? ofAnswer(value) : undefined;
  },
};

function ofAnswer(value: Json): Recognition | undefined {
  const request = isRecord(value['$request']) ? value['$request'] : undefined;
  const kind = typeof value['kind'] === 'string' ? value['kind'].replace(/^[a-z]+#/i, '') : undefined;
  const isOurs =
    typeof value['kind'] === 'string' &&
    /^(compute|networkconnectivity|networksecurity|cloudresourcemanager)#/.test(value['kind']);
  if (isEffective(value)) return { documents: [whole('effectiveFirewalls', value, request)] };
  const answer = kind === undefined ? undefined : ANSWERS[kind];
  if (answer !== undefined) {
    const items = value['items'];
    const records = Array.isArray(items) ? items : [value];
    return {
      documents: [
        {
          kind: answer,
          pointer: Array.isArray(items) ? '/items' : '',
          records,
          request: { ...request, selfLink: value['selfLink'], id: value['id'] },
        },
      ],
    };
  }
  const { items } = value;
  if (isOurs && kind?.endsWith('AggregatedList') === true && isRecord(items)) {
    // Two of these lists have a name in the plural: urlMapsAggregatedList, healthChecksAggregatedList.
    const named = kind.replace(/AggregatedList$/, '');
    return ofScopes(items, Object.hasOwn(COLLECTIONS, named) ? COLLECTIONS[named]! : named, value, request);
  }
  if (Array.isArray(items) && (isOurs || request !== undefined)) {
    const named =
      kind?.endsWith('List') === true
        ? kind.replace(/List$/, '')
        : request === undefined
          ? undefined
          : kindOfCall(request);
    return ofList(items, named, value, request);
  }
  const isBare = !Object.values(value).some((one) => Array.isArray(one) || isRecord(one));
  if (isOurs && isBare && kind?.endsWith('List') === true && READ.has(kind.replace(/List$/, '')))
    return ofList([], kind.replace(/List$/, ''), value, request);
  // Lists of APIs that name their list by what is in it.
  for (const [key, named] of [
    ['policyBasedRoutes', 'policyBasedRoute'],
    ['addressGroups', 'addressGroup'],
    ['tagBindings', 'tagBinding'],
    ['effectiveTags', 'tagBinding'],
    ['folders', 'folder'],
    ['projects', 'project'],
    ['organizations', 'organization'],
    ['hubs', 'hub'],
    ['spokes', 'spoke'],
    ['tagValues', 'tagValue'],
    ['ancestor', 'ancestors'],
  ] as const) {
    const list = value[key];
    if (!Array.isArray(list) || !list.every(isRecord)) continue;
    return {
      documents: [{ kind: named, pointer: `/${key}`, records: list, ...(request === undefined ? {} : { request }) }],
    };
  }
  return kindOf(value) === undefined ? undefined : ofRecords([value], '', request, () => '');
}

function isEffective(value: Json): boolean {
  return (Array.isArray(value['firewalls']) || Array.isArray(value['firewallPolicys'])) && value['kind'] === undefined;
}

function whole(kind: string, value: Json, request: Json | undefined): RecognisedDocument {
  return { kind, pointer: '', records: [value], placeOf: () => '', ...(request === undefined ? {} : { request }) };
}

/** A call whose answer names nothing: "gcloud compute instance-groups list-instances". */
function kindOfCall(request: Json): string | undefined {
  const words = JSON.stringify(request).toLowerCase();
  if (words.includes('effectivefirewalls') || words.includes('effective-firewalls')) return 'effectiveFirewalls';
  if (words.includes('tagbinding') || words.includes('effectivetags') || words.includes('tags bindings'))
    return 'tagBinding';
  if (words.includes('ancestor')) return 'ancestors';
  if (words.includes('gethealth') || words.includes('get-health')) return 'backendHealth';
  if (typeof request['instanceGroup'] === 'string') return 'instanceGroupMembers';
  if (typeof request['networkEndpointGroup'] === 'string') return 'networkEndpoints';
  if (typeof request['backendService'] === 'string') return 'backendHealth';
  if (typeof request['router'] === 'string') return 'routerStatus';
  if (typeof request['peering'] === 'string') return 'peeringRoutes';
  if (typeof request['parent'] === 'string' && words.includes('/instances/')) return 'tagBinding';
  const asked = Object.values(COLLECTIONS).find((kind) => words.includes(kind.toLowerCase()));
  return asked;
}

function ofList(
  items: readonly unknown[],
  named: string | undefined,
  value: Json,
  request: Json | undefined,
): Recognition | undefined {
  if (items.length === 0 && named === undefined) return undefined;
  const code = isRecord(value['warning']) ? value['warning']['code'] : undefined;
  const incomplete =
    typeof value['nextPageToken'] === 'string' || (typeof code === 'string' && code !== 'NO_RESULTS_ON_PAGE');
  if (items.length === 0)
    return {
      documents: [
        {
          kind: named!,
          pointer: '/items',
          records: [],
          ...(incomplete ? { incomplete } : { askedNone: true }),
          ...(request === undefined ? {} : { request }),
        },
      ],
    };
  const found = ofRecords(items, '/items', request, undefined, named);
  return found === undefined || !incomplete
    ? found
    : { ...found, documents: found.documents.map((document) => ({ ...document, incomplete: true as const })) };
}

/** Aggregated lists hold, for every scope, records or a warning. */
function ofScopes(items: Json, named: string, value: Json, request: Json | undefined): Recognition {
  const documents: RecognisedDocument[] = [];
  const notes: { pointer: string; message: string }[] = [];
  let some = false;
  for (const [scope, content] of Object.entries(items)) {
    if (!isRecord(content)) continue;
    const at = `/items/${pointerToken(scope)}`;
    const warning = isRecord(content['warning']) ? content['warning'] : undefined;
    const code = warning === undefined ? undefined : String(warning['code']);
    if (code !== undefined && code !== 'NO_RESULTS_ON_PAGE') {
      notes.push({
        pointer: at,
        message: `${scope} could not be read (${code.slice(0, 60)}): what it holds is missing, not empty`,
      });
      documents.push({ kind: named, pointer: at, records: [], incomplete: true });
      some = true;
    }
    for (const [key, list] of Object.entries(content)) {
      if (!Array.isArray(list)) continue;
      documents.push({
        kind: named,
        pointer: `${at}/${pointerToken(key)}`,
        records: list,
        ...(request === undefined ? {} : { request }),
      });
      some ||= list.length > 0;
    }
  }
  for (const scope of Array.isArray(value['unreachables']) ? value['unreachables'] : []) {
    notes.push({
      pointer: '/unreachables',
      message: `${String(scope).slice(0, 100)} could not be reached: what it holds is missing, not empty`,
    });
    documents.push({ kind: named, pointer: '/unreachables', records: [], incomplete: true });
    some = true;
  }
  if (!some) documents.push({ kind: named, pointer: '/items', records: [], askedNone: true });
  const unknown = READ.has(named) ? [] : [{ why: `${named}: netaudit does not read this kind` }];
  return { documents: documents.filter(({ kind }) => READ.has(kind)), notes, notUnderstood: unknown };
}

/** Records by kind; what no reader knows is named, once a kind. */
function ofRecords(
  records: readonly unknown[],
  at: string,
  request: Json | undefined,
  placeOf: ((index: number) => string) | undefined,
  named?: string,
): Recognition | undefined {
  const kinds = new Map<string, { record: Json; index: number }[]>();
  const unknown = new Map<string, number>();
  let strange = 0;
  for (const [index, record] of records.entries()) {
    const kind = isRecord(record) ? (named !== undefined && READ.has(named) ? named : kindOf(record)) : undefined;
    if (kind === undefined || !isRecord(record)) strange++;
    else if (READ.has(kind)) kinds.set(kind, [...(kinds.get(kind) ?? []), { record, index }]);
    else unknown.set(kind, (unknown.get(kind) ?? 0) + 1);
  }
  if (strange === records.length) return undefined;
  const place = placeOf ?? ((index: number) => `${at}/${index}`);
  const documents = [...kinds].map(
    ([kind, list]): RecognisedDocument => ({
      kind,
      pointer: at,
      records: list.map(({ record }) => record),
      placeOf: (index) => place(list[index]?.index ?? index),
      ...(request === undefined ? {} : { request }),
    }),
  );
  const notUnderstood = [...unknown].map(([kind, count]) => ({
    pointer: at,
    why: `${count} ${kind}: ${Object.hasOwn(NEEDLESS, kind) ? NEEDLESS[kind] : 'netaudit does not read this kind'}`,
  }));
  return {
    documents,
    notUnderstood:
      strange > 0 ? [...notUnderstood, { pointer: at, why: `${strange} records without a kind` }] : notUnderstood,
  };
}

/** From the record's kind, its link, or the few shapes that have neither. */
function kindOf(record: Json): string | undefined {
  const { kind, selfLink, name } = record;
  if (typeof kind === 'string' && /^(compute|networkconnectivity|networksecurity)#[A-Za-z]+$/.test(kind)) {
    const own = kind.slice(kind.indexOf('#') + 1);
    return Object.hasOwn(ANSWERS, own) ? ANSWERS[own] : own;
  }
  const url =
    typeof selfLink === 'string'
      ? linkOf(selfLink)
      : typeof name === 'string' && name.startsWith('projects/')
        ? name
        : undefined;
  const collection = url?.split('/').at(-2);
  if (collection !== undefined && Object.hasOwn(COLLECTIONS, collection)) return COLLECTIONS[collection];
  if (
    typeof record['projectId'] === 'string' &&
    (record['parent'] !== undefined || record['projectNumber'] !== undefined)
  )
    return 'project';
  if (typeof name === 'string' && name.startsWith('folders/')) return 'folder';
  if (typeof name === 'string' && name.startsWith('organizations/') && !name.slice(14).includes('/'))
    return 'organization';
  if (typeof name === 'string' && /^tagValues\/\d+$/.test(name)) return 'tagValue';
  if (typeof record['type'] === 'string' && record['type'].endsWith('_PEERING_ROUTE')) return 'peeringRoutes';
  if (typeof record['backend'] === 'string' && isRecord(record['status'])) return 'backendHealth';
  if (typeof record['instance'] === 'string' && typeof record['status'] === 'string') return 'instanceGroupMembers';
  if (isRecord(record['networkEndpoint'])) return 'networkEndpoints';
  if (typeof record['id'] === 'string' && record['type'] === 'PROJECT') return 'xpnResource';
  if (typeof record['tagValue'] === 'string') return 'tagBinding';
  if (typeof record['id'] === 'string' && ['project', 'folder', 'organization'].includes(String(record['type'])))
    return 'ancestors';
  return undefined;
}
