/** Both families of the internet, ends without an address, and many rows over one network. */
import { describe, expect, test } from 'vitest';
import { answersTo } from '../../src/engine/ask.ts';
import { questionsOf } from '../../src/engine/endpoints.ts';
import { INTERNET, NetworkBuilder } from '../../src/model/builder.ts';
import type { Network } from '../../src/model/network.ts';
import { at, span } from './estate.ts';

const origin = (id: string) => ({ provider: 'test', kind: 'thing', id, file: '', pointer: '' });

/** A dual-stack host whose table leads to the internet for the given ranges, and whose filter lets the given ones out. */
function dualStack(routed: readonly string[], allowed: readonly string[]): Network {
  const b = new NetworkBuilder();
  const host = {
    id: 'if',
    origin: origin('if'),
    node: 'host',
    // Public addresses of its own: no translation is in the way of the test.
    addresses: [{ address: at('198.51.100.7') }, { address: at('2600:1f18::7') }],
    steps: [{ at: 'out', filter: 'filter' }] as const,
    table: 'table',
  };
  b.node('host', () => ({ id: 'host', origin: origin('host'), role: 'endpoint', interfaces: ['if'] }));
  b.interface('if', () => host);
  b.place('host', [], () => ({ id: 'host', origin: origin('host'), aliases: [], interfaces: ['if'] }));
  b.filter('filter', () => ({
    id: 'filter',
    origin: origin('filter'),
    code: 'test-filter',
    order: 'first-match',
    otherwise: 'deny',
    state: 'host',
    rules: allowed.map((range) => ({
      origin: origin(range),
      action: 'allow',
      match: [{ dst: [span(range)] }],
      text: `allow ${range}`,
    })),
  }));
  b.table('table', () => ({
    id: 'table',
    origin: origin('table'),
    entries: routed.map((range) => ({
      origin: origin(range),
      match: { dst: [span(range)] },
      next: { to: 'hop', in: INTERNET.interface },
      rank: [0],
      text: `${range} -> internet`,
    })),
  }));
  for (const { address } of host.addresses) {
    b.owner(address, 'if');
    b.publicOwner(address, 'if');
  }
  return b.build();
}

const ask = (network: Network, src: string, dst: string, options = {}) => [
  ...answersTo(network, questionsOf(network, src, dst, options), [], {}),
];

const BOTH = ['0.0.0.0/0', '::/0'];

describe('the internet as a destination', () => {
  test('the same over both families: nothing to mind', () => {
    const [answer] = ask(dualStack(BOTH, BOTH), 'host', 'internet:443');
    expect(answer).toMatchObject({ verdict: 'reachable', gotchas: [] });
  });

  test("IPv4's verdict where there is a way for it; that IPv6 differs is to be minded", () => {
    const [answer] = ask(dualStack(BOTH, ['::/0']), 'host', 'internet:443');
    expect(answer!.verdict).toBe('unreachable');
    expect(answer!.gotchas).toMatchObject([{ code: 'address-family-differs', message: 'over IPv6 it is reachable' }]);
    const [other] = ask(dualStack(BOTH, ['0.0.0.0/0']), 'host', 'internet:443');
    expect(other!.verdict).toBe('reachable');
    expect(other!.gotchas).toMatchObject([{ code: 'address-family-differs', message: 'over IPv6 it is unreachable' }]);
  });

  test("IPv6's verdict where IPv4 has no way at all", () => {
    const [answer] = ask(dualStack(['::/0'], BOTH), 'host', 'internet:443');
    expect(answer!.verdict).toBe('reachable');
    expect(answer!.gotchas).toMatchObject([{ message: 'over IPv4 it is unreachable' }]);
  });

  test('--family asks for one of them', () => {
    const [answer] = ask(dualStack(['::/0'], BOTH), 'host', 'internet:443', { family: 4 });
    expect(answer).toMatchObject({ verdict: 'unreachable', gotchas: [] });
  });
});

test('an end without an address of the family is unreachable and says why', () => {
  const b = new NetworkBuilder();
  b.node('host', () => ({ id: 'host', origin: origin('host'), role: 'endpoint', interfaces: ['if'] }));
  b.interface('if', () => ({
    id: 'if',
    origin: origin('if'),
    node: 'host',
    addresses: [{ address: at('10.0.0.1') }],
    steps: [],
    table: 'table',
  }));
  b.table('table', () => ({ id: 'table', origin: origin('table'), entries: [] }));
  b.place('host', [], () => ({ id: 'host', origin: origin('host'), aliases: [], interfaces: ['if'] }));
  const [answer] = ask(b.build(), 'host', '[2600::1]:443');
  expect(answer).toMatchObject({
    verdict: 'unreachable',
    blockers: [{ code: 'no-address-in-family', resource: 'host', message: 'host has no IPv6 address' }],
  });
});
