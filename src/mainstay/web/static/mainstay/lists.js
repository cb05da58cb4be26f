// Lists by keyboard (j k x Enter / ?) and the choice of rows for the bulk bar.

const find = (selector, root = document) => root.querySelector(selector);
const all = (selector, root = document) => [...root.querySelectorAll(selector)];

// Single keys can be switched off, since speech input would type them (WCAG 2.1.4).
const KEYS_OFF = "single-keys-off";
const keysAreOff = () => localStorage.getItem(KEYS_OFF) === "yes";

function rows() {
  return all(".is-list .table tbody tr").filter((row) => find("th a", row));
}

function step(distance) {
  const list = rows();
  if (!list.length) return;
  const at = list.findIndex((row) => row.contains(document.activeElement));
  const last = list.length - 1;
  const next = list[at < 0 && distance < 0 ? last : Math.min(last, Math.max(0, at + distance))];
  find("th a", next).focus();
  next.scrollIntoView({ block: "nearest" });
}

function toggleRow() {
  const row = document.activeElement?.closest("tr");
  const box = row && find(".check input", row);
  if (box) box.click();
}

function focusSearch() {
  const input = find(".filters input[type=search]") || find(".top input[type=search]");
  input?.focus();
  input?.select();
}

const KEYS = {
  j: () => step(1),
  k: () => step(-1),
  x: toggleRow,
  "/": focusSearch,
  "?": () => find("#shortcuts")?.showModal(),
};

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented || keysAreOff()) return;
  const fields = "input:not([type=checkbox], [type=radio]), textarea, select, [contenteditable]";
  if (event.target.closest(fields) || find("dialog[open]") || !Object.hasOwn(KEYS, event.key)) return;
  event.preventDefault();
  KEYS[event.key]();
});

const keySwitch = find("[data-single-keys]");
if (keySwitch) {
  keySwitch.checked = !keysAreOff();
  keySwitch.addEventListener("change", () => {
    localStorage.setItem(KEYS_OFF, keySwitch.checked ? "no" : "yes");
  });
}

document.addEventListener("click", (event) => {
  if (event.target.closest("[data-shortcuts]")) find("#shortcuts")?.showModal();
});

// Choosing rows
const boxes = () => all(".is-list tbody .check input");
let lastBox = null;

function countChosen() {
  const list = boxes();
  const chosen = list.filter((box) => box.checked).length;
  const whole = find(".is-list thead .check input");
  if (whole) {
    whole.checked = chosen > 0 && chosen === list.length;
    whole.indeterminate = chosen > 0 && chosen < list.length;
  }
  const output = find(".bulk output");
  if (output) output.value = (chosen === 1 ? output.dataset.one : output.dataset.many).replace("%n", chosen);
}

document.addEventListener("click", (event) => {
  const box = event.target;
  if (box.matches?.(".is-list thead .check input")) {
    for (const each of boxes()) each.checked = box.checked;
  } else if (box.matches?.(".is-list tbody .check input")) {
    const list = boxes();
    const [from, to] = [list.indexOf(lastBox), list.indexOf(box)].sort((a, b) => a - b);
    if (event.shiftKey && from >= 0) for (const each of list.slice(from, to + 1)) each.checked = box.checked;
    lastBox = box;
  } else if (event.target.closest(".bulk [data-none]")) {
    for (const each of boxes()) each.checked = false;
  } else return;
  countChosen();
});

if (find(".is-list .bulk")) countChosen();
document.addEventListener("htmx:afterSettle", () => find(".is-list .bulk") && countChosen());
window.addEventListener("pageshow", () => find(".is-list .bulk") && countChosen());
