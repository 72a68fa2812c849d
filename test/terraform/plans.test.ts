/** Plans with what they open and close: each folder of fixtures/plans holds a plan and the flows to look for. */
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { type FlowChange, judgePlan, loadSnapshot, readTerraformPlan } from '../../src/index.ts';

interface Probe {
  readonly from: string | readonly string[];
  readonly to: string | readonly string[];
  readonly protocol: string;
  readonly port: number;
}
interface Expected {
  readonly opened?: readonly Probe[];
  readonly closed?: readonly Probe[];
  readonly notOpened?: readonly Probe[];
  readonly notClosed?: readonly Probe[];
  readonly nothing?: boolean;
}

const root = fileURLToPath(new URL('../../fixtures/plans/', import.meta.url));

async function diffOf(folder: string, source?: (folder: string) => ReadonlyMap<string, string>) {
  const plan = readTerraformPlan(readFileSync(join(folder, 'plan.json'), 'utf8'), 'plan.json');
  const snapshot = existsSync(join(folder, 'snapshot'))
    ? (await loadSnapshot([join(folder, 'snapshot')])).documents
    : [];
  return judgePlan(plan, { documents: snapshot, ...(source === undefined ? {} : { source: { read: source } }) });
}

function concerns(flow: FlowChange, { from, to, protocol, port }: Probe): boolean {
  const isEnd = (end: FlowChange['from'], names: string | readonly string[]) =>
    [names].flat().some((name) => end.role === name || end.role.startsWith(`${name}#`) || end.ids.includes(name));
  const hasPort =
    flow.ports === '*' ||
    flow.ports.split(',').some((range) => {
      const [lo = 0, hi = lo] = range.split('-').map(Number);
      return lo <= port && port <= hi;
    });
  return ['*', protocol].includes(flow.protocol) && hasPort && isEnd(flow.from, from) && isEnd(flow.to, to);
}

describe('plans', () => {
  for (const name of readdirSync(root).sort()) {
    const { title, expect: wanted } = JSON.parse(readFileSync(join(root, name, 'case.json'), 'utf8')) as {
      title: string;
      expect: Expected;
    };
    test(title, async () => {
      const { flows } = (await diffOf(join(root, name))).diff;
      const among = (kinds: readonly string[], probe: Probe) =>
        flows.some((flow) => kinds.includes(flow.change) && concerns(flow, probe));
      const [gained, lost] = [
        ['opened', 'widened'],
        ['closed', 'narrowed'],
      ];
      if (wanted.nothing === true) expect(flows).toEqual([]);
      for (const probe of wanted.opened ?? [])
        expect(among(gained, probe), `opens ${JSON.stringify(probe)}`).toBe(true);
      for (const probe of wanted.closed ?? []) expect(among(lost, probe), `closes ${JSON.stringify(probe)}`).toBe(true);
      for (const probe of wanted.notOpened ?? [])
        expect(among(gained, probe), `leaves ${JSON.stringify(probe)} closed`).toBe(false);
      for (const probe of wanted.notClosed ?? [])
        expect(among(lost, probe), `leaves ${JSON.stringify(probe)} open`).toBe(false);
    });
  }
});

test('a change says which resource it needs, and on which line that stands', async () => {
  const folder = join(root, '03-inline-update-opens-ssh');
  const { diff } = await diffOf(
    folder,
    (at) => new Map(at === '' ? [['main.tf', readFileSync(join(folder, 'main.tf'), 'utf8')]] : []),
  );
  const because = diff.flows[0]?.because[0];
  expect(because?.address).toBe('aws_security_group.web');
  const line = readFileSync(join(folder, 'main.tf'), 'utf8').split('\n')[(because?.line ?? 1) - 1];
  expect(line).toContain('resource "aws_security_group" "web"');
});

describe('what is no plan', () => {
  const good = readFileSync(join(root, '03-inline-update-opens-ssh', 'plan.json'), 'utf8');
  test.each([
    ['cut off', good.slice(0, 5000), 'cut off'],
    ['another document', '{"Vpcs":[]}', 'no format_version'],
    ['text', 'Terraform will perform the following actions', 'no JSON'],
    ['a future format', '{"format_version":"7.0","resource_changes":[]}', '7.0'],
    ['a wrong type', '{"format_version":"1.2","resource_changes":[{"address":5}]}', '/resource_changes/0'],
    ['an errored run', '{"format_version":"1.2","errored":true,"resource_changes":[]}', 'errored'],
  ])('%s', (_, text, word) => expect(() => readTerraformPlan(text, 'plan.json')).toThrow(word));

  test('hostile keys and deep values do no harm', () => {
    const deep = `${'{"a":'.repeat(3000)}1${'}'.repeat(3000)}`;
    const text = `{"format_version":"1.2","resource_changes":[{"address":"aws_vpc.x","mode":"managed","type":"aws_vpc","name":"x","change":{"actions":["create"],"before":null,"after":{"__proto__":{"polluted":1},"tags":${deep}},"after_unknown":{"__proto__":true,"id":true}}}]}`;
    expect(judgePlan(readTerraformPlan(text, 'plan.json')).diff.flows).toEqual([]);
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
  });
});

test('a state is a snapshot', async () => {
  const plan = JSON.parse(readFileSync(join(root, '21-count-grows', 'plan.json'), 'utf8')) as { prior_state: unknown };
  const { folderOf } = await import('../snapshot/folder.ts');
  const { documents } = await loadSnapshot([folderOf({ 'state.json': plan.prior_state })]);
  expect(documents.filter(({ kind }) => kind === 'Instances').flatMap(({ records }) => records)).toHaveLength(2);
});
