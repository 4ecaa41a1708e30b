// The page works without this script. With it nothing reloads: changed parts are replaced, and saves are shown at once.
"use strict";

const EVERY = 700; // milliseconds between two checks for a save
const controls = document.getElementById("controls");
let stamp = document.body.dataset.stamp; // of the page that is shown
let asked = 0;

const query = () => new URLSearchParams(new FormData(controls)).toString();

async function show() {
  const mine = ++asked;
  const address = "/?" + query();
  const answer = await fetch(address);
  const text = await answer.text();
  if (mine !== asked) return; // a later request is under way
  if (!answer.ok) return note(text);
  const fresh = new DOMParser().parseFromString(text, "text/html");
  history.replaceState(null, "", address);
  document.title = fresh.title;
  stamp = fresh.body.dataset.stamp;
  for (const part of document.querySelectorAll("[data-part]")) swap(part, fresh.querySelector(`[data-part="${part.dataset.part}"]`));
}

function swap(old, fresh) {
  if (!fresh || old.outerHTML === fresh.outerHTML) return;
  const before = old.querySelector("#frame");
  const after = fresh.querySelector("#frame");
  old.className = fresh.className;
  if (before && after) return swapFrame(before, after);
  const focused = old.contains(document.activeElement) ? document.activeElement.id : "";
  old.replaceChildren(...document.importNode(fresh, true).childNodes);
  if (focused) document.getElementById(focused)?.focus();
  watchFrame();
}

// The old mail stays until the new one has loaded, so that the page neither flickers nor jumps.
function swapFrame(before, after) {
  for (const late of document.querySelectorAll(".arriving")) late.remove();
  if (before.getAttribute("src") === after.getAttribute("src")) {
    before.className = after.className;
    return measure(before);
  }
  const arriving = document.importNode(after, true);
  arriving.id = "";
  arriving.classList.add("arriving");
  arriving.addEventListener("load", () => {
    arriving.style.height = before.style.height;
    before.remove();
    arriving.id = "frame";
    arriving.classList.remove("arriving");
    measure(arriving);
    watchFrame();
  }, { once: true });
  before.after(arriving);
}

function watchFrame() {
  const frame = document.getElementById("frame");
  if (!frame) return say("", false);
  frame.addEventListener("load", () => measure(frame));
  new ResizeObserver(() => measure(frame, frame.clientWidth)).observe(frame);
  measure(frame);
}

const measured = new WeakMap();

// Make the frame as high as its mail. No script runs in the frame, so its size is read from here.
function measure(frame, width) {
  const mail = frame.contentDocument?.documentElement;
  if (!mail || frame.contentDocument.readyState !== "complete") return;
  if (width !== undefined && measured.get(frame) === width) return;
  measured.set(frame, frame.clientWidth);
  frame.style.height = "0";
  frame.style.height = mail.scrollHeight + "px";
  const over = mail.scrollWidth - frame.clientWidth;
  say(over > 0 ? `Scrolls sideways: ${mail.scrollWidth} pixels wide in ${frame.clientWidth}.` : `Fits into ${frame.clientWidth} pixels.`, over > 0);
}

function say(text, wide) {
  const fit = document.getElementById("fit");
  if (fit.textContent !== text) fit.textContent = text;
  fit.classList.toggle("wide", wide);
}

async function look() {
  if (!document.hidden) {
    try {
      const answer = await fetch("/stamp");
      const now = await answer.text();
      if (!answer.ok) note(now);
      else {
        document.querySelector(".note")?.remove();
        if (now !== stamp) await show();
      }
    } catch {
      note("The preview has ended. Start it again with `syndicate preview`, for a new address.");
    }
  }
  setTimeout(look, EVERY);
}

function note(text) {
  if (document.querySelector(".note")?.textContent === text) return;
  document.querySelector(".note")?.remove();
  const shown = document.createElement("p");
  shown.className = "note";
  shown.setAttribute("role", "alert");
  shown.textContent = text;
  document.body.append(shown);
}

function press(event) {
  const typing = event.target.matches("select, textarea, input:not([type=radio], [type=checkbox])");
  if (typing || event.ctrlKey || event.metaKey || event.altKey || !document.getElementById("keys").checked) return;
  const control = document.querySelector(`[data-key="${CSS.escape(event.key)}"]`);
  if (control) {
    event.preventDefault();
    if (control.matches("[type=radio], [type=checkbox]")) control.click();
    else control.focus();
  } else if (event.key === "n" || event.key === "p") {
    const subscribers = [...document.querySelectorAll("[name=subscriber]")];
    const here = subscribers.findIndex((each) => each.checked);
    subscribers.at((here + (event.key === "n" ? 1 : -1)) % subscribers.length)?.click();
  }
}

let waiting;
document.addEventListener("input", (event) => {
  if (event.target.form !== controls) return;
  clearTimeout(waiting);
  waiting = setTimeout(show, event.target.id === "search" ? 200 : 0);
});
controls.addEventListener("submit", (event) => {
  event.preventDefault();
  show();
});
async function post(form) {
  const button = form.querySelector("button");
  button.disabled = true;
  try {
    return await fetch(form.action, { method: "POST", body: new URLSearchParams(new FormData(form)), redirect: "manual" });
  } finally {
    button.disabled = false;
    button.focus();
  }
}

document.getElementById("collect").addEventListener("submit", async (event) => {
  event.preventDefault();
  await post(event.target);
  await show();
});
document.getElementById("test").addEventListener("submit", async (event) => {
  event.preventDefault();
  const said = document.getElementById("sent");
  said.textContent = "Sending…";
  const answer = await post(event.target);
  said.textContent = await answer.text();
  said.classList.toggle("wrong", !answer.ok);
});
document.addEventListener("keydown", press);
watchFrame();
look();
