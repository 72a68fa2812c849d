/** Ends that open no connection: balancers that pass packets on, endpoints of services, interfaces that nothing uses. */
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { questionsOf } from '../../src/engine/endpoints.ts';
import { buildNetwork, loadSnapshot } from '../../src/index.ts';
import { matrixOf } from './pairs.ts';

const folder = fileURLToPath(new URL('../../fixtures/cases', import.meta.url));
const network = async (name: string) => buildNetwork(await loadSnapshot([join(folder, name)])).network;
const nameOf = (id: string) => id.split('/').at(-1)!;

async function cellsOf(name: string): Promise<string[]> {
  const { classes, cells } = matrixOf(await network(name));
  const members = (id: string) => classes.find((one) => one.id === id)?.members ?? [id];
  return cells.flatMap((cell) =>
    cell.allowed.flatMap(({ protocol, ports }) =>
      members(cell.from).flatMap((from) =>
        members(cell.to).map((to) => `${nameOf(from)} -> ${nameOf(to)} ${protocol} ${ports}`),
      ),
    ),
  );
}

test('every frontend of a balancer is an end', async () => {
  const cells = await cellsOf('azure-balancer-with-two-frontends');
  expect(cells).toContain('internet -> fe-lb-web tcp 80');
  expect(cells).toContain('vm-client -> fe-inside tcp 8443');
  expect(cells.filter((one) => one.startsWith('internet -> '))).toEqual(['internet -> fe-lb-web tcp 80']);
  expect(cells.filter((one) => one.startsWith('fe-'))).toEqual([]);
});

test('a passthrough rule is an end beside its members', async () => {
  const cells = await cellsOf('gcp-internal-passthrough-lb-global-access');
  expect(cells).toContain('vm-db -> fr-web tcp 80');
  expect(cells.filter((one) => one.startsWith('fr-web'))).toEqual([]);
});

test('a network balancer that keeps the address of the client is an end', async () => {
  const cells = await cellsOf('aws-nlb-client-address');
  expect(cells).toContain('internet -> eni-nlx-a tcp 443');
});

test('what opens nothing has no row, and what is attached to nothing no cell', async () => {
  const cells = (await cellsOf('aws-interfaces-that-open-nothing')).map((one) => one.split(' ').slice(0, 3).join(' '));
  expect(cells).toContain('i-a -> eni-vpce');
  expect(cells).toContain('eni-db -> i-a');
  expect(cells.filter((one) => one.startsWith('eni-vpce') || one.includes('eni-spare'))).toEqual([]);
});

test('everybody means a balancer as a destination, and not as a source', async () => {
  const estate = await network('azure-balancer-with-two-frontends');
  const ends = (side: 'src' | 'dst', src: string, dst: string) =>
    questionsOf(estate, src, dst).map(({ question }) => nameOf(question[side].id));
  expect(ends('dst', 'vm-client', '*:80')).toContain('fe-inside');
  expect(ends('src', '*', 'vm-client:80')).not.toContain('fe-inside');
  expect(ends('src', '*', 'vm-client:80')).toContain('vm-be1');
});
