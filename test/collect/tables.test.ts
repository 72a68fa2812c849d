/** What is asked, what the readers know, the rights that are printed and the pages that show them: one table, no drift. */
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { AWS_CALLS, type AwsCall, awsActions, awsPolicy, type FollowUp } from '../../src/collect/aws/calls.ts';
import { azurePolicy } from '../../src/collect/azure/calls.ts';
import { oneLine } from '../../src/collect/collection.ts';
import { segmentOf } from '../../src/collect/file-name.ts';
import { CollectionFolder } from '../../src/collect/folder.ts';
import { GCP_LISTS, gcpPolicy } from '../../src/collect/gcp/calls.ts';
import { missingSdk, PACKAGES } from '../../src/collect/sdk.ts';
import { AWS_ANSWERS, answersOfOperation } from '../../src/providers/aws/answers.ts';
import { awsRecogniser } from '../../src/providers/aws/envelopes.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const page = readFileSync(join(ROOT, 'docs', 'collect.md'), 'utf8');
const packageJson = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as Record<
  string,
  Record<string, string>
>;

type Named = Pick<AwsCall, 'operation' | 'key'> & { readonly next?: readonly FollowUp[] };
const flat = (calls: readonly Named[]): readonly Named[] => calls.flatMap((call) => [call, ...flat(call.next ?? [])]);

describe('the rights', () => {
  test.each([
    ['aws', awsPolicy()],
    ['gcp', gcpPolicy()],
    ['azure', azurePolicy()],
  ])('of %s stand in the docs as they are printed', (_, policy) => {
    expect(page).toContain(`\`\`\`json\n${JSON.stringify(policy, undefined, 2)}\n\`\`\``);
  });

  test('only read', () => {
    for (const action of awsActions()) expect(action).toMatch(/^[a-z0-9-]+:(Describe|Get|List|Search)[A-Za-z]+$/);
    for (const permission of gcpPolicy()['includedPermissions'] as string[])
      expect(permission).toMatch(/\.(get|list|listEffectiveTags)$/);
    for (const action of azurePolicy()['Actions'] as string[])
      expect(action).toMatch(/\/(read|list\w+\/action|getlearnedroutes\/action)$/);
  });

  test('of a caller in an organisation name the one role that may be taken', () => {
    expect(JSON.stringify(awsPolicy({ role: 'netaudit' }))).toContain('"arn:aws:iam::*:role/netaudit"');
    expect(JSON.stringify(awsPolicy())).not.toContain('AssumeRole');
  });
});

/** Kinds that the readers of AWS make something of and no call brings, with the reason. */
const NOT_COLLECTED: Readonly<Record<string, string>> = {
  'Configuration@get-function': 'list-functions brings the same record',
};

test('every kind of answer that a reader of AWS makes something of is brought by a call, or has a reason', () => {
  const folder = join(ROOT, 'src', 'providers', 'aws');
  // Those that say what an answer is, and make nothing of it.
  const tables = /(^|\/)(answers|envelopes|call|briefs)\.ts$|\.samples\.ts$/;
  const source = readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts') && !tables.test(name))
    .map((name) => readFileSync(join(folder, name), 'utf8'))
    .join('\n');
  const kinds = new Set(AWS_ANSWERS.map(({ kind }) => kind));
  const read = [
    ...source.matchAll(/(?:kind: |\.(?:answers|all|get|knows|documents|entries)\()'([^'\n]+)'/g),
    ...source.matchAll(/^ {2}'?([A-Za-z@-]+)'?: \{ id: '/gm),
  ].flatMap(([, word]) => (kinds.has(word!) ? [word!] : []));
  const brought = new Set(
    flat(AWS_CALLS).flatMap(({ operation }) => answersOfOperation(operation).map((one) => one.kind)),
  );
  expect(new Set(read).size).toBeGreaterThan(40);
  expect([...new Set(read)].filter((kind) => !brought.has(kind)).toSorted()).toEqual(Object.keys(NOT_COLLECTED));
});

/** Words of a kind that the readers of a cloud ask their inventory for. */
function askedFor(cloud: string, pattern: RegExp): readonly string[] {
  const folder = join(ROOT, 'src', 'providers', cloud);
  const words = readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts') && !name.endsWith('.samples.ts'))
    .flatMap((name) => [...readFileSync(join(folder, name), 'utf8').matchAll(pattern)].map(([, word]) => word!));
  return [...new Set(words)].toSorted();
}

test('every kind that a reader of Google Cloud asks for is brought by a call, or has a reason', () => {
  const reasons = {
    backendHealth: 'a state of this minute: backends are taken as healthy, and that is said',
    effectiveFirewalls: 'the policies and rules that it sums up are brought',
    folder: 'the ancestry of each project says what stands above it',
    peeringRoutes: 'the list of routes holds those of peerings',
    tagValue: 'the effective tags of each VM carry their names',
  };
  // Asked for single things, or for what stands above.
  const single = 'addressGroup ancestors instanceGroupMembers networkEndpoints project routerStatus tagBinding'.split(
    ' ',
  );
  const brought = new Set([
    ...single,
    ...GCP_LISTS.map(({ name, kind }) => kind?.replace(/^compute#|(Aggregated)?List$/g, '') ?? name.replace(/s$/, '')),
  ]);
  const asked = askedFor('gcp', /\.(?:all|get|knows|knowsFor|answers|isComplete)\('(\w+)'/g);
  expect(asked.length).toBeGreaterThan(30);
  expect(asked.filter((kind) => !brought.has(kind))).toEqual(Object.keys(reasons));
});

test('every type that a reader of Azure asks for is brought by a call, or stands inside of one that is', () => {
  const inside = {
    'microsoft.compute/virtualmachinescalesets/virtualmachines/networkinterfaces': 'scale sets are asked one by one',
    'microsoft.network/networksecuritygroups/securityrules': 'in their group',
    'microsoft.network/routetables/routes': 'in their table',
    'microsoft.network/virtualnetworks/subnets': 'in their network',
    'microsoft.network/virtualnetworks/virtualnetworkpeerings': 'in their network',
  };
  const brought = new Set(
    (azurePolicy()['Actions'] as string[]).map((one) => one.toLowerCase().replace(/\/read$/, '')),
  );
  const asked = askedFor('azure', /\['(microsoft\.[a-z0-9/.]+)', '/g);
  const long = askedFor('azure', /^ {4}'(microsoft\.[a-z0-9/.]+)',$/gm);
  expect(asked.length).toBeGreaterThan(30);
  expect([...asked, ...long].filter((type) => !brought.has(type)).toSorted()).toEqual(Object.keys(inside));
});

test('every AWS list that is asked for is one that the reader knows by its call', () => {
  const about = {
    VpcId: 'v',
    TransitGatewayRouteTableId: 't',
    PrefixListId: 'p',
    LoadBalancerArn: 'l',
    ListenerArn: 'i',
    TargetGroupArn: 'g',
    LoadBalancerName: 'n',
    HostedZoneId: 'h',
    FileSystemId: 'f',
  };
  for (const { operation, key } of flat(AWS_CALLS)) {
    if (key === undefined) continue;
    const found = awsRecogniser.recognise(
      { $request: { operation, ...about }, [key]: [] },
      { file: 'x.json', folders: [] },
    );
    expect({ operation, key, documents: found?.documents.length, not: found?.notUnderstood ?? [] }).toEqual({
      operation,
      key,
      documents: 1,
      not: [],
    });
  }
});

describe('the SDKs', () => {
  test('are optional: pinned for the tests, peers for the user', () => {
    for (const name of Object.values(PACKAGES).flat()) {
      expect(packageJson['devDependencies']![name]).toMatch(/^\d+\.\d+\.\d+$/);
      expect(packageJson['peerDependencies']![name]).toBe(`^${packageJson['devDependencies']![name]}`);
      expect(packageJson['peerDependenciesMeta']![name]).toEqual({ optional: true });
      expect(packageJson['dependencies']![name]).toBeUndefined();
    }
  });

  test.each([
    ['/usr/lib/node_modules/netaudit/dist/cli/chunks/sdk.js', /^ {2}npm install --global google-auth-library$/m],
    [
      '/home/me/.npm/_npx/0a1/node_modules/netaudit/dist/cli/main.cjs',
      /^ {2}npx --yes -p netaudit -p google-auth-library netaudit collect gcp$/m,
    ],
    ['/home/me/project/node_modules/netaudit/dist/cli/main.cjs', /^ {2}npm install google-auth-library$/m],
  ])('one that is missing is named with the one command that brings it: %s', (file, command) => {
    expect(missingSdk('gcp', file)).toMatch(command);
  });
});

test.each([
  ['login to https://me:hush@proxy:3128/x failed', 'login to https://me:…@proxy:3128/x failed'],
  ['{"access_token":"hush","error":"x"}', '{"access_token":"…","error":"x"}'],
  ['Authorization: Bearer hush', 'Authorization: Bearer …'],
  ['a\u001b[31m\nb', 'a [31m b'],
])('what an API says is one line without secrets: %j', (said, shown) => {
  expect(oneLine(said, 300)).toBe(shown);
});

describe('what a kill leaves', () => {
  test('of the copy that --resume begins with is no run of its own', () => {
    const output = mkdtempSync(join(tmpdir(), 'netaudit-folder-'));
    const first = new CollectionFolder(output, 'aws', { regions: [] });
    first.begin(false);
    first.write(['a'], { Vpcs: [] });
    first.finish();
    // Killed while copying: some of it is there, the note is not.
    mkdirSync(join(output, '.aws.collecting.copy'));
    writeFileSync(join(output, '.aws.collecting.copy', 'a.json'), '{"Vp');
    const again = new CollectionFolder(output, 'aws', { regions: [] });
    again.begin(true);
    expect(again.kept(['a'])).toEqual({ Vpcs: [] });
    again.finish();
    expect(readdirSync(output)).toEqual(['aws']);
    rmSync(output, { recursive: true });
  });
});

describe('names of files', () => {
  test.each(['vpc-1', 'describe-vpcs', 'a.b_c'])('%s stays as it is', (name) => expect(segmentOf(name)).toBe(name));

  test.each([
    '',
    '.',
    '..',
    '../x',
    '/etc/passwd',
    'a\\b',
    'C:x',
    'nul',
    'con.json',
    '.hidden',
    '-rf',
    'a\0b',
    'x'.repeat(500),
    'ü',
    'trailing.',
  ])('%j becomes a plain name of its own', (name) => {
    const segment = segmentOf(name);
    expect(segment).toMatch(/^[A-Za-z0-9_~][A-Za-z0-9._~-]{0,120}$/);
    expect(segment).not.toMatch(/\.\.|\.$|^(con|nul)(\.|$)/);
    expect(segmentOf(`${name}x`)).not.toBe(segment);
  });
});

describe('the examples in docs', () => {
  const folder = join(ROOT, 'docs', 'examples');
  const textOf = (name: string) => readFileSync(join(folder, name), 'utf8');

  test('are valid YAML, and the page links to each of them', () => {
    const schedule = readFileSync(join(ROOT, 'docs', 'schedule.md'), 'utf8');
    for (const name of readdirSync(folder)) {
      expect(schedule).toContain(`(examples/${name})`);
      if (name.endsWith('.yaml'))
        for (const document of parseAllDocuments(textOf(name))) expect(document.errors).toEqual([]);
    }
  });

  test('install every SDK that the workflow needs', () => {
    for (const name of PACKAGES.aws) expect(textOf('github-workflow.yaml')).toContain(name);
  });
});
