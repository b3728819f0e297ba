"use strict";
// Draws what the lab reports. One list is the diagram and, for a screen reader or with
// "Show as a list", its alternative: each row has a sentence with sender and receiver.

const MOST_ROWS = 3000;
const MOST_ROWS_A_FRAME = 50;

const messages = document.getElementById("messages");
const lanes = document.getElementById("lanes");
const states = document.getElementById("states");
const scroll = document.getElementById("scroll");
const diagram = document.getElementById("diagram");
const connection = document.getElementById("connection");

let participants = [];
let waiting = [];
let isDue = false;

/** Makes an element with a class and a text. */
function element(name, className, text) {
  const made = document.createElement(name);
  made.className = className;
  if (text !== undefined) made.textContent = text;
  return made;
}

/** Returns the middle of a participant's lane, in percent. */
function laneOf(name) {
  const at = Math.max(participants.indexOf(name), 0);
  return ((at + 0.5) * 100) / Math.max(participants.length, 1);
}

/** Returns the sentence that a screen reader reads before the label. */
function introduction({ shape, who }) {
  const [from, to] = who;
  if (shape === "note" || shape === "killed") return `About ${who.join(" and ")}: `;
  if (shape === "broken") return `${from} to ${to}, broken: `;
  const verb = shape === "question" ? "asks" : "answers";
  return `${from} ${verb} ${to}: `;
}

/** Returns one row: an arrow between two lanes, or a note over some. */
function row(message) {
  const { place, shape, who, label, text, time } = message;
  const made = element("li", shape);
  made.dataset.place = place;
  made.dataset.from = who[0];
  made.dataset.to = who[1] ?? "";
  made.dataset.late = Math.max(Date.now() - time, 0);
  const ends = who.map(laneOf);
  const [left, right] = [Math.min(...ends), Math.max(...ends)];
  const arrow = element("span", ends[0] <= ends.at(-1) ? "arrow" : "arrow back");
  arrow.style.left = `${left}%`;
  arrow.style.width = `${right - left}%`;
  const details = element("details", "label");
  details.style.left = `${left}%`;
  details.style.minWidth = `${right - left}%`;
  const summary = element("summary", "");
  summary.append(element("span", "who", introduction(message)), label);
  details.append(summary, element("pre", "", text));
  made.append(arrow, details);
  return made;
}

/** Draws what has come since the last frame, or as much as fits into one. */
function draw() {
  isDue = false;
  const rows = document.createDocumentFragment();
  const isFlood = waiting.length > MOST_ROWS_A_FRAME;
  messages.setAttribute("aria-busy", isFlood);
  for (const message of waiting.splice(0, MOST_ROWS_A_FRAME)) {
    rows.append(row(message));
  }
  messages.append(rows);
  while (messages.children.length > MOST_ROWS) messages.firstChild.remove();
  if (isPressed("follow")) scroll.scrollTop = scroll.scrollHeight;
  if (isFlood) drawSoon();
}

function drawSoon() {
  if (isDue) return;
  isDue = true;
  // A page in the background has no frames.
  if (document.hidden) setTimeout(draw, 50);
  else requestAnimationFrame(draw);
}

/** Draws the lanes, with the state of each participant. */
function drawStates(news) {
  participants = news.participants;
  diagram.style.setProperty("--participants", participants.length);
  const stateOf = new Map(news.states.map(({ name, state }) => [name, state]));
  lanes.replaceChildren(...participants.map((name) => {
    const lane = element("div", "lane");
    lane.dataset.state = stateOf.get(name) ?? "up";
    lane.append(element("span", "name", name));
    return lane;
  }));
  states.replaceChildren(...news.states.map(({ name, state }) => {
    const made = element("li", "", `${name}: ${state}`);
    made.dataset.name = name;
    made.dataset.state = state;
    return made;
  }));
}

/** Draws the message that has the place, or forgets it before it is drawn. */
function remove(place) {
  waiting = waiting.filter((message) => message.place !== place);
  messages.querySelector(`[data-place="${place}"]`)?.remove();
}

function isPressed(id) {
  return document.getElementById(id).getAttribute("aria-pressed") === "true";
}

function onToggle(id, change) {
  const button = document.getElementById(id);
  button.addEventListener("click", () => {
    button.setAttribute("aria-pressed", String(!isPressed(id)));
    change(isPressed(id));
  });
}

onToggle("follow", (isOn) => { if (isOn) drawSoon(); });
onToggle("list", (isOn) => diagram.classList.toggle("list", isOn));
onToggle("announce", (isOn) => {
  messages.setAttribute("aria-live", isOn ? "polite" : "off");
});

const events = new EventSource("events");
events.onopen = () => { connection.textContent = "connected"; };
events.onerror = () => { connection.textContent = "the lab does not answer"; };
events.addEventListener("states", ({ data }) => drawStates(JSON.parse(data)));
events.addEventListener("gone", ({ data }) => remove(JSON.parse(data).place));
events.addEventListener("message", ({ data }) => {
  waiting.push(JSON.parse(data));
  drawSoon();
});
