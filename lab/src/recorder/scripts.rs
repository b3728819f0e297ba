//! The names of Lua scripts. Redis knows a script by a hash; a reader knows it by
//! its file.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use super::record::Command;

/// What is known of scripts.
#[derive(Debug, Default)]
pub struct Scripts {
    /// Names and texts of files.
    files: Vec<(String, String)>,
    /// The names of those that Redis has been sent, by hash.
    known: HashMap<String, String>,
}

impl Scripts {
    /// Knows the files that end with `.lua` in these folders and the folders in
    /// them.
    ///
    /// # Panics
    /// If a folder does not exist.
    pub fn of(folders: &[PathBuf]) -> Self {
        let mut files = Vec::new();
        for folder in folders {
            assert!(folder.is_dir(), "no folder {}", folder.display());
            collect(folder, folder, &mut files);
        }
        files.sort();
        let is_alone = |name: &str| {
            let same = |(other, _): &&(PathBuf, String)| other.ends_with(name);
            files.iter().filter(same).count() == 1
        };
        let named = files.iter().map(|(path, text)| {
            let file = path.file_name().unwrap_or_default().to_string_lossy();
            let room = path.components().next().map(|part| part.as_os_str());
            let name = match (is_alone(&file), room) {
                (false, Some(room)) => {
                    format!("{}/{file}", room.to_string_lossy())
                }
                _ => file.into_owned(),
            };
            (name, text.trim().to_owned())
        });
        Self { files: named.collect(), known: HashMap::new() }
    }

    /// A command by its words. A script that Redis was sent is named from then on.
    pub fn command(&mut self, words: &[String]) -> Command {
        let name = words.first().map(|name| name.to_uppercase());
        let rest = words.get(1..).unwrap_or_default();
        match (name.as_deref(), rest) {
            (Some("EVAL"), [source, rest @ ..]) => {
                let name = self.learn(source);
                script(name, rest)
            }
            (Some("EVALSHA"), [hash, rest @ ..]) => {
                // One that is not known has not been sent: Redis will say so.
                let known = self.known.get(hash).cloned();
                script(known.unwrap_or_else(|| "EVALSHA".to_owned()), rest)
            }
            (Some("SCRIPT"), [load, source, ..])
                if load.eq_ignore_ascii_case("LOAD") =>
            {
                let name = self.learn(source);
                Command {
                    name: "SCRIPT LOAD".into(),
                    keys: Vec::new(),
                    arguments: vec![name],
                }
            }
            (name, rest) => {
                let (keys, arguments) = rest.split_at(rest.len().min(1));
                Command {
                    name: name.unwrap_or_default().to_owned(),
                    keys: keys.to_vec(),
                    arguments: arguments.to_vec(),
                }
            }
        }
    }

    /// A source may begin with what several scripts have in common, so a file is
    /// known by how the source ends.
    fn learn(&mut self, source: &str) -> String {
        let mut files: Vec<_> = self
            .files
            .iter()
            .filter(|(_, text)| source.trim_end().ends_with(text.as_str()))
            .collect();
        files.sort_by_key(|(_, text)| text.len());
        let name = files
            .last()
            .map_or_else(|| "script".to_owned(), |(name, _)| name.clone());
        let hash = sha1_smol::Sha1::from(source).digest().to_string();
        self.known.insert(hash, name.clone());
        name
    }
}

/// `numkeys key … argument …`
fn script(name: String, rest: &[String]) -> Command {
    let count = rest.first().and_then(|count| count.parse().ok()).unwrap_or(0);
    let rest = rest.get(1..).unwrap_or_default();
    let (keys, arguments) = rest.split_at(rest.len().min(count));
    Command { name, keys: keys.to_vec(), arguments: arguments.to_vec() }
}

fn collect(top: &Path, folder: &Path, files: &mut Vec<(PathBuf, String)>) {
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() {
            collect(top, &path, files);
        } else if path.extension().is_some_and(|ending| ending == "lua")
            && let Ok(text) = std::fs::read_to_string(&path)
        {
            let inside = path.strip_prefix(top).unwrap_or(&path).to_owned();
            files.push((inside, text));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> Vec<String> {
        text.split(' ').map(str::to_owned).collect()
    }

    fn known() -> Scripts {
        let files = [("short.lua", "return 1"), ("long.lua", "local a\nreturn 1")];
        let files = files.map(|(name, text)| (name.to_owned(), text.to_owned()));
        Scripts { files: files.to_vec(), known: HashMap::new() }
    }

    #[test]
    fn a_script_is_known_by_its_source_and_then_by_its_hash() {
        let mut scripts = known();
        let source = "local time\nlocal a\nreturn 1\n";
        let hash = sha1_smol::Sha1::from(source).digest().to_string();
        let by_hash = words(&format!("EVALSHA {hash} 1 mcp:{{x}} 5"));
        assert_eq!(scripts.command(&by_hash).name, "EVALSHA", "not sent yet");
        let mut by_source = by_hash.clone();
        by_source[0] = "EVAL".into();
        by_source[1] = source.into();
        let expected = Command {
            name: "long.lua".into(),
            keys: words("mcp:{x}"),
            arguments: words("5"),
        };
        assert_eq!(scripts.command(&by_source), expected);
        assert_eq!(scripts.command(&by_hash), expected);
        let loaded = [words("SCRIPT LOAD"), vec!["return 1".to_owned()]].concat();
        assert_eq!(scripts.command(&loaded).arguments, words("short.lua"));
    }

    #[test]
    fn other_commands_have_one_key_and_what_is_no_number_of_keys_is_none() {
        let mut scripts = known();
        let read = scripts.command(&words("hget mcp:{x} field"));
        assert_eq!((read.name.as_str(), read.keys), ("HGET", words("mcp:{x}")));
        assert_eq!(scripts.command(&words("EVALSHA h many k")).keys.len(), 0);
        assert_eq!(scripts.command(&[]).name, "");
    }
}
