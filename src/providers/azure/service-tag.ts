/**
 * Service tags as address sets. `VirtualNetwork` is computed for each subnet; `Internet`, `AzureLoadBalancer` and the
 * platform's own are built in; every other tag needs the tag list, and is not known without it.
 * Source: https://learn.microsoft.com/en-us/azure/virtual-network/service-tags-overview
 */
import type { Missing, Origin } from '../../model/origin.ts';
import { PUBLIC_V4, PUBLIC_V6, parseAddress, parseCidr } from '../../net/address.ts';
import { type Span, intersect, normalise, subtract } from '../../net/spans.ts';
import { SERVICE_TAGS } from './envelopes.ts';
import { type Estate, type SubnetFacts, isConnected } from './estate.ts';
import { missing } from './inventory.ts';
import { isRecord, object, objects, parentOf, strings, text } from './record.ts';
import type { Peer } from './rule-words.ts';

/** Health probes, DNS and the guest agent come from here, in every virtual network. */
export const PLATFORM = parseAddress('168.63.129.16')!;
export const METADATA = parseAddress('169.254.169.254')!;

/** Prefixes that a gateway brings to a virtual network, and whether all of them are known. */
export interface Learned {
  readonly ranges: readonly Span<bigint>[];
  readonly complete: boolean;
}

/** Services that subnets have endpoints for, and the tags of their addresses. */
const ENDPOINT_TAGS: Readonly<Record<string, string>> = {
  'microsoft.storage': 'storage',
  'microsoft.storage.global': 'storage',
  'microsoft.sql': 'sql',
  'microsoft.keyvault': 'azurekeyvault',
  'microsoft.azurecosmosdb': 'azurecosmosdb',
  'microsoft.servicebus': 'servicebus',
  'microsoft.eventhub': 'eventhub',
  'microsoft.containerregistry': 'azurecontainerregistry',
  'microsoft.web': 'appservice',
  'microsoft.azureactivedirectory': 'azureactivedirectory',
};

export class ServiceTags {
  private readonly estate: Estate;
  /** Tag name in lower case -> its prefixes. */
  private readonly listed = new Map<string, readonly Span<bigint>[]>();

  constructor(estate: Estate) {
    this.estate = estate;
    for (const document of estate.inventory.documents)
      if (document.kind === SERVICE_TAGS)
        for (const list of document.records)
          if (isRecord(list))
            for (const tag of objects(list, 'values')) {
              const name = text(tag, 'name');
              const spans = strings(object(tag, 'properties') ?? tag, 'addressPrefixes')
                .map((cidr) => parseCidr(cidr))
                .filter((span) => span !== undefined);
              if (name !== undefined) this.listed.set(name.toLowerCase(), normalise(spans));
            }
  }

  /** What a tag means in a subnet. The addresses of one that is not listed are public ones, whichever. */
  peer(tag: string, subnet: SubnetFacts, learned: Learned): Omit<Peer, 'text'> {
    const name = tag.toLowerCase();
    if (this.spans(name, subnet, learned) === undefined)
      return unlisted(tag, text(subnet.vnet.entry.record, 'location'));
    return { match: { set: this.set(tag, subnet, learned) } };
  }

  private set(tag: string, subnet: SubnetFacts, learned: Learned): string {
    const name = tag.toLowerCase();
    const perSubnet = name === 'virtualnetwork' || name === 'internet';
    const id = `tag:${name}${perSubnet ? `@${subnet.entry.id}` : ''}`;
    const origin: Origin = { ...subnet.entry.origin, kind: 'service tag', id: tag, name: tag, implicit: true };
    this.estate.builder.set(id, () => ({
      id,
      origin,
      spans: this.spans(name, subnet, learned) ?? [],
      ...(name === 'virtualnetwork' ? this.openly(subnet, learned) : {}),
    }));
    return id;
  }

  /** What may belong to the VirtualNetwork tag of a subnet beyond what is known. */
  private openly(subnet: SubnetFacts, learned: Learned): { unresolved?: Missing } {
    if (subnet.absent !== undefined) return { unresolved: subnet.absent };
    const table = subnet.routeTable;
    if (table !== undefined && this.estate.inventory.get('routeTable', table) === undefined)
      return { unresolved: missing(`route table ${table}`, `network route-table show --ids ${table}`) };
    return learned.complete
      ? {}
      : {
          unresolved: missing(
            `the on-premises prefixes that the gateway of ${subnet.vnet.entry.origin.name} learned`,
            'network vnet-gateway list-learned-routes --name GATEWAY --resource-group GROUP',
          ),
        };
  }

  /** The same outside of any subnet: what each subnet sees otherwise is not known there. */
  everywhere(tag: string): Omit<Peer, 'text'> {
    const name = tag.toLowerCase();
    const known = name === 'internet' ? [...PUBLIC_V6, ...PUBLIC_V4] : this.listed.get(name);
    return known === undefined ? unlisted(tag, undefined) : { match: known };
  }

  /** Whether the tag's addresses are known; platform tags have no effect but an explicit deny. */
  private spans(name: string, subnet: SubnetFacts, learned: Learned): readonly Span<bigint>[] | undefined {
    switch (name) {
      case 'virtualnetwork':
        return this.virtualNetwork(subnet, learned);
      case 'internet':
        // The public addresses that no virtual network here uses as its own space, and that are not the platform's.
        return subtract(
          [...PUBLIC_V6, ...PUBLIC_V4],
          normalise([...subnet.vnet.ranges, ...peerRanges(subnet, true), [PLATFORM, PLATFORM + 1n]]),
        );
      case 'azureloadbalancer':
      case 'azureplatformdns':
      case 'azureplatformlkm':
        return [[PLATFORM, PLATFORM + 1n]];
      case 'azureplatformimds':
        return [[METADATA, METADATA + 1n]];
      default:
        return this.listed.get(name);
    }
  }

  /** The tag as one subnet sees it: its own space, accessible peers, on-premises, and every prefix of its route table. */
  private virtualNetwork(subnet: SubnetFacts, learned: Learned): Span<bigint>[] {
    return normalise([
      ...subnet.vnet.ranges,
      ...peerRanges(subnet, false),
      ...learned.ranges,
      ...this.routed(subnet),
      [PLATFORM, PLATFORM + 1n],
    ]);
  }

  /** The prefixes of a subnet's user-defined routes: they widen its VirtualNetwork tag. */
  private routed(subnet: SubnetFacts): readonly Span<bigint>[] {
    const { inventory } = this.estate;
    const table = inventory.get('routeTable', subnet.routeTable);
    if (table === undefined) return [];
    const apart = inventory.all('route').filter((route) => parentOf(route.id) === table.id);
    return [...objects(table.record, 'routes'), ...apart.map(({ record }) => record)].flatMap((route) => {
      const prefix = text(route, 'addressPrefix') ?? '';
      const span = this.estate.prefixOf(prefix);
      return span === undefined ? (this.routePrefixes(prefix) ?? []) : [span];
    });
  }

  /**
   * The public addresses that routes of a subnet pulled into its VirtualNetwork tag: whether Internet still means them is
   * contested. Source: https://github.com/MicrosoftDocs/azure-docs/issues/22178
   */
  contested(subnet: SubnetFacts): readonly Span<bigint>[] {
    return intersect([...PUBLIC_V6, ...PUBLIC_V4], normalise([...this.routed(subnet)]));
  }

  /**
   * The addresses that the service endpoints of a subnet lead to, as far as the tag list holds them. Source:
   * https://learn.microsoft.com/en-us/azure/virtual-network/virtual-network-service-endpoints-overview
   */
  endpointsOf({ entry }: SubnetFacts): { service: string; spans: readonly Span<bigint>[] }[] {
    return objects(entry.record, 'serviceEndpoints').flatMap((endpoint) => {
      const service = text(endpoint, 'service') ?? '';
      const tag = ENDPOINT_TAGS[service.toLowerCase()];
      if (tag === undefined) return [];
      const regional = strings(endpoint, 'locations').map((one) => `${tag}.${one.replaceAll(' ', '')}`.toLowerCase());
      const known = regional.flatMap((name) => this.listed.get(name) ?? []);
      const spans = known.length > 0 ? normalise(known) : this.listed.get(tag);
      return spans === undefined ? [] : [{ service, spans }];
    });
  }

  /** Prefixes of a tag that a route names; undefined where the list is not there. */
  routePrefixes(tag: string): readonly Span<bigint>[] | undefined {
    return this.listed.get(tag.toLowerCase());
  }
}

function unlisted(tag: string, region: string | undefined): Omit<Peer, 'text'> {
  return {
    match: [...PUBLIC_V6, ...PUBLIC_V4],
    unresolved: missing(
      `the addresses of service tag ${tag}`,
      `network list-service-tags --location ${region ?? 'REGION'}`,
    ),
  };
}

function peerRanges(subnet: SubnetFacts, all: boolean): Span<bigint>[] {
  return subnet.vnet.peerings
    .filter((peering) => (all || peering.access) && isConnected(peering))
    .flatMap((peering) => peering.ranges);
}
