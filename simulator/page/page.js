// Owns the page's life: shows what the simulator tells of the trap, and asks for what the person does to it.
const LINES_MAX = 300;
const body = document.body;
const find = (id) => document.getElementById(id);
const consoleView = find("console");
let state;
let lines = [];

const BOARD = { off: "off", starting: "starting", running: "on", asleep: "asleep", hung: "hung" };
const WIFI = { off: "not joined", joining: "joining …", online: "online" };

function summarise() {
  if (state.board === "off") return "It has no power.";
  if (state.board === "hung") return "Its program hangs.";
  if (state.board !== "running") return "It is starting.";
  if (state.plunger === "sprung") return "It has sprung.";
  return state.wifi === "online" ? "It is awake and online." : "It is awake, without Wi-Fi.";
}

function setText(id, text) {
  const element = find(id);
  if (element.textContent !== text) element.textContent = text;
}

function showState(next) {
  state = next;
  Object.assign(body.dataset, {
    board: state.board,
    plunger: state.plunger,
    wifi: state.wifi,
    button: state.button,
    led: state.led ? "on" : "off",
    buzzer: state.buzzerHz > 0 ? "on" : "off",
  });
  setText("serial", state.serialNumber);
  setText("summary", summarise());
  setText("fact-board", BOARD[state.board]);
  setText("fact-plunger", state.plunger);
  setText("fact-wifi", state.networkUp ? WIFI[state.wifi] : "network down");
  setText("fact-led", state.led ? "on" : "off");
  setText("fact-buzzer", state.buzzerHz > 0 ? `${Math.round(state.buzzerHz)} Hz` : "silent");
  setText("fact-battery", `${(state.batteryMv / 1000).toFixed(2)} V`);
  setText("power", state.board === "off" ? "Restore power" : "Cut the power");
  setText("network", state.networkUp ? "Take the Wi-Fi down" : "Bring the Wi-Fi up");
  find("spring").disabled = state.plunger === "sprung";
  find("set").disabled = state.plunger === "set";
}

function showLines() {
  const isAtEnd = consoleView.scrollTop + consoleView.clientHeight >= consoleView.scrollHeight - 30;
  lines = lines.slice(-LINES_MAX);
  consoleView.textContent = lines.map((entry) => entry.line).join("\n");
  if (isAtEnd) consoleView.scrollTop = consoleView.scrollHeight;
}

function showTrouble(text) {
  const trouble = find("trouble");
  trouble.hidden = text === "";
  trouble.textContent = text;
}

/** What a button asks for: its own words, and the opposite of what is for a switch. */
function readRequest(button) {
  const { action, ms, toggle } = button.dataset;
  if (toggle === "on") return { on: state.board === "off" };
  if (toggle === "up") return { up: !state.networkUp };
  return action ? { action, ms: Number(ms) } : {};
}

async function post(button) {
  try {
    const response = await fetch(button.dataset.post, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(readRequest(button)),
    });
    const answer = await response.json();
    if (response.ok) showState(answer);
    showTrouble(response.ok ? "" : answer.detail);
  } catch {
    showTrouble("The simulator does not answer.");
  }
}

for (const button of document.querySelectorAll("button[data-post]")) {
  button.addEventListener("click", () => {
    if (state) post(button);
  });
}

const events = new EventSource("/api/events");
events.addEventListener("state", (event) => showState(JSON.parse(event.data)));
events.addEventListener("console", (event) => {
  lines = JSON.parse(event.data).lines;
  showLines();
});
events.addEventListener("line", (event) => {
  lines.push(JSON.parse(event.data));
  showLines();
});
events.addEventListener("open", () => showTrouble(""));
events.addEventListener("error", () => showTrouble("The simulator does not answer. Is it still running?"));
