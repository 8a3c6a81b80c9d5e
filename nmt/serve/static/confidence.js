// How sure the model was of each word: shaded, underlined, and told in writing.

import { percent } from "./percent.js";

// Below these shares a word is underlined, by a line or by dots.
const LEVELS = [
  [0.4, "low"],
  [0.7, "middling"],
];
const [LINE, DOTS] = LEVELS.map(([most]) => percent(most));
const LEGEND = `A line is below words under ${LINE}, a dotted one below those under ${DOTS}.`;
// Punctuation marks are not worth a doubt.
const LETTER = /[\p{Letter}\p{Number}]/u;
// Words named in the line below the translation.
const NAMED = 12;

/** Mark the words of a view that the model was less sure of, and name them in an element. */
export function showConfidence(view, told) {
  const doubts = [];
  for (const span of view.spans) {
    const { sentence, index } = view.placeOf(span);
    const word = sentence.wording.words[index];
    const level = LEVELS.find(([most]) => word.sure < most)?.[1];
    if (!level || !LETTER.test(word.text)) continue;
    span.dataset.sure = level;
    span.style.setProperty("--doubt", (1 - word.sure).toFixed(3));
    doubts.push(word);
  }
  told.textContent = tell(doubts);
  told.hidden = false;
}

/** Take the marks back. */
export function hideConfidence(view, told) {
  for (const span of view.spans) {
    delete span.dataset.sure;
    span.style.removeProperty("--doubt");
  }
  told.hidden = true;
}

function tell(doubts) {
  if (!doubts.length) return "The model was sure of every word.";
  const ranked = doubts.toSorted((one, other) => one.sure - other.sure);
  const named = ranked.slice(0, NAMED).map((word) => `“${word.text}” (${percent(word.sure)})`);
  const more = ranked.length - named.length;
  return `Less sure of: ${named.join(", ")}${more ? `, and ${more} more` : ""}. ${LEGEND}`;
}
