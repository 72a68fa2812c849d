/**
 * The machines that are told without making their parts: those with one interface that neither forwards nor serves a balancer.
 * How such a one is treated follows from its subnet, its own group and its state, so these make its template. Says nothing
 * that network-interface.ts and security-group.ts do not say of each of them.
 */
import type { Host, InterfaceAddress } from '../../model/network.ts';
import type { Span } from '../../net/spans.ts';
import type { Estate, NicFacts } from './estate.ts';
import { flag } from './record.ts';

/** All plain machines of an estate; `isServing`: whether a balancer hands packets on to an interface. */
export function* plainHosts(
  estate: Estate,
  isServing: (nic: NicFacts) => boolean,
  nameOf: (machine: string, nics: readonly NicFacts[]) => string | undefined,
): Iterable<Host> {
  const templates = new Map<string, string>();
  for (const [machine, nics] of estate.machineNics) {
    const [nic, ...others] = nics;
    if (nic === undefined || others.length > 0 || nic.forwards || nic.privateEndpoint !== undefined) continue;
    if (isServing(nic) || flag(nic.entry.record, 'disableTcpStateTracking') === true) continue;
    const known = JSON.stringify(['azure', nic.subnet.entry.id, nic.nsg, estate.isStopped(nic)]);
    let template = templates.get(known);
    if (template === undefined) templates.set(known, (template = known));
    yield new PlainHost(machine, nic, template, () => nameOf(machine, nics));
  }
}

class PlainHost implements Host {
  readonly place: string;
  readonly template: string;
  private readonly nic: NicFacts;
  private readonly called: () => string | undefined;

  constructor(place: string, nic: NicFacts, template: string, called: () => string | undefined) {
    this.place = place;
    this.nic = nic;
    this.template = template;
    this.called = called;
  }

  get interface(): string {
    return this.nic.entry.id;
  }

  get name(): string | undefined {
    return this.called();
  }

  get addresses(): readonly InterfaceAddress[] {
    return this.nic.configurations.map(({ address }) => address);
  }

  get prefixes(): readonly Span<bigint>[] {
    return NONE;
  }
}

const NONE: readonly Span<bigint>[] = [];
