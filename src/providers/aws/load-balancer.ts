/**
 * Load balancers. Application and classic ones end the connection and open another from their own addresses; network ones
 * either do the same or hand the packet on with the client's address, in which case replies come back through them.
 * Sources: https://docs.aws.amazon.com/elasticloadbalancing/latest/application/introduction.html,
 * https://docs.aws.amazon.com/elasticloadbalancing/latest/network/edit-target-group-attributes.html
 */
import type {
  Backend,
  Filter,
  InterfaceStep,
  Listener,
  Match,
  Node,
  Rewrite,
  RouteEntry,
} from '../../model/network.ts';
import { type Origin, nameOf } from '../../model/origin.ts';
import { parseAddress } from '../../net/address.ts';
import { TCP, UDP } from '../../net/protocol.ts';
import { type Span, normalise } from '../../net/spans.ts';
import { type Estate, type InterfaceFacts, push } from './estate.ts';
import type { Entry } from './inventory.ts';
import type { NetworkAcls } from './network-acl.ts';
import { throughSubnet } from './passage.ts';
import { integer, object, objects, text } from './record.ts';
import { uplink } from './subnet-names.ts';

const CLIENT_PORTS: readonly Span[] = [[1024, 65536]];

interface Target {
  readonly eni: InterfaceFacts | undefined;
  readonly address: bigint;
  readonly port: number;
  readonly origin: Origin;
}

interface Group {
  readonly id: string;
  readonly entry: Entry | undefined;
  /** Undefined where the snapshot does not say who is registered. */
  readonly targets: readonly Target[] | undefined;
  /** The client's address reaches the targets. */
  readonly keepsClient: boolean;
}

interface ListenerFacts {
  readonly origin: Origin;
  readonly protocols: readonly number[];
  readonly port: number;
  readonly groups: readonly Group[];
}

interface Balancer {
  readonly entry: Entry;
  readonly type: string;
  readonly enis: readonly InterfaceFacts[];
  readonly listeners: readonly ListenerFacts[] | undefined;
  readonly crossZone: boolean;
}

/** What a balancer makes of one of its network interfaces. */
export interface BalancerPart {
  readonly node: string;
  readonly steps: readonly InterfaceStep[];
  /** Whether the interface's groups filter what comes in, and what the balancer sends. */
  readonly filtered: { readonly in: boolean; readonly out: boolean };
}

/** Interface by which replies of a target come back to the balancer's own interface. */
const back = (eni: string) => `${eni}#back`;
/** A target as the balancer delivers to it. */
const delivery = (eni: string, target: string) => `${target}@${eni}`;

export class LoadBalancers {
  private readonly estate: Estate;
  private readonly acls: NetworkAcls;
  private readonly parts = new Map<string, Balancer>();
  private readonly health = new Map<string, Target[]>();
  private readonly byDescription = new Map<string, InterfaceFacts[]>();

  constructor(estate: Estate, acls: NetworkAcls) {
    this.estate = estate;
    this.acls = acls;
    for (const eni of estate.interfaces.values()) {
      const description = text(eni.entry.brief, 'Description');
      if (description?.startsWith('ELB ') === true) push(this.byDescription, description.slice(4), eni);
    }
    for (const entry of estate.inventory.all('LoadBalancers')) this.read(entry, this.modern(entry));
    for (const entry of estate.inventory.all('LoadBalancerDescriptions')) this.read(entry, this.classic(entry));
  }

  /** What an interface is to a balancer; undefined for interfaces of anything else. */
  partOf(eni: InterfaceFacts): BalancerPart | undefined {
    const balancer = this.parts.get(eni.entry.id);
    if (balancer === undefined) return undefined;
    const keeps = keepsClient(balancer);
    // A network balancer that was made without groups filters nothing; what it hands on meets no outbound rule.
    const grouped = balancer.type !== 'network' || eni.groups === undefined || eni.groups.length > 0;
    return {
      filtered: { in: grouped, out: grouped && !keeps },
      node: balancer.entry.id,
      steps: keeps ? [{ at: 'in', translation: `lb:${eni.entry.id}`, side: 'inward' }] : [],
    };
  }

  private read(entry: Entry, balancer: Balancer): void {
    const { builder } = this.estate;
    for (const eni of balancer.enis) this.parts.set(eni.entry.id, balancer);
    const { origin } = entry;
    const words = [
      text(entry.record, 'LoadBalancerName'),
      text(entry.record, 'DNSName'),
      text(entry.record, 'LoadBalancerArn'),
    ].filter((word) => word !== undefined);
    const state = text(object(entry.record, 'State') ?? {}, 'Code');
    const isDown = state !== undefined && state !== 'active' && state !== 'active_impaired';
    const members = balancer.enis.map((eni) => eni.entry.id);
    builder.place(entry.id, words, () => ({
      id: entry.id,
      origin,
      aliases: words,
      tags: entry.tags,
      interfaces: members,
      ...(members.length > 1 ? { members } : {}),
    }));
    for (const word of words) builder.publish(`dns:${word.toLowerCase()}`, entry.id);
    if (balancer.enis.length === 0) {
      builder.note({
        file: origin.file,
        pointer: origin.pointer,
        resource: entry.id,
        message: `the network interfaces of ${nameOf(origin)} are not in the snapshot`,
      });
      return;
    }
    const keeps = keepsClient(balancer);
    const ends =
      balancer.listeners === undefined ||
      balancer.listeners.some((listener) => !listener.groups.some((group) => group.keepsClient));
    builder.node(
      entry.id,
      (): Node => ({
        id: entry.id,
        origin,
        role: keeps && !ends ? 'router' : 'relay',
        interfaces: members,
        ...(keeps && ends ? { forwards: true } : {}),
        ...(isDown ? { down: { code: 'aws-lb-not-active', why: `${nameOf(origin)} is ${state}` } } : {}),
        ...(keeps && !ends ? {} : { relay: { listeners: this.listeners(balancer) } }),
      }),
    );
    if (keeps) for (const eni of balancer.enis) this.handOn(balancer, eni);
  }

  private modern(entry: Entry): Balancer {
    const { inventory } = this.estate;
    const arn = text(entry.record, 'LoadBalancerArn') ?? entry.id;
    const type = text(entry.record, 'Type') ?? 'application';
    const enis = [
      ...(this.byDescription.get(arn.slice(arn.indexOf(':loadbalancer/') + ':loadbalancer/'.length)) ?? []),
    ];
    const answers = inventory.answers('Listeners');
    const records = answers.flatMap(({ request, records: listed, document }) =>
      listed.flatMap((record, i) =>
        (text(record, 'LoadBalancerArn') ?? text(request, 'LoadBalancerArn')) === arn
          ? [
              {
                record,
                origin: {
                  ...entry.origin,
                  kind: 'listener',
                  id: text(record, 'ListenerArn') ?? arn,
                  file: document.file,
                  pointer: document.placeOf?.(i) ?? `${document.pointer}/${i}`,
                },
              },
            ]
          : [],
      ),
    );
    const listeners = records.flatMap(({ record, origin }): ListenerFacts[] => {
      const port = integer(record, 'Port');
      const protocol = text(record, 'Protocol') ?? 'TCP';
      const rules = inventory
        .answers('Rules@describe-rules')
        .filter(({ request }) => [undefined, text(record, 'ListenerArn')].includes(text(request, 'ListenerArn')))
        .flatMap(({ records: list }) => list)
        .filter((rule) =>
          (text(rule, 'RuleArn') ?? '').startsWith(
            (text(record, 'ListenerArn') ?? '?').replace(':listener/', ':listener-rule/'),
          ),
        );
      const actions = [...objects(record, 'DefaultActions'), ...rules.flatMap((rule) => objects(rule, 'Actions'))];
      const arns = new Set(
        actions.flatMap((action) => [
          ...(text(action, 'TargetGroupArn') === undefined ? [] : [text(action, 'TargetGroupArn')!]),
          ...objects(object(action, 'ForwardConfig') ?? {}, 'TargetGroups').flatMap(
            (one) => text(one, 'TargetGroupArn') ?? [],
          ),
        ]),
      );
      if (port === undefined) return [];
      return [
        {
          origin,
          port,
          protocols: protocol === 'UDP' ? [UDP] : protocol === 'TCP_UDP' ? [TCP, UDP] : [TCP],
          groups: [...arns].map((group) => this.group(group, type)),
        },
      ];
    });
    const known =
      answers.length > 0 &&
      (records.length > 0 || answers.some(({ request }) => text(request, 'LoadBalancerArn') === arn));
    const attribute = this.attribute(
      'Attributes@describe-load-balancer-attributes',
      'LoadBalancerArn',
      arn,
      'load_balancing.cross_zone.enabled',
    );
    return {
      entry,
      type,
      enis,
      listeners: known ? listeners : undefined,
      crossZone: attribute === undefined ? type === 'application' : attribute === 'true',
    };
  }

  private classic(entry: Entry): Balancer {
    const enis = this.byDescription.get(text(entry.record, 'LoadBalancerName') ?? entry.id) ?? [];
    const targets = objects(entry.record, 'Instances').flatMap((one) =>
      this.targetsOf(text(one, 'InstanceId') ?? '', 0),
    );
    const listeners = objects(entry.record, 'ListenerDescriptions').flatMap((description, i): ListenerFacts[] => {
      const listener = object(description, 'Listener');
      const [port, inside] = [integer(listener ?? {}, 'LoadBalancerPort'), integer(listener ?? {}, 'InstancePort')];
      if (port === undefined || inside === undefined) return [];
      const origin = {
        ...entry.origin,
        kind: 'listener',
        pointer: `${entry.origin.pointer}/ListenerDescriptions/${i}`,
      };
      return [
        {
          origin,
          port,
          protocols: [TCP],
          groups: [
            {
              id: entry.id,
              entry,
              targets: targets.map((target) => ({ ...target, port: inside })),
              keepsClient: false,
            },
          ],
        },
      ];
    });
    return { entry, type: 'classic', enis, listeners, crossZone: true };
  }

  private group(arn: string, type: string): Group {
    const { inventory } = this.estate;
    const entry = inventory.get('TargetGroups', arn);
    const protocol = text(entry?.record ?? {}, 'Protocol') ?? 'TCP';
    const isInstance = (text(entry?.record ?? {}, 'TargetType') ?? 'instance') === 'instance';
    const set = this.attribute(
      'Attributes@describe-target-group-attributes',
      'TargetGroupArn',
      arn,
      'preserve_client_ip.enabled',
    );
    const byDefault = isInstance || ['UDP', 'TCP_UDP', 'QUIC'].includes(protocol);
    const keeps =
      type === 'network' &&
      text(entry?.record ?? {}, 'TargetType') !== 'alb' &&
      (set === undefined ? byDefault : set === 'true');
    return { id: arn, entry, targets: this.targets(arn, entry), keepsClient: keeps };
  }

  private targets(arn: string, entry: Entry | undefined): readonly Target[] | undefined {
    const known = this.health.get(arn);
    if (known !== undefined) return known;
    const answers = this.estate.inventory
      .answers('TargetHealthDescriptions')
      .filter(({ request }) => text(request, 'TargetGroupArn') === arn);
    if (answers.length === 0) return undefined;
    const listed = answers.flatMap(({ records }) => records);
    const state = (record: (typeof listed)[number]) => text(object(record, 'TargetHealth') ?? {}, 'State') ?? 'healthy';
    const serving = listed.filter((record) => ['healthy', 'initial', 'unavailable'].includes(state(record)));
    // With nobody healthy a balancer fails open: it sends to everybody that is registered.
    const used = serving.length > 0 ? serving : listed.filter((record) => state(record) !== 'draining');
    const targets = used.flatMap((record) => {
      const target = object(record, 'Target') ?? {};
      return this.targetsOf(
        text(target, 'Id') ?? '',
        integer(target, 'Port') ?? integer(entry?.record ?? {}, 'Port') ?? 80,
      );
    });
    this.health.set(arn, targets);
    return targets;
  }

  /** A registered id: an instance, an address, or another balancer. */
  private targetsOf(id: string, port: number): Target[] {
    const { estate } = this;
    const address = parseAddress(id);
    if (address !== undefined) {
      const eni = [...estate.interfaces.values()].find((one) => one.addresses.some((own) => own.address === address));
      const origin: Origin = eni?.entry.origin ?? { provider: 'aws', kind: 'address', id, file: '', pointer: '' };
      return [{ eni, address, port, origin }];
    }
    const eni = estate.instanceInterfaces.get(id)?.[0];
    const own = eni?.addresses[0]?.address;
    if (eni !== undefined && own !== undefined)
      return [{ eni, address: own, port, origin: estate.inventory.get('Instances', id)?.origin ?? eni.entry.origin }];
    const balancer = /:loadbalancer\/(.+)$/.exec(id)?.[1];
    return (this.byDescription.get(balancer ?? '?') ?? []).flatMap((one) =>
      one.addresses
        .slice(0, 1)
        .map((first): Target => ({ eni: one, address: first.address, port, origin: one.entry.origin })),
    );
  }

  private attribute(kind: string, about: string, arn: string, key: string): string | undefined {
    const found = this.estate.inventory
      .answers(kind)
      .filter(({ request }) => text(request, about) === arn)
      .flatMap(({ records }) => records)
      .find((record) => text(record, 'Key') === key);
    return found === undefined ? undefined : text(found, 'Value');
  }

  /** Listeners that end the connection. */
  private listeners(balancer: Balancer): Listener[] {
    const { entry, listeners } = balancer;
    if (listeners === undefined) {
      const unresolved = {
        what: `the listeners of ${nameOf(entry.origin)}`,
        fetch: `aws elbv2 describe-listeners --load-balancer-arn ${entry.id}`,
      };
      return [
        {
          origin: entry.origin,
          match: [{}],
          choose: 'unknown',
          backends: [],
          empty: { code: 'aws-lb-no-reachable-target', why: unresolved.what },
          unresolved,
        },
      ];
    }
    return listeners
      .filter(({ groups }) => !groups.some((group) => group.keepsClient))
      .map((listener): Listener => {
        const unknown = listener.groups.find((group) => group.targets === undefined);
        const backends = listener.groups.flatMap((group) =>
          (group.targets ?? []).flatMap((target) => this.backend(balancer, target)),
        );
        return {
          origin: listener.origin,
          match: matchesOf(listener),
          choose: 'one-works',
          backends,
          empty: {
            code: 'aws-lb-no-reachable-target',
            why: `listener ${listener.port} of ${nameOf(entry.origin)} has no registered target`,
          },
          ...(unknown === undefined
            ? {}
            : {
                unresolved: {
                  what: `the targets of ${unknown.entry?.origin.name ?? unknown.id}`,
                  fetch: `aws elbv2 describe-target-health --target-group-arn ${unknown.id}`,
                },
              }),
        };
      });
  }

  private backend(balancer: Balancer, { eni, address, port, origin }: Target): Backend[] {
    const near =
      balancer.crossZone || eni === undefined
        ? balancer.enis
        : balancer.enis.filter((own) => this.zoneOf(own) === this.zoneOf(eni));
    if (near.length === 0) return [];
    return [{ origin, from: near.map((own) => own.entry.id), protocol: TCP, address, port, sports: CLIENT_PORTS }];
  }

  private zoneOf(eni: InterfaceFacts): string | undefined {
    return this.estate.subnets.get(eni.subnet)?.zone;
  }

  /**
   * Listeners that keep the client's address: the destination becomes a target's, the packet crosses the ACLs of both
   * subnets, and the target's reply comes back the same way whatever its own routes say.
   */
  private handOn(balancer: Balancer, eni: InterfaceFacts): void {
    const { builder } = this.estate;
    const { entry, listeners = [] } = balancer;
    const home = this.estate.subnets.get(eni.subnet);
    if (home === undefined) return;
    const { id } = eni.entry;
    const implicit: Origin = { ...entry.origin, implicit: true };
    const reachable = (target: Target) =>
      balancer.crossZone || target.eni === undefined || this.zoneOf(target.eni) === this.zoneOf(eni);
    const served = listeners
      .filter(({ groups }) => groups.some((group) => group.keepsClient))
      .map((listener) => ({
        listener,
        targets: listener.groups
          .flatMap((group) => group.targets ?? [])
          .filter((target) => target.eni !== undefined && reachable(target)),
      }));
    builder.translation(`lb:${id}`, () => ({
      id: `lb:${id}`,
      origin: entry.origin,
      memory: 'stateless',
      inward: {
        rewrites: served.flatMap(({ listener, targets }): Rewrite[] => {
          const ports = new Set(targets.map((target) => target.port));
          // One rewrite holds one port; groups with several ports on one listener are taken at each port they use.
          return [...ports].slice(0, 1).map((port) => ({
            match: matchesOf(listener).map((match): Match => ({ ...match, dst: addressSpans(eni) })),
            set: {
              dst: normalise(
                targets.filter((target) => target.port === port).map(({ address }) => [address, address + 1n] as const),
              ),
              dport: [[port, port + 1]],
            },
          }));
        }),
        otherwise: listeners.some(({ groups }) => !groups.some((group) => group.keepsClient)) ? 'pass' : 'drop',
        code: served.some(({ targets }) => targets.length === 0) ? 'aws-lb-no-reachable-target' : 'no-listener',
        why: served.some(({ targets }) => targets.length === 0)
          ? `${nameOf(entry.origin)} has no registered target that this node may use`
          : `${nameOf(entry.origin)} does not listen for this`,
      },
    }));
    const targets = [
      ...new Map(
        served.flatMap(({ targets: list }) => list).map((target) => [target.eni!.entry.id, target.eni!]),
      ).values(),
    ];
    builder.table(`lb:${id}`, () => ({
      id: `lb:${id}`,
      origin: implicit,
      entries: targets.map((target): RouteEntry => {
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
          rank: [0],
          text: `to target ${target.entry.id}`,
        };
      }),
    }));
    builder.interface(back(id), () => ({
      id: back(id),
      origin: eni.entry.origin,
      node: entry.id,
      addresses: [],
      steps: eni.groups?.length === 0 ? [] : [{ at: 'out', filter: `sg-out:${id}` }],
      table: uplink(eni.subnet),
    }));
    for (const target of targets) this.deliver(eni, target);
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
    const node = target.instance ?? this.parts.get(target.entry.id)?.entry.id ?? `node:${target.entry.id}`;
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

/** The route table of a balancer's interface: of its own where it hands packets on. */
export function tableOfPart(part: BalancerPart, eni: InterfaceFacts): string {
  return part.steps.length > 0 ? `lb:${eni.entry.id}` : uplink(eni.subnet);
}

function keepsClient({ listeners = [] }: Balancer): boolean {
  return listeners.some(({ groups }) => groups.some((group) => group.keepsClient));
}

function matchesOf({ protocols, port }: ListenerFacts): Match[] {
  return protocols.map((protocol): Match => ({ protocol: [[protocol, protocol + 1]], dport: [[port, port + 1]] }));
}

function addressSpans(eni: InterfaceFacts): Span<bigint>[] {
  return normalise(eni.addresses.map(({ address }) => [address, address + 1n] as const));
}
