// One key for what a moderator does all day. A key acts at once only on what can be taken back at no cost;
// for everything else it moves the focus, and Enter does it.
const $ = (selector) => document.querySelector(selector);

const pages = { q: "home", w: "weekly", m: "me" };
let going = false; // after G, until the next key

function typing(target) {
  return target.isContentEditable || /^(TEXTAREA|SELECT)$/.test(target.tagName) || (target.tagName === "INPUT" && !/^(radio|checkbox|submit|button)$/.test(target.type));
}

function press(key) {
  // What is folded away is not there: revealing it would cost exposure for something nobody sees.
  const buttons = [...document.querySelectorAll(`[data-key="${key}"]:not([disabled])`)];
  const button = buttons.find((each) => !each.closest("details:not([open])"));
  if (button) button.click();
  return Boolean(button);
}

function focus(key) {
  const control = $(`[data-key="${key}"]`);
  if (control) control.focus();
  return Boolean(control);
}

function choose(number) {
  const choice = $(`[data-choice="${number}"]:not([disabled])`);
  if (!choice) return false;
  choice.checked = true;
  choice.focus();
  choice.dispatchEvent(new Event("change", { bubbles: true }));
  return true;
}

function search() {
  if (focus("/")) return true;
  const link = $('[data-go="search"]');
  if (link) link.click();
  return Boolean(link);
}

function go(key) {
  const link = pages[key] && $(`[data-go="${pages[key]}"]`);
  if (link) link.click();
  return Boolean(link);
}

function help() {
  const dialog = $("#keys");
  if (!dialog) return false;
  if (dialog.open) dialog.close();
  else dialog.showModal();
  return true;
}

// Single keys get in the way of speech input and some screen readers: they can be switched off on each device.
const SWITCH = "breakwater-keys";
const keysOn = $("#keys-on");
if (keysOn) {
  keysOn.checked = localStorage.getItem(SWITCH) !== "off";
  keysOn.addEventListener("change", () => localStorage.setItem(SWITCH, keysOn.checked ? "on" : "off"));
}
for (const button of document.querySelectorAll("[data-help]")) button.addEventListener("click", help);

const acts = {
  n: () => press("n"),
  r: () => press("r"),
  u: () => press("u"),
  h: () => focus("h"),
  s: () => press("s"),
  "/": search,
  "?": help,
};

function conceal() {
  const revealed = [...document.querySelectorAll("[data-conceal]")];
  for (const link of revealed) link.click();
  return revealed.length > 0;
}

document.addEventListener("keydown", (event) => {
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
  if (event.key === "Escape") {
    if (!$("dialog[open]")) conceal();
    return;
  }
  if ((keysOn && !keysOn.checked) || typing(event.target) || ($("dialog[open]") && event.key !== "?")) return;
  const key = event.key.toLowerCase();
  let done;
  if (going) {
    going = false;
    done = go(key);
  } else if (key === "g") {
    going = done = true;
  } else if (/^[1-9]$/.test(key)) {
    done = choose(key);
  } else if (!event.repeat && acts[key]) {
    done = acts[key]();
  }
  if (done) event.preventDefault();
});
