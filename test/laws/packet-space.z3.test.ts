/** The algebra against an independent decision procedure: Z3, over the same boxes as integer constraints. */
import { type Bool, init } from 'z3-solver';
import { expect, test } from 'vitest';
import { type Box, FIELDS, type Field } from '../../src/net/fields.ts';
import { PacketSpace, type PacketSet } from '../../src/net/packet-space.ts';
import { randomOf } from '../random.ts';

interface Leaf {
  readonly is: 'box';
  readonly box: Box;
}
type Expression = Leaf | { readonly is: 'and' | 'or' | 'minus'; readonly left: Expression; readonly right: Expression };

const isLeaf = (e: Expression): e is Leaf => e.is === 'box';

test('emptiness and equality agree with Z3 on random expressions', async () => {
  const { Context } = await init();
  const z3 = Context('main');
  const fields = FIELDS.map((field) => [field, z3.Int.const(field)] as const);
  const of = new Map(fields);
  const one = (field: Field, values: readonly number[]) => z3.Or(...values.map((value) => of.get(field)!.eq(value)));
  // The universe: fields that a protocol lacks have no value, so no constraint on them holds.
  const ported = one('protocol', [6, 17, 33, 132, 136]);
  const icmp = one('protocol', [1, 58]);
  const domains = z3.And(
    ...fields.map(([field, value]) =>
      z3.And(value.ge(0), value.lt(field === 'protocol' || field === 'icmpType' || field === 'icmpCode' ? 256 : 65536)),
    ),
  );
  const logic = (e: Expression): Bool => {
    if (e.is === 'and') return z3.And(logic(e.left), logic(e.right));
    if (e.is === 'or') return z3.Or(logic(e.left), logic(e.right));
    if (e.is === 'minus') return z3.And(logic(e.left), z3.Not(logic(e.right)));
    if (!isLeaf(e)) throw new Error('no such operation');
    const parts = Object.entries(e.box).map(([field, spans]) => {
      const value = of.get(field as Field)!;
      const inside = z3.Or(...spans.map(([lo, end]) => z3.And(value.ge(Number(lo)), value.lt(Number(end)))));
      return field === 'dport' || field === 'sport'
        ? z3.And(ported, inside)
        : field === 'icmpType' || field === 'icmpCode'
          ? z3.And(icmp, inside)
          : inside;
    });
    return z3.And(z3.Bool.val(true), ...parts);
  };
  const space = new PacketSpace();
  const set = (e: Expression): PacketSet => (e.is === 'box' ? space.of(e.box) : space[e.is](set(e.left), set(e.right)));

  const r = randomOf(20261);
  const span = (most: number) => {
    const [a, b] = [r.below(most), r.below(most)];
    return [Math.min(a, b), Math.max(a, b) + 1] as const;
  };
  const big = () => {
    const [lo, end] = span(40);
    return [BigInt(lo), BigInt(end)] as const;
  };
  const box = (): Box => ({
    ...(r.chance(0.6)
      ? {
          protocol: [
            r.pick([
              [6, 7],
              [17, 18],
              [1, 2],
              [0, 60],
              [47, 48],
            ] as const),
          ],
        }
      : {}),
    ...(r.chance(0.4) ? { dport: [span(12)] } : {}),
    ...(r.chance(0.2) ? { sport: [span(12)] } : {}),
    ...(r.chance(0.1) ? { icmpType: [span(12)] } : {}),
    ...(r.chance(0.5) ? { dst: [big()] } : {}),
    ...(r.chance(0.5) ? { src: [big()] } : {}),
  });
  const expression = (depth: number): Expression =>
    depth === 0 || r.chance(0.2)
      ? { is: 'box', box: box() }
      : { is: r.pick(['and', 'or', 'minus'] as const), left: expression(depth - 1), right: expression(depth - 1) };

  let empty = 0;
  for (let i = 0; i < 120; i++) {
    const [a, b] = [expression(3), expression(3)];
    const solver = new z3.Solver();
    solver.add(domains, logic(a));
    const said = space.isEmpty(set(a));
    expect(said, `expression ${i}`).toBe((await solver.check()) === 'unsat');
    if (said) empty++;
    const differ = new z3.Solver();
    differ.add(domains, z3.Xor(logic(a), logic(b)));
    expect(set(a) === set(b), `pair ${i}`).toBe((await differ.check()) === 'unsat');
    // The same set written another way is the same object.
    expect(space.or(set(a), space.minus(set(b), set(a)))).toBe(space.or(set(b), set(a)));
  }
  expect(empty).toBeGreaterThan(3);
});
