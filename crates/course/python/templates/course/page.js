// Renders the formulas, which stand as LaTeX in elements of the class `math`.
for (const formula of document.querySelectorAll(".math")) {
    katex.render(formula.textContent, formula, { displayMode: formula.classList.contains("display"), throwOnError: false });
}

// Browsers break lines between a formula and the full stop after it.
for (const formula of document.querySelectorAll(".math:not(.display)")) {
    const next = formula.nextSibling;
    const mark = next?.nodeType === Node.TEXT_NODE && next.data.match(/^[.,;:!?)]+/);
    if (!mark || formula.querySelectorAll(".katex-base").length > 1) continue;
    next.splitText(mark[0].length);
    const whole = Object.assign(document.createElement("span"), { className: "whole" });
    formula.before(whole);
    whole.append(formula, next);
}

// Beside the text, the table of contents is open; above it, it would hide the text.
const contents = document.querySelector(".contents details");
if (contents) contents.open = matchMedia("(min-width: 75rem)").matches;

// What scrolls inside itself must be reachable by the keyboard, and only that. The formulas' fonts change how wide they are.
function makeReachable(element) {
    if (element.scrollWidth > element.clientWidth) element.tabIndex = 0;
    else element.removeAttribute("tabindex");
}
const scrolling = document.querySelectorAll("pre, .table, .math.display");
const observer = new ResizeObserver((entries) => entries.forEach(({ target }) => makeReachable(target)));
scrolling.forEach((element) => observer.observe(element));
document.fonts.ready.then(() => scrolling.forEach(makeReachable));
