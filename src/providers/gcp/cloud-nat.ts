/**
 * Cloud NAT: gateways of a Cloud Router that let listed ranges of subnets out, and nobody in.
 * Sources: https://docs.cloud.google.com/nat/docs/public-nat , https://docs.cloud.google.com/nat/docs/nat-product-interactions
 */
import { INTERNET } from '../../model/builder.ts';
import type { Origin } from '../../model/origin.ts';
import { PUBLIC_V4, PUBLIC_V6, isPublic, parseAddress } from '../../net/address.ts';
import { ICMP, TCP, UDP } from '../../net/protocol.ts';
import type { Span } from '../../net/spans.ts';
import type { Estate, SubnetFacts } from './estate.ts';
import { fabric } from './interface.ts';
import type { Entry } from './inventory.ts';
import { type Json, link, nameIn, object, objects, regionOf, strings, text } from './record.ts';

const CLIENT_PORTS: readonly Span[] = [[1024, 65536]];

/** A NAT gateway as it serves one subnet. */
export interface NatFacts {
  readonly id: string;
  readonly origin: Origin;
  readonly name: string;
  /** The subnet's ranges that it serves. */
  readonly sources: readonly Span<bigint>[];
  readonly addresses: readonly Span<bigint>[];
}

export class CloudNats {
  private readonly estate: Estate;
  private readonly defined = new Set<string>();

  constructor(estate: Estate) {
    this.estate = estate;
  }

  /** The gateways that serve a subnet: of its network and region, for the ranges that they list, with an address to lend. */
  serving(subnet: SubnetFacts): NatFacts[] {
    return this.near(subnet).flatMap(({ router, record, name }): NatFacts[] => {
      const sources = servedRanges(record, subnet);
      const addresses = this.addressesOf(record, router);
      const id = `nat:${router.id}/${name}`;
      return sources.length === 0 || addresses.length === 0
        ? []
        : [{ id, origin: router.origin, name, sources, addresses }];
    });
  }

  /** Public gateways for VMs in a subnet's network and region, whatever they list. */
  near(subnet: SubnetFacts): { router: Entry; record: Json; name: string }[] {
    return this.inNetwork(subnet).filter(({ router }) => routerRegion(router) === subnet.region);
  }

  /** Public gateways for VMs in a subnet's network, of whatever region. */
  inNetwork(subnet: SubnetFacts): { router: Entry; record: Json; name: string }[] {
    return this.estate.inventory
      .all('router')
      .filter(({ record }) => link(record, 'network') === subnet.network.entry.id)
      .flatMap((router) =>
        objects(router.record, 'nats')
          .filter((nat) => {
            const endpoints = strings(nat, 'endpointTypes');
            return (
              (text(nat, 'type') ?? 'PUBLIC') === 'PUBLIC' &&
              (endpoints.length === 0 || endpoints.includes('ENDPOINT_TYPE_VM'))
            );
          })
          .map((record) => ({ router, record, name: text(record, 'name') ?? router.name })),
      );
  }

  /** A gateway that is not there, for a fix: it serves all of a subnet. */
  possible(subnet: SubnetFacts): NatFacts {
    const id = `possible-nat:${subnet.entry.id}`;
    const address = this.estate.builder.standIn(id, {
      what: 'the public address that a new Cloud NAT gateway would get',
      fetch: null,
    });
    return {
      id,
      origin: { ...subnet.entry.origin, kind: 'Cloud NAT', id: `nat-${subnet.region ?? 'region'}`, implicit: true },
      name: `nat-${subnet.region ?? 'region'}`,
      sources: allRanges(subnet),
      addresses: [[address, address + 1n]],
    };
  }

  /** The gateway as a node that translates outward only, shared by the subnets that it serves. */
  define({ id, origin, name, addresses }: NatFacts, network: string): void {
    if (this.defined.has(id)) return;
    this.defined.add(id);
    const { builder } = this.estate;
    const door = `${id}#internet`;
    const implicit: Origin = { ...origin, implicit: true };
    for (const [lo] of addresses) builder.publicOwner(lo, door);
    builder.node(id, () => ({ id, origin, role: 'router', interfaces: [id, door] }));
    builder.interface(id, () => ({
      id,
      origin,
      node: id,
      addresses: [],
      steps: [{ at: 'in', translation: id, side: 'outward' }],
      table: `${id}#out`,
    }));
    builder.interface(door, () => ({
      id: door,
      origin,
      node: id,
      addresses: [],
      steps: [{ at: 'in', translation: id, side: 'inward' }],
      table: `${id}#in`,
    }));
    builder.table(`${id}#out`, () => ({
      id: `${id}#out`,
      origin: implicit,
      entries: [
        {
          origin: implicit,
          match: { dst: [...PUBLIC_V6, ...PUBLIC_V4] },
          next: { to: 'hop', in: INTERNET.interface },
          rank: [0],
          text: 'the internet',
        },
      ],
    }));
    builder.table(`${id}#in`, () => ({
      id: `${id}#in`,
      origin: implicit,
      entries: [
        {
          origin: implicit,
          match: {},
          next: { to: 'link', link: fabric(network) },
          rank: [0],
          text: 'to its interface',
        },
      ],
    }));
    builder.translation(id, () => ({
      id,
      origin,
      memory: 'stateful',
      outward: {
        rewrites: [
          {
            match: [{ protocol: [ICMP, TCP, UDP].map((one): Span => [one, one + 1]).sort((a, b) => a[0] - b[0]) }],
            set: { src: addresses, sport: CLIENT_PORTS },
          },
        ],
        otherwise: 'drop',
        code: 'gcp-nat-unsupported-protocol',
        why: `Cloud NAT ${name} translates TCP, UDP and ICMP only`,
      },
      owns: addresses,
    }));
  }

  /** Addresses that it lends: named ones, those that get-status tells, else a stand-in; none for a manual one without. */
  private addressesOf(nat: Json, router: Entry): Span<bigint>[] {
    const { inventory } = this.estate;
    const named = strings(nat, 'natIps').map((url) => {
      const entry = inventory.get('address', url) ?? inventory.all('address').find((one) => one.name === nameIn(url));
      return parseAddress(text(entry?.record, 'address') ?? '');
    });
    const told = inventory
      .answers('routerStatus')
      .flatMap(({ records }) => records.map((record) => object(record, 'result') ?? record))
      .filter((result) => link(result, 'network') === link(router.record, 'network'))
      .flatMap((result) => objects(result, 'natStatus'))
      .filter((status) => text(status, 'name') === text(nat, 'name'))
      .flatMap((status) => [...strings(status, 'autoAllocatedNatIps'), ...strings(status, 'userAllocatedNatIps')])
      .map((word) => parseAddress(word));
    const known = [...new Set([...named, ...told])].filter((one): one is bigint => one !== undefined && isPublic(one));
    if (known.length > 0) return known.map((address) => [address, address + 1n] as const);
    if (text(nat, 'natIpAllocateOption') === 'MANUAL_ONLY' && named.length === 0) return [];
    const name = text(nat, 'name') ?? '';
    const region = routerRegion(router);
    const address = this.estate.builder.standIn(`nat ${router.id} ${name}`, {
      what: `the addresses that Cloud NAT ${name} of router ${router.name} lends`,
      fetch: `gcloud compute routers get-status ${router.name}${region === undefined ? '' : ` --region ${region}`}`,
    });
    return [[address, address + 1n]];
  }
}

export function routerRegion(router: Entry): string | undefined {
  return regionOf(`${text(router.record, 'region') ?? router.id}/`) ?? regionOf(router.id);
}

function allRanges(subnet: SubnetFacts): Span<bigint>[] {
  return [...subnet.primary, ...subnet.secondary.map(({ span }) => span)];
}

function servedRanges(nat: Json, subnet: SubnetFacts): Span<bigint>[] {
  switch (text(nat, 'sourceSubnetworkIpRangesToNat')) {
    case 'ALL_SUBNETWORKS_ALL_IP_RANGES':
      return allRanges(subnet);
    case 'ALL_SUBNETWORKS_ALL_PRIMARY_IP_RANGES':
      return [...subnet.primary];
    default:
      return objects(nat, 'subnetworks')
        .filter((one) => link(one, 'name') === subnet.entry.id || text(one, 'name') === subnet.entry.name)
        .flatMap((one) => {
          const which = strings(one, 'sourceIpRangesToNat');
          const secondary = strings(one, 'secondaryIpRangeNames');
          if (which.length === 0 || which.includes('ALL_IP_RANGES')) return allRanges(subnet);
          return [
            ...(which.includes('PRIMARY_IP_RANGE') ? subnet.primary : []),
            ...(which.includes('LIST_OF_SECONDARY_IP_RANGES')
              ? subnet.secondary.filter(({ name }) => secondary.includes(name)).map(({ span }) => span)
              : []),
          ];
        });
  }
}
