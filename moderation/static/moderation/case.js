// What makes a case page smoother; without it every button is a plain form.

// The action chosen is repeated beside the button that carries it out.
document.addEventListener("change", (event) => {
  if (!event.target.matches("[data-choice]")) return;
  const chosen = document.querySelector(".chosen");
  if (chosen) chosen.textContent = event.target.closest(".choice").querySelector(".choice__name").textContent;
});

// A revealed part keeps the tile it came from, so that concealing asks nobody and leaves nothing behind.
const tiles = new Map();

document.addEventListener("htmx:beforeSwap", (event) => {
  const part = event.detail.target;
  if (part.matches(".tile.part") && event.detail.xhr.status === 200) tiles.set(part.id, part.outerHTML);
});

document.addEventListener("htmx:afterSettle", (event) => {
  const part = event.detail.elt;
  if (part.matches?.(".part--revealed")) part.focus();
});

document.addEventListener("click", (event) => {
  const link = event.target.closest("[data-conceal]");
  if (!link) return;
  const part = link.closest(".part");
  const tile = tiles.get(part.id);
  if (!tile) return; // revealed with a whole page: the link asks for it again, concealed
  event.preventDefault();
  part.outerHTML = tile;
  const again = document.getElementById(part.id);
  window.htmx.process(again);
  again.querySelector("button")?.focus();
});

// Nobody should come back to a screen that shows what they had turned away from.
document.addEventListener("visibilitychange", () => {
  if (!document.hidden) return;
  for (const link of document.querySelectorAll("[data-conceal]")) {
    if (tiles.has(link.closest(".part").id)) link.click();
  }
});

// A second click on a button that is already at work does nothing; the server would refuse it as well.
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.method !== "post" || form.hasAttribute("hx-post")) return;
  if (form.dataset.sent) {
    event.preventDefault();
    return;
  }
  form.dataset.sent = "1";
  setTimeout(() => delete form.dataset.sent, 3000);
});
window.addEventListener("pageshow", () => {
  for (const form of document.forms) delete form.dataset.sent;
});

// Offline is said, not left to be guessed.
const offline = document.getElementById("offline");
const tell = () => {
  if (offline) offline.hidden = navigator.onLine;
};
window.addEventListener("online", tell);
window.addEventListener("offline", tell);
tell();

document.getElementById("errors")?.focus();
