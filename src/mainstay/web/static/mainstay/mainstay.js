// What every page can do beyond plain HTML: theme, menus, dialogs, command palette, messages, copying.
// Pages are whole without it. Its few words stand in the page (data attributes, templates), to be translated.

const find = (selector, root = document) => root.querySelector(selector);
const all = (selector, root = document) => [...root.querySelectorAll(selector)];

// Theme: the cookie lets the server render the right one, so nothing flashes.
function chooseTheme(theme) {
  document.documentElement.dataset.theme = theme;
  const secure = location.protocol === "https:" ? "; secure" : "";
  document.cookie = `theme=${encodeURIComponent(theme)}; path=/; max-age=31536000; samesite=lax${secure}`;
  for (const button of all("[data-theme-switch] button")) {
    button.setAttribute("aria-pressed", button.value === theme);
  }
}

document.addEventListener("submit", (event) => {
  if (!event.target.matches("[data-theme-switch]") || !event.submitter) return;
  event.preventDefault();
  chooseTheme(event.submitter.value);
});

// Menus are <details>: they close on a click elsewhere and on Escape.
document.addEventListener("click", (event) => {
  for (const menu of all("details.menu[open]")) if (!menu.contains(event.target)) menu.open = false;
});

document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  const menu = find("details.menu[open]");
  if (menu) {
    menu.open = false;
    find("summary", menu).focus();
  } else if (!find("dialog[open]") && !event.target.closest("input, textarea, select")) {
    find("a[data-leave]")?.click();
  }
});

// Dialogs: a link that also works as a page. Forms in it are htmx's, so they answer inside the dialog.
async function openDialog(link) {
  const dialog = find("#dialog");
  const url = link.dataset.dialog || link.href;
  try {
    const response = await fetch(url, { headers: { "HX-Request": "true", "HX-Target": "dialog" } });
    if (!response.ok || response.redirected) throw new Error(String(response.status));
    showFragment(dialog, await response.text());
    if (!dialog.open) dialog.showModal();
    dialog.addEventListener("close", () => link.focus(), { once: true });
  } catch {
    location.assign(link.href); // the page behind the link says what is wrong
  }
}

// The server escaped what it rendered; parsing it apart keeps scripts in it from running.
function showFragment(target, html) {
  const parsed = new DOMParser().parseFromString(html, "text/html");
  target.replaceChildren(...parsed.body.childNodes);
  window.htmx?.process(target);
}

document.addEventListener("click", (event) => {
  const plain = event.button === 0 && !event.ctrlKey && !event.metaKey && !event.shiftKey && !event.altKey;
  const link = event.target.closest("a[data-dialog]");
  if (link && plain && find("#dialog")) {
    event.preventDefault();
    openDialog(link);
  } else if (event.target.closest("dialog [data-close]")) {
    event.preventDefault();
    event.target.closest("dialog").close();
  } else if (event.target.matches?.("dialog") && !find("form[data-guard]", event.target)) {
    event.target.close(); // the backdrop belongs to the dialog; a filled form is not lost to a stray click
  }
});

// Command palette
const palette = find("#palette");
const paletteInput = palette && find("input[name=q]", palette);
const paletteResults = palette && find("#palette-results");
let paletteRequest = null;
let paletteTimer = 0;

function openPalette() {
  if (!palette || palette.open) return;
  for (const dialog of all("dialog[open]")) dialog.close();
  palette.showModal();
  paletteInput.select();
}

async function searchPalette() {
  paletteRequest?.abort();
  const words = paletteInput.value.trim();
  if (!words) return void clearPalette();
  paletteRequest = new AbortController();
  const url = new URL(paletteInput.form.action);
  url.search = new URLSearchParams({ q: words, format: "fragment" });
  try {
    const response = await fetch(url, { signal: paletteRequest.signal, headers: { "HX-Request": "true" } });
    if (!response.ok) return;
    showFragment(paletteResults, await response.text());
    markOption(0);
  } catch (error) {
    if (error.name !== "AbortError") clearPalette(); // Enter still leads to the search page
  }
}

function clearPalette() {
  paletteResults.replaceChildren();
  markOption(0);
}

function markOption(position) {
  const options = all("[role=option]", paletteResults);
  const marked = options.at(options.length ? position % options.length : 0);
  options.forEach((option, index) => {
    option.id ||= `palette-option-${index}`;
    option.setAttribute("aria-selected", option === marked);
  });
  paletteInput.setAttribute("aria-expanded", options.length > 0);
  if (marked) {
    paletteInput.setAttribute("aria-activedescendant", marked.id);
    marked.scrollIntoView({ block: "nearest" });
  } else paletteInput.removeAttribute("aria-activedescendant");
}

function steerPalette(event) {
  const options = all("[role=option]", paletteResults);
  const at = options.findIndex((option) => option.getAttribute("aria-selected") === "true");
  if (event.key === "ArrowDown") markOption(at + 1);
  else if (event.key === "ArrowUp") markOption(at - 1);
  else if (event.key === "Enter" && at >= 0) options[at].click();
  else if (event.key === "Escape") palette.close(); // a search field would only clear itself
  else return;
  event.preventDefault();
}

if (palette) {
  paletteInput.addEventListener("keydown", steerPalette);
  paletteInput.addEventListener("input", () => {
    clearTimeout(paletteTimer);
    paletteTimer = setTimeout(searchPalette, 120);
  });
}

document.addEventListener("keydown", (event) => {
  if (event.key.toLowerCase() !== "k" || event.shiftKey || event.altKey) return;
  if (!event.ctrlKey && !event.metaKey) return;
  event.preventDefault();
  openPalette();
});

// Messages leave by themselves, errors stay; the clock stops while one is read.
function armToast(toast) {
  if (toast.dataset.armed) return;
  toast.dataset.armed = "yes";
  if (toast.matches(".error")) return;
  const wait = find("form, a", toast) ? 20000 : 8000;
  let timer = setTimeout(() => toast.remove(), wait);
  const pause = () => clearTimeout(timer);
  const resume = () => {
    clearTimeout(timer);
    timer = setTimeout(() => toast.remove(), wait);
  };
  toast.addEventListener("pointerenter", pause);
  toast.addEventListener("focusin", pause);
  toast.addEventListener("pointerleave", resume);
  toast.addEventListener("focusout", resume);
}

function showTemplate(id) {
  const template = find(`template#${id}`);
  const toasts = find("#toasts");
  if (template && toasts && !find(`[data-from=${id}]`, toasts)) {
    const toast = template.content.firstElementChild.cloneNode(true);
    toast.dataset.from = id;
    toasts.append(toast);
  }
}

all(".toast").forEach(armToast);
document.addEventListener("htmx:load", (event) => {
  const added = event.detail.elt;
  if (added.matches?.(".toast")) armToast(added);
  all(".toast", added).forEach(armToast);
});
document.addEventListener("click", (event) => {
  event.target.closest(".toast [data-close]")?.closest(".toast").remove();
});
document.addEventListener("htmx:sendError", () => showTemplate("offline"));
document.addEventListener("htmx:responseError", () => showTemplate("failed"));

// Copying
document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copy], [data-copy-from]");
  if (!button || !navigator.clipboard) return;
  await navigator.clipboard.writeText(button.dataset.copy || find(button.dataset.copyFrom).textContent);
  const label = button.textContent;
  button.textContent = button.dataset.copied;
  setTimeout(() => (button.textContent = label), 1600);
});
