"use strict";
// Typing replaces the results and then the facets; everything else on these pages works without this file.

const WAIT = 60; // milliseconds without a key before a request is sent

function setUpSearch(form) {
  const field = form.querySelector("input[name=q]");
  const places = { results: document.getElementById("results"), facets: document.getElementById("facets") };
  let timer = null;
  let running = null;
  let typing = false;

  function address(part) {
    const query = new URLSearchParams(new FormData(form));
    if (!query.get("q").trim()) query.delete("q");
    if (part) query.set("part", part);
    const text = query.toString();
    return form.action + (text ? "?" + text : "");
  }

  async function replacePart(part, url, signal) {
    const answer = await fetch(url, { signal, headers: { accept: "text/html" } });
    if (!answer.ok) throw new Error(String(answer.status));
    const text = await answer.text();
    const page = new DOMParser().parseFromString(text, "text/html");
    const open = places[part].querySelector("details.facets[open]");
    places[part].replaceChildren(...page.body.childNodes);
    if (open) places[part].querySelector("details.facets").open = true;
  }

  async function search() {
    if (running) running.abort();
    running = new AbortController();
    const { signal } = running;
    // One entry of the history for one time of typing: back leads to what was there before.
    history[typing ? "replaceState" : "pushState"]({ typed: true }, "", address());
    typing = true;
    try {
      await replacePart("results", address("results"), signal);
      await replacePart("facets", address("facets"), signal);
    } catch (error) {
      if (error.name !== "AbortError") form.submit();
    }
  }

  field.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(search, WAIT);
  });
  field.addEventListener("change", () => { typing = false; });
  addEventListener("popstate", () => location.reload());
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    clearTimeout(timer);
    search();
  });
}

// What takes longer than the rest of a page is on a page of its own, and is put here.
async function complete(place) {
  const answer = await fetch(place.dataset.from);
  if (!answer.ok) return; // its link stays
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  place.replaceWith(...page.getElementById("part").childNodes);
}

function setUpKeys() {
  addEventListener("keydown", (event) => {
    const typing = event.target.closest("input, textarea, select");
    const field = document.getElementById("q");
    if (event.key === "/" && !typing && field) {
      event.preventDefault();
      field.focus();
    }
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && event.target.matches("textarea")) {
      event.target.form.requestSubmit();
    }
  });
}

const form = document.getElementById("search");
if (form) setUpSearch(form);
document.querySelectorAll("[data-from]").forEach(complete);
setUpKeys();
