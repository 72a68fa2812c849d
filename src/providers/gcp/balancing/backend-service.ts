/**
 * Who is behind a balancer: members of backend services (instance groups, endpoint groups), target pools and target
 * instances, with the port that they serve and what is known of their health. Knows nothing of packets.
 * Sources: https://docs.cloud.google.com/load-balancing/docs/backend-service,
 * https://docs.cloud.google.com/load-balancing/docs/negs
 */
import { familyOf, parseAddress } from '../../../net/address.ts';
import type { Missing } from '../../../model/origin.ts';
import type { Estate, NicFacts } from '../estate.ts';
import { type Answer, type Entry, missing } from '../inventory.ts';
import { type Json, flag, integer, link, linkOf, nameIn, object, objects, strings, text } from '../record.ts';

/** One VM (or pod on it) behind a balancer. */
export interface Member {
  readonly nic: NicFacts;
  /** Where it is spoken to; the interface's primary address where the list does not say. */
  readonly address: bigint;
  /** The port that it serves where a proxy speaks to it; undefined where its group does not name it. */
  readonly port: number | undefined;
  /** Takes traffic only when the primaries are ill. */
  readonly isBackup: boolean;
  /** What get-health said. */
  readonly health?: 'HEALTHY' | 'UNHEALTHY';
}

/** Members, or what is missing to know them. */
export type Members = { readonly members: readonly Member[]; readonly unnamedPort?: string } | Missing;

export function isMissing(members: Members): members is Missing {
  return 'what' in members;
}

/** What a health check speaks to. */
export interface Probe {
  /** Undefined for the serving port. */
  readonly port: number | undefined;
  readonly origin: Entry;
}

export class Backends {
  private readonly estate: Estate;

  constructor(estate: Estate) {
    this.estate = estate;
    for (const [kind, called] of [
      ['instanceGroupMembers', 'instanceGroup'],
      ['networkEndpoints', 'networkEndpointGroup'],
    ] as const)
      for (const { request, document, records } of estate.inventory.answers(kind))
        if (groupIn(request, called).name === undefined && records.length > 0)
          estate.builder.note({
            file: document.file,
            pointer: document.pointer,
            message: `these members do not say of which group they are: wrap them as {"$request": {"${called}": "NAME"}, "items": [...]}`,
          });
  }

  /** Members of a passthrough rule: of its backend service, target pool or target instance. */
  ofPassthrough({ record, origin }: Entry, target: string | undefined): Members {
    const { inventory } = this.estate;
    if (target?.includes('/targetPools/') === true) {
      const pool = inventory.get('targetPool', target);
      if (pool === undefined) return missing(`target pool ${nameIn(target)}`, 'compute target-pools list');
      return { members: strings(pool.record, 'instances').flatMap((url) => this.onNic(linkOf(url), undefined)) };
    }
    if (target !== undefined) {
      const single = inventory.get('targetInstance', target);
      if (single === undefined) return missing(`target instance ${nameIn(target)}`, 'compute target-instances list');
      return { members: this.onNic(link(single.record, 'instance') ?? '', link(single.record, 'network')) };
    }
    const url = text(record, 'backendService');
    const service = inventory.get('backendService', url);
    if (service === undefined)
      return missing(
        `backend service ${url === undefined ? `of forwarding rule ${origin.id}` : nameIn(url)}`,
        'compute backend-services list',
      );
    return this.ofService(service, text(service.record, 'network'));
  }

  /** Members of a backend service. */
  ofService(service: Entry, onNetwork: string | undefined): Members {
    const { inventory } = this.estate;
    const portName = text(service.record, 'portName') ?? 'http';
    const ill = this.healthOf(service);
    const members: Member[] = [];
    let unnamedPort: string | undefined;
    for (const backend of objects(service.record, 'backends')) {
      const url = text(backend, 'group') ?? '';
      const isBackup = flag(backend, 'failover');
      if (url.includes('/networkEndpointGroups/')) {
        const endpoints = this.ofEndpointGroup(url, onNetwork);
        if (isMissing(endpoints)) return endpoints;
        members.push(...endpoints.members.map((member) => ({ ...member, isBackup })));
        continue;
      }
      const instances = this.ofGroup(url);
      if (instances === undefined)
        return missing(
          `the members of instance group ${nameIn(url)}`,
          `compute instance-groups list-instances ${nameIn(url)} ${placeFlag(url)}`,
        );
      const group = inventory.get('instanceGroup', url);
      const named = objects(group?.record, 'namedPorts').find((one) => text(one, 'name') === portName);
      const port = integer(named, 'port') ?? (group === undefined ? integer(service.record, 'port') : undefined);
      if (port === undefined && instances.length > 0) unnamedPort ??= `${nameIn(url)} defines no port ${portName}`;
      members.push(
        ...instances.flatMap((id) => this.onNic(id, onNetwork)).map((member) => ({ ...member, port, isBackup })),
      );
    }
    return {
      members: members.map((member) => {
        const health = ill.get(member.nic.instance.id) ?? ill.get(String(member.address));
        return health === undefined ? member : { ...member, health };
      }),
      ...(unnamedPort === undefined ? {} : { unnamedPort }),
    };
  }

  /** Health checks of a service, as far as the snapshot has them. */
  probesOf(service: Entry): readonly Probe[] {
    const { inventory } = this.estate;
    return strings(service.record, 'healthChecks').flatMap((url): Probe[] => {
      const check =
        inventory.get('healthCheck', url) ??
        inventory.get('httpHealthCheck', url) ??
        inventory.get('httpsHealthCheck', url);
      if (check === undefined) return [];
      const detail = Object.entries(check.record).find(([key]) => key.endsWith('HealthCheck'))?.[1] as Json | undefined;
      const byName = text(detail, 'portSpecification') === 'USE_SERVING_PORT';
      return [
        {
          origin: check,
          port: byName ? undefined : (integer(detail, 'port') ?? integer(check.record, 'port')),
        },
      ];
    });
  }

  /** Health by VM link or address, from get-health. */
  private healthOf(service: Entry): ReadonlyMap<string, 'HEALTHY' | 'UNHEALTHY'> {
    const found = new Map<string, 'HEALTHY' | 'UNHEALTHY'>();
    const groups = new Set(
      objects(service.record, 'backends').flatMap((backend) => {
        const group = link(backend, 'group');
        return group === undefined ? [] : [group];
      }),
    );
    for (const { request, records } of this.estate.inventory.answers('backendHealth'))
      for (const record of records) {
        const asked = text(request, 'backendService') ?? text(request, 'id');
        const group = text(record, 'backend');
        const isOurs =
          asked === undefined ? group !== undefined && groups.has(linkOf(group)) : nameIn(asked) === service.name;
        if (!isOurs) continue;
        for (const state of objects(object(record, 'status') ?? record, 'healthStatus')) {
          const health = text(state, 'healthState');
          if (health !== 'HEALTHY' && health !== 'UNHEALTHY') continue;
          const instance = link(state, 'instance');
          if (instance !== undefined) found.set(instance, health);
          else found.set(String(parseAddress(text(state, 'ipAddress') ?? '') ?? ''), health);
        }
      }
    return found;
  }

  /** Links of a group's VMs; undefined where no document lists them. */
  private ofGroup(url: string): readonly string[] | undefined {
    const lists = this.estate.inventory
      .answers('instanceGroupMembers')
      .filter((answer) => isAbout(answer, 'instanceGroup', url));
    if (lists.length > 0) return lists.flatMap(({ records }) => records.flatMap((one) => link(one, 'instance') ?? []));
    const group = this.estate.inventory.get('instanceGroup', url);
    const inside = strings(group?.record, 'instances').map(linkOf);
    if (inside.length > 0) return inside;
    return integer(group?.record, 'size') === 0 ? [] : undefined;
  }

  private ofEndpointGroup(url: string, onNetwork: string | undefined): Members {
    const { inventory } = this.estate;
    const group = inventory.get('networkEndpointGroup', url);
    const type = text(group?.record, 'networkEndpointType');
    if (type !== undefined && !type.startsWith('GCE_VM_IP'))
      return { what: `what is behind ${nameIn(url)}, an endpoint group of type ${type}`, fetch: null };
    const lists = inventory.answers('networkEndpoints').filter((one) => isAbout(one, 'networkEndpointGroup', url));
    if (lists.length === 0 && integer(group?.record, 'size') !== 0)
      return missing(
        `the endpoints of ${nameIn(url)}`,
        `compute network-endpoint-groups list-network-endpoints ${nameIn(url)} ${placeFlag(url)}`,
      );
    const fallback = integer(group?.record, 'defaultPort');
    return {
      members: lists.flatMap(({ records }) =>
        records.flatMap((record): Member[] => {
          const endpoint = object(record, 'networkEndpoint') ?? record;
          const address = parseAddress(text(endpoint, 'ipAddress') ?? '');
          const named = text(endpoint, 'instance');
          const nics = [...this.estate.nics.values()].filter(
            (nic) =>
              (named !== undefined && nic.instance.name === nameIn(named)) ||
              nic.addresses.some((own) => own.address === address) ||
              (address !== undefined && nic.aliases.some(([lo, end]) => lo <= address && address < end)),
          );
          const nic =
            nics.find((one) => onNetwork !== undefined && one.network.entry.id === linkOf(onNetwork)) ?? nics[0];
          const at = address ?? nic?.addresses[0]?.address;
          if (nic === undefined || at === undefined) return [];
          return [{ nic, address: at, port: integer(endpoint, 'port') ?? fallback, isBackup: false }];
        }),
      ),
    };
  }

  /** A VM as member: by the interface on the service's network, else by nic0. */
  private onNic(instance: string, network: string | undefined): Member[] {
    const nics = this.estate.machines.get(instance) ?? [];
    const nic =
      network === undefined ? nics[0] : (nics.find((one) => one.network.entry.id === linkOf(network)) ?? nics[0]);
    const address = nic?.addresses[0]?.address;
    return nic === undefined || address === undefined ? [] : [{ nic, address, port: undefined, isBackup: false }];
  }
}

/** The address of a member in a family; its own where it has none in it. */
export function addressIn(member: Member, family: 4 | 6): bigint {
  if (familyOf(member.address) === family) return member.address;
  return member.nic.addresses.find(({ address }) => familyOf(address) === family)?.address ?? member.address;
}

/** The group that an answer names in its request, or in its own link. */
function groupIn(
  request: Json,
  kind: 'instanceGroup' | 'networkEndpointGroup',
): { readonly name?: string; readonly place?: string } {
  const path = text(request, 'selfLink') ?? text(request, 'id') ?? '';
  const inPath = new RegExp(`((?:zones|regions)/[^/]+)/${kind}s/([^/]+)`).exec(path);
  const asked = text(request, kind);
  const name = asked === undefined ? inPath?.[2] : nameIn(asked);
  const place =
    inPath?.[1] ??
    /(?:zones|regions)\/[^/]+/.exec(asked ?? '')?.[0] ??
    placeOf('zones', text(request, 'zone')) ??
    placeOf('regions', text(request, 'region'));
  return { ...(name === undefined ? {} : { name }), ...(place === undefined ? {} : { place }) };
}

function isAbout({ request }: Answer, kind: 'instanceGroup' | 'networkEndpointGroup', url: string): boolean {
  const { name, place } = groupIn(request, kind);
  return name === nameIn(url) && (place === undefined || url.includes(`/${place}/`));
}

function placeOf(collection: string, word: string | undefined): string | undefined {
  return word === undefined ? undefined : `${collection}/${nameIn(word)}`;
}

function placeFlag(url: string): string {
  const place = /\/(zone|region)s\/([^/]+)\//.exec(url);
  return place === null ? '' : `--${place[1]}=${place[2]}`;
}
