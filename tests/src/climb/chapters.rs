//! The chapters of this repository.

use std::path::{Path, PathBuf};

/// The number of `final`, after the last chapter.
pub const FINAL: u8 = 18;

/// A crate that climbs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chapter {
    /// 1 to 17, or [`FINAL`].
    pub number: u8,
    /// `03`, or `final`.
    pub id: String,
    /// `sessions`, or `final`.
    pub title: String,
    /// Its package.
    pub package: String,
    /// Its binary.
    pub binary: String,
}

impl Chapter {
    /// All that there are, in order, `final` last.
    pub fn all() -> Vec<Self> {
        let folders = std::fs::read_dir(root().join("chapters"));
        let names = folders.into_iter().flatten().flatten();
        let names = names.filter_map(|entry| entry.file_name().into_string().ok());
        let mut chapters: Vec<Self> =
            names.filter_map(|name| Self::of_folder(&name)).collect();
        chapters.push(Self {
            number: FINAL,
            id: "final".into(),
            title: "final".into(),
            package: "final".into(),
            binary: "mcp-server".into(),
        });
        chapters.sort_by_key(|chapter| chapter.number);
        chapters
    }

    /// The chapter `03` or `final`.
    pub fn find(id: &str) -> Option<Self> {
        Self::all().into_iter().find(|chapter| chapter.id == id)
    }

    fn of_folder(name: &str) -> Option<Self> {
        let (id, title) = name.split_once('-')?;
        let package = format!("ch{name}");
        Some(Self {
            number: id.parse().ok()?,
            id: id.into(),
            title: title.into(),
            binary: package.clone(),
            package,
        })
    }
}

/// The top of the repository.
pub fn root() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.parent().unwrap_or(here).to_owned()
}
