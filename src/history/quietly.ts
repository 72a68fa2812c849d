/** Node warns of some of what a store is made of, in words that nobody who runs an audit can act on. */

/** Does what is asked without warnings that contain these words; all others are shown. */
export async function quietly<T>(words: string, action: () => Promise<T>): Promise<T> {
  const emitWarning = process.emitWarning.bind(process);
  process.emitWarning = (warning, ...rest) => {
    if (!String(warning).includes(words)) Reflect.apply(emitWarning, process, [warning, ...rest]);
  };
  try {
    return await action();
  } finally {
    process.emitWarning = emitWarning;
  }
}
