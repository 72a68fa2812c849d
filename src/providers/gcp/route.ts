/**
 * Routes of a network as they hold for one interface: special paths, policy-based routes, subnet routes (own, of peers, of
 * hubs), then custom routes by longest prefix and priority. What nothing matches is dropped. One file a kind in `routing/`.
 * Source: https://docs.cloud.google.com/vpc/docs/routes
 */
import type { RouteEntry, RouteTable } from '../../model/network.ts';
import type { Origin } from '../../model/origin.ts';
import { cidrsOf, familyOf, parseCidr, prefixLengthOf } from '../../net/address.ts';
import type { Estate, NetworkFacts } from './estate.ts';
import { type Entry, missing } from './inventory.ts';
import { flag, link, strings } from './record.ts';
import { METADATA } from './metadata-server.ts';
import { defineMends, unexchanged, unpeered, withheldEntries } from './routing/peering-mends.ts';
import { policyRoutes } from './routing/policy-routes.ts';
import { type Sender, TIER, type Ways } from './routing/sender.ts';
import type { SenderTables } from './routing/sender-tables.ts';
import { StaticRoutes, isInternet } from './routing/static-routes.ts';
import { speaksBoth, subnetRoutes } from './routing/subnet-routes.ts';

export type { Sender, Ways } from './routing/sender.ts';

export class Routes {
  private readonly estate: Estate;
  private readonly ways: Ways;
  private readonly statics: StaticRoutes;
  private readonly byNetwork = new Map<string, Entry[]>();
  private readonly policyBased: readonly Entry[];
  private readonly tables: SenderTables;

  constructor(estate: Estate, ways: Ways, tables: SenderTables) {
    this.estate = estate;
    this.tables = tables;
    estate.builder.find({
      table: (id) => {
        const sender = tables.sender(id);
        return sender === undefined ? undefined : this.table(id, sender);
      },
    });
    this.ways = ways;
    this.statics = new StaticRoutes(estate, ways);
    this.policyBased = estate.inventory.all('policyBasedRoute');
    for (const entry of estate.inventory.all('route')) {
      const network = link(entry.record, 'network') ?? '';
      const list = this.byNetwork.get(network);
      if (list === undefined) this.byNetwork.set(network, [entry]);
      else list.push(entry);
    }
    defineMends(
      estate,
      (network, entries) => (under) => ({
        tables: [...this.tables.in(network)].flatMap((id) => {
          const table = under.table(id);
          return table === undefined ? [] : [{ ...table, entries: [...table.entries, ...entries(network)] }];
        }),
      }),
      (to, from) => this.customOf(from, { network: to, subnet: undefined, region: undefined, tags: [] }),
    );
  }

  private table(id: string, sender: Sender): RouteTable {
    return {
      id,
      origin: { ...sender.network.entry.origin, kind: 'routes of network' },
      entries: this.entries(sender),
      ties: 'unknown',
      code: 'gcp-no-route',
      possible: () => this.possible(sender),
    };
  }

  /** The routes that a listing holds for a network. */
  listedFor(network: string): readonly Entry[] {
    return this.byNetwork.get(network) ?? [];
  }

  /** Whether Cloud Routers of a network learned a way to an address, in any region. */
  learnedBy(network: NetworkFacts, address: bigint): boolean {
    return this.ways.dynamic(network, undefined).some(({ span: [lo, end] }) => lo <= address && address < end);
  }

  private entries(sender: Sender): RouteEntry[] {
    const { network, region } = sender;
    const origin: Origin = { ...network.entry.origin, implicit: true };
    const fixed: RouteEntry = {
      origin,
      match: { dst: METADATA },
      next: { to: 'local' },
      rank: [TIER.fixed],
      text: '169.254.169.254: the metadata server, which no rule filters',
    };
    const ordinary = [
      ...subnetRoutes(this.estate, network, this.listedFor(network.entry.id)),
      ...this.own(sender),
      ...this.dynamic(sender),
      ...this.ways.unlisted(network, region),
      ...this.imported(sender),
    ];
    const withheld = [
      ...unpeered(this.estate, network),
      ...unexchanged(this.estate, network, (peer) => this.customOf(peer, sender)),
    ];
    return [
      fixed,
      ...this.ways.special(sender),
      ...policyRoutes(this.policyBased, sender, ordinary, this.ways),
      ...ordinary,
      ...withheldEntries(withheld, ordinary, network.entry.origin),
    ];
  }

  /** Static routes of the network itself. */
  private own(sender: Sender): RouteEntry[] {
    const { inventory } = this.estate;
    const { entry: network } = sender.network;
    const routes = this.listedFor(network.id).flatMap((route) => this.statics.entriesOf(route, sender, 0));
    const isListed = inventory.knowsFor('route', network.project);
    if (isListed && inventory.isComplete('route')) return routes;
    const what = missing(
      `the routes of network ${network.name}`,
      `compute routes list --filter=network:${network.name}`,
    );
    // What is not listed may be of any prefix: it decides where nothing longer than the default route does.
    return [
      ...routes,
      {
        origin: network.origin,
        match: {},
        next: { to: 'missing', what, by: network.origin },
        rank: [TIER.custom, isListed ? -0.5 : 0],
        text: 'routes that are not known',
        ...(isListed ? { unresolved: what } : {}),
      },
    ];
  }

  private dynamic({ network, region }: Sender): RouteEntry[] {
    return this.ways.dynamic(network, region).map(
      ({ span, next, priority, origin }): RouteEntry => ({
        origin,
        match: { dst: [span] },
        next,
        rank: [TIER.custom, -(prefixLengthOf(span) ?? 0), 0, priority],
        text: `${cidrsOf(span).join()} -> learned by ${origin.name ?? origin.id}`,
      }),
    );
  }

  /** Custom routes that a peer exports and this network imports; tagged ones and those to the internet never travel. */
  private imported(sender: Sender): RouteEntry[] {
    const { estate } = this;
    return sender.network.peerings.flatMap((peering) => {
      const peer = estate.networks.get(peering.peer);
      const twin = estate.twinOf(sender.network, peering);
      if (peer === undefined || twin === undefined || !peering.active || !twin.active) return [];
      if (!flag(peering.record, 'importCustomRoutes') || !flag(twin.record, 'exportCustomRoutes')) return [];
      const both = speaksBoth(peering) && speaksBoth(twin);
      return this.customOf(peer, sender).filter(({ match: { dst } }) => both || !isSix(dst));
    });
  }

  /** The custom routes of a peer that may cross a peering, as they would hold for a sender of another network. */
  private customOf(peer: NetworkFacts, sender: Sender): RouteEntry[] {
    const there: Sender = { ...sender, network: peer, subnet: undefined, tags: [] };
    const statics = this.listedFor(peer.entry.id)
      .filter(({ record }) => strings(record, 'tags').length === 0 && !isInternet(record))
      .flatMap((route) => this.statics.entriesOf(route, there, 1));
    return bestOf([...statics, ...this.dynamic(there)]);
  }

  /** Routes that would mend a missing one: the default route to the internet. */
  private possible(sender: Sender): RouteEntry[] {
    const { origin } = sender.network.entry;
    return [parseCidr('0.0.0.0/0')!, parseCidr('::/0')!].flatMap((span) =>
      this.statics
        .internetEntries(
          span,
          sender,
          [TIER.custom, 0, 0, 1000],
          `${cidrsOf(span).join()} -> default-internet-gateway`,
          origin,
        )
        .filter((entry) => entry.next.to !== 'drop')
        .map((entry) => ({ ...entry, target: 'default-internet-gateway' })),
    );
  }
}

/**
 * Of one peer's routes for one prefix its own priorities decide; between peers Google picks one, and nobody can tell which:
 * whatever is left of each peer ranks alike.
 */
function bestOf(entries: readonly RouteEntry[]): RouteEntry[] {
  const best = new Map<string, number>();
  const keyOf = ({ match: { dst } }: RouteEntry) =>
    dst === undefined || 'set' in dst ? '' : dst.map((span) => span.join('-')).join();
  const priorityOf = ({ rank }: RouteEntry) => rank[3] ?? 0;
  for (const entry of entries) {
    const key = keyOf(entry);
    best.set(key, Math.min(best.get(key) ?? Infinity, priorityOf(entry)));
  }
  return entries
    .filter((entry) => priorityOf(entry) === best.get(keyOf(entry)))
    .map((entry) => ({ ...entry, rank: [entry.rank[0]!, entry.rank[1]!, 1, 0, ...entry.rank.slice(4)] }));
}

function isSix(dst: RouteEntry['match']['dst']): boolean {
  return dst !== undefined && !('set' in dst) && dst.every(([lo]) => familyOf(lo) === 6);
}
