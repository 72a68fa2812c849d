/**
 * Which changed resources a flow change needs: networks with some changes left out are asked for its witness. Changes are
 * left out in halves, so that few networks have to be built where many things changed.
 */
import { ALL_V4, ALL_V6, PUBLIC_V4, PUBLIC_V6, familyOf } from '../net/address.ts';
import { PacketSpace } from '../net/packet-space.ts';
import { contains, intersect, normalise } from '../net/spans.ts';
import { INTERNET } from '../model/builder.ts';
import type { Because } from '../model/diff.ts';
import type { Network } from '../model/network.ts';
import type { Question, Traffic } from '../model/query.ts';
import { Compiler } from '../engine/compile.ts';
import { walkQuestion } from '../engine/examine.ts';
import { spansOf } from '../engine/matrix-ends.ts';
import { Recorder } from '../engine/record.ts';
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
  /** A balancer passes it on: the packet is the one that `to` gets. */
  readonly isBehind?: true;
}

/** At most so many networks are built, and so many questions asked, to find out what flows need. */
const MOST_BUILDS = 400;
const MOST_QUESTIONS = 8_000;
/** Up to so many changes a smallest set is looked for where several do the same. */
const MOST_REDUNDANT = 40;

/**
 * For each case, the places in the list of the changes that it needs, ascending: with only these it is there, and without any
 * one of them it is not.
 */
export function neededFor(cases: readonly Case[], changes: Changes): readonly (readonly number[])[] {
  if (changes.list.length === 0) return cases.map(() => []);
  // Without its only change nothing changes.
  if (changes.list.length === 1) return cases.map(() => [0]);
  const search = new Search(cases, changes);
  const everything = changes.list.map((_, i) => i);
  const necessary = cases.map((): number[] => []);
  const all = cases.map((_, i) => i);
  const half = everything.length >> 1;
  for (const part of [everything.slice(0, half), everything.slice(half)]) search.halve(part, all, necessary);
  return necessary.map((found, i) => search.smallest(i, found, everything));
}

class Search {
  private readonly cases: readonly Case[];
  private readonly changes: Changes;
  private readonly compilers = new Map<string, Compiler>();
  private builds = 0;
  private questions = 0;

  constructor(cases: readonly Case[], changes: Changes) {
    this.cases = cases;
    this.changes = changes;
  }

  /** Files every change without which a case is undone; a half whose absence undoes nothing holds none. */
  halve(dropped: readonly number[], among: readonly number[], necessary: readonly number[][]): void {
    const [only, second] = dropped;
    if (only === undefined || among.length === 0) return;
    const undone = among.filter((i) => !this.stands(i, dropped));
    if (second === undefined) for (const i of undone) necessary[i]!.push(only);
    if (second === undefined || undone.length === 0) return;
    const half = dropped.length >> 1;
    this.halve(dropped.slice(0, half), undone, necessary);
    this.halve(dropped.slice(half), undone, necessary);
  }

  /** What is needed one by one, and, where that is not enough since several changes do the same, the first few that are. */
  smallest(i: number, necessary: readonly number[], everything: readonly number[]): readonly number[] {
    const others = everything.filter((one) => !necessary.includes(one));
    if (this.stands(i, others) || everything.length > MOST_REDUNDANT || !this.stands(i, [])) return necessary;
    let dropped: readonly number[] = [];
    // What was needed before something else went may be needed no more.
    for (let before = -1; before < dropped.length; ) {
      before = dropped.length;
      for (const one of [...others, ...necessary])
        if (!dropped.includes(one) && this.stands(i, [...dropped, one])) dropped = [...dropped, one];
    }
    return everything.filter((one) => !dropped.includes(one));
  }

  /** Whether a case is as it is when these changes are left out. Past the budget nothing is told to be needed. */
  private stands(i: number, dropped: readonly number[]): boolean {
    if (this.questions++ >= MOST_QUESTIONS) return true;
    const key = dropped.toSorted((a, b) => a - b).join();
    let compiler = this.compilers.get(key);
    if (compiler === undefined) {
      if (this.builds++ >= MOST_BUILDS) return true;
      compiler = new Compiler(new PacketSpace(), this.changes.without(new Set(dropped)));
      // The last few are enough: cases ask for the same ones one after another.
      if (this.compilers.size >= 8) this.compilers.clear();
      this.compilers.set(key, compiler);
    }
    return works(compiler, this.cases[i]!) === this.cases[i]!.works;
  }
}

/** Whether some balancer passes the witness on to its taker, whose answer gets back. */
function isPassedOn(compiler: Compiler, { packet, to }: Case): boolean {
  const { space, network } = compiler;
  const target = to?.find((id) => network.interface(id) !== undefined);
  if (target === undefined) return false;
  const all = familyOf(packet.src) === 4 ? PUBLIC_V4 : PUBLIC_V6;
  const question: Question = {
    src: { id: INTERNET.interface, addresses: [] },
    dst: { id: 'balancers', addresses: [] },
    start: INTERNET.interface,
    srcAddresses: [[packet.src, packet.src + 1n]],
    srcQuantifier: 'every',
    dstAddresses: intersect(normalise([...all]), network.publicAddresses()),
    traffic: { protocol: [[packet.protocol, packet.protocol + 1]] },
    sports: [[1024, 65536]],
    family: familyOf(packet.src),
    protocolText: '',
    portsText: '',
  };
  const recorder = new Recorder({ keepsStory: false, keepsHanded: true });
  walkQuestion(compiler, question, askedPackets(space, question), 'pessimistic', { recorder });
  const wanted = space.of({ ...trafficOf(packet), src: question.srcAddresses });
  const node = network.interface(target)?.node;
  return (recorder.handed ?? []).some((one) => one.node === node && space.overlaps(one.packets, wanted));
}

/** Whether the witness gets there and back, whatever source port its client takes. */
function works(compiler: Compiler, one: Case): boolean {
  if (one.isBehind === true) return isPassedOn(compiler, one);
  const { packet, from, to } = one;
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
