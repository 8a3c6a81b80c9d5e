// Another try at what a busy server refused: a few times, each later than the last, while somebody looks at the page.

const TRIES = 3;

/**
 * Return what asking gives. While it fails with a problem whose retryAfter says when it may work, told(problem) is
 * called, and after a while asking again; what fails otherwise, or too often, is thrown.
 */
export async function askAgain(asking, told) {
  for (let tries = 0; ; tries += 1) {
    try {
      return await asking();
    } catch (error) {
      if (!error.retryAfter || tries === TRIES) throw error;
      told(error);
      // Pages that were refused together do not come back together.
      await pause(1000 * error.retryAfter * 2 ** tries * (1 + Math.random() / 2));
    }
  }
}

/** Wait some milliseconds, and longer where the page is not shown. */
async function pause(milliseconds) {
  await new Promise((done) => setTimeout(done, milliseconds));
  while (document.hidden) {
    await new Promise((done) => document.addEventListener("visibilitychange", done, { once: true }));
  }
}
