/**
 * Listeners of network balancers that keep the client's address: the destination becomes a target's, the packet crosses the
 * ACLs of both subnets, and the target's reply comes back the same way whatever its own routes say.
 * Source: https://docs.aws.amazon.com/elasticloadbalancing/latest/network/edit-target-group-attributes.html
 */
import type { Filter, Match, Rewrite, RouteEntry, Rule } from '../../model/network.ts';
import { type Origin, nameOf } from '../../model/origin.ts';
import { type Span, normalise } from '../../net/spans.ts';
import type { Estate, InterfaceFacts } from './estate.ts';
import type { Balancer, LbListener, LbTarget } from './load-balancer-facts.ts';
import type { NetworkAcls } from './network-acl.ts';
import { throughSubnet } from './passage.ts';
import { uplink } from './subnet-names.ts';
import { uplinkEntries } from './uplink.ts';

/** Interface by which replies of a target come back to the balancer's own interface. */
const back = (eni: string) => `${eni}#back`;
/** A target as the balancer delivers to it. */
const delivery = (eni: string, target: string) => `${target}@${eni}`;

/** A listener and the targets that one node may use for it. */
interface Served {
  readonly listener: LbListener;
  readonly targets: readonly LbTarget[];
}

/** Whether any of a balancer's listeners hands packets on. */
export function handsOn({ listeners = [] }: Balancer): boolean {
  return listeners.some(isKeeping);
}

function isKeeping({ groups }: LbListener): boolean {
  return groups.some((group) => group.keepsClient);
}

export class HandingOn {
  private readonly estate: Estate;
  private readonly acls: NetworkAcls;
  private readonly nodeOf: (eni: InterfaceFacts) => string | undefined;
  private readonly sameZone: (a: InterfaceFacts, b: InterfaceFacts) => boolean;

  constructor(
    estate: Estate,
    acls: NetworkAcls,
    nodeOf: (eni: InterfaceFacts) => string | undefined,
    sameZone: (a: InterfaceFacts, b: InterfaceFacts) => boolean,
  ) {
    this.estate = estate;
    this.acls = acls;
    this.nodeOf = nodeOf;
    this.sameZone = sameZone;
  }

  /** Defines what one interface of a balancer does with packets for such listeners. */
  define(balancer: Balancer, eni: InterfaceFacts): void {
    const { builder } = this.estate;
    const { entry, listeners = [] } = balancer;
    const home = this.estate.subnets.get(eni.subnet);
    if (home === undefined) return;
    const { id } = eni.entry;
    const implicit: Origin = { ...entry.origin, implicit: true };
    const served = listeners
      .filter(isKeeping)
      .map((listener): Served => ({ listener, targets: this.targetsOf(listener, eni) }));
    builder.filter(`lb-ports:${id}`, () => this.undecided(`lb-ports:${id}`, balancer, served));
    builder.translation(`lb:${id}`, () => ({
      id: `lb:${id}`,
      origin: entry.origin,
      memory: 'stateless',
      inward: {
        rewrites: served.flatMap(({ listener, targets }): Rewrite[] => {
          const [port] = targets.map((target) => target.port);
          if (port === undefined) return [];
          const own = targets.filter((target) => target.port === port);
          return [
            {
              match: listenerMatches(listener).map((match): Match => ({ ...match, dst: addressSpans(eni) })),
              set: {
                dst: normalise(own.map(({ address }) => [address, address + 1n] as const)),
                dport: [[port, port + 1]],
              },
            },
          ];
        }),
        // Other listeners end the connection; what nobody listens for is theirs to refuse.
        otherwise: 'pass',
        code: 'no-listener',
        why: `${nameOf(entry.origin)} does not listen for this`,
      },
    }));
    const targets = [
      ...new Map(
        served.flatMap(({ targets: list }) => list).map((target) => [target.eni!.entry.id, target.eni!]),
      ).values(),
    ];
    const own = addressSpans(eni);
    builder.table(`lb:${id}`, () => ({
      id: `lb:${id}`,
      origin: implicit,
      entries: [
        // Connections that it opens itself go as they do from any host.
        ...uplinkEntries(this.estate, home).map(
          (entry): RouteEntry => ({
            ...entry,
            match: { ...entry.match, src: own },
            rank: [0, ...entry.rank],
          }),
        ),
        ...targets.map((target): RouteEntry => {
          const subnet = this.estate.subnets.get(target.subnet);
          const door = delivery(id, target.entry.id);
          return {
            origin: implicit,
            match: { dst: addressSpans(target) },
            next:
              subnet === undefined
                ? {
                    to: 'missing',
                    what: this.estate.missing(
                      `subnet ${target.subnet}`,
                      `describe-subnets --subnet-ids ${target.subnet}`,
                    ),
                  }
                : throughSubnet(this.estate, this.acls, home, subnet, door),
            rank: [1],
            text: `to target ${target.entry.id}`,
          };
        }),
      ],
    }));
    builder.interface(back(id), () => ({
      id: back(id),
      origin: eni.entry.origin,
      node: this.nodeOf(eni) ?? entry.id,
      addresses: [],
      steps: eni.groups?.length === 0 ? [] : [{ at: 'out', filter: `sg-out:${id}` }],
      table: uplink(eni.subnet),
    }));
    for (const target of targets) this.deliver(eni, target);
  }

  private targetsOf({ groups }: LbListener, eni: InterfaceFacts): LbTarget[] {
    return groups.flatMap(({ targets = [], crossZone }) =>
      targets.filter((target) => target.eni !== undefined && (crossZone || this.sameZone(target.eni, eni))),
    );
  }

  /** What this node does is not known where nobody says who is registered, or where one listener leads to several ports. */
  private undecided(id: string, { entry }: Balancer, served: readonly Served[]): Filter {
    const rules = served.flatMap(({ listener, targets }): Rule[] => {
      const unknown = listener.groups.find((group) => group.targets === undefined);
      const ports = new Set(targets.map((target) => target.port));
      const unresolved =
        unknown !== undefined
          ? {
              what: `the targets of ${unknown.name}`,
              fetch: `aws elbv2 describe-target-health --target-group-arn ${unknown.id}`,
            }
          : ports.size > 1
            ? {
                what: `by which of the target ports ${[...ports].sort((a, b) => a - b).join(', ')} listener ${listener.port} of ${nameOf(entry.origin)} serves a client`,
                fetch: null,
              }
            : undefined;
      return unresolved === undefined
        ? []
        : [
            {
              origin: listener.origin,
              action: 'deny',
              match: listenerMatches(listener),
              text: 'targets that are not known',
              unresolved,
            },
          ];
    });
    return {
      id,
      origin: entry.origin,
      code: 'aws-lb-no-reachable-target',
      rules,
      order: 'first-match',
      otherwise: 'allow',
    };
  }

  /** A rule that refers to the balancer's own group lets in what it hands on, whoever the client is. */
  private withReferences(id: string, base: string, eni: InterfaceFacts): Filter {
    const filter = this.estate.builder.filterOf(base)!;
    const opened = filter.rules.flatMap((rule) => {
      const mine = rule.match.filter((match) => eni.groups?.includes(groupIn(match) ?? '') === true);
      return mine.length === 0 ? [] : [{ ...rule, match: mine.map(({ src: _, mark: __, ...match }): Match => match) }];
    });
    return { ...filter, id, rules: [...filter.rules, ...opened] };
  }

  /** A target's door for what a balancer delivers: its own groups, and the way back through the balancer. */
  private deliver(eni: InterfaceFacts, target: InterfaceFacts): void {
    const { builder } = this.estate;
    const door = delivery(eni.entry.id, target.entry.id);
    const [there, home] = [this.estate.subnets.get(target.subnet), this.estate.subnets.get(eni.subnet)];
    if (there === undefined || home === undefined) return;
    const node = target.instance ?? this.nodeOf(target) ?? `node:${target.entry.id}`;
    const implicit: Origin = { ...target.entry.origin, implicit: true };
    builder.interface(door, () => ({
      id: door,
      origin: target.entry.origin,
      node,
      addresses: target.addresses,
      steps: [
        { at: 'in', filter: `hairpin:${door}` },
        { at: 'in', filter: `sg-in:${door}` },
        { at: 'out', filter: `sg-out:${target.entry.id}` },
        { at: 'out', translation: `lb:${eni.entry.id}`, side: 'outward' },
      ],
      table: door,
    }));
    builder.filter(`hairpin:${door}`, () => ({
      id: `hairpin:${door}`,
      origin: eni.entry.origin,
      code: 'aws-nlb-hairpin',
      whyNoMend: 'the packet comes back with the address of the host itself as its source',
      rules: [
        {
          origin: target.entry.origin,
          action: 'deny',
          match: [{ src: addressSpans(target) }],
          text: 'a target that calls its own balancer gets its own packet back',
        },
      ],
      order: 'first-match',
      otherwise: 'allow',
    }));
    builder.filter(`sg-in:${door}`, () => this.withReferences(`sg-in:${door}`, `sg-in:${target.entry.id}`, eni));
    const exit = `${door}#back`;
    builder.table(door, () => ({
      id: door,
      origin: implicit,
      entries: [
        { origin: implicit, match: {}, next: { to: 'hop', in: exit }, rank: [0], text: 'back through the balancer' },
      ],
    }));
    builder.node(exit, () => ({ id: exit, origin: implicit, role: 'router', interfaces: [exit] }));
    builder.interface(exit, () => ({ id: exit, origin: implicit, node: exit, addresses: [], steps: [], table: exit }));
    builder.table(exit, () => ({
      id: exit,
      origin: implicit,
      entries: [
        {
          origin: implicit,
          match: {},
          next: throughSubnet(this.estate, this.acls, there, home, back(eni.entry.id)),
          rank: [0],
          text: 'back through the balancer',
        },
      ],
    }));
  }
}

/** The group whose members a match is about. */
function groupIn({ src }: Match): string | undefined {
  return src !== undefined && 'set' in src ? /^group:([^@]+)@/.exec(src.set)?.[1] : undefined;
}

/** What a listener takes, as matches. */
export function listenerMatches({ protocols, port }: LbListener): Match[] {
  return protocols.map((protocol): Match => ({ protocol: [[protocol, protocol + 1]], dport: [[port, port + 1]] }));
}

function addressSpans(eni: InterfaceFacts): Span<bigint>[] {
  return normalise(eni.addresses.map(({ address }) => [address, address + 1n] as const));
}
