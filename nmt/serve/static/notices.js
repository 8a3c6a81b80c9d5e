// What the page tells its reader beside the texts.

export class Notices {
  /** parts: count, problem, again and note (elements); retry: called when the reader wants to try again */
  constructor(parts, retry) {
    Object.assign(this, parts);
    this.again.addEventListener("click", retry);
  }

  /** Tell how long the text is, and how long it may be. */
  tellLength(length, limit) {
    const most = Number.isFinite(limit) ? ` of at most ${written(limit)}` : "";
    this.count.textContent = `${written(length)}${most} characters`;
  }

  /** Tell what went wrong; retry: whether it may help to try again. */
  tellProblem({ message }, retry = false) {
    // What is told already is not read out again.
    if (this.problem.textContent !== message) this.problem.textContent = message;
    this.again.hidden = !retry;
  }

  /** Nothing is wrong any more. */
  clearProblem() {
    this.tellProblem({ message: "" });
  }

  /** Tell screen readers what has happened. */
  tellDone(text) {
    this.note.textContent = text;
  }
}

/** Return a number as people write it: 50,000 */
export function written(number) {
  return number.toLocaleString("en");
}
