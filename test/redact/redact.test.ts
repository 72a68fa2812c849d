/** A redacted snapshot answers as the original does, and holds none of its names. */
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ask, buildNetwork, combined, loadSnapshot } from '../../src/index.ts';
import { isPublic, parseAddress, parseCidr } from '../../src/net/address.ts';
import { AddressRedactor } from '../../src/redact/address.ts';
import { Redactor } from '../../src/redact/redactor.ts';

const cases = fileURLToPath(new URL('../../fixtures/cases/', import.meta.url));

interface Query {
  readonly args: readonly [string, string];
  readonly verdict: string;
  readonly options?: readonly string[];
}

/** Every question that takes no options, about each fixture. */
describe('every case keeps its verdict', () => {
  test.each(readdirSync(cases))('%s', async (name) => {
    const folder = join(cases, name);
    const { queries } = JSON.parse(readFileSync(join(folder, 'case.json'), 'utf8')) as { queries: readonly Query[] };
    const found: { value: unknown; file: string }[] = [];
    const names = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter(
      (file) => file.endsWith('.json') && file !== 'case.json',
    );
    for (const file of names) found.push({ file, value: JSON.parse(readFileSync(join(folder, file), 'utf8')) });
    const redactor = new Redactor(Buffer.from(name));
    for (const { value } of found) redactor.learn(value);
    const text = found.map(({ value }) => `${JSON.stringify(redactor.redact(value))}\n`).join('');
    const stdin = async function* () {
      yield text;
    };
    const estate = buildNetwork(await loadSnapshot(['-'], { stdin: stdin() }));
    for (const { args, verdict, options = [] } of queries) {
      if (options.length > 0) continue;
      const [src, dst] = asked(redactor, args);
      const answer = combined(ask(estate, src, dst), src, dst);
      expect(answer.verdict, `${args.join(' ')} as ${src} ${dst}`).toBe(verdict);
    }
  });
});

/** The words of a question as the redacted snapshot has them; the port stays. */
function asked(redactor: Redactor, [src, dst]: readonly [string, string]): [string, string] {
  const port = /^(.*?)(:[^:\]]+)?$/s.exec(dst)!;
  const word = (text: string) => (text.startsWith('[') ? `[${redactor.word(text.slice(1, -1))}]` : redactor.word(text));
  return [word(src), `${word(port[1]!)}${port[2] ?? ''}`];
}

test('secrets and free text are left out, names replaced alike everywhere', () => {
  const value = {
    VpnConnections: [
      {
        VpnConnectionId: 'vpn-0aaaaaaaa11111111',
        CustomerGatewayConfiguration: '<psk>hunter2</psk>',
        Tags: [{ Key: 'Name', Value: 'Big Bank HQ' }],
      },
    ],
    Instances: [
      {
        InstanceId: 'i-0123456789abcdef0',
        UserData: 'cGFzc3dvcmQ=',
        OwnerId: '111122223333',
        PrivateDnsName: 'ip-10-1-2-3.eu-central-1.compute.internal',
        Tags: [{ Key: 'Name', Value: 'Big Bank HQ' }],
        Arn: 'arn:aws:ec2:eu-central-1:111122223333:instance/i-0123456789abcdef0',
        State: { Name: 'running' },
      },
    ],
    items: [
      {
        kind: 'compute#firewall',
        name: 'allow-acme',
        network: 'https://www.googleapis.com/compute/v1/projects/acme-prod/global/networks/core',
        sourceTags: ['acme-web'],
      },
    ],
  };
  const redactor = new Redactor();
  redactor.learn(value);
  const redacted = redactor.redact(value) as typeof value;
  const text = JSON.stringify(redacted);
  for (const word of ['Big Bank', 'hunter2', 'cGFzc3dvcmQ', '111122223333', '0123456789abcdef0', 'acme', 'ip-10-1-2-3'])
    expect(text).not.toContain(word);
  expect(redacted.Instances[0]!.Tags[0]!.Value).toBe(redacted.VpnConnections[0]!.Tags[0]!.Value);
  expect(redacted.Instances[0]!.Arn).toContain(redacted.Instances[0]!.InstanceId);
  expect(redacted.Instances[0]!.State.Name).toBe('running');
  expect(redacted.items[0]!.network).toMatch(
    /^https:\/\/www\.googleapis\.com\/compute\/v1\/projects\/name-\d+\/global\/networks\/name-\d+$/,
  );
});

describe('addresses', () => {
  const redactor = new AddressRedactor(Buffer.from('law'));
  const v4 = fc.tuple(...Array.from({ length: 4 }, () => fc.nat(255))).map((octets) => octets.join('.'));
  const cidr = fc.tuple(v4, fc.nat(32)).map(([address, length]) => `${address}/${length}`);

  test('what a CIDR holds it holds afterwards, and nothing else', () => {
    fc.assert(
      fc.property(v4, cidr, (address, range) => {
        const holds = (one: string, many: string) => {
          const [lo, end] = parseCidr(many)!;
          const at = parseAddress(one)!;
          return lo <= at && at < end;
        };
        expect(holds(redactor.text(address)!, redactor.text(range)!)).toBe(holds(address, range));
      }),
    );
  });

  test('public stays public, private stays itself', () => {
    fc.assert(
      fc.property(v4, (address) => {
        const before = parseAddress(address)!;
        const after = parseAddress(redactor.text(address)!)!;
        expect(isPublic(after)).toBe(isPublic(before));
        if (!isPublic(before)) expect(after).toBe(before);
      }),
    );
    expect(redactor.text('2a01:4f8:1::5')).not.toBe('2a01:4f8:1::5');
    expect(redactor.text('0.0.0.0/0')).toBe('0.0.0.0/0');
    expect(redactor.text('::/0')).toBe('::/0');
    expect(redactor.text('35.191.0.0/16')).toBe('35.191.0.0/16');
    expect(redactor.text('web-1')).toBeUndefined();
  });
});
