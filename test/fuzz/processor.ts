/** Milliseconds of processor time since `process.cpuUsage()`: what else the machine does is no hang of ours. */
export function millisecondsSince(started: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(started);
  return (user + system) / 1000;
}
