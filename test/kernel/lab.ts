/**
 * Network namespaces of this process: makes them from a plan, sends probes through them and takes away everything that
 * it made, whatever ends the process. Machines and their agents stay warm from plan to plan, routers are made anew.
 */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { Plan, Space } from './plan.ts';
import { LISTENED, type Probe } from './probes.ts';

const AGENT = fileURLToPath(new URL('agent.mjs', import.meta.url));

/** What a probe met: an answer, silence, or no chance to be sent (a port in use). */
export type Met = 'passed' | 'silent' | 'busy';

/** Why no namespace can be made here; undefined where one can. Tries with one of its own. */
export function whyNoLab(): string | undefined {
  if (process.platform !== 'linux') return 'network namespaces are a thing of Linux';
  for (const [tool, flag] of [
    ['ip', '-V'],
    ['nft', '--version'],
    ['conntrack', '--version'],
    ['nsenter', '--version'],
  ] as const)
    if (spawnSync(tool, [flag]).status !== 0)
      return `${tool} is missing (Debian: apt-get install iproute2 nftables conntrack util-linux)`;
  const name = `na${process.pid.toString(36)}try`;
  const made = spawnSync('ip', ['netns', 'add', name], { encoding: 'utf8' });
  if (made.status !== 0) return `"ip netns add" fails (${made.stderr.trim().split('\n')[0]}); it takes root`;
  const works = spawnSync('nsenter', [`--net=/run/netns/${name}`, 'nft', 'add', 'table', 'inet', 'try']);
  spawnSync('ip', ['netns', 'del', name]);
  return works.status === 0 ? undefined : 'nftables does not work in a namespace here';
}

/** Whether echo requests can be sent. */
export const hasPing = (): boolean => spawnSync('ping', ['-V']).status === 0;

/** A process in a namespace that listens and sends. */
class Agent {
  private readonly child: ChildProcess;
  private readonly waiting = new Map<number, { resolve: (value: unknown) => void; reject: (error: Error) => void }>();
  private next = 0;
  private dead: Error | undefined;

  constructor(namespace: string) {
    this.child = spawn('nsenter', [`--net=/run/netns/${namespace}`, process.execPath, AGENT], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    // Whoever waits for an agent that is gone must hear of it.
    const die = (error: Error) => {
      this.dead = error;
      for (const { reject } of this.waiting.values()) reject(error);
      this.waiting.clear();
    };
    this.child.on('error', die);
    this.child.on('exit', () => die(new Error(`the agent in ${namespace} ended`)));
    this.child.stdin!.on('error', die);
    createInterface({ input: this.child.stdout! }).on('line', (line) => {
      const { id, result, error } = JSON.parse(line) as { id: number; result: unknown; error?: string };
      const waiting = this.waiting.get(id);
      this.waiting.delete(id);
      if (error === undefined) waiting?.resolve(result);
      else waiting?.reject(new Error(error));
    });
  }

  ask<T>(what: string, words: object): Promise<T> {
    if (this.dead !== undefined) return Promise.reject(this.dead);
    const id = this.next++;
    const promise = new Promise<unknown>((resolve, reject) => this.waiting.set(id, { resolve, reject }));
    this.child.stdin!.write(`${JSON.stringify({ id, what, ...words })}\n`);
    return promise as Promise<T>;
  }

  kill(): void {
    this.child.kill('SIGKILL');
  }
}

/** One process's namespaces. Close it in the end; a signal or the end of the process closes it too. */
export class Lab {
  private readonly prefix = `na${process.pid.toString(36)}`;
  private readonly made = new Set<string>();
  private readonly agents = new Map<string, Agent>();
  private plan: Plan | undefined;
  private names = new Map<Space, string>();
  private round = 0;

  constructor() {
    process.on('exit', () => this.close());
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
      process.on(signal, () => {
        this.close();
        process.exit(130);
      });
  }

  /** Carries out a plan in place of the last one. */
  async lay(plan: Plan): Promise<void> {
    const clearing = this.clearing();
    this.plan = plan;
    this.round++;
    let machines = 0;
    // Machines keep their namespace from plan to plan; a router's is new each time.
    this.names = new Map(
      plan.spaces.map((space) => [
        space,
        space.host === undefined ? `${this.prefix}${space.name}n${this.round}` : `${this.prefix}h${machines++}`,
      ]),
    );
    const fresh = [...this.names.values()].filter((name) => !this.made.has(name));
    for (const name of fresh) this.made.add(name);
    const wires = plan.wires.map((wire) => plan.wireCommand(wire, (space) => this.nameOf(space)));
    await sh(
      [
        clearing,
        batch([...fresh.map((name) => `netns add ${name}`), ...wires]),
        ...plan.spaces.map((space) => this.setting(space)),
        'bad=0; for job in $jobs; do wait $job || bad=1; done; exit $bad',
      ].join('\n'),
    );
    const hosts = plan.spaces.filter((space) => space.host !== undefined);
    for (const space of hosts) {
      const name = this.nameOf(space);
      if (!this.agents.has(name)) this.agents.set(name, new Agent(name));
    }
    await Promise.all(
      hosts.map((space) =>
        this.agentOf(space).ask('listen', {
          tcp: LISTENED.tcp,
          udp: space.host!.addresses.flatMap((address) => LISTENED.udp.map((port) => [address, port])),
        }),
      ),
    );
  }

  /** Sends all probes at once; what each met, in their order. */
  async send(probes: readonly Probe[], timeout: number): Promise<Met[]> {
    const met: Met[] = [];
    const bySender = new Map<Space, number[]>();
    for (const [i, probe] of probes.entries()) {
      const space = this.spaceOf(probe);
      bySender.set(space, [...(bySender.get(space) ?? []), i]);
    }
    await Promise.all(
      [...bySender].map(async ([space, indices]) => {
        const own = indices.map((i) => probes[i]!);
        const results = await this.agentOf(space).ask<Met[]>('probe', { probes: own, timeout });
        for (const [k, i] of indices.entries()) met[i] = results[k]!;
      }),
    );
    return met;
  }

  /** Forgets every flow, so that a probe that is sent again is a new one. */
  async forget(): Promise<void> {
    await sh([...this.names.values()].map((name) => `${inside(name)} conntrack -F >/dev/null 2>&1 || true`).join('\n'));
  }

  /** How many packets each resource's rules dropped so far. */
  async drops(): Promise<ReadonlyMap<string, number>> {
    const found = new Map<string, number>();
    await Promise.all(
      (this.plan?.spaces ?? []).map(async (space) => {
        if (space.counters.size === 0) return;
        const text = await sh(`${inside(this.nameOf(space))} nft -j list counters`);
        const { nftables } = JSON.parse(text) as { nftables: { counter?: { name: string; packets: number } }[] };
        for (const { counter } of nftables) {
          const resource = counter === undefined ? undefined : space.counters.get(counter.name);
          if (resource !== undefined) found.set(resource, (found.get(resource) ?? 0) + counter!.packets);
        }
      }),
    );
    return found;
  }

  /** Takes away what this process made. May be called twice. */
  close(): void {
    for (const agent of this.agents.values()) agent.kill();
    this.agents.clear();
    const names = [...this.made];
    this.made.clear();
    this.plan = undefined;
    // A script in the middle of its work would make anew what is taken away here.
    for (const child of running)
      try {
        process.kill(-child.pid!, 'SIGKILL');
      } catch {
        // It ended by itself.
      }
    running.clear();
    if (names.length > 0)
      spawnSync('ip', ['-force', '-batch', '-'], { input: names.map((name) => `netns del ${name}\n`).join('') });
  }

  private nameOf(space: Space): string {
    return this.names.get(space)!;
  }

  private agentOf(space: Space): Agent {
    return this.agents.get(this.nameOf(space))!;
  }

  private spaceOf({ from, src }: Probe): Space {
    const space = this.plan?.spaces.find(({ host }) => host?.id === from && host.addresses.includes(src));
    if (space === undefined) throw new Error(`nobody in the plan is ${from} and sends from ${src}`);
    return space;
  }

  /** Commands that leave the machines of the last plan as they were and remove its routers. */
  private clearing(): string {
    const plan = this.plan;
    if (plan === undefined) return '';
    const routers = plan.spaces.filter((space) => space.host === undefined).map((space) => this.nameOf(space));
    for (const name of routers) this.made.delete(name);
    const machines = plan.spaces.filter((space) => space.host !== undefined);
    const devices = plan.wires.flatMap(({ a, b }) => [a, b]).filter((end) => end.at.host !== undefined);
    return [
      ...machines.map((space) => {
        const own = devices.filter(({ at }) => at === space).map(({ device }) => `ip link del ${device} || true`);
        return this.job(space, [
          ...own,
          'ip rule flush; ip rule add lookup main priority 32766; ip -6 rule flush; ip -6 rule add lookup main priority 32766',
          'ip route flush table main; ip -6 route flush table main; ip addr flush dev lo; nft flush ruleset; conntrack -F >/dev/null 2>&1 || true',
        ]);
      }),
      'for job in $jobs; do wait $job || true; done; jobs=',
      batch(routers.map((name) => `netns del ${name}`)),
    ].join('\n');
  }

  /** Commands that set a namespace up, in the background; `$jobs` are waited for. */
  private setting(space: Space): string {
    const forwards = space.host === undefined || space.nft.some((text) => text.includes('hook forward'));
    const flag = forwards ? 1 : 0;
    return this.job(space, [
      `echo ${flag} >/proc/sys/net/ipv4/ip_forward; echo ${flag} >/proc/sys/net/ipv6/conf/all/forwarding`,
      'for f in /proc/sys/net/ipv4/conf/*/rp_filter; do echo 0 >$f; done',
      // An answer that got lost is not sent again into the next network.
      'echo 0 >/proc/sys/net/ipv4/tcp_synack_retries',
      batch(['link set lo up', ...space.links, ...space.ip4]),
      batch(space.ip6, '-6'),
      `nft -f - <<'EOF'\n${space.nftables}EOF`,
    ]);
  }

  private job(space: Space, commands: readonly string[]): string {
    return `( ${inside(this.nameOf(space))} sh -e <<'END'\n${commands.join('\n')}\nEND\n) & jobs="$jobs $!"`;
  }
}

const inside = (name: string) => `nsenter --net=/run/netns/${name}`;
const batch = (lines: readonly string[], flag = '') =>
  lines.length === 0 ? '' : `ip ${flag} -batch - <<'EOF'\n${lines.join('\n')}\nEOF`;

/** Scripts at work, each the head of a process group. */
const running = new Set<ChildProcess>();

/** Runs a script; its standard output. What it says on standard error is in the error when it fails. */
function sh(script: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn('sh', ['-es'], { stdio: ['pipe', 'pipe', 'pipe'], detached: true });
    running.add(child);
    let out = '';
    let said = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => (out += text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => (said += text));
    child.on('error', reject);
    child.on('exit', () => running.delete(child));
    child.on('close', (code) =>
      code === 0 ? resolve(out) : reject(new Error(`the lab could not be set up: ${said.slice(0, 2000)}`)),
    );
    child.stdin.end(script);
  });
}
