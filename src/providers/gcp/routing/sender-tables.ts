/**
 * Which table a sender's routes stand in. Whoever stands in one subnet and carries the same of the tags that routes ask for has
 * the same routes, so they share one.
 */
import type { Estate, NetworkFacts, NicFacts, SubnetFacts } from '../estate.ts';
import { link, object, strings } from '../record.ts';
import type { Sender } from './sender.ts';

export class SenderTables {
  private readonly estate: Estate;
  /** By table: those that somebody has asked for, and in the end all. */
  private readonly senders = new Map<string, Sender>();
  private areAllKnown = false;
  /** By network: the tags that some route asks for. */
  private readonly asked: ReadonlyMap<string, ReadonlySet<string>>;

  constructor(estate: Estate) {
    this.estate = estate;
    this.asked = askedTags(estate);
    for (const subnet of estate.subnets.values()) this.ofSubnet(subnet);
  }

  /** The table of an interface. */
  of(nic: NicFacts): string {
    const { network, subnet, region } = nic;
    const asked = this.asked.get(network.entry.id);
    const tags = asked === undefined ? [] : [...new Set(nic.tags)].filter((tag) => asked.has(tag)).sort();
    const isPlain = subnet !== undefined && subnet.network === network && subnet.region === region;
    const place = isPlain ? subnet.entry.id : nic.id;
    const id = `routes:${place}${tags.length === 0 ? '' : ` with ${JSON.stringify(tags)}`}`;
    if (!this.senders.has(id)) this.senders.set(id, { network, subnet, region, tags });
    return id;
  }

  /** The table of whoever may stand in a subnet. */
  ofSubnet(subnet: SubnetFacts): string {
    const { network, region } = subnet;
    const id = `routes:${subnet.entry.id}`;
    if (!this.senders.has(id)) this.senders.set(id, { network, subnet, region, tags: [] });
    return id;
  }

  /** Whose routes a table holds; undefined for a table of something else. */
  sender(table: string): Sender | undefined {
    if (!this.senders.has(table) && !this.areAllKnown) {
      this.areAllKnown = true;
      for (const nic of this.estate.nics.values()) this.of(nic);
    }
    return this.senders.get(table);
  }

  /** The tables that hold the routes of a network. */
  in(network: NetworkFacts): ReadonlySet<string> {
    return new Set([
      ...network.nics.map((nic) => this.of(nic)),
      ...network.subnets.map((subnet) => this.ofSubnet(subnet)),
    ]);
  }
}

function askedTags({ inventory }: Estate): ReadonlyMap<string, ReadonlySet<string>> {
  const asked = new Map<string, Set<string>>();
  const add = (network: string | undefined, tags: readonly string[]) => {
    if (network === undefined || tags.length === 0) return;
    const known = asked.get(network) ?? new Set();
    asked.set(network, known);
    for (const tag of tags) known.add(tag);
  };
  for (const { record } of inventory.all('route')) add(link(record, 'network'), strings(record, 'tags'));
  for (const { record } of inventory.all('policyBasedRoute'))
    add(link(record, 'network'), strings(object(record, 'virtualMachine') ?? {}, 'tags'));
  return asked;
}
