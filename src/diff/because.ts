/**
 * Which changed resources a flow change needs: the networks with some changes left out are asked for its witness. Changes are
 * left out in halves, so that few networks have to be built where many things changed.
 */
import { ALL_V4, ALL_V6, familyOf } from '../net/address.ts';
import { PacketSpace } from '../net/packet-space.ts';
import { contains, intersect } from '../net/spans.ts';
import { INTERNET } from '../model/builder.ts';
import type { Because } from '../model/diff.ts';
import type { Network } from '../model/network.ts';
import type { Question, Traffic } from '../model/query.ts';
import { Compiler } from '../engine/compile.ts';
import { walkQuestion } from '../engine/examine.ts';
import { spansOf } from '../engine/matrix-ends.ts';
import { askedPackets, workingPackets } from '../engine/verdict.ts';
import type { Packet } from '../net/fields.ts';

/** What was changed between two networks, as whoever built them knows it. */
export interface Changes {
  readonly list: readonly Because[];
  /** The network after, without the changes at these places of the list. */
  readonly without: (dropped: ReadonlySet<number>) => Network;
}

/** A witness to be asked for: from whom to whom (interface ids on either side, or undefined for the internet). */
export interface Case {
  readonly works: boolean;
  readonly packet: Packet;
  readonly from: readonly string[] | undefined;
  readonly to: readonly string[] | undefined;
}

/** At most so many networks are built to find out what flows need. */
const MOST_BUILDS = 400;
/** Up to so many changes a smallest set is looked for where no single one is needed. */
const MOST_REDUNDANT = 40;

/** For each case, the places in the list of the changes that it needs, ascending. */
export function neededFor(cases: readonly Case[], changes: Changes): readonly (readonly number[])[] {
  const needed = cases.map((): number[] => []);
  if (changes.list.length === 0) return needed;
  let builds = 0;
  const undoneBy = (dropped: readonly number[], among: readonly number[]): number[] => {
    if (builds++ >= MOST_BUILDS) return [];
    const network = changes.without(new Set(dropped));
    const compiler = new Compiler(new PacketSpace(), network);
    return among.filter((i) => works(compiler, cases[i]!) !== cases[i]!.works);
  };
  const search = (dropped: readonly number[], among: readonly number[]): void => {
    const [only, second] = dropped;
    if (only === undefined || among.length === 0) return;
    const undone = undoneBy(dropped, among);
    if (second === undefined) for (const i of undone) needed[i]!.push(only);
    if (second === undefined || undone.length === 0) return;
    const half = dropped.length >> 1;
    search(dropped.slice(0, half), undone);
    search(dropped.slice(half), undone);
  };
  const everything = changes.list.map((_, i) => i);
  const half = everything.length >> 1;
  const all = cases.map((_, i) => i);
  if (everything.length === 1) search(everything, all);
  else for (const part of [everything.slice(0, half), everything.slice(half)]) search(part, all);
  if (everything.length <= MOST_REDUNDANT)
    for (const [i, found] of needed.entries())
      if (found.length === 0) found.push(...smallest(everything, (dropped) => undoneBy(dropped, [i]).length > 0));
  return needed.map((list) => list.sort((a, b) => a - b));
}

/** Several changes do the same: what remains when each has been left out in turn, as long as the flow change stays. */
function smallest(everything: readonly number[], undone: (dropped: readonly number[]) => boolean): readonly number[] {
  if (!undone(everything)) return [];
  let dropped: readonly number[] = [];
  for (const one of everything) if (!undone([...dropped, one])) dropped = [...dropped, one];
  return everything.filter((one) => !dropped.includes(one));
}

/** Whether the witness gets there and back, whatever source port its client takes. */
function works(compiler: Compiler, { packet, from, to }: Case): boolean {
  const { space, network } = compiler;
  const start = from === undefined ? INTERNET.interface : from.find((id) => network.interface(id) !== undefined);
  const target = to?.find((id) => network.interface(id) !== undefined);
  if (start === undefined || (to !== undefined && target === undefined)) return false;
  const src = from === undefined ? packet.src : addressOf(network, start, packet.src, false);
  const dst = target === undefined ? packet.dst : addressOf(network, target, packet.dst, from === undefined);
  if (src === undefined || dst === undefined) return false;
  const question: Question = {
    src: { id: start, addresses: [] },
    dst: { id: target ?? 'internet', addresses: [] },
    start,
    srcAddresses: [[src, src + 1n]],
    srcQuantifier: 'every',
    dstAddresses: [[dst, dst + 1n]],
    ...(target === undefined ? {} : { target: [target] }),
    traffic: trafficOf(packet),
    sports: [[1024, 65536]],
    family: familyOf(dst),
    protocolText: '',
    portsText: '',
  };
  const asked = askedPackets(space, question);
  const { outcome } = walkQuestion(compiler, question, asked, 'pessimistic');
  return !space.isEmpty(workingPackets(space, asked, outcome));
}

/** The packet's own address where the interface has it, else another of the same family. */
function addressOf(network: Network, id: string, address: bigint, outward: boolean): bigint | undefined {
  const at = network.interface(id);
  if (at === undefined) return undefined;
  const outside = at.addresses.map((one) => (outward ? (one.public ?? one.address) : one.address));
  if (outside.includes(address) || contains(spansOf(at), address)) return address;
  const all = familyOf(address) === 4 ? ALL_V4 : ALL_V6;
  return outside.find((one) => intersect([[one, one + 1n]], [all]).length > 0);
}

function trafficOf({ protocol, dport, icmpType, icmpCode }: Packet): Traffic {
  const only = (value: number) => [[value, value + 1]] as const;
  return {
    protocol: only(protocol),
    ...(dport === undefined ? {} : { dport: only(dport) }),
    ...(icmpType === undefined ? {} : { icmpType: only(icmpType) }),
    ...(icmpCode === undefined ? {} : { icmpCode: only(icmpCode) }),
  };
}
