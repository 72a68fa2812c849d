/**
 * The floors of the house: which room of src may import what, and why. This is the only place where that is written
 * down; test/architecture.test.ts reads it. A row may name only rooms of earlier rows, so imports can only go down.
 * A room may always import itself.
 */
export interface Floor {
  /** A folder of src (`providers/*` stands for each folder in it), or a file directly in src. */
  readonly room: string;
  /** Rooms, `node:*` for Node's own modules, `npm:<package>` or `npm:*` for packages. */
  readonly mayImport: readonly string[];
  readonly reason: string;
}

export const floors: readonly Floor[] = [
  { room: 'net', mayImport: [], reason: 'numbers and sets: provable by themselves, usable anywhere' },
  { room: 'model', mayImport: ['net'], reason: 'the words that all others share: plain data, no I/O, no cloud' },
  {
    room: 'snapshot',
    mayImport: ['model', 'node:*', 'npm:yaml', 'npm:zod'],
    reason: 'reads files into documents and knows nothing of what the documents mean',
  },
  {
    room: 'providers/*',
    mayImport: ['net', 'model', 'snapshot', 'npm:zod'],
    reason: 'what joins two providers goes through the claims register, so that no provider knows another',
  },
  {
    room: 'providers',
    mayImport: ['model', 'snapshot', 'providers/*'],
    reason: 'the list of all providers, and nothing but the list',
  },
  {
    room: 'terraform',
    mayImport: ['net', 'model', 'snapshot', 'npm:zod'],
    reason: 'turns a plan into documents; the providers read them as they read any other',
  },
  { room: 'engine', mayImport: ['net', 'model'], reason: 'answers for a graph, whoever built it' },
  { room: 'gotchas', mayImport: ['net', 'model', 'engine'], reason: 'traps that can be told without a provider' },
  {
    room: 'audit',
    mayImport: ['net', 'model', 'engine', 'node:crypto', 'npm:yaml', 'npm:zod'],
    reason: 'policies are judged on answers; whoever calls reads the files',
  },
  { room: 'diff', mayImport: ['net', 'model', 'engine'], reason: 'compares the answers for two graphs' },
  {
    room: 'report',
    mayImport: [
      'net',
      'model',
      'node:util',
      'node:crypto',
      'node:zlib',
      'npm:csv-stringify',
      'npm:xmlbuilder2',
      'npm:sarif',
    ],
    reason:
      'prints results; a format that computes could disagree (Node styles, hashes and measures; packages write CSV and XML)',
  },
  {
    room: 'redact',
    mayImport: ['net', 'node:*'],
    reason: 'hides names by their shape, whoever gave them; reads no files',
  },
  { room: 'collect', mayImport: ['node:*', 'npm:*'], reason: 'talks to the clouds and leaves files; nothing else' },
  { room: 'probe', mayImport: ['model', 'node:*'], reason: 'sends real packets, so nothing else may load it' },
  { room: 'history', mayImport: ['model', 'node:*', 'npm:pg'], reason: 'stores results as they are, in a database' },
  {
    room: 'schedule',
    mayImport: ['model', 'node:*', 'npm:croner', 'npm:prom-client'],
    reason: 'runs commands by the clock and tells others; it knows results as data and asks nothing itself',
  },
  {
    room: 'core.ts',
    mayImport: ['net', 'model', 'snapshot', 'providers', 'providers/*', 'terraform', 'engine', 'gotchas'],
    reason: 'load, build, ask: the part of the library that one question needs, so that it starts at once',
  },
  {
    room: 'index.ts',
    mayImport: [
      'core.ts',
      'net',
      'model',
      'snapshot',
      'providers',
      'providers/*',
      'terraform',
      'engine',
      'gotchas',
      'audit',
      'diff',
      'report',
    ],
    reason: 'the library: offline, loads no SDK, opens no socket and no store',
  },
  {
    room: 'cli',
    mayImport: [
      'net',
      'model',
      'snapshot',
      'providers',
      'providers/*',
      'terraform',
      'engine',
      'gotchas',
      'audit',
      'diff',
      'report',
      'redact',
      'collect',
      'probe',
      'history',
      'schedule',
      'core.ts',
      'index.ts',
      'package.json',
      'node:*',
      'npm:*',
    ],
    reason: 'alone reads argv, prints and exits, and so joins everything',
  },
  {
    room: 'action',
    mayImport: ['model', 'report', 'cli', 'node:*', 'npm:@actions/*', 'npm:@octokit/*'],
    reason: 'runs commands as a person would and tells the job what came of it; it judges nothing itself',
  },
];

/** Rooms in which no cloud's name may occur, in code or comment. */
export const neutralRooms: readonly string[] = ['net', 'model', 'engine'];

/** Names of clouds, their makers and their products, as single lower-case words. */
export const cloudNames: readonly string[] = (
  'aws amazon amazonaws ec2 eks eni ' +
  'gcp google googleapis gcloud gke gce ' +
  'azure microsoft aks vnet nsg ' +
  'kubernetes kubectl kube k8s ' +
  'oci alibaba aliyun digitalocean openstack ibm'
).split(' ');

/** Packages that are a cloud's SDK: only `collect` loads them, and only by `await import()`. */
export const cloudSdks = /^(@aws-sdk|@smithy|@google-cloud|@azure|@kubernetes)\/|^(google-auth-library|googleapis)$/;

/** Rooms that are lists of alike files: each file must be reachable from the index.ts beside or above it. */
export const listedRooms: readonly string[] = ['providers/*', 'gotchas', 'report'];
