/** Reads a matrix and the answers to single questions as packet sets, so that they can be compared exactly. */
import { Compiler } from '../../src/engine/compile.ts';
import { questionsOf } from '../../src/engine/endpoints.ts';
import { examine } from '../../src/engine/examine.ts';
import { workingPackets } from '../../src/engine/verdict.ts';
import type { Flow } from '../../src/model/flow.ts';
import { type MatrixOptions, matrixSlice } from '../../src/engine/matrix.ts';
import { joinSlices } from '../../src/engine/matrix-join.ts';
import type { Matrix, MatrixCell, MatrixSlice } from '../../src/model/matrix.ts';
import type { Network } from '../../src/model/network.ts';
import type { Question } from '../../src/model/query.ts';
import { EVERY_PORT } from '../../src/engine/ports.ts';
import type { MatrixEnd } from '../../src/engine/matrix-ends.ts';
import { INTERNET } from '../../src/model/builder.ts';
import { ALL_V4, ALL_V6, PUBLIC_V4, PUBLIC_V6 } from '../../src/net/address.ts';
import { boxOfFlow } from '../../src/net/flow-boxes.ts';
import type { PacketSet, PacketSpace } from '../../src/net/packet-space.ts';
import { intersect, subtract } from '../../src/net/spans.ts';

/** A matrix with its cells at hand. */
export interface Whole extends Matrix {
  readonly cells: readonly MatrixCell[];
}

export function matrixOf(network: Network, options: MatrixOptions = {}): Whole {
  return whole([matrixSlice(network, options)]);
}

export function whole(slices: readonly MatrixSlice[]): Whole {
  const matrix = joinSlices(slices);
  return { ...matrix, cells: [...matrix.cells] };
}

export interface Works {
  readonly firm: PacketSet;
  readonly possible: PacketSet;
}

/** What a question between two ends finds, source ports left aside; the addresses asked for come with it. */
export function asked(
  compiler: Compiler,
  network: Network,
  from: string,
  to: string,
  asQuestion = false,
): Works & { asked: PacketSet } {
  const { space } = compiler;
  const [row] = questionsOf(network, from, `${to}:*`);
  const finding = examine(compiler, row!.question);
  const plain = (outcome: typeof finding.pessimistic) =>
    space.forget(workingPackets(space, finding.asked, outcome), ['mark', 'sport']);
  const works = bothMoods(space, plain(finding.pessimistic), plain(finding.optimistic));
  if (asQuestion) {
    const { srcAddresses: src, dstAddresses: dst } = row!.question;
    return { ...works, asked: space.of({ src, dst }) };
  }
  const src = from === 'internet' ? subtract(PUBLIC_V4, network.publicAddresses()) : row!.question.srcAddresses;
  const dst = to === 'internet' ? subtract(PUBLIC_V4, network.publicAddresses()) : row!.question.dstAddresses;
  return { ...works, asked: space.of({ src, dst }) };
}

/** What is sure works in both moods. */
function bothMoods(space: PacketSpace, low: PacketSet, high: PacketSet): Works {
  return { firm: space.and(low, high), possible: space.or(low, high) };
}

/** What questions about all addresses of two ends find, both families, source ports left aside. */
export function askedAbout(
  compiler: Compiler,
  network: Network,
  from: MatrixEnd | 'internet',
  to: MatrixEnd | 'internet',
): Works & { asked: PacketSet } {
  const { space } = compiler;
  const outside = [PUBLIC_V4, PUBLIC_V6].map((all) => subtract(all, network.publicAddresses()));
  const sets = [ALL_V4, ALL_V6].map((all, i) => {
    const family = i === 0 ? 4 : 6;
    const src = from === 'internet' ? outside[i]! : intersect(from.spans, [all]);
    const dst = to === 'internet' ? outside[i]! : intersect(from === 'internet' ? to.outward : to.spans, [all]);
    if (src.length === 0 || dst.length === 0) return { firm: space.none, possible: space.none, asked: space.none };
    const finding = examine(compiler, questionAbout(from, to, src, dst, family));
    const plain = (outcome: typeof finding.pessimistic) =>
      space.forget(workingPackets(space, finding.asked, outcome), ['mark', 'sport']);
    const works = bothMoods(space, plain(finding.pessimistic), plain(finding.optimistic));
    return { ...works, asked: space.of({ src, dst }) };
  });
  const all = (pick: (one: (typeof sets)[number]) => PacketSet) => space.orAll(sets.map(pick));
  return { firm: all((one) => one.firm), possible: all((one) => one.possible), asked: all((one) => one.asked) };
}

/** The question about some addresses of two ends, every port and protocol. */
export function questionAbout(
  from: MatrixEnd | 'internet',
  to: MatrixEnd | 'internet',
  srcAddresses: Question['srcAddresses'],
  dstAddresses: Question['dstAddresses'],
  family: 4 | 6,
): Question {
  return {
    src: { id: from === 'internet' ? from : from.id, addresses: [] },
    dst: { id: to === 'internet' ? to : to.id, addresses: [] },
    start: from === 'internet' ? INTERNET.interface : from.interface.id,
    srcAddresses,
    srcQuantifier: 'every',
    dstAddresses,
    ...(to === 'internet' ? {} : { target: [to.interface.id] }),
    traffic: EVERY_PORT.traffic(family),
    sports: [[1024, 65536]],
    family,
    protocolText: '*',
    portsText: '*',
  };
}

/** What a matrix says about two ends. */
export function told(space: PacketSpace, matrix: Whole, from: string, to: string, asked: PacketSet): Works {
  const has = (id: string, end: string) =>
    id === end || matrix.classes.some((one) => one.id === id && one.members.includes(end));
  const cells = matrix.cells.filter((cell) => has(cell.from, from) && has(cell.to, to));
  const set = (flows: readonly Flow[]) =>
    space.and(
      asked,
      space.orAll(flows.map((flow) => space.forget(space.of(boxOfFlow(flow) ?? fail(flow)), ['mark', 'sport']))),
    );
  const firm = set(cells.flatMap((cell) => cell.allowed));
  return { firm, possible: space.or(firm, set(cells.flatMap((cell) => cell.undetermined ?? []))) };
}

function fail(flow: Flow): never {
  throw new Error(`a flow that can't be read back: ${JSON.stringify(flow)}`);
}
