//! The Dockerfile compiles dependencies in a layer of their own, which only a changed
//! manifest invalidates. Docker itself is not needed to prove that.
#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use suite::climb::chapters::root;
use tempfile::TempDir;

/// The instructions of the stage with this name, each on one line.
fn stage(name: &str) -> Vec<String> {
    let text = fs::read_to_string(root().join("Dockerfile")).unwrap();
    let text = text.replace("\\\n", " ");
    let begin = |line: &&str| line.ends_with(&format!(" AS {name}"));
    let lines = text.lines().skip_while(|line| !begin(line)).skip(1);
    let lines = lines.take_while(|line| !line.starts_with("FROM "));
    let is_instruction = |line: &&str| line.starts_with(char::is_uppercase);
    lines.filter(is_instruction).map(str::to_owned).collect()
}

/// The only `RUN` of the stage that leaves the manifests.
fn manifests_command() -> String {
    let stage = stage("manifests");
    let runs: Vec<&str> =
        stage.iter().filter_map(|line| line.strip_prefix("RUN ")).collect();
    let [command] = runs[..] else { panic!("not one RUN: {runs:?}") };
    command.to_owned()
}

/// Copies a folder without what `.dockerignore` names: one name a line.
fn copy(from: &Path, to: &Path, ignored: &[&str]) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap().map(|entry| entry.unwrap()) {
        let name = entry.file_name();
        let to = to.join(&name);
        match entry.path() {
            _ if ignored.iter().any(|other| name == *other) => {}
            path if path.is_dir() => copy(&path, &to, ignored),
            path => _ = fs::copy(path, to).unwrap(),
        }
    }
}

/// What Docker is given.
fn context() -> TempDir {
    let text = fs::read_to_string(root().join(".dockerignore")).unwrap();
    let ignored: Vec<&str> =
        text.lines().map(|line| line.trim_start_matches("**/")).collect();
    let folder = TempDir::new().unwrap();
    copy(&root(), folder.path(), &ignored);
    folder
}

/// Every file in a folder, with its text, and every folder: Docker compares both.
fn texts(folder: &Path) -> BTreeMap<PathBuf, Option<String>> {
    let mut texts = BTreeMap::new();
    for path in fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
        if path.is_dir() {
            texts.extend(self::texts(&path));
            texts.insert(path, None);
        } else {
            let text = fs::read_to_string(&path).unwrap();
            texts.insert(path, Some(text));
        }
    }
    texts
}

/// What the stage leaves of a context, by the paths in it.
fn manifests(context: &TempDir) -> BTreeMap<PathBuf, Option<String>> {
    let shell = Command::new("sh")
        .args(["-ec", &manifests_command()])
        .current_dir(context.path())
        .status();
    assert!(shell.unwrap().success());
    let inside =
        |path: PathBuf| path.strip_prefix(context.path()).unwrap().to_owned();
    let files = texts(context.path()).into_iter();
    files.map(|(path, text)| (inside(path), text)).collect()
}

#[test]
fn a_changed_chapter_leaves_the_layer_with_the_dependencies_as_it_is() {
    let before = manifests(&context());
    let context = context();
    let chapter = context.path().join("chapters/01-hello-mcp/src");
    assert!(chapter.join("main.rs").is_file());
    fs::write(chapter.join("main.rs"), "fn main() { panic!() }").unwrap();
    fs::create_dir(chapter.join("new")).unwrap();
    fs::write(chapter.join("new/file.rs"), "").unwrap();
    assert_eq!(manifests(&context), before);
}

#[test]
fn a_changed_manifest_does_not() {
    let before = manifests(&context());
    let context = context();
    let manifest = context.path().join("final/Cargo.toml");
    let text = fs::read_to_string(&manifest).unwrap();
    fs::write(&manifest, text + "# new\n").unwrap();
    assert_ne!(manifests(&context), before);
}

#[test]
fn the_manifests_alone_are_a_workspace_that_the_lock_file_fits() {
    let context = context();
    let files = manifests(&context);
    let is_known = |path: &Path| {
        let name = path.file_name().unwrap().to_str().unwrap();
        ["Cargo.toml", "Cargo.lock", "lib.rs", "main.rs"].contains(&name)
    };
    let names = files.iter().filter(|(_, text)| text.is_some());
    let mut names = names.map(|(path, _)| path);
    assert!(names.all(|path| is_known(path)), "{:?}", files.keys());
    let resolved = Command::new(env!("CARGO"))
        .args(["tree", "--package", "final", "--locked", "--offline"])
        .current_dir(context.path())
        .stdout(Stdio::null())
        .status();
    assert!(resolved.unwrap().success());
}

/// Otherwise a bench would compare settings of the compiler.
#[test]
fn the_peers_of_the_bench_are_built_as_the_image_is() {
    let profile = |manifest: &str| {
        let text = fs::read_to_string(root().join(manifest)).unwrap();
        let (_, rest) = text.split_once("[profile.dist]\n").unwrap();
        rest.lines()
            .take_while(|line| line.contains('='))
            .collect::<Vec<_>>()
            .join(",")
    };
    assert!(profile("Cargo.toml").contains("lto = "));
    assert_eq!(profile("Cargo.toml"), profile("tests/bench/Cargo.toml"));
    let builds = stage("build").join("\n");
    assert_eq!(builds.matches("--profile dist").count(), 2, "{builds}");
}

#[test]
fn dependencies_are_compiled_before_any_source_is_copied() {
    let stage = stage("build");
    let first_build = stage.iter().position(|line| line.contains("cargo build"));
    let copied: Vec<&String> = stage[..first_build.unwrap()]
        .iter()
        .filter(|line| line.starts_with("COPY"))
        .collect();
    assert_eq!(copied, ["COPY --from=manifests /src ."]);
}
