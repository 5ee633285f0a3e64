const stepMilliseconds = 100

/**
 * Does work that differs with whom it is about, and comes back at a full tenth of a second: whether a mail was written or a
 * refusal noted cannot be heard with a stopwatch, on a slow disk neither (SEC-54).
 */
export async function atEvenPace<T>(work: () => Promise<T>): Promise<T> {
  const started = performance.now()
  try {
    return await work()
  } finally {
    const spent = performance.now() - started
    await new Promise((resolve) => { setTimeout(resolve, stepMilliseconds - (spent % stepMilliseconds)) })
  }
}
