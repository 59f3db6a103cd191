//! Reads the progress of a build from what Cargo draws on a terminal.

/// What one piece of Cargo's stderr says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Said {
    /// `Building [===>  ] 12/345: faer, syn`
    Progress {
        /// Units finished.
        done: u64,
        /// Units in all.
        total: u64,
        /// What is being compiled.
        current: String,
    },
    /// Any other line.
    Line(String),
}

/// Reads one piece of Cargo's stderr: the text between two line ends (`\r` or `\n`). `None` for an empty piece.
pub(crate) fn read(piece: &str) -> Option<Said> {
    let plain = console::strip_ansi_codes(piece);
    let plain = plain.trim();
    if plain.is_empty() {
        return None;
    }
    Some(progress(plain).unwrap_or_else(|| Said::Line(plain.to_owned())))
}

fn progress(plain: &str) -> Option<Said> {
    let (_, after_bar) = plain.strip_prefix("Building")?.trim_start().strip_prefix('[')?.split_once("] ")?;
    let (count, current) = after_bar.split_once(':').unwrap_or((after_bar, ""));
    let (done, total) = count.trim().split_once('/')?;
    Some(Said::Progress { done: done.parse().ok()?, total: total.parse().ok()?, current: current.trim().to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_the_bar_with_and_without_colours() {
        let expected = Said::Progress { done: 12, total: 345, current: "faer, ra_ap_hir(build)".into() };
        assert_eq!(read("    Building [==>      ] 12/345: faer, ra_ap_hir(build)"), Some(expected.clone()));
        let coloured = "\u{1b}[1m\u{1b}[96m    Building\u{1b}[0m [==>      ] 12/345: faer, ra_ap_hir(build)\u{1b}[K";
        assert_eq!(read(coloured), Some(expected));
        assert_eq!(
            read("    Building [=========================>] 344/345"),
            Some(Said::Progress { done: 344, total: 345, current: String::new() })
        );
    }

    #[test]
    fn other_lines_stay_lines() {
        for line in ["Compiling faer v0.24.4", "Building [===>", "Building the future 1/2", "Building [=>  ] 1 of 2"] {
            assert_eq!(read(&format!("   {line}  ")), Some(Said::Line(line.into())));
        }
        assert_eq!(read("  \u{1b}[K "), None);
    }
}
