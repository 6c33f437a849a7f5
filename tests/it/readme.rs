//! The pages beside the code: their links lead somewhere, and their figures are those of the committed run.

use std::collections::HashMap;
use std::fs;
use std::path::PathBuf;

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn read(name: &str) -> String {
    fs::read_to_string(root().join(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

/// What stands in the brackets of `](..)`.
fn links(text: &str) -> impl Iterator<Item = &str> {
    text.split("](")
        .skip(1)
        .filter_map(|rest| Some(rest.split_once(')')?.0))
}

#[test]
fn links_lead_to_files() {
    let mut count = 0;
    for page in ["README.md", "CONTRIBUTING.md", "CHANGELOG.md", "SECURITY.md"] {
        for link in links(&read(page)).filter(|link| !link.contains("://")) {
            assert!(root().join(link).exists(), "{page}: there is no {link}");
            count += 1;
        }
    }
    assert!(count > 5, "only {count} links were found");
}

/// A row of the README's table: `| words (`case`) | here | numpy 2.00, ndarray-npy 5.00 |`.
#[test]
fn figures_are_those_of_the_run() {
    let results = "benches/peers/results/peers.jsonl";
    let published = root().join(results).exists();
    let text = if published { read(results) } else { String::new() };
    let run: HashMap<(String, String), f64> = text
        .lines()
        .map(|line| {
            let pair: serde_json::Value = serde_json::from_str(line).unwrap();
            let text = |key: &str| pair[key].as_str().unwrap().to_owned();
            ((text("case"), text("peer")), pair["ratio"].as_f64().unwrap())
        })
        .collect();
    let readme = read("README.md");
    let mut count = 0;
    for row in readme
        .lines()
        .filter(|line| line.starts_with("| ") && line.contains("(`"))
    {
        let cells: Vec<&str> = row.split('|').map(str::trim).collect();
        let (_, case) = cells[1].trim_end_matches("`)").rsplit_once('`').unwrap();
        for ratio in cells[3].split(", ").filter(|text| !text.is_empty()) {
            let (peer, ratio) = ratio.rsplit_once(' ').unwrap();
            let ratio: f64 = ratio.parse().unwrap();
            let peer = if peer.starts_with("best of") { "best" } else { peer };
            let measured = run[&(case.to_owned(), peer.to_owned())];
            assert!(
                (measured - ratio).abs() <= 0.005 + 1e-9,
                "{case}, {peer}: {ratio}, but {measured}"
            );
            count += 1;
        }
    }
    // Without a run that is published there are no figures to be shown.
    assert_eq!(count > 20, published, "{count} figures were found");
}
