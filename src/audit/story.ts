/**
 * Who is responsible for a flow that works, and the way that it takes: one packet of it, asked for like any question, on
 * the network as it is. Computes no verdict of its own.
 */
import { type PacketSet, PacketSpace } from '../net/packet-space.ts';
import { type Span, contains } from '../net/spans.ts';
import { familyOf, formatAddress } from '../net/address.ts';
import { protocolName } from '../net/protocol.ts';
import { Compiler } from '../engine/compile.ts';
import type { MatrixEnd } from '../engine/matrix-ends.ts';
import { reach } from '../engine/reach.ts';
import { INTERNET } from '../model/builder.ts';
import type { FindingPlace, PathStep } from '../model/audit.ts';
import type { Network } from '../model/network.ts';
import type { Origin } from '../model/origin.ts';
import type { Question } from '../model/query.ts';
import type { Answer, StepResult, Witness } from '../model/results.ts';
import type { Ends } from './rows.ts';

/** The thing that lets a flow pass (or stops it), with the deciding line of it. */
export interface Responsible {
  readonly id: string;
  readonly name?: string;
  readonly kind: string;
  readonly provider?: string;
  readonly rule?: string;
  readonly place?: FindingPlace;
}

export interface Story {
  readonly responsible: Responsible;
  readonly witness: Witness;
  readonly path: readonly PathStep[];
  readonly answer: Answer;
}

const FULL = 2_000_000;
const CLIENT_PORTS: readonly Span[] = [[1024, 65536]];

/** Tells the stories of flows of one network. */
export class Stories {
  private readonly network: Network;
  private compiler: Compiler;

  constructor(network: Network) {
    this.network = network;
    this.compiler = new Compiler(new PacketSpace(), network);
  }

  /** The story of an ordinary packet of a set; the set's space may be another one. */
  of(space: PacketSpace, packets: PacketSet, from: Ends, to: Ends): Story | undefined {
    const packet = space.witness(packets);
    if (packet === undefined) return undefined;
    const { src, dst, protocol, dport, icmpType, icmpCode } = packet;
    const source = from === 'internet' ? undefined : ownerOf(from, src);
    const target = to === 'internet' ? undefined : ownerOf(to, dst);
    const one = (value: number | undefined): readonly Span[] | undefined =>
      value === undefined ? undefined : [[value, value + 1]];
    const traffic = { protocol: one(protocol), dport: one(dport), icmpType: one(icmpType), icmpCode: one(icmpCode) };
    const question: Question = {
      src: endOf(source, src),
      dst: endOf(target, dst),
      start: source?.interfaceId ?? INTERNET.interface,
      srcAddresses: [[src, src + 1n]],
      srcQuantifier: 'every',
      dstAddresses: [[dst, dst + 1n]],
      ...(target === undefined ? {} : { target: [target.interfaceId] }),
      traffic: Object.fromEntries(Object.entries(traffic).filter(([, value]) => value !== undefined)),
      sports: CLIENT_PORTS,
      family: familyOf(src),
      protocolText: protocolName(protocol),
      portsText: dport === undefined ? '*' : String(dport),
    };
    if (this.compiler.space.nodeCount > FULL) this.compiler = new Compiler(new PacketSpace(), this.network);
    const answer = reach(this.network, question, { compiler: this.compiler });
    const steps = answer.forward.hops.flatMap((hop) => hop.steps);
    const responsible = responsibleOf(steps, answer, to === 'internet') ?? originAs((target ?? source)?.origin);
    return {
      responsible,
      witness: {
        src: formatAddress(src),
        dst: formatAddress(dst),
        protocol: protocolName(protocol),
        ...(packet.sport === undefined ? {} : { sport: packet.sport }),
        ...(dport === undefined ? {} : { dport }),
        ...(icmpType === undefined ? {} : { icmpType }),
      },
      path: [...answer.forward.hops, ...answer.return.hops].flatMap((hop) => hop.steps).map(pathStep),
      answer,
    };
  }
}

function ownerOf(ends: readonly MatrixEnd[], address: bigint): MatrixEnd | undefined {
  return ends.find((end) => contains(end.spans, address) || contains(end.outward, address)) ?? ends[0];
}

function endOf(end: MatrixEnd | undefined, address: bigint): Question['src'] {
  const addresses = [formatAddress(address)];
  if (end === undefined) return { id: 'internet', addresses };
  return { id: end.id, ...(end.name === undefined ? {} : { name: end.name }), addresses };
}

/**
 * Of what lets a packet pass, the rule nearest to what is protected: the last one on the way to an inside end, the first
 * one on the way out. What blocks it, where something does.
 */
function responsibleOf(steps: readonly StepResult[], answer: Answer, outward: boolean): Responsible | undefined {
  const [blocker] = answer.blockers;
  if (answer.verdict !== 'reachable' && blocker !== undefined)
    return {
      id: blocker.resource,
      ...(blocker.resourceName === undefined ? {} : { name: blocker.resourceName }),
      kind: '',
      provider: blocker.provider,
      ...(blocker.rule === undefined ? {} : { rule: blocker.rule.text }),
      place: blocker.origin,
    };
  const passed = steps.filter(
    ({ kind, action, rule, origin }) =>
      kind === 'filter' && action === 'pass' && rule !== undefined && origin?.implicit !== true,
  );
  const step = outward ? passed[0] : passed.at(-1);
  if (step === undefined) return undefined;
  const place = placeOf(step.origin);
  return {
    id: step.resource,
    ...(step.resourceName === undefined ? {} : { name: step.resourceName }),
    kind: step.resourceKind,
    ...(step.origin === undefined ? {} : { provider: step.origin.provider }),
    rule: step.rule!,
    ...(place === undefined ? {} : { place }),
  };
}

/** A thing of the network as a responsible one. */
export function originAs(origin: Origin | undefined): Responsible {
  if (origin === undefined) return { id: 'internet', kind: 'internet' };
  const place = placeOf(origin);
  return {
    id: origin.id,
    ...(origin.name === undefined ? {} : { name: origin.name }),
    kind: origin.kind,
    provider: origin.provider,
    ...(place === undefined ? {} : { place }),
  };
}

/** Where something stands in the snapshot; undefined for what no file holds. */
export function placeOf(origin: Origin | undefined): FindingPlace | undefined {
  if (origin === undefined || origin.file === '') return undefined;
  return { file: origin.file, pointer: origin.pointer };
}

function pathStep({ resource, resourceName, message, origin }: StepResult): PathStep {
  const place = placeOf(origin);
  return {
    resource: resourceName === undefined || resourceName === resource ? resource : `${resourceName} (${resource})`,
    message,
    ...(place === undefined ? {} : { place }),
  };
}
