/**
 * Load balancers and Private Service Connect endpoints by their forwarding rules: what stands at which address, who serves
 * it, and which replies need no route. One file an idea in `balancing/`.
 * Source: https://docs.cloud.google.com/load-balancing/docs/load-balancing-overview
 */
import { INTERNET } from '../../model/builder.ts';
import type { InterfaceStep, NextHop, RouteEntry } from '../../model/network.ts';
import type { Origin } from '../../model/origin.ts';
import { formatAddress, parseAddress } from '../../net/address.ts';
import { type Span, normalise } from '../../net/spans.ts';
import { Backends, type Member } from './balancing/backend-service.ts';
import { type Entrance, defineEntrance } from './balancing/entrance.ts';
import { type RuleFacts, door, isEndpoint, ruleFacts } from './balancing/forwarding-rule.ts';
import {
  FRONT_ENDS,
  PASSTHROUGH_PROBES,
  defineGoogleSources,
  isProxyOnly,
  proxies,
  specialReturnPath,
} from './balancing/google-sources.ts';
import { shutOut } from './balancing/health-probe.ts';
import { type Passthrough, definePassthrough, passthroughOf } from './balancing/passthrough.ts';
import { type Blocked, defineProxy, isProxy } from './balancing/proxy.ts';
import { defineServiceEndpoint } from './balancing/service-endpoint.ts';
import type { Estate, NetworkFacts, NicFacts } from './estate.ts';
import type { Firewalls } from './firewall.ts';
import type { Balanced } from './interface.ts';
import type { Entry } from './inventory.ts';
import { flag, linkOf, text } from './record.ts';
import type { Sender } from './route.ts';

export class LoadBalancers {
  readonly rules: readonly RuleFacts[];
  readonly backends: Backends;
  private readonly estate: Estate;
  private readonly firewalls: Firewalls;
  private readonly entrances: readonly Entrance[];
  /** Passthrough rules by the interfaces that serve them. */
  private readonly servedBy = new Map<string, Set<RuleFacts>>();
  private readonly passthrough = new Map<string, Passthrough>();

  constructor(estate: Estate, firewalls: Firewalls) {
    this.estate = estate;
    this.firewalls = firewalls;
    this.backends = new Backends(estate);
    this.rules = estate.inventory.all('forwardingRule').flatMap((entry) => ruleFacts(estate, entry) ?? []);
    for (const rule of this.rules) this.define(rule);
    this.entrances = sharedAddresses(this.rules).map((rules) => defineEntrance(estate, rules));
    for (const one of this.entrances) if (!one.rules[0]!.isInternal) estate.builder.publicOwner(one.address, one.in);
    defineGoogleSources(estate);
  }

  /** What stands on a network besides VMs. */
  owners(network: NetworkFacts): { span: Span<bigint>; in: string }[] {
    return [
      ...this.entrances
        .filter(({ rules: [first] }) => first!.isInternal && first!.network === network)
        .map(({ address, in: by }) => ({ span: [address, address + 1n] as const, in: by })),
      ...network.subnets
        .filter(isProxyOnly)
        .flatMap((subnet) => subnet.primary.map((span) => ({ span, in: proxies(subnet.entry.id) }))),
    ];
  }

  /** What balancers add to an interface that serves them. */
  balanced(nic: NicFacts): Balanced {
    const rules = [...(this.servedBy.get(nic.id) ?? [])];
    return {
      serves: rules.map(({ address }) => [address, address + 1n] as const),
      steps: rules.map(({ entry }): InterfaceStep => ({ at: 'out', translation: entry.id, side: 'outward' })),
    };
  }

  /** Replies that need no route in the network: to Google's own senders, and from external passthrough balancers. */
  special({ network }: Sender): readonly RouteEntry[] {
    const origin: Origin = { ...network.entry.origin, implicit: true };
    const external = this.rules
      .filter((rule) => !rule.isInternal && this.passthrough.has(rule.entry.id))
      .map(({ address }) => [address, address + 1n] as const);
    const reply: RouteEntry = {
      origin,
      match: { src: normalise(external) },
      next: { to: 'hop', in: INTERNET.interface },
      rank: [1, 1],
      text: 'special path for replies of a passthrough balancer',
    };
    return external.length === 0 ? [specialReturnPath(network)] : [specialReturnPath(network), reply];
  }

  /** An internal passthrough balancer as next hop: through any of its members, whatever its ports. */
  appliance({ network, region }: Sender, target: string): NextHop | undefined {
    const address = parseAddress(target);
    const rule = this.rules.find(
      (one) =>
        one.isInternal &&
        one.network === network &&
        (address === undefined ? one.entry.id === linkOf(target) : one.address === address),
    );
    if (rule === undefined) return undefined;
    const { origin, record } = rule.entry;
    // Without global access only clients of its region use it; what becomes of others is not documented.
    if (
      region !== undefined &&
      rule.region !== undefined &&
      region !== rule.region &&
      !flag(record, 'allowGlobalAccess')
    )
      return {
        to: 'missing',
        what: {
          what: `whether ${rule.entry.name} of ${rule.region}, a next hop without global access, takes packets of ${region}`,
          fetch: null,
        },
        by: origin,
      };
    return this.passthrough.get(rule.entry.id)?.next();
  }

  /** Who serves a passthrough rule; undefined for a rule of another kind. */
  membersOf(rule: RuleFacts): readonly Member[] | undefined {
    return this.passthrough.get(rule.entry.id)?.members;
  }

  /** Who shuts the health checks of a service out of a member; undefined where they get through, or nobody can know it. */
  blockedProbe(member: Member, service: Entry, serving: number, isExternal = false): Blocked | undefined {
    const probes = this.backends.probesOf(service);
    const id = `firewall-in:${member.nic.id}`;
    const filter = this.firewalls.filter(id, member.nic, 'in');
    for (const probe of probes) {
      const port = probe.port ?? serving;
      const shut = shutOut(
        filter,
        (set) => this.estate.builder.setOf(set)?.spans,
        isExternal ? PASSTHROUGH_PROBES : FRONT_ENDS,
        member.address,
        port,
      );
      if (shut !== undefined) return { shut, port, filter: id };
    }
    return undefined;
  }

  private define(rule: RuleFacts): void {
    const { builder } = this.estate;
    const { entry, address, network, isInternal, target } = rule;
    const { id, origin } = entry;
    if (!isInternal || network !== undefined) builder.owner(address, door(id));
    builder.place(id, [entry.name, text(entry.record, 'selfLink') ?? '', formatAddress(address)], () => ({
      id,
      origin,
      aliases: [entry.name],
      tags: entry.tags,
      interfaces: [door(id)],
    }));
    if (target !== undefined && isEndpoint(target)) return defineServiceEndpoint(this.estate, rule);
    if (target !== undefined && isProxy(target))
      return defineProxy(
        {
          estate: this.estate,
          backends: this.backends,
          blockedProbe: (member, service, serving) => this.blockedProbe(member, service, serving),
        },
        rule,
      );
    const service = this.estate.inventory.get('backendService', text(entry.record, 'backendService'));
    const serving = rule.match.dport?.[0]?.[0] ?? 80;
    const way = passthroughOf(
      this.estate,
      this.backends,
      rule,
      (member) => service === undefined || this.blockedProbe(member, service, serving, !rule.isInternal) === undefined,
    );
    this.passthrough.set(id, way);
    for (const { nic } of way.members) {
      const served = this.servedBy.get(nic.id) ?? new Set<RuleFacts>();
      this.servedBy.set(nic.id, served.add(rule));
    }
    definePassthrough(this.estate, rule, way);
  }
}

/** Rules by the address that they share, on one network or on the internet. */
function sharedAddresses(rules: readonly RuleFacts[]): RuleFacts[][] {
  const groups = new Map<string, RuleFacts[]>();
  for (const rule of rules) {
    const key = `${rule.isInternal ? (rule.network?.entry.id ?? '') : ''} ${rule.address}`;
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [rule]);
    else group.push(rule);
  }
  return [...groups.values()];
}
