/**
 * Network Connectivity Center: hubs, the networks that are their spokes, and the subnet routes that a hub brings to each of
 * them; attachments of interconnects.
 * Sources: https://registry.terraform.io/providers/hashicorp/google/latest/docs/resources/network_connectivity_spoke,
 * https://cloud.google.com/network-connectivity/docs/network-connectivity-center/concepts/vpc-spokes-overview
 */
import { parseCidr } from '../../net/address.ts';
import { intersect } from '../../net/spans.ts';
import type { Family } from '../family.ts';
import { type Resource, type Side, isChanged } from '../side.ts';
import { type Json, type Values, block, filled, lastWord, text, texts } from '../values.ts';
import { NETWORKS, SUBNETS, linkTo, named, networkLink, regionLink, selfLink } from './common.ts';

const HUB = 'google_network_connectivity_hub';
const SPOKE = 'google_network_connectivity_spoke';
const ATTACHMENT = 'google_compute_interconnect_attachment';

export const connectivityFamily: Family = {
  types: [HUB, SPOKE, ATTACHMENT],
  ids: {
    [HUB]: (values, address, { project }) =>
      `projects/${text(values, 'project') ?? project ?? 'project'}/locations/global/hubs/${text(values, 'name') ?? address}`,
  },
  read: (side) => {
    const spokes = spokesOf(side);
    return [
      { kind: 'hub', records: side.managed(HUB).map((hub) => ({ name: hub.id })) },
      {
        kind: 'spoke',
        records: spokes.map(({ resource, hub, network }) => ({
          name: resource.id,
          hub,
          linkedVpcNetwork: { uri: network },
        })),
      },
      { kind: 'route', records: spokes.flatMap((spoke) => routesTo(side, spoke, spokes)) },
      {
        kind: 'interconnectAttachment',
        records: side.managed(ATTACHMENT).map((one) => {
          if (isChanged(one.instance))
            side.lacks(`what the far side of ${one.instance.address} announces by BGP`, null);
          return filled({
            ...named(one),
            region: regionLink(one),
            router: linkTo(side, text(one.values, 'router'), ['google_compute_router'], one.values),
          });
        }),
      },
    ];
  },
};

interface Spoke {
  readonly resource: Resource;
  readonly hub: string;
  readonly network: string;
  readonly values: Values;
}

/** Spokes that are networks; those of tunnels and appliances bring what BGP tells, which no plan does. */
function spokesOf(side: Side): Spoke[] {
  return side.managed(SPOKE).flatMap((resource): Spoke[] => {
    const own = block(resource.values, 'linked_vpc_network');
    const [hub, network] = [text(resource.values, 'hub'), linkTo(side, text(own, 'uri'), NETWORKS, resource.values)];
    if (own !== undefined && hub !== undefined && network !== undefined)
      return [{ resource, hub, network, values: own }];
    if (isChanged(resource.instance)) side.lacks(`what ${resource.instance.address} brings to its hub by BGP`, null);
    return [];
  });
}

/** In a star, edges meet the centre alone; in a mesh everybody meets everybody. */
function meets(side: Side, a: Spoke, b: Spoke): boolean {
  const star = text(side.get(a.hub)?.values, 'preset_topology') === 'STAR';
  const isEdge = ({ resource }: Spoke) => lastWord(text(resource.values, 'group')) === 'edge';
  return !star || !isEdge(a) || !isEdge(b);
}

/** The subnet routes of the other spokes of a hub, as far as those export them. */
function routesTo(side: Side, spoke: Spoke, spokes: readonly Spoke[]): Json[] {
  const others = spokes.filter((one) => one !== spoke && one.hub === spoke.hub && meets(side, spoke, one));
  return others.flatMap((other) =>
    side
      .all(...SUBNETS)
      .filter(({ values }) => networkLink(side, values) === other.network)
      .flatMap((subnet): Json[] => {
        const range = text(subnet.values, 'ip_cidr_range');
        if (range === undefined || !exports(other.values, range)) return [];
        const name = `hub-route-${lastWord(spoke.network)}-${lastWord(selfLink(subnet))}`;
        return [
          {
            name,
            selfLink: spoke.network.replace(/networks\/[^/]+$/, `routes/${name}`),
            network: spoke.network,
            destRange: range,
            nextHopHub: spoke.hub,
          },
        ];
      }),
  );
}

/** Whether a spoke exports a range: all unless ranges are included, none of those that are excluded. */
function exports(spoke: Values, range: string): boolean {
  const span = parseCidr(range);
  if (span === undefined) return false;
  const within = (list: readonly string[]) =>
    list.some((one) => {
      const other = parseCidr(one);
      return other !== undefined && intersect([span], [other]).join() === [span].join();
    });
  const included = texts(spoke, 'include_export_ranges').filter((one) => !one.startsWith('ALL_'));
  return !within(texts(spoke, 'exclude_export_ranges')) && (included.length === 0 || within(included));
}
