/**
 * Azure Firewall in a virtual network or a virtual hub: where packets enter and leave it, and which addresses they have then.
 * Stateful; private destinations keep their source unless a rule proxies them, public ones see the firewall's address.
 * Sources: https://learn.microsoft.com/en-us/azure/firewall/rule-processing,
 * https://learn.microsoft.com/en-us/azure/firewall/snat-private-range
 */
import type { Assumption, Origin } from '../../model/origin.ts';
import { nameOf } from '../../model/origin.ts';
import type { InterfaceStep, NextHop } from '../../model/network.ts';
import { ALL_V4, PUBLIC_V4, formatAddress, parseAddress, parseCidr } from '../../net/address.ts';
import { type Span, intersect, normalise, subtract } from '../../net/spans.ts';
import type { Estate, SubnetFacts, VnetFacts } from './estate.ts';
import { FirewallRules } from './firewall-rules.ts';
import type { Entry } from './inventory.ts';
import { FORWARDED, routesOf, wordsOf } from './network-interface.ts';
import { type Json, object, objects, reference, text } from './record.ts';
import type { Learned, ServiceTags } from './service-tag.ts';

interface Firewall {
  readonly entry: Entry;
  /** Undefined for a firewall of a virtual hub. */
  readonly subnet: SubnetFacts | undefined;
  readonly hub: string | undefined;
  readonly address: bigint;
  /** What its instances send from towards private destinations. */
  readonly instances: readonly Span<bigint>[];
  readonly publicAddresses: readonly bigint[];
}

const publicDoor = (firewall: string) => `${firewall}#public`;
const instanceDoor = (firewall: string) => `${firewall}#instances`;
/** The routes of a virtual hub's firewall. */
export const hubFirewallRoutes = (hub: string) => `firewall-routes:${hub}`;

export class Firewalls {
  private readonly estate: Estate;
  private readonly all: Firewall[] = [];

  constructor(estate: Estate, tags: ServiceTags, learned: (subnet: SubnetFacts) => Learned) {
    this.estate = estate;
    for (const entry of estate.inventory.all('firewall')) this.read(entry);
    for (const firewall of this.all)
      this.define(firewall, new FirewallRules(estate, tags, learned, firewall.entry, firewall.subnet));
  }

  /** The addresses of firewalls on a fabric: the one that routes name, and those of the instances. */
  owners(vnet: VnetFacts): { span: Span<bigint>; in: string }[] {
    return this.all
      .filter(({ subnet }) => subnet?.vnet === vnet)
      .flatMap(({ entry, address, instances }) => [
        { span: [address, address + 1n] as const, in: entry.id },
        ...instances.map((span) => ({ span, in: instanceDoor(entry.id) })),
      ]);
  }

  /** A firewall as the next hop of a route. */
  appliance(vnet: VnetFacts, address: bigint): NextHop | undefined {
    const found = this.all.find((one) => one.address === address && one.subnet?.vnet === vnet);
    return found === undefined ? undefined : { to: 'hop', in: found.entry.id };
  }

  /** The firewall of a virtual hub, or one that a hub's route names. */
  inHub(hub: string): NextHop | undefined {
    const found = this.all.find((one) => one.hub === hub || one.entry.id === hub);
    return found === undefined ? undefined : { to: 'hop', in: found.entry.id };
  }

  /** Where answers to what the instances of a hub's firewall sent come in. */
  instancesIn(hub: string): { readonly spans: readonly Span<bigint>[]; readonly next: NextHop } | undefined {
    const found = this.all.find((one) => one.hub === hub);
    return found && { spans: found.instances, next: { to: 'hop', in: instanceDoor(found.entry.id) } };
  }

  /** A firewall's subnet leaves by the firewall itself. */
  isFirewallSubnet(subnet: SubnetFacts): boolean {
    return this.all.some((one) => one.subnet === subnet);
  }

  private read(entry: Entry): void {
    const { estate } = this;
    const configurations = objects(entry.record, 'ipConfigurations');
    const subnet = configurations
      .map((one) => estate.subnets.get(reference(one, 'subnet') ?? ''))
      .find((one) => one !== undefined);
    const inHub = object(entry.record, 'hubIPAddresses');
    const hub = reference(entry.record, 'virtualHub');
    const address = [...configurations, ...(inHub === undefined ? [] : [inHub])]
      .map((one) => parseAddress(text(one, 'privateIPAddress') ?? ''))
      .find((one) => one !== undefined);
    if (address === undefined || (subnet === undefined && hub === undefined)) {
      estate.builder.note({
        file: entry.origin.file,
        pointer: entry.origin.pointer,
        resource: entry.origin.id,
        message: `${nameOf(entry.origin)} was left out: ${address === undefined ? 'it has no private address' : 'its subnet is not in the snapshot'}`,
      });
      return;
    }
    const hubRange = parseCidr(text(estate.inventory.get('hub', hub)?.record, 'addressPrefix') ?? '');
    const ranges =
      subnet?.ranges.filter(([lo, end]) => lo <= address && address < end) ??
      (hubRange === undefined ? [] : [hubRange]);
    // The first four addresses and the last one of a subnet are Azure's; the one that routes name is a balancer before the instances.
    const instances = subtract(
      ranges.map(([lo, end]) => [lo + 4n, end - 1n] as const),
      [[address, address + 1n]],
    );
    this.all.push({
      entry,
      subnet,
      hub,
      address,
      instances: instances.length > 0 ? instances : [[address, address + 1n]],
      publicAddresses: [
        ...configurations.flatMap((one) => this.publicAddress(one, entry)),
        ...objects(object(inHub, 'publicIPs'), 'addresses').flatMap(
          (one) => parseAddress(text(one, 'address') ?? '') ?? [],
        ),
      ],
    });
  }

  private publicAddress(configuration: Json, entry: Entry): bigint[] {
    const publicIp = this.estate.publicIpOf(object(configuration, 'publicIPAddress'), entry);
    const absent = this.estate.absentAddress(publicIp);
    if (absent !== undefined) return [this.estate.standIn(absent)];
    const address = this.estate.addressOf(publicIp);
    return address === undefined ? [] : [address];
  }

  private define(firewall: Firewall, rules: FirewallRules): void {
    const { builder } = this.estate;
    const { entry, subnet, hub, address, publicAddresses, instances } = firewall;
    const { id, origin } = entry;
    const table = subnet === undefined ? hubFirewallRoutes(hub!) : routesOf(subnet.entry.id);
    const unknown = rules.unknown;
    const filter = `rules:${id}`;
    const proxy = `${id}#proxy`;
    const outgoing: InterfaceStep = { at: 'out', translation: `${id}#mark`, side: 'outward' };
    const doors: Readonly<Record<string, readonly InterfaceStep[]>> = {
      [id]: [
        { at: 'in', translation: `${id}#private`, side: 'inward' },
        { at: 'in', filter },
        { at: 'in', translation: id, side: 'outward' },
        { at: 'in', translation: proxy, side: 'outward' },
        outgoing,
      ],
      // Answers to what the instances sent: each translation undone in the reverse order.
      [instanceDoor(id)]: [
        { at: 'in', translation: proxy, side: 'inward' },
        { at: 'in', filter },
        { at: 'in', translation: id, side: 'outward' },
        { at: 'in', translation: `${id}#private`, side: 'outward' },
        outgoing,
      ],
      [publicDoor(id)]:
        unknown === undefined
          ? [
              { at: 'in', translation: id, side: 'inward' },
              { at: 'in', filter },
            ]
          : [],
    };
    builder.node(id, () => ({
      id,
      origin,
      role: 'router',
      // A destination for what its DNAT rules take in.
      silent: 'it only passes on what it is sent',
      interfaces: Object.keys(doors),
      ...threatIntelligence(entry, origin),
    }));
    for (const [door, steps] of Object.entries(doors))
      builder.interface(door, () => ({
        id: door,
        origin,
        node: id,
        addresses:
          door === id ? [{ address, ...(publicAddresses[0] === undefined ? {} : { public: publicAddresses[0] }) }] : [],
        steps,
        table: door === publicDoor(id) && unknown !== undefined ? `${id}#unknown` : table,
      }));
    if (unknown !== undefined)
      builder.table(`${id}#unknown`, () => ({
        id: `${id}#unknown`,
        origin,
        entries: [
          { origin, match: {}, next: { to: 'missing', what: unknown, by: origin }, rank: [0], text: 'DNAT rules' },
        ],
      }));
    builder.owner(address, id);
    for (const outside of publicAddresses) {
      builder.owner(outside, id);
      builder.publicOwner(outside, publicDoor(id));
    }
    const hidden = subtract([ALL_V4], rules.privateRanges());
    builder.translation(id, () => ({
      id,
      origin,
      memory: 'stateless',
      outward: {
        rewrites:
          publicAddresses.length === 0
            ? []
            : [
                {
                  match: [{ dst: intersect(hidden, [...PUBLIC_V4]) }],
                  set: {
                    src: normalise(publicAddresses.map((one) => [one, one + 1n] as const)),
                    sport: [[1024, 65536]],
                  },
                },
              ],
        otherwise: 'pass',
        code: '',
        why: '',
      },
      inward: {
        rewrites: rules.destinationRewrites(instances),
        otherwise: 'drop',
        code: 'azure-firewall-no-dnat',
        why: `${nameOf(origin)} has no DNAT rule for this`,
      },
    }));
    builder.translation(`${id}#private`, () => ({
      id: `${id}#private`,
      origin,
      memory: 'stateless',
      inward: { rewrites: rules.destinationRewrites(instances), otherwise: 'pass', code: '', why: '' },
    }));
    builder.translation(proxy, () => ({
      id: proxy,
      origin,
      memory: 'stateful',
      outward: { rewrites: rules.proxyRewrites(instances), otherwise: 'pass', code: '', why: '' },
    }));
    builder.translation(`${id}#mark`, () => ({
      id: `${id}#mark`,
      origin,
      memory: 'stateless',
      outward: {
        rewrites: [{ set: { mark: [[FORWARDED, FORWARDED + 1]] } }],
        otherwise: 'pass',
        code: '',
        why: '',
      },
    }));
    builder.filter(filter, () => ({
      id: filter,
      origin,
      code: 'azure-firewall-deny',
      rules: rules.filterRules(instances),
      order: 'first-match',
      otherwise: 'deny',
      defaultText: 'no rule allows it in',
      state: `firewall:${id}`,
      noReply: 'unknown',
    }));
    builder.place(id, [...wordsOf(entry), formatAddress(address)], () => ({
      id,
      origin,
      aliases: [],
      tags: entry.tags,
      interfaces: [id],
    }));
  }
}

/** A firewall that denies what threat intelligence lists does so before any rule. */
function threatIntelligence({ record }: Entry, { id }: Origin): { assumes?: readonly Assumption[] } {
  if (text(record, 'threatIntelMode')?.toLowerCase() !== 'deny') return {};
  const message = 'threat intelligence lists neither end of this connection';
  return { assumes: [{ code: 'threat-intelligence-permits', resource: id, message }] };
}
