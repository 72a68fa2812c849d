/** Webhooks: signed, tried again while nothing can have arrived, never twice; and what they say is no markup. */
import { createHmac } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { reportMessage } from '../../src/schedule/message.ts';
import { Outbox } from '../../src/schedule/webhook.ts';

let folder: string;
let now: number;
let server: Server;
let url: string;
let got: { headers: IncomingHttpHeaders; body: string }[];
let answers: (number | 'gone' | { status: number; retryAfter: string })[];
let said: string[];

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'netaudit-outbox-'));
  now = Date.UTC(2026, 2, 1);
  [got, answers, said] = [[], [], []];
  server = createServer((request, response) => {
    let body = '';
    request.on('data', (text: Buffer) => (body += text.toString()));
    request.on('end', () => {
      got.push({ headers: request.headers, body });
      const answer = answers.shift() ?? 200;
      if (answer === 'gone') return void response.socket?.destroy();
      if (typeof answer === 'object') response.setHeader('retry-after', answer.retryAfter);
      response.writeHead(typeof answer === 'object' ? answer.status : answer).end('ok');
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/services/T0/SECRET-PATH`;
});
afterEach(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => void server.close(resolve));
  rmSync(folder, { recursive: true, force: true });
});

const outbox = () => new Outbox(join(folder, 'outbox'), () => now);
const flush = (box: Outbox, key?: string) =>
  box.flush(key === undefined ? { url } : { url, key }, (sentence) => said.push(sentence));
const later = (seconds: number) => (now += seconds * 1000);

describe('deliveries', () => {
  test('one is sent once, signed over time and body, and then gone from the folder', async () => {
    const box = outbox();
    const id = box.add({ text: 'hello' });
    expect(await flush(box, 'k')).toEqual(['sent']);
    expect(await flush(box, 'k')).toEqual([]);
    const [{ headers, body }] = got as [(typeof got)[0]];
    const timestamp = String(headers['x-netaudit-timestamp']);
    expect(headers['x-netaudit-signature']).toBe(
      `sha256=${createHmac('sha256', 'k').update(`${timestamp}.${body}`).digest('hex')}`,
    );
    expect([JSON.parse(body), headers['x-netaudit-delivery'], box.waiting]).toEqual([{ text: 'hello' }, id, 0]);
  });

  test('a refusal that may pass is tried again, later each time, as the receiver says where it does', async () => {
    const box = outbox();
    box.add({ text: 'hello' });
    answers = [503, { status: 429, retryAfter: '60' }, 200];
    expect(await flush(box)).toEqual(['later']);
    expect(await flush(box)).toEqual([]);
    later(6);
    expect(await flush(box)).toEqual(['later']);
    later(30);
    expect(await flush(box)).toEqual([]);
    later(31);
    expect(await flush(box)).toEqual(['sent']);
    expect(new Set(got.map(({ headers }) => headers['x-netaudit-delivery'])).size).toBe(1);
  });

  test('a receiver that is not there is waited for, over a restart too', async () => {
    const port = (server.address() as AddressInfo).port;
    await new Promise((resolve) => void server.close(resolve));
    const box = outbox();
    box.add({ text: 'hello' });
    expect(await flush(box)).toEqual(['later']);
    await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
    later(10);
    expect(await flush(outbox())).toEqual(['sent']);
  });

  test('what may have arrived is never sent again: no answer, or a crash while sending', async () => {
    const box = outbox();
    box.add({ text: 'one' });
    answers = ['gone'];
    expect(await flush(box)).toEqual(['unsure']);
    box.add({ text: 'two' });
    const file = join(folder, 'outbox', readdirSync(join(folder, 'outbox'))[0]!);
    writeFileSync(file, JSON.stringify({ ...JSON.parse(readFileSync(file, 'utf8')), state: 'sending' }));
    expect(await flush(outbox())).toEqual(['unsure']);
    later(100_000);
    expect(await flush(outbox())).toEqual([]);
    expect(got.map(({ body }) => JSON.parse(body).text)).toEqual(['one']);
  });

  test('a refusal for good is given up and said; so are ten tries', async () => {
    const box = outbox();
    box.add({ text: 'hello' });
    answers = [404];
    expect(await flush(box)).toEqual(['refused']);
    box.add({ text: 'again' });
    answers = Array.from({ length: 10 }, () => 500);
    for (let i = 0; i < 12; i++) {
      await flush(box);
      later(4000);
    }
    expect(got.length).toBe(11);
    expect(box.waiting).toBe(0);
    expect(said.join('\n')).toMatch(/refused a report \(status 404\)[^]*10 times/);
  });

  test('the URL is said nowhere, the folder is private, redirects are not followed', async () => {
    const box = outbox();
    box.add({ text: 'hello' });
    answers = [302, 'gone', 500];
    for (let i = 0; i < 3; i++) {
      await flush(box);
      box.add({ text: 'x' });
      later(4000);
    }
    const files = readdirSync(join(folder, 'outbox')).map((name) => join(folder, 'outbox', name));
    expect(`${said.join()} ${files.map((file) => readFileSync(file, 'utf8')).join()}`).not.toContain('SECRET');
    expect(files.map((file) => statSync(file).mode & 0o777)).toEqual(files.map(() => 0o600));
    expect(got.length).toBe(3);
  });
});

test('a message counts what is new, and names in it are no markup and no mentions', () => {
  const summary = { critical: 1, high: 0, medium: 0, low: 2, info: 0 };
  const findings = [
    {
      id: 'a',
      severity: 'critical' as const,
      code: 'open-ssh',
      title: 'SSH is open',
      resource: 'sg-1',
      resourceName: '<!channel> *bold* & <https://evil|click>\nnew line',
      status: 'new' as const,
    },
    { id: 'b', severity: 'low' as const, code: 'x', title: 'old', resource: 'sg-2', status: 'unchanged' as const },
  ];
  const message = reportMessage('prod', {
    summary,
    findings,
    history: { before: '2026-02-28T03:00:00.000Z', new: ['a'], resolved: [], unchanged: ['b'] },
    flows: { opened: 2, closed: 0, widened: 0, narrowed: 0 },
  });
  const text = JSON.stringify(message);
  expect(text).toContain('netaudit prod: 1 critical, 2 low');
  expect(text).toContain('Since 2026-02-28 03:00: 1 new, 0 resolved, 1 unchanged');
  expect(text).toContain('Flows: 2 opened');
  expect(text).toContain('&lt;!channel&gt;');
  expect(text).not.toMatch(/<[!h]|\*bold\*|old \(x\)/);
});
