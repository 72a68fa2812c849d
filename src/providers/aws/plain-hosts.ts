/**
 * The machines that are told without making their parts: those with one interface which neither forwards nor belongs to a
 * service. How such a one is treated follows from its sort, its subnet, its groups and its state, so these make its template. Says
 * nothing that network-interface.ts does not say of each of them.
 */
import type { Host, InterfaceAddress } from '../../model/network.ts';
import type { Span } from '../../net/spans.ts';
import type { Estate, InterfaceFacts } from './estate.ts';
import type { InterfaceEndpoints } from './interface-endpoint.ts';
import type { Entry } from './inventory.ts';
import type { LoadBalancers } from './load-balancer.ts';
import { object, text } from './record.ts';
import { uplink } from './subnet-names.ts';
import { uplinkOf } from './uplink.ts';

/** All plain machines of an estate. */
export function* plainHosts(estate: Estate, balancers: LoadBalancers, endpoints: InterfaceEndpoints): Iterable<Host> {
  const templates = new Map<string, string>();
  for (const eni of estate.interfaces.values()) {
    const { groups } = eni;
    if (groups === undefined || !isPlain(eni)) continue;
    if (balancers.partOf(eni) !== undefined || endpoints.partOf(eni) !== undefined) continue;
    const { instance: machine } = eni;
    if (machine !== undefined && !estate.interfaces.isOnlyOne(machine)) continue;
    const instance = estate.inventory.get('Instances', machine);
    if (uplinkOf(estate, eni.subnet, instance) !== uplink(eni.subnet)) continue;
    const known = JSON.stringify(['aws', eni.type, eni.vpc, eni.subnet, stateOf(eni, instance), groups]);
    let template = templates.get(known);
    if (template === undefined) templates.set(known, (template = known));
    yield new PlainHost(eni, instance, template);
  }
}

class PlainHost implements Host {
  readonly template: string;
  private readonly eni: InterfaceFacts;
  private readonly instance: Entry | undefined;

  constructor(eni: InterfaceFacts, instance: Entry | undefined, template: string) {
    this.eni = eni;
    this.instance = instance;
    this.template = template;
  }

  get interface(): string {
    return this.eni.entry.id;
  }

  get place(): string {
    return this.eni.instance ?? this.eni.entry.id;
  }

  get name(): string | undefined {
    return (this.instance ?? this.eni.entry).name;
  }

  get addresses(): readonly InterfaceAddress[] {
    return this.eni.addresses;
  }

  get prefixes(): readonly Span<bigint>[] {
    return this.eni.prefixes;
  }
}

/** An interface with nothing that is its own business: no gateway, no forwarding, no balancer that only it speaks of. */
function isPlain(eni: InterfaceFacts): boolean {
  if (eni.type === 'nat_gateway' || !eni.sourceDestCheck) return false;
  return text(eni.entry.brief, 'Description')?.startsWith('ELB ') !== true;
}

/** Of a machine its state, where it has a record of its own; of an interface without a machine whether it is attached. */
function stateOf({ entry, instance: machine }: InterfaceFacts, instance: Entry | undefined): string {
  if (machine === undefined) return text(entry.brief, 'Status') === 'available' ? 'not attached' : 'attached';
  if (instance === undefined) return 'no record';
  return text(object(instance.brief, 'State') ?? {}, 'Name') ?? 'no state';
}
