/** Compares senders that are walked together with each of them walked by itself. */
import { expect } from 'vitest';
import { Compiler } from '../../src/engine/compile.ts';
import { endsOf } from '../../src/engine/matrix-ends.ts';
import { MatrixNetwork } from '../../src/engine/matrix-row.ts';
import { EVERY_PORT } from '../../src/engine/ports.ts';
import type { Network } from '../../src/model/network.ts';
import { PacketSpace } from '../../src/net/packet-space.ts';

/** What was compared. */
export interface Seen {
  together: number;
  reached: number;
  open: number;
  lost: number;
  rests: number;
}

export const nothingSeen = (): Seen => ({ together: 0, reached: 0, open: 0, lost: 0, rests: 0 });

/** Compares every crowd of a network with its members. */
export function compare(network: Network, name: string, seen: Seen): void {
  const ready = new MatrixNetwork(network, endsOf(network));
  const compiler = new Compiler(new PacketSpace(), ready.merged.network);
  const { space } = compiler;
  for (const crowd of ready.crowds(['internet', ...ready.kinds]))
    for (const row of ready.rows(() => compiler, crowd)) {
      if (row.from.length > 1) seen.together++;
      const lostTogether = row.lost();
      for (const from of row.from) {
        const alone = ready.row(compiler, from, EVERY_PORT);
        const lostAlone = alone.lost();
        const sent = from === 'internet' ? space.all : space.of({ src: from.spans });
        const who = `${name}: ${from === 'internet' ? from : from.first.id} among ${row.from.length}`;
        for (const to of [...ready.kinds, 'internet' as const]) {
          const where = `${who} to ${to === 'internet' ? to : to.first.id}`;
          for (const mood of ['firm', 'possible'] as const) {
            const whole = row.to.get(to)?.[mood] ?? space.none;
            const single = alone.to.get(to)?.[mood] ?? space.none;
            expect(space.and(whole, sent) === single, `${where}, ${mood}`).toBe(true);
          }
          const { firm, possible } = alone.to.get(to) ?? {};
          if (firm !== undefined && !space.isEmpty(firm)) seen.reached++;
          if (firm !== possible) seen.open++;
          const lost = lostAlone.get(to) ?? space.none;
          expect(space.and(lostTogether.get(to) ?? space.none, sent) === lost, `${where}, lost`).toBe(true);
          if (!space.isEmpty(lost)) seen.lost++;
        }
        expect(row.missing(sent), `${who}, what is missing`).toEqual(alone.missing());
        const rests = (list: readonly { readonly code: string; readonly resource: string }[]) =>
          list.map(({ code, resource }) => `${code} ${resource}`).sort();
        expect(rests(row.assumptions(sent)), `${who}, what it rests on`).toEqual(rests(alone.assumptions()));
        seen.rests += alone.assumptions().length;
      }
    }
}
