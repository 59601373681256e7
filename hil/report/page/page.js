// Owns what a person does with a report: filter the log, look at one suite's part of it, widen the timeline, copy a command. Everything
// can be read without it.
const find = (id) => document.getElementById(id);
const rows = find("rows");
const tools = find("log-tools");
const windowButton = find("log-window");
const TYPING_PAUSE_MS = 120;
let typing;
/** Read once, at the first filtering: thousands of rows are slow to ask again. */
let known;
/** Of one suite: { from, to, board, title }. */
let part;

function readRows() {
  known ??= [...rows.querySelectorAll(".k > .r")].map((element) => ({
    element,
    at: Number(element.dataset.t),
    board: element.children[1].textContent,
    source: element.children[2].textContent,
    text: element.textContent.toLowerCase(),
  }));
  return known;
}

function filterLog() {
  const sources = new Set([...tools.querySelectorAll("[name=source]:checked")].map((box) => box.value));
  const wanted = tools.elements.text.value.trim().toLowerCase();
  const board = tools.elements.board.value;
  let shown = 0;
  for (const row of readRows()) {
    const isShown =
      sources.has(row.source) &&
      (board === "" || row.board === board) &&
      (wanted === "" || row.text.includes(wanted)) &&
      (part === undefined || (row.at >= part.from && row.at <= part.to));
    if (row.element.hidden === isShown) row.element.hidden = !isShown;
    if (isShown) shown += 1;
  }
  find("log-count").textContent = shown === known.length ? `${shown} lines` : `${shown} of ${known.length} lines`;
  windowButton.hidden = part === undefined;
  windowButton.textContent = part === undefined ? "" : `only ${part.title} \u2715`;
}

function showPart(link) {
  const { logFrom, logTo, logBoard } = link.dataset;
  const title = link.closest(".suite").querySelector(".title").textContent;
  part = { from: Number(logFrom), to: Number(logTo), title };
  tools.elements.board.value = logBoard;
  filterLog();
  find("log-scroll").scrollTop = 0;
}

async function copy(button) {
  const said = button.textContent;
  try {
    await navigator.clipboard.writeText(button.dataset.copy);
    button.textContent = "Copied";
  } catch {
    getSelection().selectAllChildren(button.previousElementSibling);
    button.textContent = "Selected";
  }
  setTimeout(() => {
    button.textContent = said;
  }, 1_500);
}

/** What an address points to is opened, and what it lies in. */
function openTarget() {
  const target = location.hash.length > 1 ? find(location.hash.slice(1)) : null;
  for (let at = target; at !== null; at = at.parentElement) if (at.tagName === "DETAILS") at.open = true;
  target?.scrollIntoView();
}

tools.addEventListener("input", (event) => {
  clearTimeout(typing);
  if (event.target.name === "lanes") rows.classList.toggle("lanes", event.target.checked);
  else if (event.target.name === "text") typing = setTimeout(filterLog, TYPING_PAUSE_MS);
  else filterLog();
});
tools.addEventListener("submit", (event) => event.preventDefault());
windowButton.addEventListener("click", () => {
  part = undefined;
  tools.elements.board.value = "";
  filterLog();
});
document.addEventListener("click", (event) => {
  const link = event.target.closest("[data-log-from]");
  if (link !== null) showPart(link);
  const button = event.target.closest("[data-copy]");
  if (button !== null) copy(button);
});
find("zoom").addEventListener("input", (event) => {
  find("timeline-drawing").setAttribute("width", `${Number(event.target.value) * 100}%`);
});
addEventListener("hashchange", openTarget);
openTarget();
