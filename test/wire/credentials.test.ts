/**
 * Whose credentials are used: the clouds' own standard chains, each way of them that a loopback can stand in for, as a user
 * runs the command. That the right one was used shows in what the server is asked with. No secret is printed or written.
 */
import { spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { startAws } from './aws-server.ts';
import { startAzure } from './azure-server.ts';
import { startGcp } from './gcp-server.ts';
import { CERTIFICATE } from './localhost-certificate.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const SUBSCRIPTION = '6f1c2a8e-3d47-4b9a-9c55-0e7d1b2f4a63';
const [OWN, OTHER] = ['111111111111', '222222222222'];

let folder: string;
let closing: (() => Promise<unknown>)[];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'netaudit-credentials-'));
  closing = [];
});
afterEach(async () => {
  for (const close of closing) await close();
  rmSync(folder, { recursive: true, force: true });
});

/** The command with nothing of this machine's own credentials. */
function run(words: readonly string[], env: Record<string, string>) {
  const child = spawn(process.execPath, [join(ROOT, 'bin', 'netaudit.js'), ...words, '-o', join(folder, 's')], {
    cwd: folder,
    env: { PATH: '/usr/bin:/bin', HOME: folder, ...env },
  });
  let [out, said] = ['', ''];
  child.stdout.on('data', (text: Buffer) => (out += text.toString()));
  child.stderr.on('data', (text: Buffer) => (said += text.toString()));
  return new Promise<{ code: number | null; out: string; said: string }>((resolve) =>
    child.once('close', (code) => resolve({ code, out, said })),
  );
}

/** A small service that hands out credentials; what it was asked is kept. */
async function service(
  answer: (request: IncomingMessage, path: string, body: string) => object | string | undefined,
): Promise<{ url: string; asked: string[] }> {
  const asked: string[] = [];
  const server: Server = createServer((request, response) => {
    let body = '';
    request.on('data', (text: Buffer) => (body += text.toString()));
    request.on('end', () => {
      const path = request.url ?? '/';
      asked.push(`${request.method} ${path}`);
      const found = answer(request, path, body);
      response.writeHead(found === undefined ? 404 : 200, {
        'content-type': typeof found === 'string' ? 'text/plain' : 'application/json',
        'metadata-flavor': 'Google',
      });
      response.end(typeof found === 'string' ? found : JSON.stringify(found ?? {}));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closing.push(
    () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(resolve);
      }),
  );
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, asked };
}

function expectNoSecret(...texts: string[]): void {
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => name.startsWith('s/'));
  const written = files
    .filter((name) => name.endsWith('.json'))
    .map((name) => readFileSync(join(folder, name), 'utf8'));
  for (const text of [...texts, ...written]) expect(text).not.toContain('hush');
}

const file = (name: string, content: string): string => {
  writeFileSync(join(folder, name), content, { mode: 0o600 });
  return join(folder, name);
};

describe('AWS', () => {
  const later = () => new Date(Date.now() + 3_600_000).toISOString();
  const keysOf = (account: string) => ({
    AccessKeyId: `ASIA${account}`,
    SecretAccessKey: 'hush',
    Token: 'hush-session',
    Expiration: later(),
  });
  async function collected(env: Record<string, string>, ...more: string[]) {
    const server = await startAws({ estate: () => ({}), accounts: [OWN, OTHER] });
    closing.push(() => server.close());
    const { code, out, said } = await run(['collect', 'aws', '--region', 'eu-west-1', ...more], {
      AWS_ENDPOINT_URL: server.url,
      AWS_REGION: 'eu-west-1',
      AWS_EC2_METADATA_DISABLED: 'true',
      AWS_CONFIG_FILE: file(
        'config',
        '[profile prod]\nregion = eu-west-1\n[profile audit]\nrole_arn = arn:aws:iam::222222222222:role/audit\nsource_profile = prod\n',
      ),
      AWS_SHARED_CREDENTIALS_FILE: file(
        'credentials',
        `[prod]\naws_access_key_id = ASIA${OWN}\naws_secret_access_key = hush\n`,
      ),
      ...env,
    });
    expectNoSecret(out, said);
    const accounts = new Set(server.asked.filter(({ service }) => service === 'ec2').map(({ account }) => account));
    return { code, said, accounts: [...accounts], actions: new Set(server.asked.map(({ action }) => action)) };
  }

  test('keys of a profile', async () => {
    expect(await collected({}, '--profile', 'prod')).toMatchObject({ code: 0, said: '', accounts: [OWN] });
    expect(await collected({ AWS_PROFILE: 'prod' })).toMatchObject({ code: 0, accounts: [OWN] });
  });

  test('a role that a profile takes by another one', async () => {
    const { actions, ...rest } = await collected({}, '--profile', 'audit');
    expect(rest).toEqual({ code: 0, said: '', accounts: [OTHER] });
    expect(actions).toContain('AssumeRole');
  });

  test('a token of the workload for a role', async () => {
    const { actions, ...rest } = await collected({
      AWS_WEB_IDENTITY_TOKEN_FILE: file('token', 'hush-of-the-workload'),
      AWS_ROLE_ARN: `arn:aws:iam::${OTHER}:role/audit`,
    });
    expect(rest).toEqual({ code: 0, said: '', accounts: [OTHER] });
    expect(actions).toContain('AssumeRoleWithWebIdentity');
  });

  test("a container's endpoint", async () => {
    const { url, asked } = await service((request) =>
      request.headers.authorization === 'hush-token' ? keysOf(OTHER) : undefined,
    );
    const env = { AWS_CONTAINER_CREDENTIALS_FULL_URI: `${url}/keys`, AWS_CONTAINER_AUTHORIZATION_TOKEN: 'hush-token' };
    expect(await collected(env)).toMatchObject({ code: 0, accounts: [OTHER] });
    expect(asked).toContain('GET /keys');
  });

  test("a machine's metadata, by its second version", async () => {
    const { url, asked } = await service(({ method, headers }, path) => {
      if (method === 'PUT' && path === '/latest/api/token') return 'hush-imds';
      if (headers['x-aws-ec2-metadata-token'] !== 'hush-imds') return undefined;
      if (path === '/latest/meta-data/iam/security-credentials/') return 'machine-role';
      return path.endsWith('/machine-role') ? { Code: 'Success', Type: 'AWS-HMAC', ...keysOf(OTHER) } : undefined;
    });
    const env = { AWS_EC2_METADATA_DISABLED: 'false', AWS_EC2_METADATA_SERVICE_ENDPOINT: url };
    expect(await collected(env)).toMatchObject({ code: 0, accounts: [OTHER] });
    expect(asked[0]).toBe('PUT /latest/api/token');
  });

  test('none at all: who asks is told how to log in', async () => {
    const { code, said } = await collected({});
    expect([code, said]).toEqual([2, expect.stringMatching(/does not say who is asking.*aws sso login/)]);
  });
});

describe('Google Cloud', () => {
  async function collected(env: Record<string, string>, ...more: string[]) {
    const server = await startGcp({ records: () => ({}) });
    closing.push(() => server.close());
    const { code, out, said } = await run(['collect', 'gcp', ...more], {
      CLOUDSDK_API_ENDPOINT_OVERRIDES_COMPUTE: `${server.url}/compute/v1/`,
      CLOUDSDK_API_ENDPOINT_OVERRIDES_CLOUDRESOURCEMANAGER: `${server.url}/`,
      CLOUDSDK_API_ENDPOINT_OVERRIDES_NETWORKCONNECTIVITY: `${server.url}/nc/v1/`,
      CLOUDSDK_API_ENDPOINT_OVERRIDES_NETWORKSECURITY: `${server.url}/ns/v1/`,
      ...env,
    });
    expectNoSecret(out, said);
    return { code, said, tokens: [...new Set(server.asked.map(({ token }) => token))], asked: server.asked };
  }

  test("the metadata server's token and project", async () => {
    const { url, asked } = await service((request, path) => {
      if (request.headers['metadata-flavor'] !== 'Google') return undefined;
      if (path.includes('/token'))
        return { access_token: 'hush-of-the-machine', expires_in: 3600, token_type: 'Bearer' };
      if (path.endsWith('/project/project-id')) return 'acme-prod';
      return path.includes('universe') ? 'googleapis.com' : 'default';
    });
    const { code, tokens, asked: calls } = await collected({ GCE_METADATA_HOST: url.replace('http://', '') });
    expect([code, tokens]).toEqual([0, ['hush-of-the-machine']]);
    expect(calls.every(({ path }) => !path.startsWith('/compute/') || path.includes('/acme-prod'))).toBe(true);
    expect(asked.some((one) => one.includes('/service-accounts/default/token'))).toBe(true);
  });

  test("a workload's identity of another provider, exchanged for a token", async () => {
    const { url, asked } = await service((_, path, body) =>
      path === '/exchange' && body.includes('hush-subject')
        ? {
            access_token: 'hush-federated',
            issued_token_type: 'urn:ietf:params:oauth:token-type:access_token',
            token_type: 'Bearer',
            expires_in: 3600,
          }
        : undefined,
    );
    const key = {
      type: 'external_account',
      audience: '//iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/p/providers/q',
      subject_token_type: 'urn:ietf:params:oauth:token-type:jwt',
      token_url: `${url}/exchange`,
      credential_source: { file: file('subject', 'hush-subject') },
    };
    const { code, tokens } = await collected(
      { GOOGLE_APPLICATION_CREDENTIALS: file('adc.json', JSON.stringify(key)), GOOGLE_CLOUD_PROJECT: 'acme-prod' },
      '--project',
      'acme-prod',
    );
    expect([code, tokens, asked]).toEqual([0, ['hush-federated'], ['POST /exchange']]);
  });

  test('a key file that is none: who asks is told how to log in, and nothing of it is repeated', async () => {
    const { code, said } = await collected(
      { GOOGLE_APPLICATION_CREDENTIALS: file('adc.json', '{"private_key":"hush"') },
      '--project',
      'acme-prod',
    );
    expect([code, said]).toEqual([2, expect.stringMatching(/does not accept who is asking.*gcloud auth/)]);
  });
});

describe('Azure', () => {
  async function collected(env: Record<string, string>) {
    const server = await startAzure({ records: [] });
    closing.push(() => server.close());
    const words = ['collect', 'azure', '--endpoint', server.url, '--subscription', SUBSCRIPTION];
    const { code, out, said } = await run(words, { NODE_EXTRA_CA_CERTS: file('ca.pem', CERTIFICATE), ...env });
    expectNoSecret(out, said);
    return { code, said, url: server.url, tokens: [...new Set(server.asked.map(({ token }) => token))] };
  }

  test('the managed identity of an app', async () => {
    const { url, asked } = await service((request) =>
      request.headers['x-identity-header'] === 'hush-header'
        ? {
            access_token: 'hush-of-the-app',
            expires_on: String(Math.floor(Date.now() / 1000) + 3600),
            token_type: 'Bearer',
          }
        : undefined,
    );
    const {
      code,
      tokens,
      url: root,
    } = await collected({ IDENTITY_ENDPOINT: `${url}/msi`, IDENTITY_HEADER: 'hush-header' });
    expect([code, tokens]).toEqual([0, ['hush-of-the-app']]);
    expect(decodeURIComponent(asked[0]!)).toContain(`resource=${root}`);
  });

  test('the logged-in command line', async () => {
    const token = {
      accessToken: 'hush-of-az',
      expiresOn: '2099-01-01 00:00:00.000000',
      expires_on: 4_070_908_800,
      tokenType: 'Bearer',
    };
    writeFileSync(join(folder, 'az'), `#!/bin/sh\necho '${JSON.stringify(token)}'\n`, { mode: 0o755 });
    const { code, tokens } = await collected({ PATH: `${folder}:/usr/bin:/bin`, AZURE_TOKEN_CREDENTIALS: 'dev' });
    expect([code, tokens]).toEqual([0, ['hush-of-az']]);
  });

  test('none at all: who asks is told how to log in', async () => {
    const { code, said } = await collected({ AZURE_TOKEN_CREDENTIALS: 'dev' });
    expect([code, said]).toEqual([2, expect.stringMatching(/does not accept who is asking.*az login/)]);
  });
});
