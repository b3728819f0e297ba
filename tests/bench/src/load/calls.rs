//! `calculate` in a closed loop, and the opening of sessions.

use std::time::Instant;

use bytes::Bytes;
use hyper::StatusCode;
use memchr::memmem;
use serde_json::Value;

use crate::Error;
use crate::client::Client;
use crate::figures::Latencies;
use crate::options::Options;

/// Calls of each connection that are not measured: connections and code get warm,
/// and the history of a session is full (50 entries) when the measurement begins.
const WARM_UP: u64 = 60;

/// One session for each connection, or what `call` says. Connections are dealt out to
/// the servers in turn.
pub async fn run(options: &Options) -> Result<Value, Error> {
    let (servers, lasting) = (options.servers()?, options.duration()?);
    let call = options.get("call", "session".to_owned())?;
    let mut clients = Vec::new();
    for number in 0..options.get("connections", 32_usize)? {
        let server = &servers[number % servers.len()];
        let mut client = Client::for_calls(&call, server).await?;
        for id in 1..=WARM_UP {
            calculate(&mut client, id).await?;
        }
        clients.push(client);
    }
    let started = Instant::now();
    let loops = clients.into_iter().map(|mut client| {
        tokio::spawn(async move {
            let mut latencies = Latencies::default();
            let mut id = WARM_UP;
            let mut sent = Instant::now();
            while sent - started < lasting {
                id += 1;
                calculate(&mut client, id).await?;
                let answered = Instant::now();
                latencies.add(answered - sent);
                sent = answered;
            }
            Ok::<_, Error>(latencies)
        })
    });
    let loops: Vec<_> = loops.collect();
    let mut all = Latencies::default();
    for one in loops {
        all.merge(one.await??);
    }
    let mut report = all.report(started.elapsed());
    report["warm_up"] = (WARM_UP * options.get("connections", 32_u64)?).into();
    Ok(report)
}

/// Opens sessions and leaves them: rate, and what an idle one costs.
pub async fn open(options: &Options) -> Result<Value, Error> {
    let servers = options.servers()?;
    let connections = options.get("connections", 32_usize)?;
    let count = options.get("count", 10_000_usize)?;
    let started = Instant::now();
    let loops = (0..connections).map(|number| {
        let server = servers[number % servers.len()].clone();
        let share = count / connections + usize::from(number < count % connections);
        tokio::spawn(async move {
            let mut latencies = Latencies::default();
            let mut client = Client::connect(&server).await?;
            for _ in 0..share {
                let sent = Instant::now();
                client.initialize().await?;
                latencies.add(sent.elapsed());
            }
            Ok::<_, Error>(latencies)
        })
    });
    let loops: Vec<_> = loops.collect();
    let mut all = Latencies::default();
    for one in loops {
        all.merge(one.await??);
    }
    Ok(all.report(started.elapsed()))
}

/// One call. Every one has its own id and its own sum, so that no other answer can
/// pass for its own.
pub async fn calculate(client: &mut Client, id: u64) -> Result<(), Error> {
    let Client { meta, tape, .. } = client;
    let message = format!(
        r#"{{"jsonrpc":"2.0","id":{id},"method":"tools/call","params":{{"name":"calculate","arguments":{{"a":{id},"b":50,"op":"add"{tape}}}{meta}}}}}"#
    );
    let (status, body) = client.post(message).await?;
    check(id, status, &body)
}

fn check(id: u64, status: StatusCode, body: &Bytes) -> Result<(), Error> {
    let has = |text: String| memmem::find(body, text.as_bytes()).is_some();
    let is_right = status == StatusCode::OK
        && has(format!(r#""id":{id}"#))
        && has(format!(r#""{id} add 50 = {}""#, id + 50));
    if is_right {
        return Ok(());
    }
    let text = String::from_utf8_lossy(body);
    Err(format!("call {id} was answered {status}: {text}").into())
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use hyper::StatusCode;

    use super::check;

    const RIGHT: &str = r#"{"id":7,"result":{"text":"7 add 50 = 57"}}"#;

    fn is_accepted(status: StatusCode, body: &str) -> bool {
        check(7, status, &Bytes::copy_from_slice(body.as_bytes())).is_ok()
    }

    #[test]
    fn the_answer_to_the_call_is_accepted() {
        assert!(is_accepted(StatusCode::OK, RIGHT));
    }

    #[test]
    fn another_sum_another_id_and_another_status_are_refused() {
        assert!(!is_accepted(StatusCode::OK, &RIGHT.replace("= 57", "= 58")));
        assert!(!is_accepted(StatusCode::OK, &RIGHT.replace(":7", ":8")));
        assert!(!is_accepted(StatusCode::TOO_MANY_REQUESTS, RIGHT));
    }
}
