// The attention of a sentence as a table: a row for each target word, a column for each source word.

import { percent } from "./percent.js";

// The end of the sentence, which is attended to like a word.
const END = "(end)";

export class HeatMap {
  /** parts: dialog, table (what it is put into), choice (the label of select), select, subwords, close */
  constructor(parts) {
    Object.assign(this, parts);
    this.select.addEventListener("change", () => this.#draw());
    this.subwords.addEventListener("change", () => this.#draw());
    this.close.addEventListener("click", () => this.dialog.close());
  }

  /** Open the dialog at one of some sentences. */
  open(sentences, sentence) {
    this.sentences = sentences;
    this.choice.hidden = sentences.length < 2;
    this.select.replaceChildren(
      ...sentences.map(({ source }, index) => new Option(`${index + 1}. ${shorten(source.trim())}`, index)),
    );
    this.select.value = sentences.indexOf(sentence);
    this.#draw();
    this.dialog.showModal();
  }

  #draw() {
    const sentence = this.sentences[this.select.value];
    this.table.replaceChildren(tableOf(this.subwords.checked ? bySubwords(sentence) : byWords(sentence)));
  }
}

function shorten(text) {
  return text.length > 40 ? `${text.slice(0, 39)}…` : text;
}

/** Return the labels of both axes and the rows, by words; the last column is the rest: the end of the sentence. */
function byWords({ words, wording }) {
  const rows = wording.words.map(({ attention }) => {
    const found = attention.reduce((sum, weight) => sum + weight, 0);
    return [...attention, Math.max(1 - found, 0)];
  });
  return { source: [...words.map(textOf), END], target: wording.words.map(textOf), rows };
}

const textOf = ({ text }) => text;

/** Return the same by SentencePiece's pieces, as the model sees them. */
function bySubwords({ pieces, wording }) {
  return { source: pieces.map(label), target: wording.pieces.map(label), rows: wording.attention };
}

const label = (piece) => (piece === "</s>" ? END : piece.replaceAll("\u2581", "_"));

function tableOf({ source, target, rows }) {
  const table = document.createElement("table");
  table.setAttribute("aria-labelledby", "heat-map-name");
  table.setAttribute("aria-describedby", "heat-map-help");
  const head = table.createTHead().insertRow();
  head.append(document.createElement("td"), ...source.map((text) => heading(text, "col")));
  const body = table.createTBody();
  rows.forEach((weights, index) => {
    const row = body.insertRow();
    const cells = weights.map((weight, place) => cell(weight, target[index], source[place]));
    row.append(heading(target[index], "row"), ...cells);
  });
  return table;
}

function heading(text, scope) {
  const element = document.createElement("th");
  const inner = document.createElement("span");
  element.scope = scope;
  inner.textContent = text;
  element.append(inner);
  return element;
}

function cell(weight, target, source) {
  const element = document.createElement("td");
  element.textContent = Math.round(100 * weight) || "·";
  element.title = `${target} ← ${source}: ${percent(weight)}`;
  element.style.setProperty("--weight", weight.toFixed(3));
  return element;
}
