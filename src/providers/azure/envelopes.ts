/**
 * Which Azure answer a JSON document is: CLI arrays, ARM pages, one bare ARM object, Resource Graph rows, service-tag
 * lists, answers of calls that name nothing themselves (`$request`). A resource says its type; where it doesn't, its id
 * does. Knows nothing of what a record means.
 * Source: https://learn.microsoft.com/en-us/rest/api/azure/
 */
import type { Place, Recogniser, Recognition, RecognisedDocument } from '../../snapshot/documents.ts';
import { type Json, isRecord } from './record.ts';

/** Types that readers use; others are listed as not understood. */
export const READ_TYPES: ReadonlySet<string> = new Set([
  'microsoft.network/virtualnetworks',
  'microsoft.network/virtualnetworks/subnets',
  'microsoft.network/virtualnetworks/virtualnetworkpeerings',
  'microsoft.network/networksecuritygroups',
  'microsoft.network/networksecuritygroups/securityrules',
  'microsoft.network/networkinterfaces',
  'microsoft.network/publicipaddresses',
  'microsoft.network/publicipprefixes',
  'microsoft.network/routetables',
  'microsoft.network/routetables/routes',
  'microsoft.network/applicationsecuritygroups',
  'microsoft.network/ipgroups',
  'microsoft.network/loadbalancers',
  'microsoft.network/natgateways',
  'microsoft.network/privateendpoints',
  'microsoft.network/azurefirewalls',
  'microsoft.network/firewallpolicies',
  'microsoft.network/firewallpolicies/rulecollectiongroups',
  'microsoft.network/virtualnetworkgateways',
  'microsoft.network/localnetworkgateways',
  'microsoft.network/connections',
  'microsoft.network/virtualhubs',
  'microsoft.network/virtualhubs/hubvirtualnetworkconnections',
  'microsoft.network/virtualhubs/hubroutetables',
  'microsoft.network/virtualhubs/routingintent',
  'microsoft.network/virtualwans',
  'microsoft.network/vpngateways',
  'microsoft.network/p2svpngateways',
  'microsoft.network/expressroutegateways',
  'microsoft.network/vpnsites',
  'microsoft.network/networkmanagers',
  'microsoft.network/networkmanagers/networkgroups',
  'microsoft.network/networkmanagers/networkgroups/staticmembers',
  'microsoft.network/networkmanagers/securityadminconfigurations',
  'microsoft.network/networkmanagers/securityadminconfigurations/rulecollections',
  'microsoft.network/networkmanagers/securityadminconfigurations/rulecollections/rules',
  'microsoft.compute/virtualmachines',
  'microsoft.compute/virtualmachinescalesets',
  'microsoft.compute/virtualmachinescalesets/virtualmachines/networkinterfaces',
]);

/** Kinds of answers that hold no resources. */
export const SERVICE_TAGS = 'service tags';
export const EFFECTIVE_ADMIN_RULES = 'effective security admin rules';
/** What `az network vnet-gateway list-learned-routes` answers. */
export const LEARNED_ROUTES = 'learned routes';
/** What `az network nic show-effective-route-table` answers. */
export const EFFECTIVE_ROUTES = 'effective routes';
export const DEPLOYMENT_STATUS = 'network manager deployment status';

export const azureRecogniser: Recogniser = {
  provider: 'azure',
  recognise(value: unknown, _place: Place): Recognition | undefined {
    if (Array.isArray(value)) return ofList(value, '', undefined);
    if (!isRecord(value)) return undefined;
    return ofAnswer(value) ?? (isResource(value) ? ofList([value], '', undefined, () => '') : undefined);
  },
};

function ofAnswer(value: Json): Recognition | undefined {
  const request = isRecord(value['$request']) ? value['$request'] : undefined;
  const list = Array.isArray(value['value'])
    ? { records: value['value'], at: '/value' }
    : Array.isArray(value['data'])
      ? { records: value['data'], at: '/data' }
      : undefined;
  if (isTagList(value)) return one({ kind: SERVICE_TAGS, pointer: '', records: [value], placeOf: () => '' });
  // The list of regions' tags that a caller put side by side.
  const nested = list?.records.filter(isTagList) ?? [];
  if (list !== undefined && nested.length > 0 && nested.length === list.records.length)
    return one({ kind: SERVICE_TAGS, pointer: list.at, records: nested });
  if (list === undefined) return undefined;
  const routes =
    list.records.length === 0
      ? undefined
      : list.records.every(isLearnedRoute)
        ? LEARNED_ROUTES
        : list.records.every(isEffectiveRoute)
          ? EFFECTIVE_ROUTES
          : undefined;
  if (routes !== undefined)
    return one({
      kind: routes,
      pointer: list.at,
      records: list.records,
      ...(request === undefined ? {} : { request }),
    });
  const named = request === undefined ? undefined : kindOfCall(request, list.records);
  if (named !== undefined) return one({ kind: named, pointer: list.at, records: list.records, request: request! });
  const found = ofList(list.records, list.at, request);
  if (found === undefined) return undefined;
  // A page that names its follower is not the whole list, unless the follower is in the snapshot too: the reader sees to that.
  const next = value['nextLink'] ?? value['$skipToken'] ?? value['skip_token'];
  return typeof next === 'string' && next !== ''
    ? { ...found, documents: found.documents.map((document) => ({ ...document, incomplete: true as const })) }
    : found;
}

function isLearnedRoute(value: unknown): boolean {
  return isRecord(value) && typeof value['network'] === 'string' && 'sourcePeer' in value && 'origin' in value;
}

function isEffectiveRoute(value: unknown): boolean {
  return isRecord(value) && typeof value['nextHopType'] === 'string' && typeof value['source'] === 'string';
}

function one(document: RecognisedDocument): Recognition {
  return { documents: [document] };
}

function isTagList(value: unknown): value is Json {
  return (
    isRecord(value) &&
    Array.isArray(value['values']) &&
    (value['cloud'] !== undefined || value['changeNumber'] !== undefined || /servicetags/i.test(String(value['type'])))
  );
}

/** Answers whose records don't say what they are. */
function kindOfCall(request: Json, records: readonly unknown[]): string | undefined {
  const first = records.find(isRecord);
  const words = JSON.stringify(request).toLowerCase();
  if (words.includes('effectivesecurityadminrules') || words.includes('effective-security-admin-rule'))
    return EFFECTIVE_ADMIN_RULES;
  if (words.includes('deploystatus') || words.includes('deploymentstatus') || words.includes('deploy-status'))
    return DEPLOYMENT_STATUS;
  if (first === undefined) return typeof request['virtualNetworkName'] === 'string' ? EFFECTIVE_ADMIN_RULES : undefined;
  if ('deploymentStatus' in first && 'configurationIds' in first) return DEPLOYMENT_STATUS;
  if (typeof request['virtualNetworkName'] === 'string' && typeOf(first)?.endsWith('/rules') !== false)
    return EFFECTIVE_ADMIN_RULES;
  return undefined;
}

/** Resources by type; what no reader knows is named, once a type. */
function ofList(
  records: readonly unknown[],
  at: string,
  request: Json | undefined,
  placeOf?: (index: number) => string,
): Recognition | undefined {
  const kinds = new Map<string, { record: Json; index: number }[]>();
  const unknown = new Map<string, number>();
  const notes: { pointer: string; message: string }[] = [];
  let strange = 0;
  for (const [index, record] of records.entries()) {
    const type = isRecord(record) ? typeOf(record) : undefined;
    if (type === undefined || !isRecord(record)) {
      strange++;
      notes.push({ pointer: `${at}/${index}`, message: 'not an Azure resource: it has neither a type nor an id' });
    } else if (READ_TYPES.has(type)) {
      const list = kinds.get(type);
      if (list === undefined) kinds.set(type, [{ record, index }]);
      else list.push({ record, index });
    } else unknown.set(type, (unknown.get(type) ?? 0) + 1);
  }
  if (strange === records.length) return undefined;
  const documents = [...kinds].map(([kind, list]): RecognisedDocument => {
    const place = placeOf ?? ((index: number) => `${at}/${index}`);
    return {
      kind,
      pointer: at,
      records: list.map(({ record }) => record),
      placeOf: (index) => place(list[index]?.index ?? index),
      ...(request === undefined ? {} : { request }),
    };
  });
  const notUnderstood = [...unknown].map(([type, count]) => ({
    pointer: at,
    why: `${count} ${type}: netaudit does not read this type`,
  }));
  return { documents, notUnderstood, notes };
}

function isResource(value: Json): boolean {
  const type = typeOf(value);
  return type !== undefined;
}

/** Lower-case type, from the record or, where it has none, from its id. */
export function typeOf(record: Json): string | undefined {
  const { type, id } = record;
  if (typeof type === 'string' && /^microsoft\.[a-z.]+\//i.test(type)) return type.toLowerCase();
  if (typeof id !== 'string' || !/^\/subscriptions\//i.test(id)) return undefined;
  const parts = id.slice(id.toLowerCase().lastIndexOf('/providers/') + '/providers/'.length).split('/');
  if (!id.toLowerCase().includes('/providers/') || parts.length < 3) return undefined;
  return [parts[0], ...parts.slice(1).filter((_, i) => i % 2 === 0)].join('/').toLowerCase();
}
