// One question at a time: the latest.

/** Does work after a pause; newer work aborts it, waiting or under way, by the signal it was given. */
export class Latest {
  #timer;
  #controller = new AbortController();

  /** Do work(signal) after so many milliseconds, unless newer work comes before; it must heed the signal. */
  after(milliseconds, work) {
    this.cancel();
    const { signal } = (this.#controller = new AbortController());
    this.#timer = setTimeout(() => work(signal), milliseconds);
  }

  /** Drop what waits or is under way. */
  cancel() {
    clearTimeout(this.#timer);
    this.#controller.abort();
  }
}
