/** The demo network, changed for one question. */
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Answer, ask, buildNetwork, combined, loadSnapshot } from '../../src/index.ts';
import { folderOf } from '../snapshot/folder.ts';

export type Json = Record<string, unknown>;
const demo = fileURLToPath(new URL('../../fixtures/snapshots/demo', import.meta.url));
export const VPC = 'vpc-0a1b2c3d4e5f60718';

/** The lists that tests change; each file of the demo holds one of them. */
export interface Documents {
  readonly RouteTables?: { Routes: Json[]; Associations: Json[] }[];
  readonly SecurityGroups?: { GroupName: string; IpPermissions: Json[]; IpPermissionsEgress: Json[] }[];
  readonly NetworkAcls?: { Entries: Json[] }[];
  readonly NetworkInterfaces?: Json[];
  readonly NatGateways?: Json[];
  readonly InternetGateways?: Json[];
  readonly Subnets?: Json[];
  readonly Vpcs?: Json[];
}

/** The demo network with a route added to its private table, and further documents. */
export async function reach(
  route: Json | undefined,
  more: Json | readonly Json[],
  src: string,
  dst: string,
  change: (text: string) => string = (text) => text,
  edit: (document: Documents) => void = () => undefined,
): Promise<Answer> {
  const files: Record<string, string> = {
    'more.json': [more]
      .flat()
      .map((one) => JSON.stringify(one))
      .join('\n'),
  };
  for (const name of readdirSync(demo)) {
    const document = JSON.parse(change(readFileSync(join(demo, name), 'utf8'))) as Documents;
    edit(document);
    if (route !== undefined) document.RouteTables?.[1]?.Routes.push(route);
    files[name] = JSON.stringify(document);
  }
  const estate = buildNetwork(await loadSnapshot([folderOf(files)]));
  return combined(ask(estate, src, dst), src, dst);
}
