/** What netaudit says of a probe: the snapshot is read from files as a user's would be, and asked through the library. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Compiler } from '../../src/engine/compile.ts';
import { questionsOf } from '../../src/engine/endpoints.ts';
import { examine } from '../../src/engine/examine.ts';
import { type Answer, type Estate, answerable, ask, buildNetwork, loadSnapshot } from '../../src/index.ts';
import { formatAddress, parseAddress } from '../../src/net/address.ts';
import { type PacketSet, PacketSpace } from '../../src/net/packet-space.ts';
import { EPHEMERAL, type Probe } from './probes.ts';
import type { Files } from './topology.ts';

/** `either`: it hangs on a choice that nobody makes for the probe: the port that a NAT gateway takes, the address that a provider picks. */
export type Said = 'passes' | 'fails' | 'either' | 'unknown';

const PROTOCOLS = { 4: { tcp: 6, udp: 17, icmp: 1 }, 6: { tcp: 6, udp: 17, icmp: 58 } } as const;

/** Writes a snapshot's files into a folder. */
export function writeFiles(folder: string, files: Files): void {
  mkdirSync(folder, { recursive: true });
  for (const [name, content] of Object.entries(files))
    writeFileSync(join(folder, name), `${JSON.stringify(content, undefined, 2)}\n`);
}

/** What is said of packets from one address to another. */
interface Pair {
  says(probe: Probe): Said;
  readonly hangsOnPicked: boolean;
}

/** One snapshot's answers: the exact set of what works between two ends is found once and then looked into. */
export class Engine {
  readonly estate: Estate;
  private readonly folder: string;
  private readonly compiler: Compiler;
  private readonly pairs = new Map<string, Pair>();

  private constructor(estate: Estate, folder: string) {
    this.estate = estate;
    this.folder = folder;
    this.compiler = new Compiler(new PacketSpace(), answerable(estate));
  }

  static async of(files: Files): Promise<Engine> {
    const folder = mkdtempSync(join(tmpdir(), 'netaudit-kernel-'));
    try {
      writeFiles(folder, files);
      return new Engine(buildNetwork(await loadSnapshot([folder], { byRecordFrom: 0 })), folder);
    } catch (error) {
      rmSync(folder, { recursive: true, force: true });
      throw error;
    }
  }

  /** Removes the files; records are read from them as long as questions are asked. */
  close(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }

  says(probe: Probe): Said {
    return this.pairOf(probe).says(probe);
  }

  /** Whether it hangs on an address that a provider picks what becomes of such packets, or who stops them. */
  hangsOnPicked(probe: Probe): boolean {
    return this.pairOf(probe).hangsOnPicked;
  }

  private pairOf(probe: Probe): Pair {
    const key = `${probe.from} ${probe.src} ${probe.dst}`;
    let pair = this.pairs.get(key);
    if (pair === undefined) this.pairs.set(key, (pair = this.pair(probe)));
    return pair;
  }

  /** The same question as a user asks it, with every blocker. */
  answer({ from, src, dst, protocol, dport }: Probe): Answer {
    const port = protocol === 'icmp' ? 'icmp' : `${dport}/${protocol}`;
    const [answer] = ask(
      this.estate,
      from === 'internet' ? src : from,
      `[${dst}]:${port}`.replace(/^\[([\d.]+)\]/, '$1'),
    );
    return answer!;
  }

  private pair({ from, src, dst }: Probe): Pair {
    const { network } = this.estate;
    const { space } = this.compiler;
    const [row] = questionsOf(network, from === 'internet' ? src : from, dst);
    const { question } = row!;
    const sender = question.srcAddresses[0]![0];
    if (sender !== parseAddress(src))
      throw new Error(`asked from ${src}, the question is from ${formatAddress(sender)}`);
    const finding = examine(this.compiler, { ...question, sports: [[0, 65536]] });
    const moods = [finding.pessimistic, finding.optimistic];
    const picked = new Set(network.standIns().map(({ missing }) => missing.what));
    const hangsOnPicked = finding.doubts.some(({ missing }) => picked.has(missing.what));
    const says = ({ protocol, dport, sport }: Probe): Said => {
      const number = PROTOCOLS[question.family][protocol];
      const fields =
        dport === undefined
          ? { icmpType: [[number === 1 ? 8 : 128, number === 1 ? 9 : 129]] as const, icmpCode: [[0, 1]] as const }
          : {
              dport: [[dport, dport + 1]] as const,
              sport: [sport === undefined ? EPHEMERAL : ([sport, sport + 1] as const)],
            };
      const packets = space.and(finding.asked, space.of({ protocol: [[number, number + 1]], ...fields }));
      const [low, high] = moods.map(({ ok, fail }) => fateOf(space, packets, ok, fail));
      return low === high ? low! : hangsOnPicked ? 'either' : 'unknown';
    };
    return { says, hangsOnPicked };
  }
}

function fateOf(space: PacketSpace, packets: PacketSet, ok: PacketSet, fail: PacketSet): Said {
  if (!space.overlaps(packets, ok)) return 'fails';
  return space.overlaps(packets, fail) ? 'either' : 'passes';
}
