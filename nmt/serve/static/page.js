// The page at /: what is typed is sent, what is answered is shown, what is pointed at is linked.

import { Alternatives } from "./alternatives.js";
import { ApiKey } from "./api_key.js";
import { hideConfidence, showConfidence } from "./confidence.js";
import { copy } from "./copying.js";
import { Files } from "./files.js";
import { HeatMap } from "./heat_map.js";
import { Languages } from "./languages.js";
import { Latest } from "./latest.js";
import { Linking } from "./linking.js";
import { Notices, written } from "./notices.js";
import { Problem } from "./problem.js";
import { askAgain } from "./retrying.js";
import { fetchSettings, translateText } from "./server.js";
import { SourceText } from "./source_text.js";
import { TargetText } from "./target_text.js";
import { Translation } from "./translation.js";

// Milliseconds without typing after which the text is sent.
const PAUSE = 350;
const TOO_LONG = "A text of this length is translated without alternatives and without showing the attention.";
const ALTERNATIVES = 3;

const find = (id) => document.getElementById(id);
const latest = new Latest();
const nothing = new Translation({ translatedText: "" }, "");
// Until the server has told its own.
let settings = { charLimit: Infinity, alternativesLimit: 0, detailLimit: 0 };
let translation = nothing;
// The sentence that alternatives and heat map are of.
let current;

const source = new SourceText(find("source"), find("mirror"), (place) => point("source", place));
const target = new TargetText(find("translation"), (place) => point("target", place), choose);
const linking = new Linking(source.view, target.view, find("reading"));
const alternatives = new Alternatives(find("alternatives"), showTarget);
const languages = new Languages(find("pair"), find("swap"), { changed: () => ask(0), swapped: swap });
const notices = new Notices(
  { count: find("count"), problem: find("problem"), again: find("again"), note: find("note") },
  () => ask(0),
);
const key = new ApiKey(find("api_key"), () => ask(PAUSE));
const heatMap = new HeatMap({
  dialog: find("heat-map"),
  table: find("heat-map-table"),
  choice: find("sentence-choice"),
  select: find("sentence"),
  subwords: find("subwords"),
  close: find("close-heat-map"),
});

/** Send the text after a pause, unless it changes before; what is shown meanwhile is marked as out of date. */
function ask(pause) {
  languages.mark(source.field.parentElement, languages.source);
  const { text } = source;
  notices.tellLength([...text].length, settings.charLimit);
  notices.clearProblem();
  linking.clear();
  source.forget();
  const problem = whyNot(text);
  if (text.trim() && !problem) {
    target.output.setAttribute("aria-busy", "true");
    latest.after(pause, (signal) => answer(text, signal));
  } else {
    latest.cancel();
    show(nothing);
    if (problem) notices.tellProblem(problem);
  }
}

/** Return the problem with a text that need not be sent to be refused. */
function whyNot(text) {
  if (text.trim() && key.missing) return new Problem("Enter an API key: this server asks for one.");
  if ([...text].length <= settings.charLimit) return undefined;
  return new Problem(`This text is too long: the server takes at most ${written(settings.charLimit)} characters.`);
}

/** Show the translation of a text, unless it is overtaken by another. */
async function answer(text, signal) {
  const pair = [languages.source, languages.target];
  try {
    const told = await askAgain(() => translateText(order(text, ...pair), signal), (problem) => wait(problem, signal));
    if (signal.aborted) return;
    notices.clearProblem();
    show(new Translation(told, text, ...pair));
  } catch (error) {
    if (signal.aborted) return;
    show(nothing);
    notices.tellProblem(error instanceof Problem ? error : new Problem("The page failed at this answer."), true);
    if (!(error instanceof Problem)) throw error;
  }
}

/** Tell that a text is sent again; what was shown before stays, marked as out of date. */
function wait(problem, signal) {
  if (!signal.aborted) notices.tellProblem({ message: problem.waiting }, true);
}

function order(text, source, target) {
  // Longer texts are translated without alternatives, attention and confidence: those grow large.
  const explained = [...text].length <= settings.detailLimit;
  const alternatives = explained ? Math.min(ALTERNATIVES, settings.alternativesLimit) : 0;
  return { q: text, source, target, alternatives, detail: explained, api_key: key.value };
}

function show(shown) {
  translation = shown;
  [current] = translation.sentences;
  source.show(shown === nothing ? [source.text] : translation.source);
  languages.mark(target.output, languages.target);
  target.output.removeAttribute("aria-busy");
  find("copy").disabled = !translation.text;
  find("open-heat-map").disabled = !current;
  showTarget();
  if (translation.text && !current) find("reading").textContent = TOO_LONG;
  offer();
}

/** Show the translation with the wordings that are chosen. */
function showTarget() {
  linking.clear();
  target.show(translation.target);
  showDoubts();
}

function showDoubts() {
  const apply = find("confidence").checked && current ? showConfidence : hideConfidence;
  apply(target.view, find("doubts"));
}

function point(side, place) {
  if (!place) linking.clear();
  else if (side === "source") linking.pointToSource(place);
  else linking.pointToTarget(place);
}

function choose(place) {
  if (!place || place.sentence === current) return;
  current = place.sentence;
  offer();
}

function offer() {
  alternatives.offer(current, translation.sentences, target.output.lang);
}

/** The translation becomes the text, unless it is not yet of all that is typed; the languages have changed already. */
function swap() {
  if (translation.text && !target.output.hasAttribute("aria-busy")) source.text = translation.text;
  show(nothing);
  ask(0);
  notices.tellDone("Languages swapped");
}

async function copyTranslation() {
  const copied = await copy(translation.text, target.output);
  find("copy").textContent = copied ? "Copied" : "Not copied";
  notices.tellDone(copied ? "Translation copied" : "The browser does not allow copying");
  setTimeout(() => (find("copy").textContent = "Copy"), 2000);
}

async function start() {
  document.documentElement.classList.add("scripted");
  find("send").hidden = true;
  for (const id of ["swap", "tools", "reading"]) find(id).hidden = false;
  source.field.addEventListener("input", () => ask(PAUSE));
  find("form").addEventListener("submit", (event) => {
    event.preventDefault();
    ask(0);
  });
  find("copy").addEventListener("click", copyTranslation);
  find("open-heat-map").addEventListener("click", () => heatMap.open(translation.sentences, current));
  find("confidence").addEventListener("change", showDoubts);
  show(nothing);
  try {
    settings = await askAgain(fetchSettings, (problem) => notices.tellProblem({ message: problem.waiting }));
  } catch (error) {
    notices.tellProblem(error);
    return;
  }
  notices.clearProblem();
  find("formats").textContent = settings.supportedFilesFormat.join(", ");
  const tables = settings.filesWithColumns ?? [];
  find("tables").textContent = tables.join(", ");
  const files = { section: find("files"), input: find("file"), columns: find("columns"), list: find("file-list") };
  const pair = () => ({ source: languages.source, target: languages.target, key: key.value });
  if (settings.filesTranslation) new Files(files, settings.supportedFilesFormat, tables, pair);
  ask(0);
}

start();
