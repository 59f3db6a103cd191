// Without this script a page is complete, and its figure stands still.

import init, { answer, cluster } from "./playground.js";

// A screen reader should hear where a slider has come to, not each value on the way.
const PAUSE = 400;

function setUp(section) {
  const find = (selector) => [...section.querySelectorAll(selector)];
  const [form] = find("form"), [figures] = find(".figures"), [sentence] = find(".sentence");
  const bins = find(".strip input"), settings = [...find("[data-setting]"), ...bins], cells = find("td");
  let width = Number(figures.dataset.width), scheduled = false, pause;

  function show() {
    const started = performance.now();
    const { figures: drawn, texts, values, sentence: said, shown } = answer(section.id, settings.map((setting) => Number(setting.value)), width);
    figures.innerHTML = drawn.join("");
    cells.forEach((cell, i) => { cell.textContent = texts[i]; cell.dataset.value = values[i]; });
    shown.forEach((text, i) => describe(settings[i], text));
    bins.forEach((bin) => bin.style.setProperty("--count", bin.value));
    clearTimeout(pause);
    pause = setTimeout(() => { sentence.textContent = said; }, PAUSE);
    section.dataset.answers = 1 + Number(section.dataset.answers ?? 0);
    section.dataset.milliseconds = performance.now() - started;
  }

  // At most once for each picture on the screen.
  function schedule() {
    if (scheduled) return;
    scheduled = true;
    requestAnimationFrame(() => { scheduled = false; show(); });
  }

  new ResizeObserver(() => {
    // A scroll bar that comes and goes is no reason.
    const now = Math.round(figures.clientWidth);
    if (now > 0 && Math.abs(now - width) > 20) { width = now; schedule(); }
  }).observe(figures);
  form.addEventListener("input", schedule);
  form.addEventListener("reset", schedule);
  form.addEventListener("submit", (event) => event.preventDefault());
  if (bins.length) setUpStrip(section, find(".strip")[0], bins, schedule);
  find("fieldset")[0].disabled = false;
}

// What a slider is set to, for those who see it and those who hear it.
function describe(setting, text) {
  const label = setting.parentElement.querySelector(".shown");
  if (!label) return;
  label.textContent = text;
  setting.setAttribute("aria-valuetext", text);
}

function setUpStrip(section, strip, bins, schedule) {
  const most = Number(bins[0].max);
  let last = 0;

  function focus(i) {
    bins.forEach((bin, j) => { bin.tabIndex = j === i ? 0 : -1; });
    bins[i].focus({ preventScroll: true });
  }

  function draw(event, from) {
    const box = strip.getBoundingClientRect();
    const share = (event.clientX - box.left) / box.width;
    const i = Math.min(Math.max(Math.floor(share * bins.length), 0), bins.length - 1);
    const count = Math.round(most * (1 - (event.clientY - box.top) / box.height));
    // A fast pointer jumps over bins.
    for (let j = Math.min(from ?? i, i); j <= Math.max(from ?? i, i); j += 1) bins[j].value = count;
    last = i;
    schedule();
  }

  strip.addEventListener("pointerdown", (event) => {
    event.preventDefault();
    strip.setPointerCapture(event.pointerId);
    draw(event);
    focus(last);
  });
  strip.addEventListener("pointermove", (event) => {
    if (strip.hasPointerCapture(event.pointerId)) draw(event, last);
  });
  strip.addEventListener("keydown", (event) => {
    const way = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (!way) return;
    event.preventDefault();
    focus(Math.min(Math.max(bins.indexOf(event.target) + way, 0), bins.length - 1));
  });

  const sliders = [...section.querySelectorAll("[data-cluster]")];
  const describeAll = () => sliders.forEach((slider) => describe(slider, slider.value));
  sliders.forEach((slider) => slider.addEventListener("input", describeAll));
  strip.closest("form").addEventListener("reset", () => requestAnimationFrame(describeAll));
  const fill = (counts) => { bins.forEach((bin, i) => { bin.value = counts[i]; }); schedule(); };
  section.querySelector("[data-do=clear]").addEventListener("click", () => fill(bins.map(() => 0)));
  section.querySelector("[data-do=add]").addEventListener("click", () => {
    const [position, width, count] = sliders.map((slider) => Number(slider.value));
    fill(cluster(section.id, bins.map((bin) => Number(bin.value)), position, width, count));
  });
}

await init({ module_or_path: new URL("playground_bg.wasm", import.meta.url) });
document.querySelectorAll(".playground").forEach(setUp);
document.getElementById("still")?.remove();
