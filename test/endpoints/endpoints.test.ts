import { describe, expect, test } from 'vitest';
import { questionsOf } from '../../src/engine/endpoints.ts';
import type { EndpointOptions } from '../../src/engine/words.ts';
import { QuestionError } from '../../src/engine/ports.ts';
import { INTERNET } from '../../src/model/builder.ts';
import { PUBLIC_V4, isPublic } from '../../src/net/address.ts';
import { contains } from '../../src/net/spans.ts';
import { at, estate, span } from './estate.ts';

const network = estate();
const rows = (src: string, dst: string, options: EndpointOptions = {}) => questionsOf(network, src, dst, options);
const one = (src: string, dst: string, options: EndpointOptions = {}) => {
  const found = rows(src, dst, options);
  expect(found).toHaveLength(1);
  return found[0]!.question;
};
const single = (text: string) => [[at(text), at(text) + 1n]];
const ends = (src: string, dst: string, options: EndpointOptions = {}) =>
  rows(src, dst, options).map(({ question }) => `${question.src.id} ${question.dst.id}`);

describe('names', () => {
  test.each(['i-web1', 'if-web1', 'web-1'])(
    '%s is the web host; its interface of the same name is no ambiguity',
    (word) => {
      expect(one(word, 'db:5432')).toMatchObject({
        start: 'if-web1',
        srcAddresses: single('10.0.0.10'),
        srcQuantifier: 'every',
      });
    },
  );

  test('the primary address of the first interface is the destination', () => {
    expect(one('web-1', 'db:5432')).toMatchObject({
      dstAddresses: single('10.0.1.20'),
      target: ['if-db0'],
      portsText: '5432',
    });
  });

  test('a name may hold a colon and is tried whole first', () => {
    expect(one('web-1', 'svc:443')).toMatchObject({ target: ['if-odd'], protocolText: '*' });
    expect(one('web-1', 'svc:443:80')).toMatchObject({ target: ['if-odd'], portsText: '80' });
  });

  test('without a port everything is asked for; client ports are ephemeral', () => {
    expect(one('web-1', 'db')).toMatchObject({
      traffic: {},
      protocolText: '*',
      portsText: '*',
      sports: [[1024, 65536]],
    });
  });

  test('a protocol number has a colon of its own', () => {
    expect(one('web-1', 'db:proto:47')).toMatchObject({ target: ['if-db0'], protocolText: 'gre' });
  });

  test('an ambiguous name lists the candidates', () => {
    expect(() => rows('twin', 'db:1')).toThrow(QuestionError);
    expect(() => rows('twin', 'db:1')).toThrow(/2 things[^]*i-twin1[^]*i-twin2/);
  });

  test('an unknown name suggests the nearest', () => {
    expect(() => rows('wbe-1', 'db:1')).toThrow(/"wbe-1".*web-1/);
    expect(() => rows('web-1', 'dbb:1')).toThrow(/"dbb".*db/);
    expect(() => rows('web-1', 'tag:Env=nope:443')).toThrow(/no|nothing/);
  });
});

describe('many', () => {
  test('a subnet, group, tag or glob stands for every member', () => {
    expect(ends('subnet-a', 'six:1')).toEqual(['i-web1 i-six', 'i-web2 i-six', 'if-db1 i-six']);
    expect(ends('group-web', 'db:1')).toEqual(['i-web1 i-db', 'i-web2 i-db']);
    expect(ends('db', 'web-*:443')).toEqual(['i-db i-web1', 'i-db i-web2']);
    expect(ends('tag:Env=prod', 'db:1')).toEqual(['i-web1 i-db', 'i-web2 i-db']);
  });

  test('a tag has its port behind the last colon', () => {
    expect(ends('db', 'tag:Env=prod:443')).toEqual(['i-db i-web1', 'i-db i-web2']);
    expect(rows('db', 'tag:Env=prod:443')[0]!.question.portsText).toBe('443');
  });

  test('a tag that only a group has means its members', () => {
    expect(ends('tag:Team=web', 'db:1')).toEqual(['i-web1 i-db', 'i-web2 i-db']);
    expect(() => rows('tag:Only=group', 'db:1')).toThrow(QuestionError);
    expect(() => rows('subnet-empty', 'db:1')).toThrow(/no network interface/);
    expect(() => rows('tag:toString=x', 'db:1')).toThrow(QuestionError);
  });

  test('nobody is asked about itself', () => {
    expect(ends('web-*', 'web-*:80')).toEqual(['i-web1 i-web2', 'i-web2 i-web1']);
  });

  test('* is every interface and the internet, each interface for itself', () => {
    const sources = rows('*', 'web-1:22').map(({ question }) => question.start);
    expect(sources).toContain('if-db0');
    expect(sources).toContain('if-db1');
    expect(sources).toContain(INTERNET.interface);
    expect(sources).not.toContain('if-web1');
  });
});

describe('literals', () => {
  test('a private destination is routed as it is, owned or not', () => {
    for (const text of ['10.0.1.20', '172.31.9.9']) {
      const question = one('web-1', `${text}:443`);
      expect(question.dstAddresses).toEqual(single(text));
      expect(question.target).toBeUndefined();
    }
  });

  test('a public destination stays public and means its owner', () => {
    expect(one('db', '198.51.100.10:443')).toMatchObject({
      dstAddresses: single('198.51.100.10'),
      target: ['if-web1'],
    });
    expect(one('db', '203.0.113.9:443').target).toBeUndefined();
  });

  test('a source that an interface owns is its owner, who sends from its private address', () => {
    for (const text of ['10.0.0.10', '198.51.100.10'])
      expect(one(text, 'db:1')).toMatchObject({ start: 'if-web1', srcAddresses: single('10.0.0.10') });
    expect(one('10.0.1.21', 'web-1:1')).toMatchObject({ start: 'if-db0', srcAddresses: single('10.0.1.21') });
  });

  test('a source in a subnet that nobody owns is a hypothetical host', () => {
    const [row] = rows('10.0.0.99', 'db:1');
    expect(row!.adds.map(({ link }) => link)).toEqual(['lan:subnet-a']);
    expect(row!.question.start).toBe(row!.adds[0]!.interface.id);
  });

  test('a public source that nobody owns comes from the internet, alone', () => {
    expect(one('203.0.113.9', 'web-1:443')).toMatchObject({
      start: INTERNET.interface,
      srcAddresses: single('203.0.113.9'),
      srcQuantifier: 'every',
      dstAddresses: single('198.51.100.10'),
    });
  });

  test('a private source that is nowhere is an error', () => {
    expect(() => rows('192.168.7.7', 'db:1')).toThrow(/192\.168\.7\.7.*no subnet/);
    expect(() => rows('192.168.0.0/16', 'db:1')).toThrow(/no subnet/);
  });

  test('IPv6 with and without brackets', () => {
    expect(one('six', '[2600:1f18::30]:443')).toMatchObject({
      family: 6,
      portsText: '443',
      dstAddresses: single('2600:1f18::30'),
    });
    expect(one('six', '[2600:1f18::30]')).toMatchObject({ portsText: '*' });
    expect(one('six', '2600:1f18::30')).toMatchObject({ family: 6, portsText: '*' });
    expect(one('[2600:1f18::66]', 'dual:1')).toMatchObject({ start: 'if-six', family: 6 });
    expect(one('six', '[2600:1f18::30]:icmp').traffic).toMatchObject({ protocol: [[58, 59]] });
  });

  test.each(['10.0.0.256', '010.0.0.1', '10.0.0.0/33', '1.2.3'])('%s is no address and no name', (text) => {
    expect(() => rows('web-1', `${text}:443`)).toThrow(QuestionError);
  });

  test('two families in one question are an error', () => {
    expect(() => rows('10.0.0.10', '[2600:1f18::30]:1')).toThrow(/IPv4.*IPv6/);
    expect(() => rows('10.0.0.10', 'db:1', { family: 6 })).toThrow(/--family/);
  });
});

describe('ranges as sources', () => {
  test('inside one subnet: owners for themselves, all others as one hypothetical host', () => {
    const found = rows('10.0.0.0/24', 'dual:1');
    expect(found.map(({ question }) => question.start).slice(0, 3)).toEqual(['if-web1', 'if-web2', 'if-db1']);
    const host = found[3]!;
    expect(found).toHaveLength(4);
    expect(contains(host.question.srcAddresses, at('10.0.0.9'))).toBe(true);
    expect(contains(host.question.srcAddresses, at('10.0.0.10'))).toBe(false);
    expect(host.adds[0]!.interface.prefixes).toEqual(host.question.srcAddresses);
  });

  test('over several subnets: one hypothetical host in each, and nothing for what is nowhere', () => {
    const found = rows('10.0.0.0/16', 'dual:1').filter(({ adds }) => adds.length > 0);
    expect(found.map(({ adds }) => adds[0]!.link)).toEqual(['lan:subnet-a', 'lan:subnet-b']);
    for (const { question } of found) expect(contains(question.srcAddresses, at('10.0.2.1'))).toBe(false);
  });

  test('a public range is the internet without what the snapshot owns', () => {
    const found = rows('198.51.100.0/24', 'web-2:1');
    expect(found.map(({ question }) => question.start)).toEqual(['if-web1', INTERNET.interface]);
    expect(contains(found[1]!.question.srcAddresses, at('198.51.100.10'))).toBe(false);
    expect(found[1]!.question.srcQuantifier).toBe('every');
  });

  test('a range that is too wide is an error with a way out', () => {
    expect(() => rows('0.0.0.0/0', 'db:1')).toThrow(/too wide.*internet/);
    expect(() => rows('::/0', 'six:1')).toThrow(/too wide/);
  });
});

describe('the internet', () => {
  test('as a source: some public address that nobody owns, to the public address', () => {
    const question = one('internet', 'web-1:443');
    expect(question).toMatchObject({
      start: INTERNET.interface,
      srcQuantifier: 'some',
      dstAddresses: single('198.51.100.10'),
      target: ['if-web1'],
    });
    expect(contains(question.srcAddresses, at('198.51.100.10'))).toBe(false);
    expect(contains(question.srcAddresses, at('8.8.8.8'))).toBe(true);
  });

  test('a host without a public address is asked for at its private one', () => {
    expect(one('internet', 'web-2:443').dstAddresses).toEqual(single('10.0.0.11'));
  });

  test('as a destination: every public address that nobody owns', () => {
    const question = one('web-2', 'internet:443');
    expect(question).toMatchObject({ srcQuantifier: 'every', srcAddresses: single('10.0.0.11') });
    expect(question.dstAddresses.every(([lo]) => isPublic(lo))).toBe(true);
    expect(contains(question.dstAddresses, at('198.51.100.10'))).toBe(false);
    expect(contains(question.dstAddresses, PUBLIC_V4[0]![0])).toBe(true);
  });

  test('both families are asked for where the other end has both', () => {
    expect(rows('dual', 'internet:443')[0]).toMatchObject({ question: { family: 4 }, otherFamily: { family: 6 } });
    expect(rows('internet', 'dual:443')[0]!.question.family).toBe(6);
    expect(rows('web-1', 'internet:443')[0]!.otherFamily).toBeUndefined();
    expect(rows('dual', 'internet:443', { family: 6 })[0]).toMatchObject({ question: { family: 6 } });
    expect(rows('six', 'internet:443')[0]!.question.family).toBe(6);
  });
});

describe('families', () => {
  test('IPv4 where both ends have it, else IPv6', () => {
    expect(one('dual', 'db:1').family).toBe(4);
    expect(one('dual', 'six:1').family).toBe(6);
  });

  test('an end without an address of the family is a question with no packets, not an error', () => {
    expect(one('web-1', '[2600:1f18::30]:1')).toMatchObject({ family: 6, srcAddresses: [] });
  });
});

describe('named places of the configuration', () => {
  const places = { office: '203.0.113.0/24', 'the-db': 'db', loop: 'loop' };
  test('stand for what they say', () => {
    expect(one('office', 'web-1:443', { places })).toMatchObject({
      start: INTERNET.interface,
      src: { id: '203.0.113.0/24', name: 'office' },
      srcAddresses: [span('203.0.113.0/24')],
    });
    expect(one('web-1', 'the-db:5432', { places }).target).toEqual(['if-db0']);
    expect(() => rows('loop', 'db:1', { places })).toThrow(QuestionError);
  });
});
