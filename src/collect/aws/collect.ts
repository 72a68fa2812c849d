/**
 * Collects AWS: every call of the table in every account and region. Knows which clients the SDK needs and in which order
 * things are asked; what the answers mean is the readers' business.
 */
import pLimit from 'p-limit';
import { Collection, failureOf } from '../collection.ts';
import { CollectionFolder } from '../folder.ts';
import { loaded } from '../sdk.ts';
import {
  CollectError,
  type CollectOptions,
  type CollectResult,
  isObject,
  type Json,
  objectsOf,
  textOf,
} from '../words.ts';
import { type AccountOptions, accountsOf, type AwsAccount, type ClientSettings } from './accounts.ts';
import { AWS_CALLS, type AwsCall, type FollowUp, type Service } from './calls.ts';
import { answerOf, type AwsClient, clientOf } from './client.ts';
import { type AwsModules, loadAwsSdk } from './modules.ts';

export interface AwsOptions extends CollectOptions, AccountOptions {
  /** Names of regions; none: all that each account has switched on. */
  readonly regions?: readonly string[];
  /** The table of calls, for those who want less. */
  readonly calls?: readonly AwsCall[];
}

const CLIENTS: Readonly<Record<Service, string>> = {
  ec2: 'EC2Client',
  elb: 'ElasticLoadBalancingClient',
  elbv2: 'ElasticLoadBalancingV2Client',
  'network-firewall': 'NetworkFirewallClient',
  directconnect: 'DirectConnectClient',
  route53: 'Route53Client',
  rds: 'RDSClient',
  elasticache: 'ElastiCacheClient',
  redshift: 'RedshiftClient',
  lambda: 'LambdaClient',
  efs: 'EFSClient',
  opensearch: 'OpenSearchClient',
  ecs: 'ECSClient',
  eks: 'EKSClient',
};

/** Calls at the same time in one region of one account: the API counts them there. */
const AT_ONCE_IN_A_REGION = 6;
/** Regions of accounts under way at the same time. */
const SCOPES_AT_ONCE = 24;
const TIMEOUT = 60_000;
const ATTEMPTS = 8;

/** Writes the snapshot. Throws CollectError for what has to be mended before anything can be asked. */
export async function collectAws(options: AwsOptions): Promise<CollectResult> {
  const modules = await loaded('aws', loadAwsSdk);
  const signal = options.signal ?? new AbortController().signal;
  const {
    output: _,
    resume: __,
    concurrency: ___,
    timeout,
    attempts,
    onProgress: ____,
    signal: _____,
    calls: ______,
    ...what
  } = options;
  const folder = new CollectionFolder(options.output, 'aws', what);
  const settings: ClientSettings = (region, credentials) => ({
    region,
    credentials,
    maxAttempts: attempts ?? ATTEMPTS,
    retryMode: 'standard',
    requestHandler: {
      requestTimeout: timeout ?? TIMEOUT,
      throwOnRequestTimeout: true,
      connectionTimeout: Math.min(timeout ?? TIMEOUT, 10_000),
      httpsAgent: { keepAlive: true, maxSockets: AT_ONCE_IN_A_REGION },
    },
  });
  const home = (profile: string | undefined) => homeRegion(modules, settings, profile);
  const accounts = await accountsOf(modules, options, home, settings, signal);
  folder.begin(options.resume === true);
  const run = new AwsRun(new Collection('aws', folder, options), modules, settings, options.calls ?? AWS_CALLS);
  const first = await home(options.profiles?.[0]);
  const regions = new Set<string>();
  const atOnce = pLimit(SCOPES_AT_ONCE);
  await Promise.all(
    accounts.map(async (account) => {
      const its = await atOnce(() => run.regionsOf(account, first, options.regions ?? []));
      for (const region of its) regions.add(region);
      // What is the same everywhere is asked in the first region only.
      await Promise.all(its.map((region, i) => atOnce(() => run.region(account, region, i === 0))));
    }),
  );
  return run.collection.finish(`${counted(accounts.length, 'account')}, ${counted(regions.size, 'region')}`);
}

function counted(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? '' : 's'}`;
}

class AwsRun {
  readonly collection: Collection;
  private readonly modules: AwsModules;
  private readonly settings: ClientSettings;
  private readonly calls: readonly AwsCall[];

  constructor(collection: Collection, modules: AwsModules, settings: ClientSettings, calls: readonly AwsCall[]) {
    this.collection = collection;
    this.modules = modules;
    this.settings = settings;
    this.calls = calls;
  }

  /** The regions to ask in; none when the account does not open, which is then a failure of the run. */
  async regionsOf(account: AwsAccount, home: string, wanted: readonly string[]): Promise<readonly string[]> {
    const client = clientOf(this.modules.ec2, CLIENTS.ec2, this.settings(home, account.credentials));
    try {
      const answer = await this.collection.ask({
        path: [account.id, 'describe-regions'],
        what: `aws ec2 describe-regions in account ${account.id}`,
        request: { service: 'ec2', operation: 'describe-regions', account: account.id },
        silent: true,
        run: async (signal) => {
          await opened(account);
          return answerOf(
            client,
            this.modules.ec2,
            { service: 'ec2', operation: 'describe-regions', input: {}, key: 'Regions' },
            signal,
          );
        },
      });
      const open = objectsOf(answer, 'Regions').flatMap((region) => textOf(region, 'RegionName') ?? []);
      if (wanted.length === 0) return open.toSorted();
      // A region that is not switched on answers nothing: asking there would only fail, call by call.
      return answer === undefined
        ? account.role === undefined
          ? wanted
          : []
        : wanted.filter((region) => open.includes(region));
    } finally {
      client.destroy();
    }
  }

  /** Every call of the table in one region of one account. */
  async region(account: AwsAccount, region: string, isFirst: boolean): Promise<void> {
    const atOnce = pLimit(AT_ONCE_IN_A_REGION);
    const clients = new Map<Service, AwsClient>();
    const of = (service: Service): AwsClient => {
      let client = clients.get(service);
      if (client === undefined) {
        client = clientOf(this.modules[service], CLIENTS[service], this.settings(region, account.credentials));
        clients.set(service, client);
      }
      return client;
    };
    const ask = async (service: Service, call: AwsCall | FollowUp, about: Json): Promise<void> => {
      // Of a call about many things, all of them name the file and the first one is told.
      const id = Object.values(about).flat().join(' ');
      const [told] = Object.values(about).flat();
      const name = service === 'ec2' ? call.operation : `${service}-${call.operation}`;
      const answer = await atOnce(() =>
        this.collection.ask({
          path: [account.id, region, ...(id === '' ? [name] : [name, id])],
          what: `aws ${service} ${call.operation}${typeof told === 'string' ? ` of ${told}` : ''} in ${account.id} ${region}`,
          request: { service, operation: call.operation, account: account.id, region, ...about, ...call.input },
          ...(call.silent === true ? { silent: true } : {}),
          ...(call.aside === true ? { aside: true } : {}),
          run: (signal) =>
            answerOf(
              of(service),
              this.modules[service],
              {
                service,
                operation: call.operation,
                input: { ...about, ...call.input },
                ...(call.key === undefined ? {} : { key: call.key }),
                ...(call.page === undefined ? {} : { page: call.page }),
              },
              signal,
            ),
        }),
      );
      if (answer === undefined) return;
      await Promise.all(
        (call.next ?? []).flatMap((next) => next.about(answer).map((subject) => ask(service, next, subject))),
      );
    };
    try {
      await Promise.all(
        this.calls.filter(({ where }) => where !== 'account' || isFirst).map((call) => ask(call.service, call, {})),
      );
    } finally {
      for (const client of clients.values()) client.destroy();
    }
  }
}

/** A role that can't be taken is said so once, not call by call. */
async function opened(account: AwsAccount): Promise<void> {
  if (account.role === undefined) return;
  try {
    await account.credentials();
  } catch (error) {
    const { code, message } = failureOf({ what: '' }, error);
    const refused = new Error(`role ${account.role} can't be taken: ${message}`);
    refused.name = code;
    throw refused;
  }
}

/** The region of the environment or the profile, as the SDK finds it; without one, the partition's first. */
async function homeRegion(modules: AwsModules, settings: ClientSettings, profile: string | undefined): Promise<string> {
  const nobody = async () => ({ accessKeyId: '', secretAccessKey: '' });
  const { region: _, ...rest } = settings('', nobody) as { region: string };
  const client = new modules.sts.STSClient({ ...rest, ...(profile === undefined ? {} : { profile }) });
  try {
    const region = await client.config.region();
    if (!isObject(region) && /^[a-z]{2,5}(-[a-z]+)+-\d+$/.test(region)) return region;
    throw new CollectError(`"${region.slice(0, 40)}" is no AWS region. Set AWS_REGION, or give --region.`);
  } catch (error) {
    if (error instanceof CollectError) throw error;
    return 'us-east-1';
  } finally {
    client.destroy();
  }
}
