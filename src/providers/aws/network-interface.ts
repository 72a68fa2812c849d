/**
 * Network interfaces and the machines that they belong to. The interface's own groups decide, not the instance's list.
 * Sources: https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/using-eni.html, .../VPC_NAT_Instance.html (source/destination check)
 */
import { type Assumption, type Origin, nameOf } from '../../model/origin.ts';
import type { Interface, InterfaceStep, Node } from '../../model/network.ts';
import { ALL_V4, formatAddress } from '../../net/address.ts';
import { normalise, subtract } from '../../net/spans.ts';
import type { Estate, InterfaceFacts } from './estate.ts';
import type { Entry } from './inventory.ts';
import { type LoadBalancers, tableOfPart } from './load-balancer.ts';
import { object, text } from './record.ts';
import type { SecurityGroups } from './security-group.ts';
import { uplink } from './subnet.ts';

/** Interfaces of NAT gateways are read with their gateway. */
export function isHost(eni: InterfaceFacts): boolean {
  return eni.type !== 'nat_gateway';
}

export function readInterfaces(estate: Estate, groups: SecurityGroups, balancers: LoadBalancers): void {
  const { builder } = estate;
  for (const eni of estate.interfaces.values()) {
    for (const { address, public: outside } of eni.addresses) {
      builder.owner(address, eni.entry.id);
      if (outside !== undefined) builder.owner(outside, eni.entry.id);
    }
    if (!isHost(eni)) continue;
    const { entry } = eni;
    const steps = groups.define(eni);
    const part = balancers.partOf(eni);
    const node = part?.node ?? nodeOf(eni);
    const own = part?.steps ?? markForwarded(estate, eni);
    builder.interface(
      entry.id,
      (): Interface => ({
        id: entry.id,
        origin: entry.origin,
        node,
        addresses: eni.addresses,
        ...(eni.prefixes.length === 0 ? {} : { prefixes: eni.prefixes }),
        steps: [
          ...(part?.filtered.in === false ? [] : [{ at: 'in' as const, filter: steps.in }]),
          ...(part?.filtered.out === false ? [] : [{ at: 'out' as const, filter: steps.out }]),
          ...own,
        ],
        table: part === undefined ? uplink(eni.subnet) : tableOfPart(part, eni),
      }),
    );
    const words = [
      entry.origin.name,
      text(entry.record, 'PrivateDnsName'),
      ...eni.addresses.map(({ public: outside }) => (outside === undefined ? undefined : formatAddress(outside))),
    ].filter((word) => word !== undefined);
    builder.place(entry.id, words.slice(0, 2), () => ({
      id: entry.id,
      origin: entry.origin,
      aliases: words,
      tags: entry.tags,
      interfaces: [entry.id],
      ...(eni.instance === undefined && part === undefined ? {} : { partOf: part?.node ?? eni.instance! }),
    }));
    if (eni.instance === undefined && part === undefined) {
      builder.node(node, () => endpoint(node, entry.origin, [eni], undefined));
      defineAmendments(estate, node, entry.origin, [eni]);
    }
  }
  for (const [id, interfaces] of estate.instanceInterfaces) readInstance(estate, id, interfaces.filter(isHost));
  for (const instance of estate.inventory.all('Instances')) {
    if (estate.instanceInterfaces.has(instance.id)) continue;
    builder.note({
      file: instance.origin.file,
      pointer: instance.origin.pointer,
      resource: instance.id,
      message: `instance ${instance.id} has no network interface in the snapshot`,
    });
  }
}

function readInstance(estate: Estate, id: string, interfaces: readonly InterfaceFacts[]): void {
  const first = interfaces[0];
  if (first === undefined) return;
  const instance = estate.inventory.get('Instances', id);
  const origin: Origin = instance?.origin ?? { ...first.entry.origin, kind: 'instance', id };
  estate.builder.node(id, () => endpoint(id, origin, interfaces, instance));
  defineAmendments(estate, id, origin, interfaces);
  const words = [
    origin.name,
    instance === undefined ? undefined : text(instance.record, 'PrivateDnsName'),
    instance === undefined ? undefined : text(instance.record, 'PublicDnsName'),
  ].filter((word) => word !== undefined);
  const arn =
    instance?.account !== undefined && instance.region !== undefined
      ? [`arn:aws:ec2:${instance.region}:${instance.account}:instance/${id}`]
      : [];
  estate.builder.place(id, [...words, ...arn], () => ({
    id,
    origin,
    aliases: words,
    tags: instance?.tags ?? {},
    interfaces: interfaces.map((eni) => eni.entry.id),
  }));
}

/** Set on packets that a machine forwarded for others. */
const FORWARDED = 1;

/**
 * Group references do not match packets that a middlebox forwarded, although the source address is still a member's: only
 * the mark tells them apart. Source: https://docs.aws.amazon.com/vpc/latest/userguide/security-group-rules.html
 */
function markForwarded(estate: Estate, eni: InterfaceFacts): InterfaceStep[] {
  if (eni.sourceDestCheck) return [];
  const id = `forwarded:${eni.entry.id}`;
  const own = normalise(eni.addresses.map(({ address }) => [address, address + 1n] as const));
  const others = subtract([[0n, ALL_V4[1]]], own);
  const rewrites = [{ match: [{ src: others }], set: { mark: [[FORWARDED, FORWARDED + 1] as const] } }];
  estate.builder.translation(id, () => ({
    id,
    origin: eni.entry.origin,
    memory: 'stateless',
    outward: { rewrites, otherwise: 'pass', why: '', code: '' },
  }));
  return [{ at: 'out', translation: id, side: 'outward' }];
}

function nodeOf(eni: InterfaceFacts): string {
  return eni.instance ?? `node:${eni.entry.id}`;
}

function endpoint(
  id: string,
  origin: Origin,
  interfaces: readonly InterfaceFacts[],
  instance: Entry | undefined,
): Node {
  const forwards = interfaces.some((eni) => !eni.sourceDestCheck);
  const state = instance === undefined ? undefined : text(object(instance.record, 'State') ?? {}, 'Name');
  const down = state !== undefined && state !== 'running' && state !== 'pending';
  const assumes: Assumption[] = [];
  if (instance !== undefined && state === undefined)
    assumes.push({
      code: 'aws-instance-running',
      resource: id,
      message: `instance ${id} is running; the snapshot does not say`,
    });
  return {
    id,
    origin,
    role: 'endpoint',
    interfaces: interfaces.map((eni) => eni.entry.id),
    forwards,
    ...(forwards
      ? {}
      : {
          refuses: {
            code: 'aws-source-dest-check',
            why: `${origin.id} does not own the address, and its source/destination check is on`,
            mend: `forward:${id}`,
          },
        }),
    ...(down
      ? {
          down: {
            code: 'aws-instance-not-running',
            why: `instance ${id} is ${state}`,
            ...(state === 'terminated' || state === 'shutting-down' ? {} : { mend: `start:${id}` }),
          },
        }
      : {}),
    ...(assumes.length === 0 ? {} : { assumes }),
  };
}

/** What people may do about a machine that is stopped, or that does not forward. */
function defineAmendments(estate: Estate, node: string, origin: Origin, interfaces: readonly InterfaceFacts[]): void {
  const { builder } = estate;
  builder.amendment(`start:${node}`, () => ({
    id: `start:${node}`,
    origin,
    attribute: 'State',
    to: 'running',
    text: `start ${nameOf(origin)}`,
    puts: (under) => ({ nodes: changed(under.node(node), ({ down: _, ...rest }) => rest) }),
  }));
  const check = interfaces[0]!.entry.origin;
  builder.amendment(`forward:${node}`, () => ({
    id: `forward:${node}`,
    origin: check,
    attribute: 'SourceDestCheck',
    to: 'false',
    text: `switch the source/destination check of ${nameOf(check)} off, if the machine is meant to forward`,
    puts: (under) => ({ nodes: changed(under.node(node), ({ refuses: _, ...rest }) => ({ ...rest, forwards: true })) }),
  }));
}

function changed(node: Node | undefined, change: (node: Node) => Node): Node[] {
  return node === undefined ? [] : [change(node)];
}
