"""What a student and an instructor do, in this order: each scenario needs what the earlier ones have left in the page."""

import re
import subprocess
import time

from page import ClassicPage, Page, is_red
from playwright.sync_api import expect

HUTCHINSON = """
#[exercise]
fn hutchinson_trace(a: &dyn SymmetricOperator, m: usize, probe: Probe, seed: u64) -> TraceEstimate {
    let mut rng = rng(seed);
    let samples: Array1<f64> = (0..m).map(|_| { let z = probe.draw(a.dim(), &mut rng); z.dot(&a.apply(&z)) }).collect();
    TraceEstimate { mean: %s, samples }
}
""".strip()
RIGHT = HUTCHINSON % "samples.sum() / m as f64"
REJECTED = HUTCHINSON % "samples.summ()"


def looking_changes_nothing(course):
    def state():
        return subprocess.run(["git", "status", "--porcelain"], cwd=course.checkout, capture_output=True, text=True, check=True).stdout

    course.server.autosave(1)
    before = state()
    for path, ids in course.originals():
        original = (course.checkout / path).read_bytes()
        page = Page(course.browser, course.server, path, ids, course.pictures).open()
        expect(page.panel.locator(".jp-KernelName")).to_have_text("Rust")
        page.wait_for_kernel()
        page.cell(ids[-1])
        time.sleep(3)
        assert not page.is_changed(), path
        page.close()
        assert (course.checkout / path).read_bytes() == original, path
        course.server.end_kernels()
    assert state() == before, (before, state())
    # So often, it may cross with what a scenario does.
    course.server.autosave(120)


def a_link_leads_to_a_figure_to_play_with(course):
    lab = course.lab.open()
    link = lab.cell("questions-1").get_by_role("link", name="the variance against the number of probes")
    with lab.context.expect_page() as opened:
        link.click()
    page = opened.value
    if (course.checkout / "target/course/playground/hutchinson/index.html").is_file():
        # The library has loaded and computes.
        expect(page.locator("#still")).to_have_count(0)
        slider, numbers = page.locator("input[type=range]").first, page.locator("td")
        before = numbers.all_inner_texts()
        slider.press("ArrowDown" if slider.input_value() == slider.get_attribute("max") else "ArrowUp")
        expect(numbers).not_to_have_text(before)
    else:
        print("    only the link: `cargo course playground` has not been called", flush=True)
        assert page.url.endswith("/static/hutchinson/index.html"), page.url
    page.close()


def it_opens_and_an_exercise_is_todo(course):
    lab = course.lab.open()
    lab.wait_for_kernel()
    expect(lab.panel.locator(".jp-KernelName")).to_have_text("Rust")
    lab.run("setup")
    _, card = lab.check()
    expect(card).to_contain_text("3/1.1 Implement Hutchinson: todo")
    lab.picture("todo")


def a_wrong_version_and_a_right_one(course):
    lab = course.lab
    _, card = lab.check(HUTCHINSON % "samples.sum()")
    expect(card).to_contain_text("3/1.1 Implement Hutchinson: failed")
    expect(card).to_contain_text(re.compile("✗.*mean"))
    lab.picture("failed")
    _, card = lab.check(RIGHT)
    expect(card).to_contain_text("3/1.1 Implement Hutchinson: passed")
    expect(card).to_contain_text("Next exercise: 3/1.2 The variance of the estimate (2 of 7).")
    assert "✗" not in card.inner_text(), card.inner_text()
    lab.picture("passed")


def a_version_that_does_not_compile(course):
    lab = course.lab
    report, card = lab.check(REJECTED)
    expect(report.last).to_contain_text("no method named `summ`")
    expect(card).to_contain_text("did not compile")
    lab.picture("compile-error")
    _, card = lab.check(RIGHT)
    expect(card).to_contain_text("3/1.1 Implement Hutchinson: passed")
    # The check is asked for while the cell still runs.
    before = lab.count_of("hutchinson-check")
    lab.start("hutchinson-exercise", REJECTED, "Shift+Enter")
    lab.page.keyboard.press("Shift+Enter")
    lab.wait_for_run("hutchinson-check", before)
    expect(lab.outputs("hutchinson-check")).to_contain_text("did not compile")
    lab.check(RIGHT)


def a_panic_hints_completion_and_documentation(course):
    lab = course.lab
    lab.run("scratch", "let kept = vec![41];")
    panic = lab.run("scratch", "let at = kept.len();\nkept[at]").last
    expect(panic).to_contain_text("the len is 1 but the index is 1")
    assert is_red(panic)
    lab.picture("panic")
    expect(lab.run("scratch", "kept[0] + 1")).to_have_text(["42"])
    expect(lab.run("scratch", 'hint("3/1.1")')).to_contain_text(["Create one generator from the seed"])
    code = lab.run("scratch", 'hint("3/1.1").tier(4)').locator("pre > code")
    expect(code).to_contain_text("let samples")
    assert code.inner_text().strip().count("\n") > 3, code.inner_text()
    lab.picture("hint")

    lab.write("scratch", "Probe::")
    lab.page.keyboard.press("Tab")
    completer = lab.page.locator(".jp-Completer:not(.lm-mod-hidden)")
    expect(completer).to_contain_text("Rademacher")
    lab.picture("completion")
    lab.page.keyboard.press("Escape")

    lab.write("scratch", "TraceEstimate")
    lab.page.keyboard.press("Shift+Tab")
    tooltip = lab.page.locator(".jp-Tooltip")
    expect(tooltip).to_contain_text("An estimate of a trace")
    lab.picture("documentation")
    lab.page.keyboard.press("Escape")
    expect(tooltip).to_have_count(0)


# Cells at the end of the notebook, and what a student's kernel shows for them.
SHOWN = {
    "shown-todo": ("check::weyl_shifts(weyl_shifts)", "3/5.1 Weyl in action: todo"),
    "shown-failed": ("check::weyl_shifts(|_, _, alphas| Array1::zeros(alphas.len()))", "3/5.1 Weyl in action: failed"),
    "shown-passed": ("check::hutchinson_trace(hutchinson_trace)", "3/1.1 Implement Hutchinson: passed"),
    "shown-hint": ('hint("3/5.2").tier(4)', "hint 4 of 4"),
    "shown-wrong-hint": ('hint("1.1")', "there is no exercise"),
    "shown-claims": ('attempt(|| 1.0).claims("a claim", |x| vec![claim("x", *x).at_most(0.5)])', "this does not hold"),
    "shown-figure": ('Figure::new("Squares").alt("Three points.").points("squares", 1..=3, [1, 4, 9])', ""),
}


def cards_hints_and_figures_are_accessible(course):
    lab = course.lab
    try:
        for name, (code, text) in SHOWN.items():
            expect(lab.run(name, code).last).to_contain_text(text)
        for theme in ("Dark", "Light"):
            lab.choose_theme(f"JupyterLab {theme}")
            held = lab.judge_accessibility()
            assert held["color-contrast"] > 20 and held["image-alt"] >= 1, held
            for name in ("shown-failed", "shown-hint", "shown-figure"):
                lab.outputs(name).first.scroll_into_view_if_needed()
                lab.picture(f"{name}-{theme.lower()}")
    finally:
        # A failed card is an error to the kernel with the solutions.
        for name in SHOWN:
            lab.write(name, "1")


def an_endless_loop_is_interrupted(course):
    lab = course.lab
    cell = lab.start("scratch", 'println!("in the loop");\nloop {}')
    outputs = cell.locator(".jp-OutputArea-output")
    expect(outputs).to_contain_text(["in the loop"])
    lab.press_button("interrupt")
    expect(outputs.last).to_contain_text("All variables are gone")
    lab.wait_for_kernel()
    lab.picture("interrupted")
    expect(lab.run("scratch", "6 * 7")).to_have_text(["42"])
    expect(lab.run("scratch", "kept[0]").last).to_contain_text("`kept` was lost")
    _, card = lab.check()
    expect(card).to_contain_text("3/1.1 Implement Hutchinson: passed")
    lab.run("scratch", "let fine = 1;")


def a_restart(course):
    lab = course.lab
    lab.press_button("restart")
    lab.page.locator(".jp-Dialog .jp-mod-accept").click()
    # The kernel is another one once it counts from 1.
    expect(lab.panel.locator(".jp-Notebook-ExecutionIndicator")).not_to_have_attribute("data-status", "idle")
    lab.wait_for_kernel()
    expect(lab.run("scratch", "fine").last).to_contain_text("cannot find value `fine`")
    assert lab.count_of("scratch") == "1"
    lab.run("setup")
    expect(lab.run("scratch", "check::hutchinson_trace(hutchinson_trace)")).to_contain_text(["there is no function"])
    _, card = lab.check()
    expect(card).to_contain_text("3/1.1 Implement Hutchinson: passed")
    lab.run("scratch", "let fine = 1;")


def all_cells_with_the_solutions(course):
    lab = course.lab
    lab.choose_kernel("Rust (solutions)")
    lab.menu("Run", "Run All Cells")
    last = lab.cell(lab.ids[-1]).locator(".jp-InputArea-prompt")
    expect(last).to_have_text("[*]:")
    expect(last).not_to_have_text("[*]:", timeout=300_000)
    lab.wait_for_kernel()
    # JupyterLab shows an error with a traceback as a text on stderr, which would be wrong too.
    errors = lab.panel.locator(".jp-OutputArea-output:is([data-mime-type$=error], [data-mime-type$=stderr])")
    assert errors.count() == 0, errors.all_inner_texts()
    expect(last).to_have_text(f"[{course.n_code_cells}]:")
    all_figures_are_there(course, lab)


def all_figures_are_there(course, page):
    for name in course.figures:
        outputs = page.outputs(name)
        figure = outputs.locator("svg, img").first
        expect(figure).to_be_visible()
        size, room = figure.bounding_box(), outputs.last.bounding_box()
        assert size["width"] > 100 and size["height"] > 75 and size["width"] <= room["width"], (name, size, room)


def saved_and_reopened(course):
    lab = course.lab
    lab.save()
    for theme in ("light", "dark"):
        for zoom in (1.0, 0.5, 2.0):
            lab.open(zoom)
            expect(lab.page.locator("body")).to_have_attribute("data-jp-theme-light", "true" if theme == "light" else "false")
            all_figures_are_there(course, lab)
            for name in ("hutchinson-check", "variance-figure"):
                lab.outputs(name).first.scroll_into_view_if_needed()
                lab.picture(f"{name}-{theme}-{round(100 * zoom)}")
            if zoom == 1.0:
                held = lab.judge_accessibility()
                assert held["image-alt"] >= len(course.figures) and held["color-contrast"] > 100, held
        if theme == "light":
            lab.open()
            lab.choose_theme("JupyterLab Dark")


def in_the_classic_notebook(course):
    course.lab.close()
    course.server.end_kernels()
    page = ClassicPage(course.browser, course.server, course.lab.path, course.lab.ids, course.pictures).open()
    expect(page.panel.locator(".jp-KernelName")).to_have_text("Rust (solutions)")
    page.wait_for_kernel()
    page.menu("Edit", "Clear Outputs of All Cells")
    page.run("setup")
    _, card = page.check(RIGHT)
    expect(card).to_contain_text("3/1.1 Implement Hutchinson: passed")
    page.picture("classic-card")
    page.run("variance-exercise")
    figure = page.run("variance-figure").locator("img")
    expect(figure).to_be_visible()
    assert figure.bounding_box()["width"] > 400, figure.bounding_box()
    figure.scroll_into_view_if_needed()
    page.picture("classic-figure")
    page.close()


SCENARIOS = [
    looking_changes_nothing, a_link_leads_to_a_figure_to_play_with, it_opens_and_an_exercise_is_todo, a_wrong_version_and_a_right_one, a_version_that_does_not_compile,
    a_panic_hints_completion_and_documentation, cards_hints_and_figures_are_accessible, an_endless_loop_is_interrupted, a_restart, all_cells_with_the_solutions,
    saved_and_reopened, in_the_classic_notebook,
]
