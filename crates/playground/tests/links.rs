//! The notebooks lead to the figures to play with.

use std::fs;
use std::path::Path;

use playground::{ALL, Playground};

/// Where JupyterLab, as `cargo course lab` starts it, has the pages.
const PLACE: &str = "](/static/";

#[test]
fn every_link_leads_to_a_playground_and_every_playground_has_a_link() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../notebooks");
    let mut linked = Vec::new();
    for entry in fs::read_dir(folder).expect("the folder of the notebooks") {
        let path = entry.expect("an entry").path();
        if path.extension().is_some_and(|extension| extension == "ipynb") {
            let text = fs::read_to_string(&path).expect("a notebook");
            for link in text.split(PLACE).skip(1) {
                let address = link.split(')').next().unwrap_or_default();
                let name = address.strip_suffix("/index.html").unwrap_or_default();
                let found = Playground::named(name).unwrap_or_else(|| panic!("{}: {address}", path.display()));
                linked.push(found.name);
            }
        }
    }
    linked.sort_unstable();
    let mut all = ALL.map(|playground| playground.name);
    all.sort_unstable();
    assert_eq!(linked, all);
}
