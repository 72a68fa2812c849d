/** Policy files that are wrong: the complaint names the file, the line and the column. */
import { expect, test } from 'vitest';
import { PolicyError, parsePolicy } from '../../src/index.ts';

const HEAD = 'code: a-b\ntitle: t\nseverity: high\nwhy: w\nfix: f\n';

test.each([
  ['no YAML', `${HEAD}forbidden: {from: [}`, /^p\.yaml:6:\d+: this is not valid YAML/],
  ['an unknown key', `${HEAD}forbidden: {from: a, to: b}\nports: 22\n`, /^p\.yaml:7:1: .*ports/],
  ['an unknown key inside', `${HEAD}forbidden:\n  from: a\n  to: b\n  port: 22\n`, /^p\.yaml:9:3: forbidden.*port/],
  [
    'a bad port',
    `${HEAD}forbidden:\n  from: a\n  to: b\n  ports: 70000\n`,
    /^p\.yaml:9:3: forbidden\.ports: port 70000/,
  ],
  ['a bad severity', `${HEAD.replace('high', 'awful')}flaw: shadowed-rules\n`, /^p\.yaml:3:1: severity/],
  ['a bad code', `${HEAD.replace('a-b', 'A B')}flaw: shadowed-rules\n`, /^p\.yaml:1:1: code/],
  ['no demand', HEAD, /^p\.yaml:1:1: the file: a policy says exactly one of .* none/],
  ['two demands', `${HEAD}flaw: shadowed-rules\nrequired: {from: a, to: b, ports: 1}\n`, /flaw/],
  [
    'a missing key',
    `${HEAD.replace('title: t\n', '')}flaw: shadowed-rules\n`,
    /^p\.yaml:1:1: title: this is missing\.$/,
  ],
  ['an empty file', '', /^p\.yaml:1:1: code: this is missing/],
  [
    'an alias bomb',
    `a: &a [x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a]\nc: [*b,*b,*b,*b,*b,*b,*b,*b,*b]\nd: [*b,*b,*b,*b,*b,*b]`,
    /aliases/,
  ],
])('%s', (_, text, complaint) => {
  expect(() => parsePolicy(text, 'p.yaml')).toThrow(PolicyError);
  expect(() => parsePolicy(text, 'p.yaml')).toThrow(complaint);
});
