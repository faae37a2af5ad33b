// The pages work without this, but for live progress and the player's own controls.
"use strict";

const clock = (seconds) => `${Math.floor(seconds / 60)}:${String(Math.floor(seconds % 60)).padStart(2, "0")}`;

// -- regions that change: `data-live` with an id ---------------------------------------------

/** Regions that show the answer to a form of the reader's; they stay as they are. */
const answered = new Set();
const shown = new Map([...document.querySelectorAll("[data-live]")].map((one) => [one.id, one.outerHTML]));

/** Replace the regions that differ in another state of this page; one that is being typed in stays. */
function show(html, only) {
  const page = new DOMParser().parseFromString(html, "text/html");
  for (const fresh of page.querySelectorAll("[data-live]")) {
    const now = document.getElementById(fresh.id);
    if (!now || (only && fresh.id !== only) || shown.get(fresh.id) === fresh.outerHTML) continue;
    if (!only && answered.has(fresh.id)) continue;
    if (!only && now.contains(document.activeElement) && now.querySelector("textarea, input")) continue;
    shown.set(fresh.id, fresh.outerHTML);
    const focused = now.contains(document.activeElement) ? document.activeElement.id : "";
    now.replaceWith(document.adoptNode(fresh));
    if (focused) document.getElementById(focused)?.focus();
    begin(fresh);
  }
  document.title = page.title;
  over = !page.querySelector("[data-follow]");
}

let over = false;
let reading = null;
let again = false;
/** Read this page again and show what has changed; one reading at a time. */
async function refresh() {
  if (reading) { again = true; return reading; }
  reading = (async () => {
    do {
      again = false;
      const answer = await fetch(location.href, { headers: { Accept: "text/html" } });
      if (answer.redirected || answer.status === 404) { location.reload(); return; }
      if (answer.ok) show(await answer.text());
    } while (again);
  })().catch(() => {}).finally(() => { reading = null; });
  return reading;
}

// -- following a lesson ----------------------------------------------------------------------

const AGAIN_MS = 5000;

/** Read the page again at each event, until it says that nothing follows. */
function follow(element) {
  const source = new EventSource(element.dataset.follow);
  const news = async () => { await refresh(); if (over) source.close(); };
  for (const kind of ["progress", "claimed", "text_ready", "put_down", "requeued"]) source.addEventListener(kind, news);
  source.addEventListener("error", async () => {
    // A browser connects again by itself, but not after an answer such as 503.
    if (source.readyState !== EventSource.CLOSED) return;
    await refresh();
    if (!over) setTimeout(() => follow(element), AGAIN_MS);
  });
  addEventListener("pagehide", () => source.close());
}

// -- the player ------------------------------------------------------------------------------

// A pause soon after it interrupts the start, which is no fault.
function start(video) {
  video.play().catch((error) => { if (error.name !== "AbortError") throw error; });
}

function player(box) {
  const video = box.querySelector("video");
  const part = (name) => box.querySelector(`[data-${name}]`);
  const [play, seek, time, chapterName, speed, captions, full] =
    ["play", "seek", "time", "chapter", "speed", "captions", "full"].map(part);
  const [words, chapters] = ["captions", "chapters"].map((kind) => box.querySelector(`track[kind=${kind}]`));
  video.controls = false;

  const toggle = () => (video.paused ? start(video) : video.pause());
  play.addEventListener("click", toggle);
  video.addEventListener("click", toggle);
  for (const state of ["play", "pause"]) {
    video.addEventListener(state, () => play.setAttribute("aria-pressed", String(!video.paused)));
  }
  speed.addEventListener("change", () => { video.playbackRate = Number(speed.value); });
  full.addEventListener("click", () => {
    if (document.fullscreenElement) document.exitFullscreen();
    else if (box.requestFullscreen) box.requestFullscreen();
    else video.webkitEnterFullscreen?.(); // a phone of Apple's shows videos alone in full
  });
  let reloaded = 0;
  video.addEventListener("error", () => {
    // The address that the file came from is valid for a while; the page's own gives a new one.
    const [at, playing] = [video.currentTime, !video.paused];
    if (Date.now() - reloaded < 60000) return;
    reloaded = Date.now();
    video.addEventListener("loadedmetadata", () => { video.currentTime = at; if (playing) start(video); }, { once: true });
    video.load();
  });
  captions.hidden = !words;
  captions.addEventListener("click", () => {
    const on = words.track.mode !== "showing";
    // Above, since the words that are drawn into a video are below.
    for (const cue of words.track.cues ?? []) cue.line = 0;
    words.track.mode = on ? "showing" : "hidden";
    captions.setAttribute("aria-pressed", String(on));
  });

  const tell = () => {
    const [at, all] = [video.currentTime, video.duration || 0];
    time.textContent = `${clock(at)} / ${clock(all)}`;
    seek.max = all || 100;
    seek.value = at;
    seek.setAttribute("aria-valuetext", `${clock(at)} / ${clock(all)}`);
    const now = [...(chapters?.track.cues ?? [])].findLast((cue) => cue.startTime <= at + 0.01);
    if (now && chapterName.textContent !== now.text) chapterName.textContent = now.text;
  };
  for (const event of ["timeupdate", "loadedmetadata", "seeked"]) video.addEventListener(event, tell);
  seek.addEventListener("input", () => { video.currentTime = Number(seek.value); });

  box.addEventListener("keydown", (event) => {
    if (event.target.matches("select, input, button") && event.key === " ") return;
    const does = {
      " ": toggle, k: toggle,
      j: () => { video.currentTime -= 10; }, l: () => { video.currentTime += 10; },
      c: () => captions.click(), f: () => full.click(),
    }[event.key];
    if (does && !event.ctrlKey && !event.metaKey && !event.altKey) { event.preventDefault(); does(); }
  });

  if (chapters) {
    chapters.track.mode = "hidden";
    const mark = () => {
      const marks = box.querySelector(".marks");
      const cues = chapters.track.cues;
      if (!cues?.length || !video.duration || marks.childElementCount) return;
      for (const cue of cues) {
        if (cue.startTime < 0.5) continue;
        const line = document.createElement("i");
        line.style.left = `${(100 * cue.startTime) / video.duration}%`;
        marks.append(line);
      }
      tell();
    };
    chapters.addEventListener("load", mark);
    video.addEventListener("loadedmetadata", mark);
    mark();
  }
  if (words) {
    // A video has its words drawn in already.
    words.track.mode = words.default ? "showing" : "hidden";
    const fill = () => transcript(video, words.track, chapters?.track);
    for (const one of [words, chapters]) one?.addEventListener("load", fill);
    fill();
  }
  tell();
}

/** The transcript by sentences: each can be clicked, and the one that is spoken is marked. */
function transcript(video, words, chapters) {
  const box = document.getElementById("transcript");
  const list = box.querySelector("ol");
  if (!words.cues?.length || (chapters && !chapters.cues?.length)) return;
  list.replaceChildren();
  const sentences = [];
  for (const cue of words.cues) {
    const last = sentences.at(-1);
    const said = cue.text.replace(/\s+/g, " ");
    if (last && !/[.?!…:]["”»)]?$/.test(last.text)) {
      last.text += ` ${said}`;
      last.end = cue.endTime;
    } else sentences.push({ start: cue.startTime, end: cue.endTime, text: said });
  }
  const titles = [...(chapters?.cues ?? [])];
  for (const one of sentences) {
    while (titles.length && titles[0].startTime <= one.start + 0.5) {
      const title = document.createElement("li");
      title.className = "chapter-title";
      title.textContent = titles.shift().text;
      list.append(title);
    }
    one.item = document.createElement("li");
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = one.text;
    button.addEventListener("click", () => { video.currentTime = one.start + 0.01; start(video); });
    one.item.lang = box.dataset.lang;
    one.item.append(button);
    list.append(one.item);
  }
  box.hidden = false;
  let current = null;
  video.addEventListener("timeupdate", () => {
    const now = sentences.findLast((one) => one.start <= video.currentTime) ?? null;
    if (now === current) return;
    current?.item.removeAttribute("aria-current");
    now?.item.setAttribute("aria-current", "true");
    current = now;
    // Scrolls the list alone, and not while somebody reads on in it.
    if (now && !list.matches(":hover")) list.scrollTop = now.item.offsetTop - list.offsetTop - list.clientHeight / 3;
  });
}

// -- forms -----------------------------------------------------------------------------------

/** Send a form and show its answer in one region of this page. */
async function swap(event) {
  const form = event.target;
  event.preventDefault();
  const body = new URLSearchParams(new FormData(form, event.submitter));
  for (const button of form.querySelectorAll("button")) button.disabled = true;
  const answer = await fetch(form.getAttribute("action"), { method: "POST", body }).catch(() => null);
  if (!answer?.ok) { form.removeAttribute("data-swap"); form.submit(); return; }
  answered.add(form.dataset.swap);
  show(await answer.text(), form.dataset.swap);
  const region = document.getElementById(form.dataset.swap);
  if (region) { region.tabIndex = -1; region.focus({ preventScroll: true }); }
}

addEventListener("submit", (event) => {
  if (event.target.matches("[data-swap]")) swap(event);
  if (event.target.matches("[data-once]")) {
    // Later, since a disabled button is not sent.
    setTimeout(() => { for (const one of event.target.querySelectorAll("button")) one.disabled = true; });
  }
});
addEventListener("pageshow", () => { for (const one of document.querySelectorAll("[data-once] button")) one.disabled = false; });

addEventListener("click", (event) => {
  if (event.target.closest?.("[data-choose]")) {
    const boxes = [...document.querySelectorAll("[name=ids]")];
    const on = !boxes.every((one) => one.checked);
    for (const one of boxes) one.checked = on;
  }
  const example = event.target.closest?.("[data-question]");
  if (!example) return;
  for (const [name, value] of [["student_query", "question"], ["grade_level", "grade"], ["interest", "interest"]]) {
    document.getElementById(name).value = example.dataset[value];
  }
  document.getElementById("student_query").focus();
});

// -- beginning -------------------------------------------------------------------------------

const local = new Intl.DateTimeFormat(document.documentElement.lang, { day: "numeric", month: "short", hour: "2-digit", minute: "2-digit" });

function begin(within) {
  for (const one of within.querySelectorAll("time")) one.textContent = local.format(new Date(one.dateTime));
  for (const one of within.querySelectorAll("[data-player]")) player(one);
}

begin(document);
for (const one of document.querySelectorAll("[data-follow]")) follow(one);
// A page that a browser has kept is as it was when it was left.
addEventListener("pageshow", (event) => { if (event.persisted) location.reload(); });
const every = Number(document.querySelector("[data-every]")?.dataset.every);
if (every) setInterval(() => { if (!document.hidden) refresh(); }, every * 1000);
