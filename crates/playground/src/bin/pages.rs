//! Writes the pages of figures to play with; `cargo course playground` calls it.
//!
//! `pages WASM FOLDER HOME`: the pages with their script, from the library as a WebAssembly module and the folder to write to. If `HOME` is
//! not empty, it is the address of the course's own page, seen from the folder. `pages`: the numbers that the pages must compute, as JSON, for its test.

use std::env;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result, bail};
use playground::{ALL, Answer, Playground, Setting, Strip, Values, in_words};
use serde_json::{Value, json};
use wasm_bindgen_cli_support::Bindgen;

const TITLE: &str = "Figures to play with";
const ABOUT: &str = "Drag a slider, and the library of the course, compiled to WebAssembly, computes again in your browser. Nothing is sent anywhere.";

/// The width of the still figures, in CSS pixels; the script draws others for other pages.
const WIDTH: u32 = 660;

const STILL: &str = "<p id=\"still\"><strong>The figure stands still</strong> until the library has loaded, which takes JavaScript and WebAssembly.</p>\n";

const TEMPLATE: &str = include_str!("../../page/index.html");
const FILES: [(&str, &str); 2] =
    [("page.js", include_str!("../../page/page.js")), ("page.css", include_str!("../../page/page.css"))];

fn main() -> Result<()> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    match &arguments[..] {
        [] => println!("{}", expected()),
        [wasm, folder, home] => write(Path::new(wasm), Path::new(folder), home)?,
        _ => bail!("the arguments must be a file, a folder and an address, or none"),
    }
    Ok(())
}

fn write(wasm: &Path, folder: &Path, home: &str) -> Result<()> {
    fs::create_dir_all(folder).with_context(|| format!("cannot create {}", folder.display()))?;
    let mut bindgen = Bindgen::new();
    bindgen.input_path(wasm).typescript(false).remove_name_section(true).remove_producers_section(true);
    bindgen.web(true)?.generate(folder)?;
    let put =
        |path: &Path, text: &str| fs::write(path, text).with_context(|| format!("cannot write {}", path.display()));
    for (name, text) in FILES {
        put(&folder.join(name), text)?;
    }
    let contents: String = ALL.into_iter().map(link).collect();
    let list =
        format!("<main>\n<h1>{TITLE}</h1>\n<p>{ABOUT}</p>\n<ul>\n{}</ul>\n</main>\n", contents.replace("{root}", ""));
    put(&folder.join("index.html"), &page(TITLE, "", home, &list))?;
    for playground in ALL {
        let folder = folder.join(playground.name);
        fs::create_dir_all(&folder).with_context(|| format!("cannot create {}", folder.display()))?;
        put(&folder.join("index.html"), &page(playground.title, "../", home, &main_of(playground)))?;
    }
    Ok(())
}

/// A page whose folder leads to the others by `root`.
fn page(title: &str, root: &str, home: &str, main: &str) -> String {
    let way_back =
        if home.is_empty() { String::new() } else { format!("<li><a href=\"{root}{}\">Course</a></li>", escape(home)) };
    TEMPLATE
        .replace("{title}", &escape(title))
        .replace("{about}", ABOUT)
        .replace("{home}", &way_back)
        .replace("{list}", TITLE)
        .replace("{main}", main)
        .replace("{root}", root)
}

fn link(playground: &Playground) -> String {
    format!("<li><a href=\"{{root}}{}/index.html\">{}</a></li>\n", playground.name, escape(playground.title))
}

/// A playground as it is before anyone moves a slider, or if nobody can.
fn main_of(playground: &Playground) -> String {
    let Playground { name, title, look_for, settings, strip, .. } = playground;
    let defaults = playground.defaults();
    let Answer { figures, numbers, sentence } = playground.answer(&defaults, WIDTH);
    let controls: String = settings
        .iter()
        .zip(playground.shown(&defaults))
        .map(|(setting, shown)| control(name, setting, &shown))
        .collect();
    let strip = strip.as_ref().map(|strip| strip_of(name, strip)).unwrap_or_default();
    let figures: String = figures.iter().map(figures::Figure::to_svg).collect();
    let rows: String = numbers
        .iter()
        .map(|(label, value)| {
            format!("<tr><th scope=\"row\">{}</th><td>{}</td></tr>\n", escape(label), in_words(*value))
        })
        .collect();
    let (title, look_for, sentence) = (escape(title), escape(look_for), escape(&sentence));
    let others: String = ALL.into_iter().filter(|other| other.name != *name).map(link).collect();
    format!(
        "<main id=\"{name}\" class=\"playground\">\n<div class=\"about\">\n<h1>{title}</h1>\n<p>{look_for}</p>\n{STILL}</div>\n\
         <div class=\"answer\">\n<p class=\"sentence\" role=\"status\" aria-live=\"polite\">{sentence}</p>\n\
         <div class=\"figures\" data-width=\"{WIDTH}\">\n{figures}</div>\n</div>\n\
         <form autocomplete=\"off\" aria-label=\"Settings\"><fieldset disabled>\n<legend>Settings</legend>\n{strip}{controls}\
         <div class=\"buttons\"><button type=\"reset\">Reset</button></div>\n</fieldset></form>\n\
         <table>\n<caption>Numbers</caption>\n<tbody>\n{rows}</tbody></table>\n</main>\n\
         <nav aria-label=\"{TITLE}\">\n<h2>More</h2>\n<ul>\n{others}</ul>\n</nav>\n"
    )
}

/// A slider or a menu, with its label and what it is set to.
fn control(playground: &str, setting: &Setting, shown: &str) -> String {
    let id = format!("{playground}-{}", setting.name);
    let label = escape(setting.label);
    if let Values::Named(words) = setting.values {
        let option = |(i, word): (usize, &&str)| {
            let selected = if i as f64 == setting.position { " selected" } else { "" };
            format!("<option value=\"{i}\"{selected}>{}</option>", escape(word))
        };
        let options: String = words.iter().enumerate().map(option).collect();
        return format!(
            "<div class=\"setting\"><label for=\"{id}\">{label}</label> <select id=\"{id}\" data-setting>{options}</select></div>\n"
        );
    }
    let [low, high] = setting.range();
    let step = if let Values::Linear { step, .. } = setting.values { step } else { 1.0 };
    slider(&id, &label, [low, high, step, setting.position], shown, " data-setting")
}

fn slider(id: &str, label: &str, [low, high, step, position]: [f64; 4], shown: &str, more: &str) -> String {
    let shown = escape(shown);
    format!(
        "<div class=\"setting\"><label for=\"{id}\">{label}</label> <span class=\"shown\" aria-hidden=\"true\">{shown}</span>\
         <input type=\"range\" id=\"{id}\" min=\"{low}\" max=\"{high}\" step=\"{step}\" value=\"{position}\" aria-valuetext=\"{shown}\"{more}></div>\n"
    )
}

/// An upright slider for each bin, and a way to fill several at once.
fn strip_of(playground: &str, strip: &Strip) -> String {
    let most = strip.most;
    let bin = |(i, count): (usize, &u32)| {
        let (low, high) = (strip.centre(i) - strip.width / 2.0, strip.centre(i) + strip.width / 2.0);
        // One stop for the key Tab; from there the arrows lead on.
        let tab = if i == 0 { 0 } else { -1 };
        format!(
            "<input type=\"range\" min=\"0\" max=\"{most}\" step=\"1\" value=\"{count}\" style=\"--count:{count}\" tabindex=\"{tab}\" \
             aria-orientation=\"vertical\" aria-label=\"eigenvalues from {low} to {high}\">"
        )
    };
    let bins: String = strip.counts.iter().enumerate().map(bin).collect();
    let (low, high) = (strip.low, strip.low + strip.width * strip.counts.len() as f64);
    let of_cluster = [
        ("position", [low, high, 0.125, 3.0], "3"),
        ("width", [0.0, high - low, 0.25, 1.0], "1"),
        ("count", [1.0, 60.0, 1.0, 20.0], "20"),
    ];
    let cluster: String = of_cluster
        .into_iter()
        .map(|(name, range, shown)| {
            slider(
                &format!("{playground}-cluster-{name}"),
                &format!("cluster: {name}"),
                range,
                shown,
                &format!(" data-cluster=\"{name}\""),
            )
        })
        .collect();
    format!(
        "<p id=\"{playground}-help\">The spectrum, from {low} to {high}, at most {most} eigenvalues in a bin: draw on it, or go from bin to bin \
         with the arrows left and right and change it with up and down.</p>\n\
         <div class=\"strip\" role=\"group\" aria-label=\"Spectrum\" aria-describedby=\"{playground}-help\" style=\"--most:{most}\">{bins}</div>\n\
         {cluster}<div class=\"buttons\"><button type=\"button\" data-do=\"add\">Add the cluster</button> \
         <button type=\"button\" data-do=\"clear\">Clear the spectrum</button></div>\n"
    )
}

/// What the pages must answer: to the sliders as they are, and to each setting at its other end.
fn expected() -> Value {
    let cases = ALL.into_iter().flat_map(|playground| {
        let moved = playground.settings.iter().enumerate().map(|(i, setting)| {
            let [low, high] = setting.range();
            let mut positions = playground.defaults();
            positions[i] = if positions[i] == low { high } else { low };
            positions
        });
        let all: Vec<Vec<f64>> = [playground.defaults()].into_iter().chain(moved).collect();
        all.into_iter().map(|positions| {
            let numbers = playground.answer(&positions, WIDTH).numbers;
            let labels: Vec<&str> = numbers.iter().map(|(label, _)| *label).collect();
            let values: Vec<f64> = numbers.iter().map(|(_, value)| *value).collect();
            json!({"playground": playground.name, "positions": positions, "labels": labels, "values": values})
        })
    });
    Value::from(cases.collect::<Vec<_>>())
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
