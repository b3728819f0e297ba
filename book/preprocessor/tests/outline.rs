//! Files are told apart into items, and put together again.

#![allow(clippy::unwrap_used)]

use book_machine::outline::Outline;

fn repository_sources() -> Vec<(String, String)> {
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/../..");
    let mut found = Vec::new();
    let mut folders: Vec<std::path::PathBuf> =
        ["final", "tests", "xtask", "chapters"]
            .iter()
            .map(|f| format!("{root}/{f}").into())
            .collect();
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).into_iter().flatten() {
            let path = entry.unwrap().path();
            let name = path.to_str().unwrap().to_owned();
            if path.is_dir() {
                folders.push(path);
            } else if [".rs", ".toml", ".lua"].iter().any(|e| name.ends_with(e)) {
                found.push((name, std::fs::read_to_string(&path).unwrap()));
            }
        }
    }
    found
}

#[test]
fn every_file_of_the_repository_comes_back_as_it_was() {
    let sources = repository_sources();
    assert!(sources.len() > 100);
    for (name, source) in sources {
        let outline = Outline::parse(&name, &source).unwrap();
        assert_eq!(outline.render(), source, "{name}");
        let whole =
            outline.nodes.len() == 1 && outline.nodes[0].name == "everything";
        assert!(!whole, "{name} is not told apart");
    }
}
