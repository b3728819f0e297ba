//! What an idle session costs. RequestScope in its file, because it reads the memory
//! of the whole process.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used)]

use std::time::Duration;

use mcp_server::protocol::lifecycle::{ClientCapabilities, ClientInfo};
use mcp_server::protocol::version::{Era, Version};
use mcp_server::sessions::{
    MemoryStore, Principal, SessionId, SessionInit, SessionStore, StoreSettings,
};

const SESSIONS: usize = 100_000;

#[tokio::test]
async fn an_idle_session_costs_less_than_a_kibibyte() {
    let store = MemoryStore::new(StoreSettings {
        timeout: Duration::from_secs(1800),
        max_per_owner: SESSIONS,
    });
    let before = resident_bytes();
    for n in 0..SESSIONS {
        let created = store.create(&opened(n)).await.unwrap();
        assert!(created);
    }
    let each = (resident_bytes() - before) / SESSIONS;
    println!("{each} bytes for each idle session");
    assert!(each < 1024, "{each} bytes");
}

/// As different from each other as sessions in production.
fn opened(n: usize) -> SessionInit {
    SessionInit {
        id: SessionId::random(),
        principal: Principal::named(&format!("principal-{}", n % 1000)),
        owner: format!("principal-{}", n % 1000),
        era: Era::Stateful(Version::LATEST),
        client: ClientInfo {
            name: "example-client".into(),
            version: "1.2.3".into(),
        },
        capabilities: ClientCapabilities::default(),
    }
}

fn resident_bytes() -> usize {
    let statm = std::fs::read_to_string("/proc/self/statm").unwrap();
    let pages: usize = statm.split(' ').nth(1).unwrap().parse().unwrap();
    // The page size of every target that the tests run on.
    pages * 4096
}
