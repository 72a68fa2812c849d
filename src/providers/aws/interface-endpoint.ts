/**
 * Interface endpoints and their kin by name: interfaces that take connections for a service somewhere else and open none.
 * Also gateway endpoints by name. Sources: https://docs.aws.amazon.com/vpc/latest/privatelink/create-interface-endpoint.html,
 * .../privatelink-access-resources.html
 */
import type { Filter, Place } from '../../model/network.ts';
import type { Assumption, Missing, Origin } from '../../model/origin.ts';
import { cidrsOf } from '../../net/address.ts';
import { TCP, UDP } from '../../net/protocol.ts';
import type { Estate, InterfaceFacts } from './estate.ts';
import type { Entry } from './inventory.ts';
import { prefixListCidrs } from './prefix-list.ts';
import { objects, strings, text } from './record.ts';

/** What an endpoint adds to one of its interfaces: filters in front of its groups, and what it takes for granted. */
export interface EndpointPart {
  readonly whole: string;
  readonly filters: { readonly in: string; readonly out: string };
  readonly assumes: readonly Assumption[];
}

const typeOf = ({ record }: Entry) => text(record, 'VpcEndpointType') ?? 'Gateway';

export class InterfaceEndpoints {
  private readonly estate: Estate;
  private readonly byInterface = new Map<string, Entry>();

  constructor(estate: Estate) {
    this.estate = estate;
    const { inventory, builder } = estate;
    for (const endpoint of inventory.all('VpcEndpoints')) {
      const { id, origin } = endpoint;
      const names = objects(endpoint.record, 'DnsEntries').flatMap((one) => text(one, 'DnsName') ?? []);
      const words = [origin.name, ...names].filter((word) => word !== undefined);
      builder.place(id, words, () => this.place(endpoint, words));
      if (typeOf(endpoint) === 'Gateway') continue;
      for (const name of names) builder.publish(`dns:${name.toLowerCase()}`, id);
      for (const eni of strings(endpoint.record, 'NetworkInterfaceIds')) this.byInterface.set(eni, endpoint);
    }
    builder.find({ filter: (id) => this.filter(id) });
  }

  /** What an interface is to an endpoint that takes connections; undefined for all others. */
  partOf(eni: InterfaceFacts): EndpointPart | undefined {
    const endpoint = this.byInterface.get(eni.entry.id);
    if (endpoint === undefined || typeOf(endpoint) === 'GatewayLoadBalancer') return undefined;
    return {
      whole: endpoint.id,
      filters: { in: `takes:${eni.entry.id}`, out: `opens:${eni.entry.id}` },
      assumes: [
        {
          code: 'service-permits',
          resource: endpoint.id,
          message: `the service behind ${endpoint.id} answers, and its policy allows the request`,
        },
      ],
    };
  }

  private place(endpoint: Entry, aliases: readonly string[]): Place {
    const { id, origin, tags, record } = endpoint;
    const { estate } = this;
    const common = { id, origin, aliases, tags };
    if (typeOf(endpoint) === 'Gateway') {
      const cidrs = serviceCidrs(estate, text(record, 'ServiceName') ?? '');
      return cidrs === undefined
        ? {
            ...common,
            interfaces: [],
            unresolved: lacking(`the addresses of the service behind ${id}`, 'describe-prefix-lists'),
          }
        : { ...common, interfaces: [], standsFor: cidrs };
    }
    const members = strings(record, 'NetworkInterfaceIds').filter((eni) => estate.interfaces.has(eni));
    return {
      ...common,
      interfaces: members,
      ...(members.length > 1 ? { members } : {}),
      ...(members.length === 0
        ? { unresolved: lacking(`the network interfaces of endpoint ${id}`, 'describe-network-interfaces') }
        : {}),
    };
  }

  /** In front of the endpoint's groups: which protocols it takes, and that it opens nothing. */
  private filter(id: string): Filter | undefined {
    const [, what, interfaceId] = /^(takes|opens):(.*)$/.exec(id) ?? [];
    const eni = this.estate.interfaces.get(interfaceId ?? '');
    const endpoint = this.byInterface.get(interfaceId ?? '');
    if (eni === undefined || endpoint === undefined) return undefined;
    const { origin } = endpoint;
    if (what === 'opens')
      return {
        id,
        origin,
        code: 'aws-endpoint-opens-nothing',
        rules: [],
        order: 'any-allow',
        otherwise: 'deny',
        state: `sg:${interfaceId}`,
        defaultText: 'no connection is opened by',
        whyNoMend: 'the endpoint is there to take connections',
      };
    return {
      id,
      origin,
      code: this.isDown(endpoint) ? 'aws-endpoint-not-available' : 'aws-endpoint-protocol',
      rules: this.isDown(endpoint) ? [] : takes(endpoint, origin),
      order: 'any-allow',
      otherwise: 'deny',
      state: `takes:${interfaceId}`,
      whyNoMend: 'the service decides what it takes',
      defaultText: this.isDown(endpoint)
        ? `nothing is taken in state ${text(endpoint.record, 'State')} by`
        : 'only TCP is served by',
    };
  }

  private isDown({ record }: Entry): boolean {
    return !['available', 'pending', 'partial'].includes((text(record, 'State') ?? 'available').toLowerCase());
  }
}

/**
 * TCP for all; UDP only where the service behind serves it, which only its owner sees. What lies behind a resource endpoint
 * is not known at all.
 */
function takes(endpoint: Entry, origin: Origin): Filter['rules'] {
  const allow = (protocol: number, words: string, unresolved?: Missing): Filter['rules'][number] => ({
    origin,
    action: 'allow',
    match: [{ protocol: [[protocol, protocol + 1]] }],
    text: words,
    ...(unresolved === undefined ? {} : { unresolved }),
  });
  const type = typeOf(endpoint);
  const beyond: Missing = { what: `what lies behind ${endpoint.id}, an endpoint of type ${type}`, fetch: null };
  const udp: Missing = { what: `whether the service behind ${endpoint.id} serves UDP`, fetch: null };
  return type === 'Interface'
    ? [allow(TCP, 'take tcp'), allow(UDP, 'take udp', udp)]
    : [allow(TCP, 'take tcp', beyond), allow(UDP, 'take udp', beyond)];
}

function serviceCidrs(estate: Estate, service: string): readonly string[] | undefined {
  const list = [
    ...estate.inventory.all('PrefixLists@describe-prefix-lists'),
    ...estate.inventory.all('PrefixLists@describe-managed-prefix-lists'),
  ].find((one) => one.name === service);
  const cidrs = list === undefined ? undefined : prefixListCidrs(estate, list.id);
  return cidrs === undefined || cidrs.length === 0 ? undefined : cidrs.flatMap((span) => cidrsOf(span));
}

function lacking(what: string, command: string): Missing {
  return { what, fetch: `aws ec2 ${command}` };
}
