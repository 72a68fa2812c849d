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
import { PUBLIC_V4 } from '../../src/net/address.ts';
import { boxOfFlow } from '../../src/net/flow-boxes.ts';
import type { PacketSet, PacketSpace } from '../../src/net/packet-space.ts';
import { subtract } from '../../src/net/spans.ts';

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
  if (asQuestion) {
    const { srcAddresses: src, dstAddresses: dst } = row!.question;
    return { firm: plain(finding.pessimistic), possible: plain(finding.optimistic), asked: space.of({ src, dst }) };
  }
  const src = from === 'internet' ? subtract(PUBLIC_V4, network.publicAddresses()) : row!.question.srcAddresses;
  const dst = to === 'internet' ? subtract(PUBLIC_V4, network.publicAddresses()) : row!.question.dstAddresses;
  return { firm: plain(finding.pessimistic), possible: plain(finding.optimistic), asked: space.of({ src, dst }) };
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
