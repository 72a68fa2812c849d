/**
 * What the records say of load balancers: their interfaces, listeners, target groups and who is registered there and serves.
 * Knows nothing of packets.
 * Sources: https://docs.aws.amazon.com/elasticloadbalancing/latest/application/introduction.html,
 * https://docs.aws.amazon.com/elasticloadbalancing/latest/network/edit-target-group-attributes.html
 */
import type { Origin } from '../../model/origin.ts';
import { parseAddress } from '../../net/address.ts';
import { TCP, UDP } from '../../net/protocol.ts';
import { type Estate, type InterfaceFacts, push } from './estate.ts';
import type { Entry } from './inventory.ts';
import { type Json, integer, object, objects, text } from './record.ts';

export interface LbTarget {
  readonly eni: InterfaceFacts | undefined;
  readonly address: bigint;
  readonly port: number;
  readonly origin: Origin;
}

export interface LbGroup {
  readonly id: string;
  readonly name: string;
  /** Whom it sends to; undefined where the snapshot does not say who is registered. */
  readonly targets: readonly LbTarget[] | undefined;
  /** The client's address reaches the targets. */
  readonly keepsClient: boolean;
  /** Nodes send to targets of other zones too. */
  readonly crossZone: boolean;
  /** Somebody is registered and nobody is healthy: it sends to all of them. */
  readonly isSick: boolean;
}

export interface LbListener {
  readonly origin: Origin;
  readonly protocols: readonly number[];
  readonly port: number;
  readonly groups: readonly LbGroup[];
  /** Redirects or fixed responses: the balancer itself answers. */
  readonly answers: boolean;
}

export interface Balancer {
  readonly entry: Entry;
  /** "application", "network", "gateway", "classic", or "endpoint" for the consumer's side of an endpoint service. */
  readonly type: string;
  readonly enis: readonly InterfaceFacts[];
  /** The interfaces that open connections to targets, where they are not its own. */
  readonly senders?: readonly InterfaceFacts[];
  /** Undefined where the snapshot does not say. */
  readonly listeners: readonly LbListener[] | undefined;
}

/** The balancers of an estate. */
export class BalancerFacts {
  private readonly estate: Estate;
  private readonly groups = new Map<string, LbGroup>();
  private described: ReadonlyMap<string, InterfaceFacts[]> | undefined;

  constructor(estate: Estate) {
    this.estate = estate;
  }

  /** Interfaces by the balancer that their descriptions name. */
  private get byDescription(): ReadonlyMap<string, InterfaceFacts[]> {
    if (this.described !== undefined) return this.described;
    const found = new Map<string, InterfaceFacts[]>();
    for (const eni of this.estate.interfaces.values()) {
      const description = text(eni.entry.brief, 'Description');
      if (description?.startsWith('ELB ') === true) push(found, description.slice(4), eni);
    }
    return (this.described = found);
  }

  all(): Balancer[] {
    const { inventory } = this.estate;
    return [
      ...inventory.all('LoadBalancers').map((entry) => this.modern(entry)),
      ...inventory.all('LoadBalancerDescriptions').map((entry) => this.classic(entry)),
    ];
  }

  private modern(entry: Entry): Balancer {
    const { inventory } = this.estate;
    const arn = entry.id;
    const type = text(entry.record, 'Type') ?? 'application';
    const path = arn.slice(arn.indexOf(':loadbalancer/') + ':loadbalancer/'.length);
    const setting = this.attribute(
      'Attributes@describe-load-balancer-attributes',
      'LoadBalancerArn',
      arn,
      'load_balancing.cross_zone.enabled',
    );
    const crossZone = setting === undefined ? type === 'application' : setting === 'true';
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
    const known =
      answers.length > 0 &&
      (records.length > 0 || answers.some(({ request }) => text(request, 'LoadBalancerArn') === arn));
    return {
      entry,
      type,
      enis: [...(this.byDescription.get(path) ?? [])],
      listeners: known
        ? records.flatMap(({ record, origin }) => this.listener(record, origin, type, crossZone))
        : undefined,
    };
  }

  private listener(record: Json, origin: Origin, type: string, crossZone: boolean): LbListener[] {
    const port = integer(record, 'Port');
    if (port === undefined) return [];
    const protocol = text(record, 'Protocol') ?? 'TCP';
    const actions = [...objects(record, 'DefaultActions'), ...this.rulesOf(record)];
    const arns = actions.flatMap((action) => [
      ...(text(action, 'TargetGroupArn') === undefined ? [] : [text(action, 'TargetGroupArn')!]),
      ...objects(object(action, 'ForwardConfig') ?? {}, 'TargetGroups')
        .filter((one) => integer(one, 'Weight') !== 0)
        .flatMap((one) => text(one, 'TargetGroupArn') ?? []),
    ]);
    return [
      {
        origin,
        port,
        protocols: protocol === 'UDP' || protocol === 'QUIC' ? [UDP] : protocol.startsWith('TCP_') ? [TCP, UDP] : [TCP],
        groups: [...new Set(arns)].map((arn) => this.group(arn, type, crossZone)),
        // Balancers that pass packets on have nobody who could answer.
        // Source: https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_Action.html
        answers:
          type === 'application' &&
          actions.some((action) => ['redirect', 'fixed-response'].includes(text(action, 'Type') ?? '')),
      },
    ];
  }

  /** The actions of a listener's rules: their ids begin like the listener's. */
  private rulesOf(listener: Json): Json[] {
    const own = text(listener, 'ListenerArn') ?? '?';
    const prefix = own.replace(':listener/', ':listener-rule/');
    return this.estate.inventory
      .answers('Rules@describe-rules')
      .flatMap(({ request, records }) =>
        records.filter(
          (rule) =>
            text(rule, 'RuleArn')?.startsWith(`${prefix}/`) === true ||
            (text(rule, 'RuleArn') === undefined && text(request, 'ListenerArn') === own),
        ),
      )
      .flatMap((rule) => objects(rule, 'Actions'));
  }

  private classic(entry: Entry): Balancer {
    const name = text(entry.record, 'LoadBalancerName') ?? entry.id;
    const registered = objects(entry.record, 'Instances').map((one) => text(one, 'InstanceId') ?? '');
    const states = this.estate.inventory
      .answers('InstanceStates')
      .filter(({ request }) => text(request, 'LoadBalancerName') === name)
      .flatMap(({ records }) => records);
    const serving = registered.filter(
      (id) =>
        (text(states.find((one) => text(one, 'InstanceId') === id) ?? {}, 'State') ?? 'InService') === 'InService',
    );
    const isSick = registered.length > 0 && serving.length === 0;
    const listeners = objects(entry.record, 'ListenerDescriptions').flatMap((description, i): LbListener[] => {
      const listener = object(description, 'Listener') ?? {};
      const [port, inside] = [integer(listener, 'LoadBalancerPort'), integer(listener, 'InstancePort')];
      if (port === undefined || inside === undefined) return [];
      const origin = {
        ...entry.origin,
        kind: 'listener',
        pointer: `${entry.origin.pointer}/ListenerDescriptions/${i}`,
      };
      const targets = (isSick ? registered : serving).flatMap((id) => this.targetsOf(id, inside));
      const group: LbGroup = { id: entry.id, name, targets, keepsClient: false, crossZone: true, isSick };
      return [{ origin, port, protocols: [TCP], groups: [group], answers: false }];
    });
    return { entry, type: 'classic', enis: this.byDescription.get(name) ?? [], listeners };
  }

  private group(arn: string, type: string, ofBalancer: boolean): LbGroup {
    const key = `${arn} ${type} ${ofBalancer}`;
    const known = this.groups.get(key);
    if (known !== undefined) return known;
    const entry = this.estate.inventory.get('TargetGroups', arn);
    const record = entry?.record ?? {};
    const setting = (name: string) =>
      this.attribute('Attributes@describe-target-group-attributes', 'TargetGroupArn', arn, name);
    const kind = text(record, 'TargetType') ?? 'instance';
    const byDefault =
      kind === 'instance' || ['UDP', 'TCP_UDP', 'QUIC', 'TCP_QUIC'].includes(text(record, 'Protocol') ?? 'TCP');
    const keeps = setting('preserve_client_ip.enabled');
    const across = setting('load_balancing.cross_zone.enabled');
    const group: LbGroup = {
      id: arn,
      name: text(record, 'TargetGroupName') ?? arn.split('/')[1] ?? arn,
      keepsClient: type === 'network' && kind !== 'alb' && (keeps === undefined ? byDefault : keeps === 'true'),
      crossZone: across === 'true' || (across !== 'false' && ofBalancer),
      ...this.registered(arn, entry),
    };
    this.groups.set(key, group);
    return group;
  }

  private registered(arn: string, entry: Entry | undefined): Pick<LbGroup, 'targets' | 'isSick'> {
    const answers = this.estate.inventory
      .answers('TargetHealthDescriptions')
      .filter(({ request }) => text(request, 'TargetGroupArn') === arn);
    if (answers.length === 0) return { targets: undefined, isSick: false };
    const listed = answers.flatMap(({ records }) => records);
    const state = (record: Json) => text(object(record, 'TargetHealth') ?? {}, 'State') ?? 'healthy';
    const serving = listed.filter((record) => ['healthy', 'initial', 'unavailable'].includes(state(record)));
    // With nobody healthy a balancer fails open: it sends to everybody that is registered.
    const all = listed.filter((record) => !['draining', 'unused'].includes(state(record)));
    const targets = (serving.length > 0 ? serving : all).flatMap((record) => {
      const target = object(record, 'Target') ?? {};
      const port = integer(target, 'Port') ?? integer(entry?.record ?? {}, 'Port') ?? 80;
      return this.targetsOf(text(target, 'Id') ?? '', port);
    });
    return { targets, isSick: serving.length === 0 && all.length > 0 };
  }

  /** A registered id: an instance, an address, or another balancer. */
  private targetsOf(id: string, port: number): LbTarget[] {
    const { estate } = this;
    const address = parseAddress(id);
    if (address !== undefined) {
      const eni = [...estate.interfaces.values()].find((one) => one.addresses.some((own) => own.address === address));
      const origin: Origin = eni?.entry.origin ?? { provider: 'aws', kind: 'address', id, file: '', pointer: '' };
      return [{ eni, address, port, origin }];
    }
    const eni = estate.interfaces.of(id)?.[0];
    const own = eni?.addresses[0]?.address;
    if (eni !== undefined && own !== undefined)
      return [{ eni, address: own, port, origin: estate.inventory.get('Instances', id)?.origin ?? eni.entry.origin }];
    const balancer = /:loadbalancer\/(.+)$/.exec(id)?.[1];
    return (this.byDescription.get(balancer ?? '?') ?? []).flatMap((one) =>
      one.addresses
        .slice(0, 1)
        .map((first): LbTarget => ({ eni: one, address: first.address, port, origin: one.entry.origin })),
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
}
