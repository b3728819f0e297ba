//! The console of the lab: what its commands print, and what its faults do.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use suite::console::LabBuilder;

/// What faults have printed.
fn remarks(text: &str) -> Vec<&str> {
    text.lines().filter(|line| line.starts_with('(')).collect()
}

/// What the lab printed behind a command, for example `open a`.
fn printed<'a>(text: &'a str, command: &str) -> &'a str {
    let (_, rest) = text.split_once(&format!("lab> {command}\n")).expect(command);
    rest.split("lab> ").next().unwrap_or(rest).trim_end()
}

#[test]
fn a_session_survives_what_another_client_does_and_its_node_does_not() {
    let script = "
        open a as mine
        open a
        call a mine calculate 100 50 add
        call a s2 calculate a=2 b=3 op=multiply
        read a mine calculator://history
        close a s2
        ping a s2
        kill a
        ping a mine
        start a
        ping a mine";
    let ran =
        LabBuilder::of("03-sessions").arguments(&["--nodes", "1"]).run(script);
    assert!(ran.success, "{}", ran.errors);
    let text = &ran.text;
    assert_eq!(printed(text, "open a as mine"), "mine is a session on a");
    assert_eq!(printed(text, "open a"), "s2 is a session on a");
    let history = printed(text, "read a mine calculator://history");
    assert!(history.contains("> mcp-session-id: [mine]\n"), "{history}");
    assert!(history.contains("\\\"result\\\":150.0}]"), "{history}");
    assert!(printed(text, "close a s2").contains("< 204 No Content"));
    assert!(printed(text, "ping a s2").contains("< 404 Not Found"));
    let dead = text.split("lab> kill a\n").nth(1).expect("it is killed");
    let refused =
        "(a is killed)\nlab> ping a mine\n> (no connection for POST ping)";
    assert!(dead.starts_with(refused), "{dead}");
    let again = dead.split("lab> start a\n(a is up again)\n").nth(1);
    assert!(again.expect("it starts").contains("< 404 Not Found"), "{dead}");
}

#[test]
fn a_script_ends_with_the_first_command_that_fails_and_shows_why() {
    let failing = [
        ("open", "usage: open NODE [as NAME]"),
        ("frobnicate", "there is no command `frobnicate`; `help` lists all"),
        ("open z", "there is no node z; there is a"),
        ("ping a s1", "there is no session s1; `open` opens one"),
        ("redis", "the nodes of this lab keep nothing in Redis"),
        ("slow redis 1s", "the nodes of this lab keep nothing in Redis"),
        ("open any", "`any` has no address yet; `balance` opens it"),
        ("start a", "a runs"),
        ("open a", "this server has no sessions; type - in the place of one"),
    ];
    for (command, sentence) in failing {
        let builder = LabBuilder::of("02-clean-architecture");
        let builder = builder.arguments(&["--nodes", "1"]);
        // An error of the server is what a script shows, and no failure of it.
        let script = format!("# a comment\nread a - x://y\n{command}\nping a -\n");
        let ran = builder.run(&script);
        assert!(!ran.success, "{command}");
        assert!(ran.text.contains("\"method not found\""), "{}", ran.text);
        assert!(ran.text.ends_with(&format!("lab> {command}\n{sentence}\n")));
        assert!(ran.errors.contains(&format!("failed: {command}")));
    }
}

#[test]
fn two_nodes_share_what_is_in_redis_and_the_lab_shows_how() {
    let script = "
        open a
        open b
        hammer 20 a b calculate 1 2 add
        redis
        call b s2 calculate 100 50 add
        redis
        ping b s1";
    let [first, second] = [(); 2].map(|()| {
        let ran = LabBuilder::of("05-redis").run(script);
        assert!(ran.success, "{}", ran.errors);
        ran.text
    });
    let hammered =
        "lab> hammer 20 a b calculate 1 2 add\n20 answered 200, total 20\n";
    assert!(first.contains(hammered), "{first}");
    let behind = |text: &str| text.rsplit_once("lab> call b").unwrap().1.to_owned();
    assert_eq!(behind(&first), behind(&second), "ids and times have names");
    let sent = behind(&first);
    let sent = sent.split("lab> redis\n").nth(1).unwrap();
    assert!(sent.starts_with("b > touch.lua mcp:{[s2]}"), "{sent}");
    assert!(sent.contains("b > HINCRBY mcp:totals add 1\nb < 21\n"), "{sent}");
    assert!(
        sent.contains("< 404 Not Found"),
        "b does not know the session: {sent}"
    );
}

#[test]
fn each_call_of_a_hammer_has_an_id_of_its_own() {
    let builder = LabBuilder::of("03-sessions").arguments(&["--nodes", "1"]);
    let ran = builder.run("hammer 20 calculate 1 2 add\nshow");
    assert!(ran.text.contains("20 answered 200\n"), "{}", ran.text);
    let calls = ran.text.split("> {\"jsonrpc\":\"2.0\",\"id\":").skip(1);
    let ids = calls.filter_map(|rest| rest.split(',').next()?.parse().ok());
    let mut ids: Vec<u64> = ids.collect();
    let sent = ids.len();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(
        (ids.len(), sent),
        (23, 23),
        "a handshake, two reads, and the calls"
    );
}

/// The statuses of all responses, in order.
fn statuses(text: &str) -> Vec<&str> {
    let answers = text.lines().filter_map(|line| line.strip_prefix("< "));
    answers.filter(|line| line.starts_with(|c: char| c.is_ascii_digit())).collect()
}

#[test]
fn faults_of_redis_are_undone_by_command() {
    let script = "
        open a
        redis stop
        ping a s1
        redis start
        ping a s1
        open b
        slow redis 50ms
        ping a s1
        slow redis off";
    let ran = LabBuilder::of("05-redis").run(script);
    assert!(ran.success, "{}{}", ran.text, ran.errors);
    let ok = "200 OK";
    // b learns from its first command that its connection is gone.
    let expected = ["500 Internal Server Error", ok, ok, ok];
    assert_eq!(statuses(&ran.text), expected, "{}", ran.text);
    let faults = [
        "(Redis is stopped)",
        "(Redis is up again)",
        "(each command to Redis takes 50ms longer)",
        "(commands to Redis are no longer delayed)",
    ];
    assert_eq!(remarks(&ran.text), faults);
}

#[test]
fn faults_of_nodes_are_undone_by_command_and_the_balancer_avoids_a_draining_one() {
    let script = "
        open a
        pause a
        ping a s1
        resume a
        ping a s1
        balance
        drain a
        wait 500ms
        open any
        kill b
        start b
        start a
        open a";
    let ran = LabBuilder::of("03-sessions").run(script);
    assert!(ran.success, "{}{}", ran.text, ran.errors);
    assert_eq!(statuses(&ran.text), ["200 OK"], "{}", ran.text);
    let faults = [
        "(a is paused)",
        "(no response within 2s)",
        "(a continues)",
        "(a is asked to end)",
        "(b is killed)",
        "(b is up again)",
        "(a is up again)",
    ];
    assert_eq!(remarks(&ran.text), faults);
    assert_eq!(printed(&ran.text, "open any"), "s2 is a session on b");
}

#[test]
fn a_saved_run_is_a_transcript_and_a_diagram() {
    let folder = tempfile::tempdir().unwrap();
    let saved = folder.path().to_str().unwrap();
    let builder = LabBuilder::of("03-sessions").arguments(&["--nodes", "1"]);
    let builder = builder.arguments(&["--saved", saved]);
    let ran = builder.run("open a\nping a s1\nshow\nsave my-run\nhelp save");
    assert!(ran.success, "{}", ran.errors);
    let file =
        |name: &str| std::fs::read_to_string(folder.path().join(name)).unwrap();
    assert_eq!(file("my-run.txt").trim_end(), printed(&ran.text, "show"));
    let diagram = file("my-run.mmd");
    let end = "    client->>a: POST ping\n    a-->>client: 200 {}\n";
    assert!(diagram.ends_with(end), "{diagram}");
}
