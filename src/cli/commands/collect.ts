/** netaudit collect: the live configuration of a cloud into a snapshot directory, or the rights that it takes. */
import type { CollectResult } from '../../collect/words.ts';
import { safe } from '../../report/safe-text.ts';
import { type CloudName, type Scopes, cloudOf, collected } from '../collecting.ts';
import { EXIT } from '../exit-codes.ts';
import { Problem } from '../problem.ts';
import { print } from '../stdout.ts';

export interface CollectCommandOptions {
  readonly output: string;
  readonly format?: string;
  readonly printPolicy?: boolean;
  readonly resume?: boolean;
  readonly concurrency?: string;
  readonly timeout?: string;
  readonly profile: readonly string[];
  readonly region: readonly string[];
  readonly account: readonly string[];
  readonly role?: string;
  readonly externalId?: string;
  /** True for AWS; a number for Google. */
  readonly organization?: true | string;
  readonly project: readonly string[];
  readonly folder: readonly string[];
  readonly client?: string;
  readonly subscription: readonly string[];
  readonly managementGroup: readonly string[];
  readonly tenant?: string;
  readonly endpoint?: string;
}

/** Exit code: ok when all was answered, no when something is missing from the snapshot. */
export async function collectCommand(word: string | undefined, options: CollectCommandOptions): Promise<number> {
  if (word === undefined) return configuredClouds(options);
  const cloud = cloudOf(word);
  const { format = 'text' } = options;
  if (format !== 'text' && format !== 'json')
    throw new Problem(`"${format.slice(0, 40)}" is not a format of this command. Choose from text, json.`);
  refuseForeign(cloud, options);
  if (options.printPolicy === true) {
    print(await policyText(cloud, options));
    return EXIT.ok;
  }
  const result = await collected(cloud, scopeOf(cloud, options), {
    output: options.output,
    resume: options.resume === true,
    ...(options.concurrency === undefined ? {} : { concurrency: countOf(options.concurrency, '--concurrency', 256) }),
    ...(options.timeout === undefined ? {} : { timeout: countOf(options.timeout, '--timeout', 3600) * 1000 }),
  });
  print(format === 'json' ? jsonOf(result) : textOf(result, options.output));
  return result.failures.length > 0 ? EXIT.no : EXIT.ok;
}

/** Each cloud that netaudit.yaml names, one after the other. */
async function configuredClouds(options: CollectCommandOptions): Promise<number> {
  const [said] = [...new Set(Object.values(OWN).flat())].filter((key) => isGiven(options[key]));
  if (said !== undefined || options.printPolicy === true)
    throw new Problem(
      `${flagOf(said ?? 'printPolicy')} needs the name of a cloud: netaudit collect aws, gcp or azure.`,
    );
  const { collectAll } = await import('../live.ts');
  const { results } = await collectAll(true, options.output, options.resume === true);
  for (const result of results) print(textOf(result, options.output));
  return results.some(({ failures }) => failures.length > 0) ? EXIT.no : EXIT.ok;
}

/** The words of the command line as the cloud's own scope. Throws Problem. */
function scopeOf(cloud: CloudName, options: CollectCommandOptions): Scopes[CloudName] {
  if (cloud === 'aws') {
    for (const account of options.account)
      if (!/^\d{12}$/.test(account))
        throw new Problem(`"${account.slice(0, 40)}" is no AWS account id: twelve digits.`);
    for (const region of options.region)
      if (!/^[a-z]{2,5}(-[a-z]+)+-\d+$/.test(region)) throw new Problem(`"${region.slice(0, 40)}" is no AWS region.`);
    if (options.role !== undefined && !/^[\w+=,.@/-]{1,128}$/.test(options.role))
      throw new Problem(`"${options.role.slice(0, 40)}" is no name of a role: give the name, not the ARN.`);
    if (typeof options.organization === 'string')
      throw new Problem('--organization takes no value for aws: it means the organisation of the caller.');
    if (options.organization === true && options.role === undefined)
      throw new Problem('--organization needs --role NAME: the role to take in each account.');
    const { role, externalId } = options;
    return {
      profiles: options.profile,
      regions: options.region,
      accounts: options.account,
      organization: options.organization === true,
      ...(role === undefined ? {} : { role }),
      ...(externalId === undefined ? {} : { externalId }),
    };
  }
  if (cloud === 'gcp') {
    if (options.organization === true)
      throw new Problem('--organization takes the number of the organisation for gcp.');
    const { client } = options;
    if (client !== undefined && client !== 'rest' && client !== 'sdk')
      throw new Problem(`--client takes rest or sdk; "${client.slice(0, 40)}" is neither.`);
    return {
      ...(client === undefined ? {} : { client }),
      projects: options.project,
      folders: options.folder,
      organizations: options.organization === undefined ? [] : [options.organization],
    };
  }
  const { tenant, endpoint } = options;
  return {
    subscriptions: options.subscription,
    managementGroups: options.managementGroup,
    ...(tenant === undefined ? {} : { tenant }),
    ...(endpoint === undefined ? {} : { endpoint }),
  };
}

const OWN: Readonly<Record<CloudName, readonly (keyof CollectCommandOptions)[]>> = {
  aws: ['profile', 'region', 'account', 'role', 'externalId', 'organization'],
  gcp: ['project', 'folder', 'organization', 'client'],
  azure: ['subscription', 'managementGroup', 'tenant', 'endpoint'],
};

/** An option of another cloud is a mistake that must not pass in silence. */
function refuseForeign(cloud: CloudName, options: CollectCommandOptions): void {
  for (const key of new Set(Object.values(OWN).flat()))
    if (!OWN[cloud].includes(key) && isGiven(options[key]))
      throw new Problem(`${flagOf(key)} says nothing to ${cloud}. Its own are ${OWN[cloud].map(flagOf).join(', ')}.`);
}

function isGiven(value: unknown): boolean {
  return value !== undefined && !(Array.isArray(value) && value.length === 0);
}

function flagOf(key: string): string {
  return `--${key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}

async function policyText(cloud: CloudName, options: CollectCommandOptions): Promise<string> {
  const policy =
    cloud === 'aws'
      ? (await import('../../collect/aws/calls.ts')).awsPolicy(options.role === undefined ? {} : { role: options.role })
      : cloud === 'gcp'
        ? (await import('../../collect/gcp/calls.ts')).gcpPolicy()
        : (await import('../../collect/azure/calls.ts')).azurePolicy(
            options.subscription.length + options.managementGroup.length === 0
              ? undefined
              : [
                  ...options.managementGroup.map((id) => `/providers/Microsoft.Management/managementGroups/${id}`),
                  ...options.subscription.map((id) => `/subscriptions/${id}`),
                ],
          );
  return `${JSON.stringify(policy, undefined, 2)}\n`;
}

function countOf(text: string, flag: string, most: number): number {
  const count = Number(text);
  if (!/^\d{1,4}$/.test(text) || count < 1 || count > most)
    throw new Problem(`${flag} takes a number from 1 to ${most}; "${text.slice(0, 40)}" is not that.`);
  return count;
}

function jsonOf({ cloud, folder, calls, resumed, failures, scope }: CollectResult): string {
  return `${JSON.stringify({ schemaVersion: 1, cloud, folder, scope, calls, resumed, failures }, undefined, 2)}\n`;
}

const SHOWN = 50;

function textOf({ cloud, folder, calls, resumed, failures, scope }: CollectResult, output: string): string {
  const again = resumed > 0 ? `, ${resumed} of them by an earlier run` : '';
  const lines = [`${folder}: ${calls} calls answered or refused${again}; ${scope}.`];
  if (failures.length > 0) {
    lines.push(
      '',
      `${failures.length} calls failed. What they list is missing from the snapshot, and answers that it could change are undetermined:`,
    );
    for (const { what, code, message } of failures.slice(0, SHOWN))
      lines.push(`  ${safe(what)}: ${safe(code)}: ${safe(message)}`);
    if (failures.length > SHOWN) lines.push(`  and ${failures.length - SHOWN} more; --format json lists all`);
    if (failures.some(({ denied }) => denied))
      lines.push('', `For the rights: netaudit collect ${cloud} --print-policy`);
    lines.push(`To ask again for these alone: the same command with --resume`);
  }
  lines.push('', `Now ask: netaudit reach A B:443 --snapshot ${output}`);
  return `${lines.join('\n')}\n`;
}
