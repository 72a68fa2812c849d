/**
 * Which projects are collected: named ones, or all below a folder or an organisation. What is listed on the way is kept: it
 * says what stands above what.
 */
import type { Collection } from '../collection.ts';
import { CollectError, objectsOf, textOf } from '../words.ts';
import type { GcpAsker } from './client.ts';

export interface ProjectOptions {
  readonly projects?: readonly string[];
  /** Number of a folder: its projects and those of the folders in it. */
  readonly folders?: readonly string[];
  /** Number of an organisation. */
  readonly organizations?: readonly string[];
}

const PROJECT = /^(?:[a-z0-9.-]+:)?[a-z][a-z0-9-]{4,29}$/;
/** Folders nest ten deep at most: https://docs.cloud.google.com/resource-manager/docs/limits */
const DEEPEST = 12;

/** Ids of active projects, sorted. What can't be listed is a failure of the run. Throws CollectError for bad words. */
export async function projectsOf(
  client: GcpAsker,
  collection: Collection,
  options: ProjectOptions,
): Promise<readonly string[]> {
  const found = new Set(options.projects);
  for (const project of found)
    if (!PROJECT.test(project))
      throw new CollectError(`"${project.slice(0, 60)}" is no project id. Give the id, not the name or the number.`);
  const roots = [
    ...(options.organizations ?? []).map((id) => parentOf(id, 'organizations')),
    ...(options.folders ?? []).map((id) => parentOf(id, 'folders')),
  ];
  const list = async (parent: string, what: 'folders' | 'projects') => {
    const answer = await collection.ask({
      path: ['hierarchy', `${what} of ${parent}`.replaceAll(/[ /]/g, '-')],
      what: `gcloud ${what} list of ${parent}`,
      request: { api: 'cloudresourcemanager', call: `${what} list`, parent },
      run: async (signal) => {
        const all = await client.all(
          { api: 'cloudresourcemanager', path: `v3/${what}`, query: { parent, pageSize: '300' } },
          signal,
        );
        return { ...all, [what]: all[what] ?? [] };
      },
    });
    return objectsOf(answer, what).filter((one) => (textOf(one, 'state') ?? 'ACTIVE') === 'ACTIVE');
  };
  const walk = async (parent: string, depth: number): Promise<void> => {
    const [projects, folders] = await Promise.all([list(parent, 'projects'), list(parent, 'folders')]);
    for (const project of projects) {
      const id = textOf(project, 'projectId');
      if (id !== undefined && PROJECT.test(id)) found.add(id);
    }
    if (depth < DEEPEST)
      await Promise.all(
        folders.flatMap((folder) => {
          const name = textOf(folder, 'name');
          return name !== undefined && /^folders\/\d+$/.test(name) ? [walk(name, depth + 1)] : [];
        }),
      );
  };
  await Promise.all(roots.map((root) => walk(root, 0)));
  return [...found].sort();
}

function parentOf(id: string, kind: string): string {
  const number = id.startsWith(`${kind}/`) ? id.slice(kind.length + 1) : id;
  if (!/^\d+$/.test(number))
    throw new CollectError(
      `"${id.slice(0, 60)}" is no number of ${kind === 'folders' ? 'a folder' : 'an organisation'}.`,
    );
  return `${kind}/${number}`;
}
