// Says on standard error, when the process ends, how much memory it had at most (KiB).
process.on('exit', () => process.stderr.write(`peak ${process.resourceUsage().maxRSS}\n`));
