// Says on standard error, when the process ends, how much memory it had at most and how long all its threads worked.
process.on('exit', () => {
  const { maxRSS, userCPUTime, systemCPUTime } = process.resourceUsage();
  process.stderr.write(`peak ${maxRSS} KiB, ${userCPUTime + systemCPUTime} us\n`);
});
