/** The demo network, changed for one question. */
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Answer, ask, buildNetwork, combined, loadSnapshot } from '../../src/index.ts';
import { folderOf } from '../snapshot/folder.ts';

export type Json = Record<string, unknown>;
const demo = fileURLToPath(new URL('../../fixtures/snapshots/demo', import.meta.url));
export const VPC = 'vpc-0a1b2c3d4e5f60718';

/** The demo network with a route added to its private table, and further documents. */
export async function reach(
  route: Json | undefined,
  more: Json,
  src: string,
  dst: string,
  change: (text: string) => string = (text) => text,
): Promise<Answer> {
  const files: Record<string, string> = { 'more.json': JSON.stringify(more) };
  for (const name of readdirSync(demo)) {
    const document = JSON.parse(change(readFileSync(join(demo, name), 'utf8'))) as {
      RouteTables?: { Routes: Json[] }[];
    };
    if (route !== undefined) document.RouteTables?.[1]?.Routes.push(route);
    files[name] = JSON.stringify(document);
  }
  const estate = buildNetwork(await loadSnapshot([folderOf(files)]));
  return combined(ask(estate, src, dst), src, dst);
}
