/**
 * Collecting as the commands need it: words of the command line and of netaudit.yaml to options, progress on stderr, the
 * cache. Loads a cloud's part when it is asked for, and with it that cloud's SDK.
 */
import { aptTo } from './terminal.ts';
import type { AwsOptions } from '../collect/aws/collect.ts';
import type { AzureOptions } from '../collect/azure/collect.ts';
import type { GcpOptions } from '../collect/gcp/collect.ts';
import type { CollectOptions, CollectResult, Progress } from '../collect/words.ts';
import { Problem } from './problem.ts';

export const CLOUDS = ['aws', 'gcp', 'azure'] as const;
export type CloudName = (typeof CLOUDS)[number];

/** What the command line and netaudit.yaml may say of each cloud. */
export interface Scopes {
  readonly aws: Pick<AwsOptions, 'profiles' | 'regions' | 'organization' | 'accounts' | 'role' | 'externalId'>;
  readonly gcp: Pick<GcpOptions, 'projects' | 'folders' | 'organizations' | 'client'>;
  readonly azure: Pick<AzureOptions, 'subscriptions' | 'managementGroups' | 'tenant' | 'endpoint'>;
}

/** Throws Problem for a word that is no cloud. */
export function cloudOf(word: string): CloudName {
  const cloud = CLOUDS.find((one) => one === word.toLowerCase());
  if (cloud === undefined)
    throw new Problem(`"${word.slice(0, 40)}" is no cloud that can be collected: aws, gcp or azure.`);
  return cloud;
}

/** Collects one cloud, with progress on stderr. Throws CollectError, Problem. */
export async function collected<C extends CloudName>(
  cloud: C,
  scope: Scopes[C],
  options: Omit<CollectOptions, 'onProgress' | 'signal'>,
): Promise<CollectResult> {
  const shown = progressOn(process.stderr, cloud);
  const stop = new AbortController();
  const interrupt = () => stop.abort();
  process.once('SIGINT', interrupt).once('SIGTERM', interrupt);
  const all = { ...options, ...scope, onProgress: shown.tell, signal: stop.signal };
  try {
    if (cloud === 'aws') return await (await import('../collect/aws/collect.ts')).collectAws(all);
    if (cloud === 'gcp') {
      const endpoints = googleEndpoints(process.env);
      return await (await import('../collect/gcp/collect.ts')).collectGcp({ ...all, endpoints });
    }
    return await (await import('../collect/azure/collect.ts')).collectAzure(all);
  } catch (error) {
    if (!stop.signal.aborted) throw error;
    throw new Problem(
      `stopped. No half snapshot was left in ${options.output}; the same command with --resume goes on where this one was.`,
    );
  } finally {
    shown.end();
    process.off('SIGINT', interrupt).off('SIGTERM', interrupt);
  }
}

/** gcloud's own variables for other roots of the APIs. */
function googleEndpoints(env: NodeJS.ProcessEnv): NonNullable<GcpOptions['endpoints']> {
  const apis = ['compute', 'cloudresourcemanager', 'networkconnectivity', 'networksecurity'] as const;
  return Object.fromEntries(
    apis.flatMap((api) => {
      const root = env[`CLOUDSDK_API_ENDPOINT_OVERRIDES_${api.toUpperCase()}`];
      if (root === undefined || root === '') return [];
      if (!URL.canParse(root)) throw new Problem(`CLOUDSDK_API_ENDPOINT_OVERRIDES_${api.toUpperCase()} is no URL.`);
      return [[api, root]];
    }),
  );
}

/** A counter that is redrawn for a person, and a line now and then for a log. */
export function progressOn(
  stream: NodeJS.WriteStream,
  cloud: string,
): { readonly tell: (progress: Progress) => void; readonly end: () => void } {
  const live = aptTo(stream);
  let last = Date.now();
  let drawn = false;
  return {
    tell: ({ done, total, failed }) => {
      const now = Date.now();
      if (now - last < (live ? 100 : 10_000)) return;
      last = now;
      const line = `collecting ${cloud}: ${done} of ${total} calls${failed > 0 ? `, ${failed} failed` : ''}`;
      stream.write(live ? `\r\u001b[K${line}` : `netaudit: ${line}\n`);
      drawn ||= live;
    },
    end: () => {
      if (drawn) stream.write('\r\u001b[K');
    },
  };
}
