// What went wrong, in plain sentences.

/** Something to be told to the reader; retryAfter: seconds after which it may work, 0 = nobody knows. */
export class Problem extends Error {
  constructor(sentence, retryAfter = 0) {
    super(sentence);
    this.retryAfter = retryAfter;
  }

  /** The sentence where it is tried again; it stays the same from try to try, so it is read out once. */
  get waiting() {
    return `${this.message} The page tries again by itself.`;
  }
}

const SENTENCES = {
  403: "The server asks for a valid API key.",
  413: "That is more than the server takes at once.",
  429: "These are more requests than the server takes from one address.",
  500: "The server failed at this; its log says why.",
  503: "The server is too busy or about to stop.",
};

/** Return the problem that a response tells of. */
export function problemOf(response, { error }) {
  const retryAfter = Number(response.headers.get("Retry-After")) || 0;
  const known = SENTENCES[response.status];
  const said = error && response.status !== 500 ? sentence(error) : "";
  const all = [known, said].filter(Boolean).join(" ");
  return new Problem(all || `The server answered with the status ${response.status}.`, retryAfter);
}

/** Return words as a sentence: "too long" becomes "Too long." */
export function sentence(words) {
  const begun = words.charAt(0).toUpperCase() + words.slice(1);
  return /[.!?]$/.test(begun) ? begun : `${begun}.`;
}
