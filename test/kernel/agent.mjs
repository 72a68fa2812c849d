// Runs inside a namespace: listens where it is told to and sends probes. One JSON line in, one JSON line out. It ends when
// its standard input does.
import { spawn } from 'node:child_process';
import dgram from 'node:dgram';
import net from 'node:net';
import readline from 'node:readline';

const servers = new Map();
const echoes = [];

function listenTcp(port) {
  return new Promise((resolve, reject) => {
    const server = net.createServer((socket) => socket.on('error', () => {}).resume());
    server.on('error', reject);
    server.listen({ port, host: '::', backlog: 500 }, () => resolve(servers.set(port, server)));
  });
}

function listenUdp(address, port) {
  return new Promise((resolve, reject) => {
    const socket = dgram.createSocket(address.includes(':') ? 'udp6' : 'udp4');
    socket.on('error', reject);
    socket.on('message', (message, from) => socket.send(message, from.port, from.address, () => {}));
    // Bound to the address: a wildcard socket would answer from whichever address the route prefers.
    socket.bind(port, address, () => resolve(echoes.push(socket)));
  });
}

function tcp({ src, sport, dst, dport }, timeout) {
  return new Promise((resolve) => {
    const socket = net.connect({ host: dst, port: dport, localAddress: src, ...(sport ? { localPort: sport } : {}) });
    const end = (result) => {
      clearTimeout(timer);
      if (result === 'passed') socket.resetAndDestroy();
      else socket.destroy();
      resolve(result);
    };
    const timer = setTimeout(() => end('silent'), timeout);
    socket.on('connect', () => end('passed'));
    socket.on('error', (error) =>
      end(error.code === 'ECONNREFUSED' ? 'passed' : error.code === 'EADDRINUSE' ? 'busy' : 'silent'),
    );
  });
}

function udp({ src, sport, dst, dport }, timeout) {
  return new Promise((resolve) => {
    const socket = dgram.createSocket(dst.includes(':') ? 'udp6' : 'udp4');
    let ended = false;
    const end = (result) => {
      if (ended) return;
      ended = true;
      clearTimeout(timer);
      try {
        socket.close();
      } catch {}
      resolve(result);
    };
    const timer = setTimeout(() => end('silent'), timeout);
    socket.on('error', (error) =>
      end(error.code === 'EADDRINUSE' ? 'busy' : error.code === 'ECONNREFUSED' ? 'passed' : 'silent'),
    );
    socket.on('message', () => end('passed'));
    socket.bind(sport ?? 0, src, () =>
      socket.connect(dport, dst, (error) => {
        if (error) end('silent');
        else socket.send('probe', (failed) => failed && end('silent'));
      }),
    );
  });
}

function icmp({ src, dst }, timeout) {
  return new Promise((resolve) => {
    const child = spawn('ping', ['-n', '-q', '-c', '1', '-W', String(timeout / 1000), '-I', src, dst], {
      stdio: 'ignore',
    });
    child.on('error', () => resolve('busy'));
    child.on('exit', (code) => resolve(code === 0 ? 'passed' : 'silent'));
  });
}

const doing = {
  async listen({ tcp: ports, udp: sockets }) {
    for (const socket of echoes.splice(0)) socket.close();
    for (const port of ports) if (!servers.has(port)) await listenTcp(port);
    await Promise.all(sockets.map(([address, port]) => listenUdp(address, port)));
  },
  probe: ({ probes, timeout }) =>
    Promise.all(probes.map((probe) => ({ tcp, udp, icmp })[probe.protocol](probe, timeout))),
};

const lines = readline.createInterface({ input: process.stdin });
lines.on('line', (line) => {
  const { id, what, ...rest } = JSON.parse(line);
  Promise.resolve(doing[what](rest)).then(
    (result) => process.stdout.write(`${JSON.stringify({ id, result })}\n`),
    (error) => process.stdout.write(`${JSON.stringify({ id, error: String(error?.message ?? error) })}\n`),
  );
});
lines.on('close', () => process.exit(0));
process.stdout.on('error', () => process.exit(0));
