/**
 * Machines that are told without their parts are what their parts say: whoever makes every part finds the same ends, and
 * the same of them alike.
 */
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { azureEstateOf } from '../../bench/estate-azure.ts';
import { gcpEstateOf } from '../../bench/estate-gcp.ts';
import { shapeOf } from '../../bench/estate.ts';
import { writeEstate, writeFiles } from '../../bench/generate.ts';
import { mergeAlike, meaningOf } from '../../src/engine/classes.ts';
import { type MatrixEnd, endsOf } from '../../src/engine/matrix-ends.ts';
import { MatrixNetwork } from '../../src/engine/matrix-row.ts';
import { withParts } from '../../src/engine/overlay.ts';
import { randomEstate as randomAws } from '../aws/random-estate.ts';
import { randomEstate as randomAzure } from '../azure/random-estate.ts';
import { documentsOf, firewall, network, subnet, vm } from '../gcp/estate.ts';
import { policyRule } from '../gcp/parts.ts';
import { randomEstate as randomGcp } from '../gcp/random-estate.ts';
import { type Random, randomOf } from '../random.ts';
import { folderOf } from '../snapshot/folder.ts';
import { buildNetwork, loadSnapshot } from '../../src/index.ts';
import type { Network } from '../../src/model/network.ts';

const folder = fileURLToPath(new URL('../../fixtures/cases', import.meta.url));

/** How many machines were told, and how many of them were made like another one. */
function compare(network: Network): { told: number; alike: number } {
  const slow = withParts(network, { hosts: () => [] });
  const [quick, whole] = [endsOf(network), endsOf(slow)];
  expect(quick.map(all)).toEqual(whole.map(all));
  const kinds = (ends: readonly MatrixEnd[], of: Network) =>
    mergeAlike(of, ends).kinds.map(({ sorts }) => sorts.map((sort) => sort.map(({ interfaceId }) => interfaceId)));
  expect(kinds(quick, network)).toEqual(kinds(whole, slow));
  const crowds = (ends: readonly MatrixEnd[], of: Network) => {
    const ready = new MatrixNetwork(of, ends);
    return ready.crowds(ready.kinds).map((crowd) => crowd.map((one) => one !== 'internet' && one.first.interfaceId));
  };
  expect(crowds(quick, network)).toEqual(crowds(whole, slow));
  const told = quick.filter(({ template }) => template !== undefined);
  const templates = Map.groupBy(told, ({ template }) => template);
  for (const ends of templates.values())
    for (const end of ends) {
      expect(filtersOf(network, end)).toEqual(filtersOf(network, ends[0]!));
      expect(end.interface.table).toBe(ends[0]!.interface.table);
      expect(end.node.interfaces).toEqual([end.interfaceId]);
    }
  return { told: told.length, alike: told.length - templates.size };
}

function all(end: MatrixEnd) {
  const { id, name, interfaceId, interface: at, node, origin, place, spans, outward, sends } = end;
  return { id, name, interfaceId, interface: at, node, origin, place, spans, outward, sends };
}

/** What the filters of an end mean, without whose they are. */
function filtersOf(network: Network, { interface: { steps } }: MatrixEnd): readonly string[] {
  return steps.map((step) => {
    expect(step).toHaveProperty('filter');
    const filter = 'filter' in step ? network.filter(step.filter) : undefined;
    return `${step.at} ${meaningOf(filter ?? {})}`;
  });
}

test('on every fixture', async () => {
  const sum = { told: 0, alike: 0 };
  for (const name of readdirSync(folder)) {
    const { told, alike } = compare(buildNetwork(await loadSnapshot([join(folder, name)])).network);
    sum.told += told;
    sum.alike += alike;
  }
  expect(sum.told).toBeGreaterThan(200);
  expect(sum.alike).toBeGreaterThan(5);
});

test('where the rules of a network are known by what Google worked out', async () => {
  const rule = policyRule(100, 'deny', '22', { targetSecureTags: [{ name: 'tagValues/9', state: 'EFFECTIVE' }] });
  const documents = documentsOf({
    networks: [network('n')],
    subnets: [subnet('n/a', '10.0.1.0/24')],
    instances: [4, 5, 6].map((i) => vm(`vm-${i}`, 'n/a', `10.0.1.${i}`)),
    unlisted: ['firewall'],
    others: [
      {
        firewalls: [firewall('ssh', 'allow tcp:22 from 0.0.0.0/0')],
        firewallPolicys: [{ name: 'org', type: 'HIERARCHY', rules: [rule] }],
      },
      // Of one VM it is known that it carries no tag; of the others nothing is.
      {
        $request: { parent: '//compute.googleapis.com/projects/p/zones/us-central1-a/instances/vm-4' },
        tagBindings: [],
      },
    ],
  });
  const files = Object.fromEntries(documents.map((document, i) => [`${i}.json`, document]));
  expect(compare(buildNetwork(await loadSnapshot([folderOf(files)])).network)).toEqual({ told: 1, alike: 0 });
});

const RANDOM: Readonly<Record<string, (r: Random) => readonly unknown[]>> = {
  aws: (r) => Object.values(randomAws(r)),
  gcp: (r) => documentsOf(randomGcp(r)),
  azure: (r) => [randomAzure(r).resources],
};

for (const [provider, draw] of Object.entries(RANDOM))
  test(`on random estates: ${provider}`, async () => {
    let known = 0;
    for (let seed = 1; seed <= 12; seed++) {
      const files = draw(randomOf(seed * 15_485_863)).map((document, i) => [`${i}.json`, document] as const);
      const { network } = buildNetwork(await loadSnapshot([folderOf(Object.fromEntries(files))]));
      known += compare(network).told;
    }
    expect(known).toBeGreaterThan(10);
  });

const ESTATES: Readonly<Record<string, (folder: string) => unknown>> = {
  aws: (at) => writeEstate(at, shapeOf(600)),
  gcp: (at) => writeFiles(at, gcpEstateOf(600)),
  azure: (at) => writeFiles(at, azureEstateOf(600)),
};

for (const [provider, write] of Object.entries(ESTATES))
  test(`on an estate of many machines: ${provider}`, async () => {
    const estate = mkdtempSync(join(tmpdir(), 'netaudit-hosts-'));
    try {
      write(estate);
      const { network } = buildNetwork(await loadSnapshot([estate]));
      const { told, alike } = compare(network);
      if (provider === 'aws') expect([told, alike > 300]).toEqual([600, true]);
      // However they are told: what treats machines alike makes them one kind.
      expect(mergeAlike(network, endsOf(network)).kinds.length).toBeLessThan(60);
    } finally {
      rmSync(estate, { recursive: true, force: true });
    }
  });
