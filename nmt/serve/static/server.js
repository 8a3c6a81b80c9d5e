// What the page asks of the server; every path is relative to the page, so that it may be served under any prefix.

import { Problem, problemOf } from "./problem.js";

/** Return the response to a request; throws a Problem where there is none, or it tells of an error. */
async function send(path, request) {
  let response;
  try {
    response = await fetch(path, request);
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Problem("The server cannot be reached. Is it running?");
  }
  if (!response.ok) throw problemOf(response, await response.json().catch(() => ({})));
  return response;
}

/** Return what is read of a response; throws a Problem where it ends early or is not what it should be. */
async function read(reading) {
  try {
    return await reading;
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Problem("The server's answer could not be read.");
  }
}

/** Return what the server offers: limits, file formats, whether keys are asked for. */
export async function fetchSettings() {
  return read((await send("frontend/settings", {})).json());
}

/** Translate a text; order: q, source, target, alternatives, detail, api_key. */
export async function translateText(order, signal) {
  const headers = { "Content-Type": "application/json" };
  return read((await send("translate", { method: "POST", headers, body: JSON.stringify(order), signal })).json());
}

/** Translate a file, of a table or JSON these columns; returns the translation's content and the name it should have. */
export async function translateFile(file, { source, target, key, columns }) {
  const form = new FormData();
  form.append("source", source);
  form.append("target", target);
  if (key) form.append("api_key", key);
  for (const column of columns) form.append("column", column);
  form.append("file", file, file.name);
  const { translatedFileUrl } = await read((await send("translate_file", { method: "POST", body: form })).json());
  // Behind a proxy the server may not know its own address; it does know the file's name.
  const place = new URL(translatedFileUrl, document.baseURI).pathname.split("/").pop();
  const content = await read((await send(`download_file/${place}`, {})).blob());
  const dot = file.name.lastIndexOf(".");
  return { content, name: `${file.name.slice(0, dot)}.${target}${file.name.slice(dot)}` };
}
