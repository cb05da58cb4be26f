// Nothing typed is lost: a warning on leaving, a draft in this tab, and errors that take the focus.

const find = (selector, root = document) => root.querySelector(selector);
const all = (selector, root = document) => [...root.querySelectorAll(selector)];
const DRAFT = "draft:";

// One draft per form and address; the tab forgets it when it is closed.
// Attributes are read as such: a field called “id” or “method” hides the form's own property.
const keyOf = (form) => `${DRAFT}${location.pathname}#${form.getAttribute("id")}`;
const sent = new WeakSet();
const original = new WeakMap();

// Secrets, files and what the page itself sent along (tokens, versions) never enter a draft.
function keptFields(form) {
  const left = "[type=hidden], [type=password], [type=file], button, fieldset, output, [data-private]";
  return [...form.elements].filter((field) => field.name && !field.matches(left));
}

function valuesOf(form) {
  const values = keptFields(form).map((field) => {
    if (field.matches("[type=checkbox], [type=radio]")) return [field.name, field.value, field.checked];
    const many = field.matches("select[multiple]");
    return [field.name, many ? [...field.selectedOptions].map((option) => option.value) : field.value];
  });
  return JSON.stringify(values);
}

function restore(form, stored) {
  const fields = keptFields(form);
  for (const [name, value, checked] of JSON.parse(stored)) {
    for (const field of fields.filter((each) => each.name === name)) {
      if (field.matches("[type=checkbox], [type=radio]")) {
        if (field.value === value) field.checked = checked;
      } else if (Array.isArray(value)) {
        for (const option of field.options) option.selected = value.includes(option.value);
      } else field.value = value;
    }
  }
}

const isChanged = (form) => original.has(form) && original.get(form) !== valuesOf(form);

function keepDraft(form) {
  if (!isChanged(form)) return sessionStorage.removeItem(keyOf(form));
  const draft = { values: valuesOf(form), at: new Date().toISOString() };
  try {
    sessionStorage.setItem(keyOf(form), JSON.stringify(draft));
  } catch (error) {
    if (error.name !== "QuotaExceededError") throw error; // a full store costs the draft, not the work
  }
}

function offerDraft(form) {
  const draft = JSON.parse(sessionStorage.getItem(keyOf(form)) ?? "null");
  const template = find("template#draft-offer");
  if (!draft || !template || draft.values === valuesOf(form)) return;
  const offer = template.content.firstElementChild.cloneNode(true);
  const time = find("time", offer);
  time.dateTime = draft.at;
  const style = { dateStyle: "medium", timeStyle: "short" };
  time.textContent = new Date(draft.at).toLocaleString(document.documentElement.lang, style);
  find("[data-restore]", offer).addEventListener("click", () => {
    restore(form, draft.values);
    offer.remove();
    keptFields(form)[0]?.focus();
  });
  find("[data-discard]", offer).addEventListener("click", () => {
    sessionStorage.removeItem(keyOf(form));
    offer.remove();
  });
  form.prepend(offer);
}

// A draft that was sent and is not on a form again has arrived.
function clearArrived() {
  const waiting = sessionStorage.getItem("draft-sent");
  if (!waiting) return;
  const back = all("form[data-guard]").some((form) => keyOf(form) === waiting);
  if (!back || find("[data-saved]")) sessionStorage.removeItem(waiting);
  sessionStorage.removeItem("draft-sent");
}

function guard(form) {
  if (original.has(form)) return;
  original.set(form, form.matches("[data-guard=dirty]") || find(".errors", form) ? "" : valuesOf(form));
  offerDraft(form);
  let timer = 0;
  form.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(keepDraft, 400, form);
  });
}

function submitOnce(event) {
  const form = event.target;
  const byHtmx = form.matches("[hx-post], [hx-put], [hx-patch]");
  if (event.defaultPrevented || byHtmx || form.getAttribute("method")?.toLowerCase() !== "post") return;
  if (sent.has(form)) return event.preventDefault();
  sent.add(form);
  if (form.matches("[data-guard]")) {
    keepDraft(form);
    sessionStorage.setItem("draft-sent", keyOf(form));
  }
}

function forgetDrafts() {
  for (const key of Object.keys(sessionStorage)) if (key.startsWith(DRAFT)) sessionStorage.removeItem(key);
}

function prepare(root) {
  all("form[data-guard]", root).forEach(guard);
  find(".errors", root)?.focus();
}

clearArrived();
prepare(document);
document.addEventListener("htmx:load", (event) => prepare(event.detail.elt.parentElement ?? document));
window.addEventListener("submit", submitOnce);
document.addEventListener("submit", (event) => event.target.matches("[data-forget]") && forgetDrafts());
window.addEventListener("beforeunload", (event) => {
  if (all("form[data-guard]").some((form) => !sent.has(form) && isChanged(form))) event.preventDefault();
});
window.addEventListener("pageshow", (event) => {
  if (event.persisted) for (const form of all("form")) sent.delete(form);
});
