/**
 * The rows of a network for everything in an audit that looks at flows: each row is walked once, toward all whom anybody looks
 * at. Knows nothing of what they look for.
 */
import { Compiler } from '../engine/compile.ts';
import type { MatrixNetwork, Party, Row } from '../engine/matrix-row.ts';
import { EVERY_PORT } from '../engine/ports.ts';
import { PacketSpace } from '../net/packet-space.ts';

/** Somebody who looks at rows. */
export interface RowReader {
  /** Toward whom it looks from a sender; empty for one of no interest. The same set for senders of whom it asks the same. */
  targets(from: Party): ReadonlySet<Party>;
  /** Whether it also looks at what balancers pass on. */
  looksBehind(from: Party): boolean;
  /** A row that goes toward its targets at least. Sets are of the compiler's space; the next row's may be of another one. */
  read(row: Row, compiler: Compiler): void;
}

/** A space this heavy is dropped between two rows. */
const FULL = 3_000_000;
const BUDGET = 6_000_000;

/** Walks the rows that anybody looks at; neighbours of whom the same is asked go together. */
export function readRows(ready: MatrixNetwork, readers: readonly RowReader[]): void {
  const fresh = () => new Compiler(new PacketSpace({ nodeBudget: BUDGET }), ready.merged.network);
  let compiler = fresh();
  const roomy = () => (compiler.space.weight > FULL ? (compiler = fresh()) : compiler);
  for (const { members, listeners, only, looksBehind } of companies(ready, readers))
    for (const crowd of ready.crowds(members))
      for (const row of ready.rows(roomy, crowd, EVERY_PORT, only, looksBehind))
        for (const reader of listeners) reader.read(row, compiler);
}

/** Senders of whom everybody asks the same. */
interface Company {
  readonly members: Party[];
  readonly listeners: readonly RowReader[];
  /** Undefined for everybody. */
  readonly only: ReadonlySet<Party> | undefined;
  readonly looksBehind: boolean;
}

function companies(ready: MatrixNetwork, readers: readonly RowReader[]): Iterable<Company> {
  const found = new Map<string, Company>();
  const numbers = new Map<ReadonlySet<Party>, number>();
  const numberOf = (set: ReadonlySet<Party>) => {
    if (!numbers.has(set)) numbers.set(set, numbers.size);
    return numbers.get(set);
  };
  for (const from of ready.senders) {
    const asked = readers
      .map((reader, i) => ({ reader, i, targets: reader.targets(from), looksBehind: reader.looksBehind(from) }))
      .filter(({ targets }) => targets.size > 0);
    if (asked.length === 0) continue;
    const key = `${from === 'internet'} ${asked.map((one) => `${one.i} ${numberOf(one.targets)} ${one.looksBehind}`).join()}`;
    const known = found.get(key);
    if (known !== undefined) {
      known.members.push(from);
      continue;
    }
    const targets = new Set(asked.flatMap((one) => [...one.targets]));
    const everybody = ready.kinds.length + (from === 'internet' ? 0 : 1);
    found.set(key, {
      members: [from],
      listeners: asked.map(({ reader }) => reader),
      only: targets.size === everybody ? undefined : targets,
      looksBehind: asked.some((one) => one.looksBehind),
    });
  }
  return found.values();
}
