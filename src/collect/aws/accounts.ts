/**
 * Whose configuration is collected: the callers' own accounts by profile, and those that a role opens, named or listed by
 * AWS Organizations. Knows credentials only as the SDK's own providers; never sees a key.
 */
import { CollectError, objectsOf, textOf } from '../words.ts';
import { failureOf } from '../collection.ts';
import { answerOf, clientOf } from './client.ts';
import type { AwsModules } from './modules.ts';

/** How the SDK gets at keys; nothing here ever looks at one. */
type AwsCredentials = ReturnType<AwsModules['credentials']['fromNodeProviderChain']>;

export interface AwsAccount {
  readonly id: string;
  readonly name?: string;
  readonly credentials: AwsCredentials;
  /** Reached by a role: whether it opens is known when it is first used. */
  readonly role?: string;
}

export interface AccountOptions {
  /** Profiles of the shared configuration; none: the standard chain. */
  readonly profiles?: readonly string[];
  /** Every active account of the caller's organisation. */
  readonly organization?: boolean;
  /** Twelve digits each; with `role`. */
  readonly accounts?: readonly string[];
  /** Name of the role to take in every account but the caller's own. */
  readonly role?: string;
  readonly externalId?: string;
}

/** The settings that each client is made with, for a region. */
export type ClientSettings = (region: string, credentials: AwsCredentials) => object;

/** Every account once, in order of id. Throws CollectError when who asks is not known, or the organisation can't be listed. */
export async function accountsOf(
  modules: AwsModules,
  options: AccountOptions,
  home: (profile: string | undefined) => Promise<string>,
  settings: ClientSettings,
  signal: AbortSignal,
): Promise<readonly AwsAccount[]> {
  const found = new Map<string, AwsAccount>();
  const profiles = options.profiles ?? [];
  for (const profile of profiles.length === 0 ? [undefined] : profiles) {
    const region = await home(profile);
    const credentials = modules.credentials.fromNodeProviderChain({
      ...(profile === undefined ? {} : { profile }),
      clientConfig: { region },
    });
    const caller = await callerOf(modules, settings(region, credentials), profile, signal);
    const wanted = options.accounts ?? [];
    const listed = options.organization === true ? await listedBy(modules, settings(region, credentials), signal) : [];
    const isOwnWanted = wanted.length === 0 || wanted.includes(caller.account);
    if (isOwnWanted) found.set(caller.account, { id: caller.account, credentials });
    const others =
      options.organization === true
        ? listed.filter(({ id }) => wanted.length === 0 || wanted.includes(id))
        : wanted.map((id) => ({ id }));
    for (const other of others) {
      if (other.id === caller.account || found.has(other.id)) continue;
      const { role } = options;
      if (role === undefined)
        throw new CollectError(
          `account ${other.id} is not the caller's own (${caller.account}): name the role to take there with --role NAME.`,
        );
      const arn = `arn:${caller.partition}:iam::${other.id}:role/${role}`;
      found.set(other.id, {
        ...other,
        role: arn,
        credentials: modules.credentials.fromTemporaryCredentials({
          masterCredentials: credentials,
          params: {
            RoleArn: arn,
            RoleSessionName: 'netaudit',
            ...(options.externalId === undefined ? {} : { ExternalId: options.externalId }),
          },
          clientConfig: { ...settings(region, credentials), region },
        }),
      });
    }
  }
  return [...found.values()].sort((a, b) => (a.id < b.id ? -1 : 1));
}

async function callerOf(
  modules: AwsModules,
  settings: object,
  profile: string | undefined,
  signal: AbortSignal,
): Promise<{ account: string; partition: string }> {
  const client = new modules.sts.STSClient(settings);
  try {
    const { Account, Arn } = await client.send(new modules.sts.GetCallerIdentityCommand({}), { abortSignal: signal });
    if (Account === undefined || !/^\d{12}$/.test(Account)) throw new Error('the answer names no account');
    return { account: Account, partition: /^arn:([a-z-]+):/.exec(Arn ?? '')?.[1] ?? 'aws' };
  } catch (error) {
    signal.throwIfAborted();
    const { code, message } = failureOf({ what: '' }, error);
    throw new CollectError(
      `AWS does not say who is asking${profile === undefined ? '' : ` (profile ${profile})`}: ${code}: ${message}. Log in (aws sso login, aws configure), or name a profile with --profile.`,
    );
  } finally {
    client.destroy();
  }
}

async function listedBy(
  modules: AwsModules,
  settings: object,
  signal: AbortSignal,
): Promise<readonly { id: string; name?: string }[]> {
  const client = clientOf(modules.organizations, 'OrganizationsClient', settings);
  try {
    const answer = await answerOf(
      client,
      modules.organizations,
      { service: 'ec2', operation: 'list-accounts', input: {}, key: 'Accounts' },
      signal,
    );
    return objectsOf(answer, 'Accounts').flatMap((account) => {
      const [id, name] = [textOf(account, 'Id'), textOf(account, 'Name')];
      const state = textOf(account, 'State') ?? textOf(account, 'Status');
      if (id === undefined || !/^\d{12}$/.test(id) || state !== 'ACTIVE') return [];
      return [name === undefined ? { id } : { id, name }];
    });
  } catch (error) {
    signal.throwIfAborted();
    const { code, message } = failureOf({ what: '' }, error);
    throw new CollectError(
      `the organisation's accounts can't be listed: ${code}: ${message}. It needs organizations:ListAccounts in the management account or a delegated one; or name the accounts with --account.`,
    );
  } finally {
    client.destroy();
  }
}
