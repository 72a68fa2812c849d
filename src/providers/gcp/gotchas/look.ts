/**
 * A question in Google Cloud's own terms: whose interfaces, which forwarding rule, which one packet stands for it, and what
 * the firewall of an interface says of that packet. What every trap looks at, worked out once an answer.
 */
import type { GotchaContext } from '../../../model/finding.ts';
import type { Rule } from '../../../model/network.ts';
import type { Blocker } from '../../../model/results.ts';
import { isPublic } from '../../../net/address.ts';
import { TCP } from '../../../net/protocol.ts';
import { type Span, contains } from '../../../net/spans.ts';
import { type RuleFacts, door } from '../balancing/forwarding-rule.ts';
import { type NetworkFacts, type NicFacts, rangesOf } from '../estate.ts';
import { type Judged, type Packet, holds, judge } from '../filtering/one-packet.ts';
import { type RuleRecord, vpcRules } from '../filtering/vpc-rules.ts';
import type { Direction } from '../rule-words.ts';
import type { GcpFacts } from './rule.ts';

export interface Look {
  /** The interface that asks, or whose alias range the source is in. */
  readonly from: NicFacts | undefined;
  readonly to: NicFacts | undefined;
  /** The forwarding rule that is asked. */
  readonly balancer: RuleFacts | undefined;
  readonly packet: Packet | undefined;
  /** The destination is public and no interface sees it as such: the packet went by an external address, or to the internet. */
  readonly isToPublic: boolean;
}

const looks = new WeakMap<GotchaContext, Look>();

export function lookAt(context: GotchaContext, facts: GcpFacts): Look {
  const known = looks.get(context);
  if (known !== undefined) return known;
  const look = made(context, facts);
  looks.set(context, look);
  return look;
}

function made({ question }: GotchaContext, { estate, balancers }: GcpFacts): Look {
  const src = question.srcAddresses[0]?.[0];
  const dst = question.dstAddresses[0]?.[0];
  const isOne = question.dstAddresses.length === 1;
  const target = question.target?.[0];
  const from = estate.nics.get(question.start) ?? (src === undefined ? undefined : aliasOwner(estate.nics, src));
  const balancer = balancers.rules.find(
    (rule) =>
      (target !== undefined && door(rule.entry.id) === target) ||
      (isOne && rule.address === dst && (!rule.isInternal || from === undefined || sees(from.network, rule.network))),
  );
  const to =
    estate.nics.get(target ?? '') ??
    (dst === undefined || !isOne || balancer !== undefined ? undefined : ownerOf(estate.nics, dst, from?.network));
  const isToPublic = dst !== undefined && isPublic(dst) && (isOne || target === undefined);
  const seen = to === undefined || dst === undefined || !isToPublic ? dst : insideOf(to, dst);
  const { protocol, dport, icmpType } = question.traffic;
  const packet: Packet | undefined =
    src === undefined || seen === undefined
      ? undefined
      : {
          src,
          dst: seen,
          protocol: protocol?.[0]?.[0] ?? TCP,
          ...(dport?.[0] === undefined || icmpType !== undefined ? {} : { dport: dport[0][0] }),
        };
  return { from, to, balancer, packet, isToPublic };
}

type Nics = ReadonlyMap<string, NicFacts>;

function aliasOwner(nics: Nics, address: bigint): NicFacts | undefined {
  return [...nics.values()].find((nic) => contains(nic.aliases, address));
}

function ownerOf(nics: Nics, address: bigint, network: NetworkFacts | undefined): NicFacts | undefined {
  const owners = [...nics.values()].filter(
    (nic) =>
      contains(nic.aliases, address) || nic.addresses.some((own) => own.address === address || own.public === address),
  );
  return owners.find((nic) => nic.network === network) ?? (owners.length === 1 ? owners[0] : undefined);
}

function sees(client: NetworkFacts, network: NetworkFacts | undefined): boolean {
  return client === network || client.peerings.some(({ active, peer }) => active && peer === network?.entry.id);
}

/** The internal address behind an external one. */
function insideOf(nic: NicFacts, address: bigint): bigint {
  return nic.addresses.find((own) => own.public === address)?.address ?? address;
}

/** What the firewall of an interface says of the question's packet. */
export function judged(
  { network }: GotchaContext,
  nic: NicFacts,
  direction: Direction,
  packet: Packet,
): Judged | undefined {
  const filter = network.filter(`firewall-${direction}:${nic.id}`);
  return filter === undefined ? undefined : judge(filter, (id) => network.set(id)?.spans, packet);
}

/** The VPC rules of an interface's network, as they would hold for it, that match a packet. `edit` changes a record first. */
export function matching(
  context: GotchaContext,
  { estate, firewalls }: GcpFacts,
  nic: NicFacts,
  direction: Direction,
  packet: Packet,
  edit: (rule: RuleRecord) => RuleRecord | undefined = (rule) => rule,
): { readonly record: RuleRecord; readonly rule: Rule }[] {
  return firewalls.rulesOf(nic.network.entry.id).flatMap((record) => {
    const edited = edit(record);
    if (edited === undefined) return [];
    const rule = vpcRules(estate, [edited], nic, direction).find((one) =>
      holds(one, (id) => context.network.set(id)?.spans, packet),
    );
    return rule === undefined ? [] : [{ record, rule }];
  });
}

/** Blockers of these codes, of the connection that was asked for. */
export function blockedBy({ answer }: GotchaContext, ...codes: readonly string[]): Blocker | undefined {
  return answer.blockers.find(({ code }) => codes.includes(code));
}

/** Whether an address is in a subnet of a network. */
export function isIn(network: NetworkFacts, address: bigint): boolean {
  return network.subnets.some((subnet) => contains(rangesOf(subnet), address));
}

/** Whether one list of ranges lies inside another, and is smaller. */
export function isNarrower(a: readonly Span<bigint>[], b: readonly Span<bigint>[]): boolean {
  const size = (spans: readonly Span<bigint>[]) => spans.reduce((sum, [lo, end]) => sum + end - lo, 0n);
  return a.every(([lo, end]) => b.some(([from, to]) => from <= lo && end <= to)) && size(a) < size(b);
}
