/**
 * The VMs that are told without making their parts: those with one interface that neither forwards nor serves a balancer, and
 * whose rules name nothing of their own. How such a one is treated follows from its subnet and routes, its project, its tags
 * and accounts and its state, so these make its template. Says nothing that interface.ts and firewall.ts do not say of each.
 */
import type { Host, InterfaceAddress } from '../../model/network.ts';
import type { Span } from '../../net/spans.ts';
import type { Estate, NicFacts } from './estate.ts';
import { text } from './record.ts';
import type { Resources } from './resource-manager.ts';
import type { SenderTables } from './routing/sender-tables.ts';

/** All plain VMs of an estate; `isServing`: whether a balancer hands packets on to an interface. */
export function* plainHosts(
  estate: Estate,
  tables: SenderTables,
  resources: Resources,
  isServing: (nic: NicFacts) => boolean,
): Iterable<Host> {
  const templates = new Map<string, string>();
  const hasPolicies = estate.inventory.all('firewallPolicy').length > 0;
  const withPolicies = new Set(
    [...estate.networks.values()].filter(
      ({ entry }) => hasPolicies || resources.effectiveOfNetwork(entry) !== undefined,
    ),
  );
  for (const [machine, [nic, ...others]] of estate.machines) {
    if (nic === undefined || others.length > 0 || nic.canForward || isServing(nic)) continue;
    // Rules with destination ranges are cut down to the address behind an external one.
    if (nic.addresses.some((address) => address.public !== undefined)) continue;
    if (resources.effectiveOf(nic) !== undefined) continue;
    const bound = resources.secureTagsOf(nic.instance);
    // What is not known is named after the VM.
    if (bound === undefined && withPolicies.has(nic.network)) continue;
    const known = JSON.stringify([
      'gcp',
      tables.of(nic),
      nic.instance.project,
      nic.subnet?.entry.id,
      nic.region,
      nic.tags,
      nic.accounts,
      [...(bound ?? [])],
      text(nic.instance.record, 'status'),
    ]);
    let template = templates.get(known);
    if (template === undefined) templates.set(known, (template = known));
    yield new PlainHost(machine, nic, template);
  }
}

class PlainHost implements Host {
  readonly place: string;
  readonly template: string;
  private readonly nic: NicFacts;

  constructor(place: string, nic: NicFacts, template: string) {
    this.place = place;
    this.nic = nic;
    this.template = template;
  }

  get interface(): string {
    return this.nic.id;
  }

  get name(): string | undefined {
    return this.nic.instance.origin.name;
  }

  get addresses(): readonly InterfaceAddress[] {
    return this.nic.addresses;
  }

  get prefixes(): readonly Span<bigint>[] {
    return this.nic.aliases;
  }
}
