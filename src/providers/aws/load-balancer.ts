/**
 * Load balancers as packets meet them: each interface of one is a node of its own, which ends connections and opens others
 * to targets that it may use. Network balancers may hand packets on instead (client-address.ts).
 * Sources: https://docs.aws.amazon.com/elasticloadbalancing/latest/application/introduction.html,
 * https://docs.aws.amazon.com/elasticloadbalancing/latest/network/load-balancer-security-groups.html
 */
import type { GotchaContext } from '../../model/finding.ts';
import type { Backend, InterfaceStep, Listener, Node } from '../../model/network.ts';
import { type Origin, nameOf } from '../../model/origin.ts';
import { TCP } from '../../net/protocol.ts';
import type { Span } from '../../net/spans.ts';
import { HandingOn, handsOn, listenerMatches } from './client-address.ts';
import type { Estate, InterfaceFacts } from './estate.ts';
import type { Entry } from './inventory.ts';
import { type Balancer, BalancerFacts, type LbTarget } from './load-balancer-facts.ts';
import type { NetworkAcls } from './network-acl.ts';
import { object, strings, text } from './record.ts';
import { hostsDoor, uplink } from './subnet-names.ts';

const CLIENT_PORTS: readonly Span[] = [[1024, 65536]];

/** What a balancer makes of one of its network interfaces. */
export interface BalancerPart {
  /** The balancer that the interface belongs to, as a place. */
  readonly whole: string;
  readonly node: string;
  readonly table: string;
  /** Filters of other interfaces that the interface has besides its own, and translations. */
  readonly steps: readonly InterfaceStep[];
  /** Whether the interface's groups filter what comes in, and what the balancer sends. */
  readonly filtered: { readonly in: boolean; readonly out: boolean };
}

/** What traps want to know of a balancer that an answer uses. */
export interface UsedBalancer {
  readonly keepsClient: boolean;
  /** The groups of its interfaces. */
  readonly groups: readonly string[];
  /** Target groups without a healthy target. */
  readonly sick: readonly string[];
  /** Its interfaces that have no target they may use. */
  readonly emptyNodes: readonly { readonly node: string; readonly zone: string }[];
}

export class LoadBalancers {
  private readonly estate: Estate;
  private readonly handing: HandingOn;
  /** Interface -> its balancer. */
  private readonly parts = new Map<string, Balancer>();
  private readonly balancers: readonly Balancer[];

  constructor(estate: Estate, acls: NetworkAcls) {
    this.estate = estate;
    const listed = new BalancerFacts(estate).all();
    this.balancers = [...listed, ...this.endpoints(listed)];
    for (const balancer of this.balancers) for (const eni of balancer.enis) this.parts.set(eni.entry.id, balancer);
    this.handing = new HandingOn(
      estate,
      acls,
      (eni) => this.nodeOf(eni),
      (a, b) => this.sameZone(a, b),
    );
    for (const balancer of this.balancers) this.read(balancer);
  }

  /** What an interface is to a balancer; undefined for interfaces of anything else. */
  partOf(eni: InterfaceFacts): BalancerPart | undefined {
    const balancer = this.parts.get(eni.entry.id);
    if (balancer === undefined) return undefined;
    const { id } = eni.entry;
    const keeps = handsOn(balancer);
    // A network balancer that was made without groups filters nothing; what it hands on meets no outbound rule.
    const grouped = balancer.type !== 'network' || eni.groups === undefined || eni.groups.length > 0;
    return {
      whole: balancer.entry.id,
      node: this.nodeOf(eni)!,
      table: keeps ? `lb:${id}` : balancer.type === 'classic' ? `classic:${id}` : uplink(eni.subnet),
      filtered: { in: grouped, out: grouped && !keeps },
      steps: [
        ...this.providerFilters(balancer),
        ...(keeps
          ? [
              { at: 'in' as const, filter: `lb-ports:${id}` },
              { at: 'in' as const, translation: `lb:${id}`, side: 'inward' as const },
            ]
          : []),
      ],
    };
  }

  /** The balancers that an answer uses, seen from the question and the ways of its packets. */
  usedIn({ question, answer }: GotchaContext): readonly UsedBalancer[] {
    const hops = [...answer.forward.hops, ...answer.return.hops].map((hop) => hop.resource);
    const asked = new Set([...(question.target ?? []), ...hops, answer.query.dst.id]);
    const owner = (id: string) => this.parts.get(id)?.entry.id;
    return this.balancers
      .filter(({ entry }) => asked.has(entry.id) || [...asked].some((id) => owner(id) === entry.id))
      .map((balancer) => {
        const listeners = (balancer.listeners ?? []).filter(({ port }) => {
          const ports = question.traffic.dport;
          return ports === undefined || ports.some(([lo, end]) => lo <= port && port < end);
        });
        const groups = listeners.flatMap((listener) => listener.groups);
        const without = (eni: InterfaceFacts) =>
          groups.some(({ targets }) => targets !== undefined && targets.length > 0) &&
          groups.every((group) => this.usable(balancer, eni, group.targets ?? [], group.crossZone).length === 0);
        return {
          keepsClient: groups.some((group) => group.keepsClient),
          groups: balancer.enis.flatMap((eni) => eni.groups ?? []),
          sick: [...new Set(groups.filter(({ isSick }) => isSick).map(({ name }) => name))],
          emptyNodes: balancer.enis
            .filter(without)
            .map((eni) => ({ node: eni.entry.id, zone: this.estate.subnets.get(eni.subnet)?.zone ?? 'its zone' })),
        };
      });
  }

  private nodeOf(eni: InterfaceFacts): string | undefined {
    const balancer = this.parts.get(eni.entry.id);
    return balancer === undefined ? undefined : `${balancer.entry.id}#${eni.entry.id}`;
  }

  private sameZone(a: InterfaceFacts, b: InterfaceFacts): boolean {
    const zone = ({ subnet }: InterfaceFacts) => this.estate.subnets.get(subnet)?.zone;
    return zone(a) === zone(b);
  }

  /** The targets that a node may use. */
  private usable(
    { type }: Balancer,
    eni: InterfaceFacts,
    targets: readonly LbTarget[],
    crossZone: boolean,
  ): readonly LbTarget[] {
    if (crossZone || type === 'endpoint') return targets;
    return targets.filter((target) => target.eni === undefined || this.sameZone(eni, target.eni));
  }

  /**
   * The consumer's side of endpoint services whose balancer is in the snapshot: what the endpoint takes, the balancer hands
   * to its targets with an address of its own.
   */
  private endpoints(listed: readonly Balancer[]): Balancer[] {
    const { inventory, interfaces } = this.estate;
    const services = inventory.answers('ServiceConfigurations').flatMap(({ records }) => records);
    return inventory.all('VpcEndpoints').flatMap((entry): Balancer[] => {
      if (text(entry.record, 'VpcEndpointType') !== 'Interface') return [];
      const service = services.find((one) => text(one, 'ServiceName') === text(entry.record, 'ServiceName'));
      const arns = service === undefined ? [] : strings(service, 'NetworkLoadBalancerArns');
      const behind = listed.find((balancer) => arns.includes(balancer.entry.id));
      if (behind === undefined || behind.listeners === undefined) return [];
      const listeners = behind.listeners.map((listener) => ({
        ...listener,
        groups: listener.groups.map((group) => ({ ...group, keepsClient: false })),
      }));
      const enis = strings(entry.record, 'NetworkInterfaceIds').flatMap((id) => interfaces.get(id) ?? []);
      return [{ entry, type: 'endpoint', enis, senders: behind.enis, listeners }];
    });
  }

  /** Inbound rules of the balancer behind an endpoint, which ask for the client's address unless that is switched off. */
  private providerFilters({ senders }: Balancer): InterfaceStep[] {
    const [first] = senders ?? [];
    const behind = first === undefined ? undefined : this.parts.get(first.entry.id);
    if (first === undefined || behind === undefined || first.groups?.length === 0) return [];
    const enforced = text(behind.entry.record, 'EnforceSecurityGroupInboundRulesOnPrivateLinkTraffic') !== 'off';
    return enforced ? [{ at: 'in', filter: `sg-in:${first.entry.id}` }] : [];
  }

  private read(balancer: Balancer): void {
    const { builder } = this.estate;
    const { entry, enis, type } = balancer;
    if (type !== 'endpoint') this.definePlace(balancer);
    const state = text(object(entry.record, 'State') ?? {}, 'Code') ?? text(entry.record, 'State');
    const isDown = state !== undefined && !['active', 'active_impaired', 'available'].includes(state.toLowerCase());
    const keeps = handsOn(balancer);
    for (const eni of enis) {
      const id = this.nodeOf(eni)!;
      builder.node(
        id,
        (): Node => ({
          id,
          origin: entry.origin,
          role: 'relay',
          interfaces: [eni.entry.id],
          // What a listener hands on is addressed to a target by then.
          ...(keeps ? { forwards: true } : {}),
          ...(isDown ? { down: { code: 'aws-lb-not-active', why: `${nameOf(entry.origin)} is ${state}` } } : {}),
          relay: { listeners: this.listeners(balancer, eni) },
        }),
      );
      if (type === 'classic') this.throughBorder(eni);
      if (keeps) this.handing.define(balancer, eni);
    }
  }

  private definePlace({ entry, enis }: Balancer): void {
    const { builder } = this.estate;
    const { id, origin } = entry;
    const words = [
      text(entry.record, 'LoadBalancerName'),
      text(entry.record, 'DNSName'),
      text(entry.record, 'LoadBalancerArn'),
    ].filter((word) => word !== undefined);
    const members = enis.map((eni) => eni.entry.id);
    builder.place(id, words, () => ({
      id,
      origin,
      aliases: words,
      tags: entry.tags,
      interfaces: members,
      ...(members.length > 1 ? { members } : {}),
      ...(members.length > 0
        ? {}
        : {
            unresolved: this.estate.missing(
              `the network interfaces of ${nameOf(origin)}`,
              `describe-network-interfaces --filters Name=requester-id,Values=amazon-elb`,
            ),
          }),
    }));
    for (const word of words) builder.publish(`dns:${word.toLowerCase()}`, id);
    if (members.length === 0)
      builder.note({
        file: origin.file,
        pointer: origin.pointer,
        resource: id,
        message: `the network interfaces of ${nameOf(origin)} are not in the snapshot`,
      });
  }

  /** Classic balancers meet the subnet's ACL even on the way to a target in the same subnet. */
  private throughBorder(eni: InterfaceFacts): void {
    const id = `classic:${eni.entry.id}`;
    const origin: Origin = { ...eni.entry.origin, implicit: true };
    this.estate.builder.table(id, () => ({
      id,
      origin,
      entries: [
        { origin, match: {}, next: { to: 'hop', in: hostsDoor(eni.subnet) }, rank: [0], text: 'the subnet router' },
      ],
    }));
  }

  /**
   * Listeners that end the connection, as this node serves them; those that hand on are here where they have nobody to hand
   * to.
   */
  private listeners(balancer: Balancer, eni: InterfaceFacts): Listener[] {
    const { entry, listeners } = balancer;
    if (listeners === undefined) return [unknownListeners(entry)];
    return listeners
      .filter(({ groups }) => {
        const hands = groups.some((group) => group.keepsClient);
        const known = groups.every(({ targets }) => targets !== undefined);
        const targets = groups.flatMap((group) => this.usable(balancer, eni, group.targets ?? [], group.crossZone));
        return !hands || (known && targets.length === 0);
      })
      .map((listener): Listener => {
        const unknown = listener.groups.find((group) => group.targets === undefined);
        return {
          origin: listener.origin,
          match: listenerMatches(listener),
          choose: 'one-works',
          backends: listener.groups.flatMap((group) =>
            this.usable(balancer, eni, group.targets ?? [], group.crossZone).map((target) =>
              this.backend(balancer, eni, target, group.id),
            ),
          ),
          ...(listener.answers ? { answers: true as const } : {}),
          empty: {
            code: 'aws-lb-no-reachable-target',
            why: `listener ${listener.port} of ${nameOf(entry.origin)} has no registered target that ${eni.entry.id} may use`,
          },
          ...(unknown === undefined
            ? {}
            : {
                unresolved: {
                  what: `the targets of ${unknown.name}`,
                  fetch: `aws elbv2 describe-target-health --target-group-arn ${unknown.id}`,
                },
              }),
        };
      });
  }

  private backend(
    { senders }: Balancer,
    eni: InterfaceFacts,
    { address, port, origin }: LbTarget,
    pool: string,
  ): Backend {
    const near = (senders ?? []).filter((one) => this.sameZone(one, eni));
    const from = senders === undefined ? [eni] : near.length > 0 ? near : senders;
    return {
      origin,
      pool,
      from: from.map((one) => one.entry.id),
      protocol: TCP,
      address,
      port,
      sports: CLIENT_PORTS,
    };
  }
}

function unknownListeners({ id, origin }: Entry): Listener {
  const unresolved = {
    what: `the listeners of ${nameOf(origin)}`,
    fetch: `aws elbv2 describe-listeners --load-balancer-arn ${id}`,
  };
  return {
    origin,
    match: [{}],
    choose: 'unknown',
    backends: [],
    empty: { code: 'aws-lb-no-reachable-target', why: unresolved.what },
    unresolved,
  };
}
