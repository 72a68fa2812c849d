/**
 * Virtual WAN: hubs that join the networks connected to them. A connection is associated with one route table of its hub and
 * propagates its ranges to several, in other hubs of the WAN too; static routes go first; routing intent sends everything
 * through the hub's firewall. IPv4 only.
 * Sources: https://learn.microsoft.com/en-us/azure/virtual-wan/about-virtual-hub-routing,
 * https://learn.microsoft.com/en-us/azure/virtual-wan/how-to-routing-policies
 */
import type { NextHop, RouteEntry } from '../../model/network.ts';
import { type Missing, type Origin, nameOf } from '../../model/origin.ts';
import { ALL_V4, cidrsOf, familyOf, parseAddress, parseCidr, prefixLengthOf } from '../../net/address.ts';
import { type Span, normalise, subtract } from '../../net/spans.ts';
import type { Estate, SubnetFacts, VnetFacts } from './estate.ts';
import { type Firewalls, hubFirewallRoutes } from './firewall.ts';
import { type Entry, missing } from './inventory.ts';
import { fabric, wordsOf } from './network-interface.ts';
import { beyond, defineBeyond } from './on-premises.ts';
import { type Json, flag, nameIn, object, objects, parentOf, reference, references, strings, text } from './record.ts';
import type { GatewayRoutes } from './route-table.ts';
import type { Learned } from './service-tag.ts';

interface Hub {
  readonly entry: Entry;
  /** Lower-case id; hubs of one WAN exchange routes. */
  readonly wan: string;
  /** Where routing intent sends traffic; undefined where there is none for it. */
  readonly intent: { readonly private: NextHop | undefined; readonly internet: NextHop | undefined };
}

/** A virtual network's connection to a hub, with what it may send to and who learns of it. */
interface Connection {
  readonly entry: Entry;
  readonly hub: Hub;
  readonly vnet: VnetFacts | undefined;
  readonly vnetId: string;
  readonly associated: string;
  readonly tables: ReadonlySet<string>;
  readonly labels: ReadonlySet<string>;
  /** Routes to appliances inside the connected network. */
  readonly statics: readonly { readonly span: Span<bigint>; readonly address: bigint }[];
  /** Whether it learns a default route. */
  readonly internet: boolean;
}

/** A gateway of a hub to branches. */
interface Branch {
  readonly entry: Entry;
  readonly hub: Hub;
  readonly spans: readonly Span<bigint>[];
  /** Set where BGP may have taught it more. */
  readonly unknown: Missing | undefined;
}

const doorOf = (table: string) => `hub-routes:${table}`;
const RFC1918 = ['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16'].map((cidr) => parseCidr(cidr)!);

export class VirtualHubs {
  private readonly estate: Estate;
  private readonly firewalls: Firewalls;
  private readonly hubs = new Map<string, Hub>();
  private readonly connections: Connection[] = [];
  private readonly branches: Branch[] = [];

  constructor(estate: Estate, firewalls: Firewalls) {
    this.estate = estate;
    this.firewalls = firewalls;
    for (const entry of estate.inventory.all('hub')) this.readHub(entry);
    for (const entry of estate.inventory.all('hubConnection')) this.readConnection(entry);
    for (const kind of ['hubVpnGateway', 'hubClientGateway', 'hubExpressRouteGateway'] as const)
      for (const entry of estate.inventory.all(kind)) this.readBranch(entry);
    for (const table of new Set(this.connections.map(({ associated }) => associated))) this.defineTable(table);
    for (const hub of this.hubs.values()) this.defineHub(hub);
    for (const branch of this.branches) this.defineBranch(branch);
  }

  /** What a hub brings to a subnet's routes; undefined for networks that are connected to none. */
  routes(subnet: SubnetFacts): GatewayRoutes | undefined {
    const connection = this.connectionOf(subnet.vnet);
    if (connection === undefined) return undefined;
    const { associated, hub, internet, entry } = connection;
    const next: NextHop = { to: 'hop', in: doorOf(associated) };
    const entries = this.entriesOf(associated, hub, false);
    const isDefault = (span: Span<bigint>) => span[0] === ALL_V4[0] && span[1] === ALL_V4[1];
    const spans = entries
      .flatMap(({ match }) => match.dst as readonly Span<bigint>[])
      .filter((span) => internet || !isDefault(span));
    const unknown = this.unknownIn(hub, associated);
    return {
      learned: spans.map((span) => ({ origin: entry.origin, span, next })),
      ...(unknown === undefined ? {} : { unknown: { origin: entry.origin, next, what: unknown } }),
      next,
    };
  }

  /** What a hub adds to the VirtualNetwork tag of a subnet. */
  learned(subnet: SubnetFacts): Learned {
    const routes = this.routes(subnet);
    return { ranges: routes?.learned.map(({ span }) => span) ?? [], complete: routes?.unknown === undefined };
  }

  private connectionOf(vnet: VnetFacts): Connection | undefined {
    return this.connections.find((one) => one.vnet === vnet);
  }

  private readHub(entry: Entry): void {
    const { inventory } = this.estate;
    const policies = [
      ...objects(entry.record, 'routingPolicies'),
      ...inventory
        .all('routingIntent')
        .filter(({ id }) => parentOf(id) === entry.id)
        .flatMap(({ record }) => objects(record, 'routingPolicies')),
    ];
    const intent = (word: string): NextHop | undefined => {
      const policy = policies.find((one) =>
        strings(one, 'destinations').some((destination) => destination.toLowerCase() === word),
      );
      const id = policy === undefined ? undefined : text(policy, 'nextHop')?.toLowerCase();
      if (id === undefined) return undefined;
      const what = missing(
        `the firewall ${nameIn(id)} of ${nameOf(entry.origin)}`,
        `network firewall show --ids ${id}`,
      );
      return this.firewalls.inHub(id) ?? { to: 'missing', what, by: entry.origin };
    };
    this.hubs.set(entry.id, {
      entry,
      wan: reference(entry.record, 'virtualWan') ?? entry.id,
      intent: { private: intent('privatetraffic'), internet: intent('internet') },
    });
  }

  private readConnection(entry: Entry): void {
    const hub = this.hubs.get(parentOf(entry.id));
    const vnetId = reference(entry.record, 'remoteVirtualNetwork');
    if (hub === undefined || vnetId === undefined) {
      this.estate.builder.note({
        file: entry.origin.file,
        pointer: entry.origin.pointer,
        resource: entry.origin.id,
        message: `${nameOf(entry.origin)} was left out: its ${hub === undefined ? 'hub is not in the snapshot' : 'network is not named'}`,
      });
      return;
    }
    const routing = object(entry.record, 'routingConfiguration');
    const propagated = object(routing, 'propagatedRouteTables');
    const byDefault = `${hub.entry.id}/hubroutetables/defaultroutetable`;
    this.connections.push({
      entry,
      hub,
      vnetId,
      vnet: this.estate.vnets.get(vnetId),
      associated: reference(routing, 'associatedRouteTable') ?? byDefault,
      tables: new Set(propagated === undefined ? [byDefault] : references(propagated, 'ids')),
      labels: new Set(propagated === undefined ? ['default'] : strings(propagated, 'labels').map(lower)),
      statics: objects(object(routing, 'vnetRoutes'), 'staticRoutes').flatMap((route) => {
        const address = parseAddress(text(route, 'nextHopIpAddress') ?? '');
        const spans = this.estate.ranges(entry, strings(route, 'addressPrefixes'));
        return address === undefined ? [] : spans.map((span) => ({ span, address }));
      }),
      internet: flag(entry.record, 'enableInternetSecurity') ?? false,
    });
  }

  private readBranch(entry: Entry): void {
    const hub = this.hubs.get(reference(entry.record, 'virtualHub') ?? '');
    if (hub === undefined) return;
    const { inventory } = this.estate;
    const sites = objects(entry.record, 'connections').flatMap(
      (one) => inventory.get('vpnSite', reference(one, 'remoteVpnSite')) ?? [],
    );
    const pools = objects(entry.record, 'p2SConnectionConfigurations').map((one) =>
      object(one, 'vpnClientAddressPool'),
    );
    const spans = [
      ...sites.flatMap((site) => this.prefixes(site, object(site.record, 'addressSpace'))),
      ...pools.flatMap((pool) => this.prefixes(entry, pool)),
    ];
    const express = /expressroute/i.test(entry.id);
    const speaks = sites.some(({ record }) => object(record, 'bgpProperties') !== undefined);
    const absent = sites.length < objects(entry.record, 'connections').length;
    const command = express ? 'network express-route gateway' : 'network vpn-gateway';
    this.branches.push({
      entry,
      hub,
      spans,
      unknown:
        express || speaks || absent
          ? missing(`the routes that ${nameOf(entry.origin)} learned`, `${command} show --ids ${entry.origin.id}`)
          : undefined,
    });
  }

  private prefixes(entry: Entry, space: Json | undefined): Span<bigint>[] {
    return this.estate.ranges(entry, strings(space, 'addressPrefixes'));
  }

  /** What a table may hold beyond what the snapshot says: the table itself, or what branches taught its hub. */
  private unknownIn({ wan }: Hub, table: string): Missing | undefined {
    const isBuiltIn = /^(default|none)routetable$/.test(nameIn(table));
    if (!isBuiltIn && this.estate.inventory.get('hubRouteTable', table) === undefined)
      return missing(
        `hub route table ${nameIn(table)}`,
        'network vhub route-table list --vhub-name HUB --resource-group GROUP',
      );
    return this.branches.find((branch) => branch.hub.wan === wan && branch.unknown !== undefined)?.unknown;
  }

  /** The routes of a hub's table. Past the firewall, intent has been obeyed already. */
  private entriesOf(table: string, hub: Hub, pastFirewall: boolean): RouteEntry[] {
    const origin: Origin = { ...hub.entry.origin, implicit: true };
    const known = this.estate.inventory.get('hubRouteTable', table);
    if (nameIn(table) === 'noneroutetable') return [];
    const entry = (span: Span<bigint>, next: NextHop, by: Origin, tier: number, to: string): RouteEntry => ({
      origin: by,
      match: { dst: [span] },
      next,
      rank: [-(prefixLengthOf(span) ?? 0), tier],
      text: `${cidrsOf(span).join()} -> ${to}`,
    });
    const fixed = objects(known?.record, 'routes').flatMap((route) =>
      this.estate.ranges(known!, strings(route, 'destinations')).map((span) => {
        const id = text(route, 'nextHop')?.toLowerCase() ?? '';
        return entry(span, this.staticHop(id, span, known!), known!.origin, 0, nameIn(id));
      }),
    );
    const learned = [
      ...this.learnedBy(table, hub, known).flatMap((one) => [
        ...this.rangesOf(one).map((span) =>
          entry(span, this.into(one, hub), one.entry.origin, 1, one.entry.origin.name ?? ''),
        ),
        ...one.statics.map(({ span, address }) =>
          entry(span, this.applianceIn(one, address), one.entry.origin, 1, one.entry.origin.name ?? ''),
        ),
      ]),
      ...this.branches
        .filter((branch) => branch.hub.wan === hub.wan)
        .flatMap(({ entry: gateway, spans }) =>
          spans.map((span) =>
            entry(span, { to: 'hop', in: beyond(gateway.id) }, gateway.origin, 1, gateway.origin.name ?? ''),
          ),
        ),
    ];
    const own = this.firewalls.instancesIn(hub.entry.id);
    const answers = (own?.spans ?? []).flatMap((span) =>
      cidrsOf(span).map((cidr) =>
        entry(this.estate.ranges(hub.entry, [cidr])[0]!, own!.next, origin, 0, 'the firewall'),
      ),
    );
    if (pastFirewall) return [...fixed.filter(({ next }) => !isFirewall(next)), ...learned];
    const { private: inner, internet } = hub.intent;
    const all =
      inner === undefined
        ? [...fixed, ...learned]
        : normalise([...RFC1918, ...learned.flatMap(({ match }) => match.dst as readonly Span<bigint>[])]).map((span) =>
            entry(span, inner, origin, 0, 'the firewall of the hub'),
          );
    return [
      ...answers,
      ...all,
      ...(internet === undefined ? [] : [entry(ALL_V4, internet, origin, 0, 'the firewall of the hub')]),
    ];
  }

  /** Connections that a table learns of, in any hub of the WAN. */
  private learnedBy(table: string, { wan }: Hub, known: Entry | undefined): Connection[] {
    const own = strings(known?.record, 'labels').map(lower);
    const labels = new Set(nameIn(table) === 'defaultroutetable' ? ['default', ...own] : own);
    return this.connections.filter(
      (one) => one.hub.wan === wan && (one.tables.has(table) || [...one.labels].some((label) => labels.has(label))),
    );
  }

  private rangesOf({ vnet }: Connection): readonly Span<bigint>[] {
    return vnet?.ranges.filter(([lo]) => familyOf(lo) === 4) ?? [];
  }

  /** Into a connected network; by the firewall of its own hub, where that one's intent says so. */
  private into(connection: Connection, from: Hub): NextHop {
    const { hub, vnet, vnetId, entry } = connection;
    if (vnet === undefined) {
      const what = missing(`the connected network ${nameIn(vnetId)}`, `network vnet show --ids ${vnetId}`);
      return { to: 'missing', what, by: entry.origin };
    }
    return (hub === from ? undefined : hub.intent.private) ?? { to: 'link', link: fabric(vnet.entry.id) };
  }

  private staticHop(id: string, span: Span<bigint>, table: Entry): NextHop {
    const firewall = this.firewalls.inHub(id);
    if (firewall !== undefined) return firewall;
    const connection = this.connections.find((one) => one.entry.id === id);
    if (connection === undefined) {
      const what = missing(`the next hop ${nameIn(id)} of ${nameOf(table.origin)}`, 'network vhub connection list');
      return { to: 'missing', what, by: table.origin };
    }
    const by = connection.statics.find((one) => one.span[0] <= span[0] && span[1] <= one.span[1]);
    return by === undefined ? this.into(connection, connection.hub) : this.applianceIn(connection, by.address);
  }

  /** The appliance of a connected network that owns an address. */
  private applianceIn({ vnet, entry }: Connection, address: bigint): NextHop {
    const owner =
      vnet === undefined
        ? undefined
        : this.estate.nicsIn(vnet).find((nic) => nic.configurations.some((one) => one.address.address === address));
    if (owner !== undefined) return { to: 'hop', in: owner.entry.id };
    const what = missing(`the appliance behind ${nameOf(entry.origin)}`, 'network nic list');
    return { to: 'missing', what, by: entry.origin };
  }

  private defineTable(table: string): void {
    const { builder } = this.estate;
    const hub = this.hubs.get(parentOf(table));
    if (hub === undefined) return;
    const id = doorOf(table);
    const { origin } = hub.entry;
    builder.node(id, () => ({ id, origin, role: 'router', interfaces: [id] }));
    builder.interface(id, () => ({ id, origin, node: id, addresses: [], steps: [], table: id }));
    builder.table(id, () => ({
      id,
      origin: this.estate.inventory.get('hubRouteTable', table)?.origin ?? origin,
      entries: [...this.entriesOf(table, hub, false), ...this.doubtful(hub, table)],
      code: 'azure-no-route',
    }));
  }

  /** Where a table may hold more, anything may be there. */
  private doubtful(hub: Hub, table: string): RouteEntry[] {
    const what = this.unknownIn(hub, table);
    const { origin } = hub.entry;
    return what === undefined
      ? []
      : [{ origin, match: {}, next: { to: 'missing', what, by: origin }, rank: [1], text: 'whatever the hub learned' }];
  }

  private defineHub(hub: Hub): void {
    const { builder } = this.estate;
    const { entry } = hub;
    const { id, origin } = entry;
    const routes = hubFirewallRoutes(id);
    builder.table(routes, () => ({
      id: routes,
      origin,
      code: 'azure-no-route',
      entries: [
        ...this.entriesOf(`${id}/hubroutetables/defaultroutetable`, hub, true),
        ...this.doubtful(hub, `${id}/hubroutetables/defaultroutetable`),
        {
          origin: { ...origin, implicit: true },
          match: { dst: [ALL_V4] },
          next: { to: 'hop', in: 'internet#edge' },
          rank: [2],
          text: 'the internet',
        },
      ],
    }));
    builder.place(id, wordsOf(entry), () => ({ id, origin, aliases: [], tags: entry.tags, interfaces: [] }));
  }

  private defineBranch({ entry, hub, spans, unknown }: Branch): void {
    const table = `${hub.entry.id}/hubroutetables/defaultroutetable`;
    this.defineTable(table);
    const served = normalise(
      this.connections.filter((one) => one.hub.wan === hub.wan).flatMap((one) => [...this.rangesOf(one)]),
    );
    const foreign = subtract(normalise(spans), served);
    defineBeyond(this.estate, {
      gateway: entry,
      served,
      back: doorOf(table),
      foreign,
      possible: unknown === undefined ? foreign : subtract([ALL_V4], served),
    });
  }
}

function isFirewall(next: NextHop): boolean {
  return next.to === 'hop' && next.in.includes('/azurefirewalls/');
}

function lower(word: string): string {
  return word.toLowerCase();
}
