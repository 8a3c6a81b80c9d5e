// Words pointed at on one side, and what belongs to them on the other: soft alignment by the model's attention.

import { percent } from "./percent.js";

// Words named in the line that tells in writing what the shades tell.
const NAMED = 4;
const LEAST = 0.05;

export class Linking {
  /** source, target: WordViews; reading: the element that tells in writing what is shaded */
  constructor(source, target, reading) {
    this.source = source;
    this.target = target;
    this.reading = reading;
  }

  /** Show what the model attended to when it wrote a word of the translation. */
  pointToTarget(place) {
    const { words, wording } = place.sentence;
    const word = wording.words[place.index];
    this.#show(this.target, this.source, place, word.attention);
    const said = `“${word.text}”: ${percent(word.sure)} sure, attended to`;
    this.reading.textContent = `${said} ${name(words, word.attention)}`;
  }

  /** Show which words of the translation attended to a word of the source. */
  pointToSource(place) {
    const { words, wording } = place.sentence;
    const weights = wording.words.map((word) => word.attention[place.index]);
    this.#show(this.source, this.target, place, weights);
    this.reading.textContent = `“${words[place.index].text}”: attended to by ${name(wording.words, weights)}`;
  }

  /** Show nothing. */
  clear() {
    this.source.clear();
    this.target.clear();
    this.reading.textContent = "";
  }

  #show(here, there, place, weights) {
    this.clear();
    here.point(place);
    there.shade(place.sentence, weights);
  }
}

/** Return the words of the highest weights with their weights: “Haus” 71 %, “schönes” 12 %. */
function name(words, weights) {
  const ranked = words.map((word, index) => [weights[index], word.text]).sort(([one], [other]) => other - one);
  const most = ranked.filter(([weight]) => weight >= LEAST).slice(0, NAMED);
  return most.map(([weight, text]) => `“${text}” ${percent(weight)}`).join(", ") || "no word in particular";
}
